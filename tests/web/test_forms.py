from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from app.errors import N_, RuleBroken
from app.web.forms import (
    DayField,
    Form,
    HoursField,
    ParagraphField,
    TextField,
    WholeField,
    hours_text,
    parse_hours,
)


class Sample(Form):
    word = TextField("Word", most=5)
    story = ParagraphField("Story")
    count = WholeField("Count")
    on = DayField("On")
    hours = HoursField("Hours")


class TooFull(RuleBroken):
    message = N_("This day holds %(held)s minutes.")


@pytest.fixture(autouse=True)
def page(app: Flask) -> Iterator[None]:
    with app.test_request_context("/", method="POST"):
        yield


def filled(**values: str) -> Any:
    form = Sample(formdata=MultiDict(values))
    form.validate()
    return form


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("2", 120),
        ("2.5", 150),
        ("2,5", 150),
        ("0.25", 15),
        ("0.01", 1),
        ("0.0083", 0),
        ("1.7583", 105),
        ("", None),
        ("-1", None),
        ("２", None),
        ("1e3", None),
        ("Infinity", None),
        ("sNaN", None),
        ("2:30", None),
        ("1_0", None),
        ("99999", None),
    ],
)
def test_hours_become_minutes(text: str, minutes: int | None) -> None:
    assert parse_hours(text) == minutes


@pytest.mark.parametrize("minutes", [0, 15, 30, 90, 150, 480, 1440])
def test_minutes_come_back_as_typed(minutes: int) -> None:
    assert parse_hours(hours_text(minutes)) == minutes


@pytest.mark.parametrize(
    ("field", "text", "data"),
    [
        ("word", "  谷雨 ", "谷雨"),
        ("count", "120", 120),
        ("count", "", None),
        ("hours", "2.5", 150),
        ("hours", "", None),
        ("story", "一\n二", "一\n二"),
    ],
)
def test_a_field_takes(field: str, text: str, data: object) -> None:
    form = filled(**{field: text})
    assert (form[field].data, form.errors) == (data, {})


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("word", "toolong"),
        ("word", "a\x00b"),
        ("word", "a\nb"),
        ("story", "a\x1bb"),
        ("count", "１２０"),
        ("count", "1_000"),
        ("count", "1.0"),
        ("count", "9" * 17),
        ("count", "9007199254740993"),
        ("on", "2026-02-30"),
        ("on", "20260228"),
        ("on", "２026-02-28"),
        ("hours", "two"),
    ],
)
def test_a_field_refuses_and_shows_what_was_typed(field: str, text: str) -> None:
    form = filled(**{field: text})
    assert list(form.errors) == [field]
    assert text.strip()[:1] in form[field]()


def test_each_form_is_a_sending_of_its_own() -> None:
    assert filled().sent_key != filled().sent_key
    assert filled(key="k1").sent_key == "k1"


def test_a_refusal_stands_at_its_field_and_renews_the_key() -> None:
    form = filled(key="k1", hours="2.5")
    form.refuse(TooFull(held=450), "hours")
    assert form.hours.errors == ["This day holds 450 minutes."]
    assert form.key.data != "k1"
    assert form.hours._value() == "2.5"
    form.refuse(TooFull(held=450))
    assert form.form_errors == ["This day holds 450 minutes."]


def test_a_key_is_not_endless() -> None:
    assert "key" in filled(key="k" * 65).errors


@pytest.mark.parametrize(
    "sent",
    [
        {"data": "[" * 100_000, "content_type": "application/json"},
        {"json": {"name": 5, "password": ["a"]}},
        {"json": [1]},
        {"data": {"name": (BytesIO(b"x"), "a.txt")}},
    ],
    ids=["nested", "numbers", "list", "files"],
)
def test_only_a_form_fills_a_form(app: Flask, sent: dict[str, Any]) -> None:
    assert app.test_client().post("/start", **sent).status_code == 422
