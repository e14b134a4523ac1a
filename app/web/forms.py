"""The base of every form: tokens, one key per sending, strict fields, messages in all languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any
from uuid import uuid4

from flask import request
from flask_babel import get_locale, lazy_gettext
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import DateField, Field, HiddenField, IntegerField, StringField, TextAreaField
from wtforms.fields import choices as wtforms_choices
from wtforms.i18n import get_translations
from wtforms.validators import Length, ValidationError
from wtforms.widgets import TextInput

from app.errors import NotFound, RuleBroken
from app.web.saying import say

LONGEST_KEY = 64
BIGGEST_INTEGER = 2**53
BIGGEST_ID = 2**63 - 1
MOST_TICKED = 2000
_WHOLE = re.compile(r"[+-]?[0-9]{1,16}")
_HOURS = re.compile(r"([0-9]{1,4})(?:[.,。．]([0-9]{1,4}))?")
_POINTS = re.compile(r"([0-9]{1,7})(?:[.,。．]([0-9]{1,2}))?")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3])[:：]([0-5][0-9])")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LINE_BREAKS = "\n\r\t"
# WTForms ships its own messages under these names.
_WTFORMS_LOCALES = {"zh_Hans": ["zh"], "zh_Hant": ["zh_TW"], "en": ["en"]}


class Form(FlaskForm):  # type: ignore[misc]
    """A form of ours: hidden token, hidden key, messages in the reader's language."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def get_translations(self, form: Any) -> Any:
            names = _WTFORMS_LOCALES.get(str(get_locale()), ["en"])
            return get_translations(names)

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            # Flask-WTF also takes JSON and files for fields: a number or a file in a text field,
            # or a hundred thousand nested brackets, would end in a 500.
            if formdata is None or isinstance(formdata, MultiDict):
                return formdata
            return request.form if form.is_submitted() else None

    # One sending, one effect: the same key with the same content returns the first result (I-15).
    key = HiddenField(default=lambda: uuid4().hex, validators=[Length(max=LONGEST_KEY)])

    @property
    def sent_key(self) -> str:
        """The key this sending came with; a fresh one when it came with none."""
        return self.key.data or uuid4().hex

    def renew_key(self) -> None:
        """Let the form come back, as typed, as a sending of its own."""
        self.key.data = uuid4().hex

    def refuse(self, refusal: RuleBroken, field: str | None = None) -> None:
        """Show a refusal of the core at a field, or above the form, and renew the key.

        What does not exist for this person is no message on a form: it stays a 404.
        """
        if isinstance(refusal, NotFound):
            raise refusal
        self.renew_key()
        if field is None:
            self.form_errors.append(say(refusal))
        else:
            chosen = self[field]
            chosen.errors = [*chosen.errors, say(refusal)]


def offered(choices: Iterable[tuple[Any, str]]) -> list[Any]:
    """Return choices as WTForms takes them; its type stubs do not know their class yet."""
    choice: Any = getattr(wtforms_choices, "SelectChoice")  # noqa: B009
    return [choice(value, label) for value, label in choices]


class Fits:
    """Asks a rule of the core already here, so that one round shows all that is wrong."""

    def __init__(self, check: Callable[[Any], object]) -> None:
        self.check = check

    def __call__(self, _form: Any, field: Field) -> None:
        try:
            self.check(field.data or "")
        except RuleBroken as refusal:
            raise ValidationError(say(refusal)) from refusal


def check_text(_form: Any, field: Field) -> None:
    """Refuse control characters: no keyboard makes them, and PostgreSQL refuses NUL."""
    kept = _LINE_BREAKS if isinstance(field, TextAreaField) else ""
    for character in field.data or "":
        if unicodedata.category(character) in {"Cc", "Cs"} and character not in kept:
            raise ValidationError(str(lazy_gettext("Remove the characters that cannot be seen.")))


def strip(value: str | None) -> str | None:
    """Return a text without spaces around it."""
    return value.strip() if value else value


