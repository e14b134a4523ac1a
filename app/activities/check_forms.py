"""What is filled in to check in: six characters, for whom, whom a leader ticks, times."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField
from wtforms.validators import AnyOf, InputRequired, Optional

from app.activities.forms import Given
from app.web.forms import ClockField, Form, IdsField, TextField


class TypedForm(Form):
    """Six characters, for whoever cannot scan."""

    characters = TextField(_l("The six characters"), [InputRequired()], most=40)


class ConfirmForm(Form):
    """For whom, as `<in or out>-<volunteer id>`: whoever was in meanwhile is not sent out."""

    who = RadioField(_l("For whom"), [InputRequired()], validate_choice=False)

    @property
    def chosen(self) -> tuple[str, int] | None:
        """Return what was chosen and for whom, or None when it is none of ours."""
        wants, _, number = (self.who.data or "").partition("-")
        is_fit = wants in ("in", "out") and number.isascii() and number.isdigit()
        return (wants, int(number)) if is_fit and len(number) <= 18 else None


class TickForm(Form):
    """Whom a leader ticks in or out, and when if it was not just now."""

    present = IdsField(_l("Who"))
    number = TextField(_l("Somebody else, by volunteer number"), most=40)
    at = ClockField(_l("At"))
    wants = StringField(validators=[AnyOf(("in", "out"))])


class TimesForm(Form):
    """When somebody came and went who forgot the code."""

    in_clock = ClockField(_l("Came"), [Given(_l("Fill in a time such as 8:30."))])
    out_clock = ClockField(_l("Went"), [Optional()])


class CardForm(Form):
    """At which activity the owner of a scanned card comes or goes."""

    activity = IdsField(_l("Activity"))
    wants = StringField(validators=[AnyOf(("in", "out"))])
