"""What is wrong and what it should say; an answer; words. What is typed comes back as typed."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, RadioField, SelectField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from app.disputes.rules import LONGEST_WORDS, WORDED
from app.service.forms import ClockField
from app.web.forms import DayField, Form, HoursField, ParagraphField, TextField, offered

WHAT_LABELS = {
    "hours": _l("The hours"),
    "date": _l("The date"),
    "team": _l("The team"),
    "content": _l("What was done"),
    "not_me": _l("I was not there"),
    "points": _l("The points"),
}


class RaiseForm(Form):
    """What is wrong with a record, and what it should say."""

    what = RadioField(
        _l("What is not right?"),
        choices=offered(WHAT_LABELS.items()),
        validators=[InputRequired(_l("Choose what is not right."))],
    )
    service_on = DayField(_l("Date"))
    hours = HoursField(_l("Hours"))
    starts = ClockField(_l("From"))
    team = SelectField(_l("Team"), validate_choice=True)
    content = TextField(_l("What was done"), most=200)
    words = ParagraphField(_l("In your own words"), most=LONGEST_WORDS)

    @property
    def is_in_words(self) -> bool:
        """Tell whether the words say it all and the figures below do not count."""
        return self.what.data in WORDED

    def validate_service_on(self, field: Field) -> None:
        if field.data is None and not field.process_errors and not self.is_in_words:
            raise ValidationError(_l("Fill in a date such as 2026-03-28."))

    def validate_hours(self, field: Field) -> None:
        if field.data is None and not field.process_errors and not self.is_in_words:
            raise ValidationError(_l("Fill in hours such as 2 or 2.5."))


class SayForm(Form):
    """Words for the thread."""

    words = ParagraphField(
        _l("Message"), [DataRequired(_l("Write a few words."))], most=LONGEST_WORDS
    )


class AnswerForm(Form):
    """Refuse, or take the record back: the volunteer reads why."""

    reason = TextField(_l("Reason"), [DataRequired(_l("Fill in the reason."))], most=200)


class WithdrawForm(Form):
    """Take a dispute back."""


class PassOnForm(Form):
    """Ask an organiser, with words if there is more to say."""

    words = ParagraphField(_l("What the organiser should know"), most=LONGEST_WORDS)


class ConfirmForm(Form):
    """Confirm the books of a year as they were shown."""

    digest = HiddenField(validators=[DataRequired(), Length(max=64)])
