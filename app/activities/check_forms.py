"""What is filled in to check in: six characters, for whom, whom a leader ticks, times."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, StringField
from wtforms.validators import AnyOf, InputRequired, Optional

from app.activities.forms import Given
from app.activities.operations.desk import Shown
from app.web.forms import ClockField, Form, IdsField, TextField


class Kept(NamedTuple):
    """Which of the two times the leader typed and sees again as typed."""

    came: bool = False
    went: bool = False


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
    # What stood there when the page was shown: whoever came or went since is not overwritten.
    in_shown = HiddenField()
    out_shown = HiddenField()

    @property
    def shown(self) -> Shown:
        """Return the times the page showed."""
        return Shown(_instant(self.in_shown.data), _instant(self.out_shown.data))

    def show(self, there: Shown, clocks: tuple[int | None, int | None], kept: Kept) -> None:
        """Show times as they stand now; a field the leader changed keeps what was typed."""
        self.in_shown.data, self.out_shown.data = (at.isoformat() if at else "" for at in there)
        for field, clock, is_kept in zip(
            (self.in_clock, self.out_clock), clocks, kept, strict=True
        ):
            if not is_kept:
                field.data, field.raw_data = clock, None


def _instant(text: str | None) -> datetime | None:
    """Return an instant as the form carries it; whatever is none stood nowhere."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo else None


class CardForm(Form):
    """At which activity the owner of a scanned card comes or goes."""

    activity = IdsField(_l("Activity"))
    wants = StringField(validators=[AnyOf(("in", "out"))])
