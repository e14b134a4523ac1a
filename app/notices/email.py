"""E-mail: plain text, one recipient, through whatever the machine's owner set up."""

from __future__ import annotations

import smtplib
import ssl
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app
from flask_mailman import EmailMessage, Mail
from flask_mailman.backends.smtp import EmailBackend as SMTPBackend

from app.errors import N_
from app.notices.channels import ChannelFailed, Message
from app.notices.rules import BadAddress, email_address

# What these write goes nowhere beyond this machine.
STAYS_HERE = frozenset({"console", "dummy"})
PERMANENT = 500


class VerifyingSMTP(smtplib.SMTP):
    """SMTP whose STARTTLS asks for a certificate that fits: the library would take any."""

    def starttls(self, *, context: ssl.SSLContext | None = None) -> Any:  # type: ignore[override]
        """Encrypt the connection, or refuse a server that is not who it says."""
        return super().starttls(context=context or ssl.create_default_context())


class VerifyingBackend(SMTPBackend):  # type: ignore[misc]
    """The library's backend with certificates looked at."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """Return what connects."""
        return smtplib.SMTP_SSL if self.use_ssl else VerifyingSMTP


class Email:
    """The channel of e-mail."""

    code = "email"
    name = N_("E-mail")
    address_label = N_("E-mail address")

    def address_from(self, typed: str) -> str:
        """Return an e-mail address as it is kept, or refuse it."""
        return email_address(typed)

    def can_reach(self, address: str) -> bool:
        """Tell whether something is an e-mail address."""
        try:
            email_address(address)
        except BadAddress:
            return False
        return True

    def is_set_up(self) -> bool:
        """Tell whether mail leaves this machine."""
        return current_app.config["MAIL_BACKEND"] not in STAYS_HERE

    def send(self, message: Message) -> None:
        """Hand one mail over; connecting may fail without doubt, what comes later leaves some."""
        if not self.can_reach(message.address):
            raise ChannelFailed("bad_address", is_final=True)
        connection = Mail(current_app).get_connection()
        try:
            connection.open()
        except (OSError, smtplib.SMTPException) as error:
            raise _unreachable(error) from error
        try:
            _mail(message, connection).send()
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            is_final = all(code >= PERMANENT for code in codes)
            raise ChannelFailed("recipient_refused", is_final=is_final) from error
        except smtplib.SMTPResponseException as error:
            # The server answered: it did not take the mail.
            raise ChannelFailed("refused", is_final=error.smtp_code >= PERMANENT) from error
        except (OSError, smtplib.SMTPException) as error:
            raise ChannelFailed("broken_off", is_uncertain=True) from error
        finally:
            _close(connection)


def init_email(app: Flask) -> None:
    """Let Flask-Mailman read the app's settings."""
    Mail(app)


def _mail(message: Message, connection: Any) -> EmailMessage:
    # A title is one line, whatever a figure in it holds: no header can follow it.
    subject = " ".join(message.title.split())
    return EmailMessage(
        subject,
        message.text,
        to=[message.address],
        connection=connection,
        headers={
            "Message-ID": f"<{message.id}@{_domain()}>",
            "Auto-Submitted": "auto-generated",
        },
    )


def _domain() -> str:
    public = urlsplit(current_app.config["PUBLIC_URL"]).hostname
    sender = str(current_app.config["MAIL_DEFAULT_SENDER"]).rpartition("@")[2].rstrip("> ")
    return public or sender or "localhost"


def _unreachable(error: Exception) -> ChannelFailed:
    is_login = isinstance(error, smtplib.SMTPAuthenticationError)
    return ChannelFailed("sign_in_refused" if is_login else "unreachable")


def _close(connection: Any) -> None:
    try:
        connection.close()
    except (OSError, smtplib.SMTPException):
        # The mail is on its way; how the server says goodbye changes nothing.
        current_app.logger.info("The mail server broke off at the end.")
