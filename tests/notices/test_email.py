"""E-mail: plain, to one person, with a name of its own; no header can be smuggled in."""

from __future__ import annotations

import smtplib
from typing import Any

import pytest
from flask import Flask

from app.config import load
from app.notices.channels import ChannelFailed, Message
from app.notices.email import Email
from app.safety import UnsafeConfiguration
from tests.serving import SECRET

MESSAGE = Message("7.abc", "lichun@example.com", "已通过", "正文\n")


def outbox(app: Flask) -> list[Any]:
    return list(getattr(app.extensions["mailman"], "outbox", []))


def test_a_mail_says_what_it_is(app: Flask) -> None:
    app.config["PUBLIC_URL"] = "https://time.example.cn"
    Email().send(MESSAGE)
    (mail,) = outbox(app)
    sent = mail.message()
    assert sent["To"] == "lichun@example.com"
    assert sent["Message-ID"] == "<7.abc@time.example.cn>"
    assert sent["Auto-Submitted"] == "auto-generated"
    assert sent.get_content_type() == "text/plain"
    assert mail.body == "正文\n"


def test_a_title_of_several_lines_becomes_one(app: Flask) -> None:
    Email().send(MESSAGE._replace(title="Moved\r\nBcc: mangzhong@example.com"))
    sent = outbox(app)[0].message()
    assert sent["Bcc"] is None
    assert sent["Subject"] == "Moved Bcc: mangzhong@example.com"


@pytest.mark.parametrize("address", ["a@b.cn\nBcc: c@d.cn", "a@b.cn,c@d.cn", "13800000028", ""])
def test_only_an_address_gets_mail(app: Flask, address: str) -> None:
    with pytest.raises(ChannelFailed) as failed:
        Email().send(MESSAGE._replace(address=address))
    assert failed.value.is_final
    assert outbox(app) == []


@pytest.mark.parametrize(
    ("error", "word", "is_final", "is_uncertain"),
    [
        (smtplib.SMTPRecipientsRefused({"x": (550, b"no")}), "recipient_refused", True, False),
        (smtplib.SMTPRecipientsRefused({"x": (450, b"later")}), "recipient_refused", False, False),
        (smtplib.SMTPDataError(554, b"spam"), "refused", True, False),
        (smtplib.SMTPDataError(451, b"busy"), "refused", False, False),
        (smtplib.SMTPServerDisconnected("gone"), "broken_off", False, True),
        (TimeoutError("x"), "broken_off", False, True),
    ],
)
def test_what_a_server_says_is_judged(
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    word: str,
    is_final: bool,
    is_uncertain: bool,
) -> None:
    def fail(*_args: object) -> None:
        raise error

    monkeypatch.setattr("flask_mailman.backends.locmem.EmailBackend.send_messages", fail)
    with pytest.raises(ChannelFailed) as failed:
        Email().send(MESSAGE)
    told = failed.value
    assert (told.error, told.is_final, told.is_uncertain) == (word, is_final, is_uncertain)


def test_no_connection_is_no_doubt(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("flask_mailman.backends.locmem.EmailBackend.open", fail)
    with pytest.raises(ChannelFailed) as failed:
        Email().send(MESSAGE)
    assert (failed.value.error, failed.value.is_uncertain) == ("unreachable", False)


def settings(**given: str) -> dict[str, Any]:
    return load({"SECRET_KEY": SECRET, **given})


def test_without_a_server_mail_goes_to_the_console() -> None:
    assert settings()["MAIL_BACKEND"] == "console"


def test_with_a_server_it_is_encrypted_and_the_certificate_looked_at() -> None:
    known = settings(MAIL_SERVER="mail.example.cn", MAIL_SENDER="q@example.cn")
    assert known["MAIL_BACKEND"] == "app.notices.email.VerifyingBackend"
    assert (known["MAIL_USE_TLS"], known["MAIL_USE_SSL"]) == (True, False)


@pytest.mark.parametrize("given", [{"MAIL_SECURITY": "maybe"}, {"MAIL_SERVER": "mail.example.cn"}])
def test_half_a_setting_refuses_to_start(given: dict[str, str]) -> None:
    with pytest.raises(UnsafeConfiguration):
        settings(**given)


def test_the_demo_sends_nothing() -> None:
    known = load({"SECRET_KEY": SECRET, "IS_DEMO": True, "MAIL_SERVER": "m", "MAIL_SENDER": "a@b"})
    assert known["MAIL_BACKEND"] == "dummy"
