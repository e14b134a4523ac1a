"""What an adjustment asks for, and why; what was typed comes back as typed."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import Field, RadioField
from wtforms.validators import DataRequired, InputRequired, ValidationError

from app.adjustments.rules import LONGEST_REASON, Amounts
from app.web.forms import Form, HoursField, PointsField, TextField, offered

_DIRECTIONS = {"add": _l("Credit"), "take": _l("Take away")}


class ReasonForm(Form):
    """A reason, which everybody concerned reads."""

    reason = TextField(_l("Reason"), [DataRequired(_l("Fill in the reason."))], most=LONGEST_REASON)


class AskForm(ReasonForm):
    """How much for one person, and why."""

    direction = RadioField(
        _l("Credit or take away?"),
        choices=offered(_DIRECTIONS.items()),
        validators=[InputRequired(_l("Choose whether to credit or to take away."))],
    )
    points = PointsField(_l("Points"))
    hours = HoursField(_l("Time account"))

    @property
    def amounts(self) -> Amounts:
        """What the accounts gain, or lose."""
        sign = -1 if self.direction.data == "take" else 1
        return Amounts(sign * (self.hours.data or 0), sign * (self.points.data or 0))

    def validate_points(self, field: Field) -> None:
        unread = field.process_errors or self.hours.process_errors
        if not (unread or field.data or self.hours.data):
            raise ValidationError(_l("Fill in points, hours, or both: something other than zero."))


class AnswerForm(Form):
    """Confirm it, or withdraw it."""