class TextField(StringField):
    """One line, trimmed, without control characters, of at most `most` characters."""

    def __init__(
        self, label: Any = None, validators: Sequence[Any] = (), *, most: int = 200, **kw: Any
    ):
        super().__init__(label, [*validators, Length(max=most), check_text], filters=[strip], **kw)


class ParagraphField(TextAreaField):
    """Several lines, trimmed, of at most `most` characters."""

    def __init__(
        self, label: Any = None, validators: Sequence[Any] = (), *, most: int = 2000, **kw: Any
    ):
        super().__init__(label, [*validators, Length(max=most), check_text], filters=[strip], **kw)


class WholeField(IntegerField):
    """A whole number in plain digits; WTForms' own takes １２０ and 1_000."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = str(valuelist[0]).strip() if valuelist else ""
        self.data = None
        if not text:
            return
        if not _WHOLE.fullmatch(text) or abs(int(text)) > BIGGEST_INTEGER:
            raise ValueError(str(lazy_gettext("Fill in a whole number in plain digits.")))
        self.data = int(text)


class DayField(DateField):
    """A date as browsers send it: 2026-03-28."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = str(valuelist[0]).strip() if valuelist else ""
        self.data = None
        if not text:
            return
        try:
            if not _DAY.fullmatch(text):
                raise ValueError(text)
            self.data = date.fromisoformat(text)
        except ValueError as error:
            message = lazy_gettext("Fill in a date such as 2026-03-28.")
            raise ValueError(str(message)) from error


class ClockField(Field):
    """A time of the day as browsers send it, 08:30; `data` is the minute of the day."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data // 60:02}:{self.data % 60:02}"

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = unicodedata.normalize("NFKC", str(valuelist[0])).strip() if valuelist else ""
        self.data = None
        if not text:
            return
        found = _CLOCK.fullmatch(text)
        if found is None:
            raise ValueError(str(lazy_gettext("Fill in a time such as 8:30.")))
        self.data = int(found[1]) * 60 + int(found[2])


class IdsField(Field):
    """Ticked boxes: the ids of rows, each once; anything else in there is no row of ours."""

    def __init__(self, *given: Any, most: int = MOST_TICKED, **named: Any) -> None:
        super().__init__(*given, **named)
        self.most = most

    def _value(self) -> str:
        return ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        texts = [str(value) for value in valuelist]
        fit = [text for text in texts if text.isascii() and text.isdigit() and len(text) <= 19]
        self.data = [one for one in dict.fromkeys(map(int, fit)) if 0 < one <= BIGGEST_ID]
        if len(fit) < len(texts) or len(self.data) > self.most:
            self.data = self.data[: self.most]
            raise ValueError(str(lazy_gettext("Tick the people again.")))

    def process_data(self, value: Any) -> None:
        self.data = list(value or ())


class HoursField(Field):
    """Hours as people type them (2.5); `data` is minutes, rounded half up."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else hours_text(self.data)

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = str(valuelist[0]).strip() if valuelist else ""
        self.data = parse_hours(text) if text else None
        if text and self.data is None:
            raise ValueError(str(lazy_gettext("Fill in hours such as 2 or 2.5.")))


class PointsField(Field):
    """Points as people type them (1.5), without a sign; `data` is hundredths, None when empty."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = unicodedata.normalize("NFKC", str(valuelist[0])).strip() if valuelist else ""
        found = _POINTS.fullmatch(text)
        self.data = int(found[1] + (found[2] or "").ljust(2, "0")) if found else None
        if text and found is None:
            message = lazy_gettext("Fill in points such as 3 or 3.8, with at most two decimals.")
            raise ValueError(str(message))


def parse_hours(text: str) -> int | None:
    """Return the minutes of decimal hours, half up; None when it is no such number."""
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        return None
    whole, digits = int(found[1]), found[2] or ""
    scale = int("1" + "0" * len(digits))
    return whole * 60 + (2 * 60 * int(digits or 0) + scale) // (2 * scale)


def hours_text(minutes: int) -> str:
    """Return minutes as the decimal hours a person would type, without useless zeros."""
    hundredths = (2 * minutes * 100 + 60) // 120
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") if rest else str(whole)
