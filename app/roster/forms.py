"""The forms of pauses, and of roles."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectMultipleField
from wtforms.validators import DataRequired, Optional

from app.people.rules.pausing import LONGEST_REASON
from app.web.forms import BIGGEST_ID, MOST_TICKED, DayField, Form, TextField, offered

NEEDS_DAY = DataRequired(_l("Fill in a date such as 2026-03-28."))
RESTS, LEAVES = "dormant", "left"


def _reason() -> TextField:
    return TextField(_l("Reason"), [DataRequired(_l("Say why."))], most=LONGEST_REASON)


class OwnPauseForm(Form):
    """A rest of one's own."""

    from_on = DayField(_l("From"), [NEEDS_DAY])
    until_on = DayField(_l("Until"), [Optional()])
    reason = _reason()


class PauseForm(OwnPauseForm):
    """A rest, or a goodbye, as the desk writes it down."""

    kind = RadioField(
        _l("What is it?"),
        choices=offered(
            [
                (RESTS, _l("A rest: stays in the teams, off the lists")),
                (LEAVES, _l("A goodbye: the teams end, hours and points stay")),
            ]
        ),
        default=RESTS,
    )


class TickedForm(Form):
    """People ticked on a list, and why."""

    person = SelectMultipleField(coerce=int, validate_choice=False)
    reason = _reason()

    def ticked(self) -> list[int]:
        """Return the ids that were ticked, as far as they can be ids."""
        found = dict.fromkeys(self.person.data or ())
        return [one for one in found if 0 < one <= BIGGEST_ID][:MOST_TICKED]
