from __future__ import annotations

import pytest
from flask import Flask, render_template_string
from flask_babel import force_locale, gettext, lazy_gettext
from markupsafe import Markup

from app.web.languages import COOKIE, from_header
from tests.web.conftest import VOLUNTEER, MakeSite


@pytest.mark.parametrize(
    ("tags", "language"),
    [
        (["zh-CN", "zh"], "zh_Hans"),
        (["zh"], "zh_Hans"),
        (["zh-Hant-TW"], "zh_Hant"),
        (["zh-TW"], "zh_Hant"),
        (["zh-HK", "en"], "zh_Hant"),
        (["zh-MO"], "zh_Hant"),
        (["zh_TW"], "zh_Hant"),
        (["zh-Hans-HK"], "zh_Hans"),
        (["en-GB", "zh-TW"], "en"),
        (["fr", "de", "en"], "en"),
        (["fr"], "zh_Hans"),
        ([], "zh_Hans"),
        (["*"], "zh_Hans"),
    ],
)
def test_the_first_tag_we_speak_decides(tags: list[str], language: str) -> None:
    assert from_header(tags) == language


@pytest.mark.parametrize(
    ("asked", "cookie", "login", "header", "lang"),
    [
        ("", None, None, None, "zh-CN"),
        ("", None, None, "zh-TW,zh;q=0.9,en;q=0.8", "zh-TW"),
        ("", None, None, "zh-TW;q=0,en;q=0.8", "en"),
        ("", None, "zh_Hant", "en", "zh-TW"),
        ("", "en", "zh_Hant", "zh-CN", "en"),
        ("?language=zh_Hant", "en", None, "en", "zh-TW"),
        ("?language=xx", "yy", "zz", "en", "en"),
    ],
)
def test_whoever_asks_more_closely_wins(
    make_site: MakeSite,
    asked: str,
    cookie: str | None,
    login: str | None,
    header: str | None,
    lang: str,
) -> None:
    client = make_site(VOLUNTEER, language=login).test_client()
    if cookie:
        client.set_cookie(COOKIE, cookie)
    answer = client.get(f"/t/public{asked}", headers={"Accept-Language": header} if header else {})
    assert f'<html lang="{lang}"' in answer.text


@pytest.mark.parametrize(
    ("language", "message"),
    [("zh_Hans", "不能超过"), ("zh_Hant", "不能超過"), ("en", "cannot be longer")],
)
def test_messages_of_forms_speak_the_language_too(
    make_site: MakeSite, language: str, message: str
) -> None:
    client = make_site().test_client()
    answer = client.post(f"/t/form?language={language}", data={"word": "too long"})
    assert answer.text.startswith("False")
    assert message in answer.text


@pytest.mark.parametrize("name", ["_", "gettext"])
def test_a_template_escapes_figures_and_not_the_message(make_site: MakeSite, name: str) -> None:
    app: Flask = make_site()
    source = '{{ NAME("<b>%(name)s</b> 100 %%", name=name) }} {{ NAME("5 %%") }}{{ NAME("A & B") }}'
    with app.test_request_context():
        said = render_template_string(source.replace("NAME", name), name="<i>")
    assert said == "<b>&lt;i&gt;</b> 100 % 5 %A & B"


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ("1", "1 hour, 1 more hour to come"),
        ("-1", "-1 hour, -1 more hour to come"),
        (Markup("<b>1</b>"), "<b>1</b> hour, <b>1</b> more hour to come"),
        ("0.1", "0.1 hours, 0.1 more hours to come"),
        ("1.5", "1.5 hours, 1.5 more hours to come"),
        ("11", "11 hours, 11 more hours to come"),
        ("1,001", "1,001 hours, 1,001 more hours to come"),
    ],
)
def test_one_hour_is_no_hours(make_site: MakeSite, hours: str, said: str) -> None:
    message = "%(hours)s hours, %(hours)s more hours to come"
    with make_site().test_request_context("/?language=en"):
        source = f'{{{{ _("{message}", hours=hours) }}}}'
        assert render_template_string(source, hours=hours) == said
        for way in (gettext, lazy_gettext):
            assert str(way(message, hours=hours)) == said


def test_chinese_hours_are_as_they_were(make_site: MakeSite) -> None:
    with make_site().test_request_context("/?language=zh_Hans"):
        assert gettext("%(hours)s hours", hours="1") == "1 小时"
        with force_locale("en"):
            assert gettext("%(hours)s hours", hours="1") == "1 hour"
