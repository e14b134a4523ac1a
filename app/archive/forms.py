"""The forms of an archive; an ID number that was refused is not shown again."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.validators import DataRequired, InputRequired

from app.archive.rules.documents import KINDS
from app.archive.rules.entries import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    Commendation,
    Complaint,
    Details,
    Training,
)
from app.web.forms import DayField, Form, HoursField, ParagraphField, TextField, offered

_DAY_NEEDED = InputRequired(_l("Fill in the day."))
_WORDS_NEEDED = DataRequired(_l("Fill in what it was."))


class TrainingForm(Form):
    """A course somebody took."""

    course = TextField(_l("Course"), [_WORDS_NEEDED], most=LONGEST_TITLE)
    hours = HoursField(_l("Hours"), [InputRequired(_l("Fill in hours such as 2 or 2.5."))])
    held_on = DayField(_l("Date"), [_DAY_NEEDED])
    organiser = TextField(
        _l("Held by"), [DataRequired(_l("Fill in who held it or gave it."))], most=LONGEST_TITLE
    )

    def given(self) -> Training:
        """Return what a form that was found right says."""
        assert self.held_on.data
        return Training(
            self.course.data or "",
            self.hours.data or 0,
            self.held_on.data,
            self.organiser.data or "",
        )


class CommendationForm(Form):
    """An honour somebody was given."""

    title = TextField(_l("Name of the honour"), [_WORDS_NEEDED], most=LONGEST_TITLE)
    given_by = TextField(
        _l("Given by"), [DataRequired(_l("Fill in who held it or gave it."))], most=LONGEST_TITLE
    )
    given_on = DayField(_l("Date"), [_DAY_NEEDED])
    is_elsewhere = BooleanField(_l("Given elsewhere, not by this organisation"))
    note = ParagraphField(_l("Note"), most=LONGEST_TEXT)

    def given(self) -> Commendation:
        """Return what a form that was found right says."""
        assert self.given_on.data
        return Commendation(
            self.title.data or "",
            self.given_by.data or "",
            self.given_on.data,
            bool(self.is_elsewhere.data),
            self.note.data or "",
        )


class ComplaintForm(Form):
    """What was said against somebody's service."""

    received_on = DayField(_l("Received on"), [_DAY_NEEDED])
    content = ParagraphField(_l("What was said"), [_WORDS_NEEDED], most=LONGEST_TEXT)

    def given(self) -> Complaint:
        """Return what a form that was found right says."""
        assert self.received_on.data
        return Complaint(self.received_on.data, self.content.data or "")


class AnswerForm(Form):
    """What came of a complaint."""

    outcome = ParagraphField(_l("Outcome"), [_WORDS_NEEDED], most=LONGEST_TEXT)
    answered_on = DayField(_l("Answered on"), [_DAY_NEEDED])


class WithdrawForm(Form):
    """Why an entry is withdrawn."""

    reason = TextField(_l("Reason"), [DataRequired(_l("Fill in the reason."))], most=200)


class DetailsForm(Form):
    """Where somebody lives, what they can do, what they would like to do."""

    residence_area = TextField(_l("Residence area"), most=LONGEST_TITLE)
    skills = TextField(_l("Skills"), most=200)
    service_category = TextField(_l("Service category"), most=200)

    def given(self) -> Details:
        """Return what a form that was found right says."""
        return Details(
            self.residence_area.data or "",
            self.skills.data or "",
            self.service_category.data or "",
        )


class DocumentForm(Form):
    """An ID document; the number's name keeps it out of whatever gives typed words back."""

    kind = SelectField(_l("ID document"))
    secret_number = TextField(_l("ID number"), most=40)

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named)
        none = [("", gettext("None"))]
        self.kind.choices = offered(none + [(kind, gettext(name)) for kind, name in KINDS.items()])

    def forget_number(self) -> None:
        """Let the page come back without what was typed."""
        self.secret_number.data = None
        self.secret_number.raw_data = None


FORMS = {
    "trainings": TrainingForm,
    "commendations": CommendationForm,
    "complaints": ComplaintForm,
}
