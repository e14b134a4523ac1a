"""A volunteer's claim, and the parts into which a leader splits it."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, SelectField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Optional

from app.claims.rules import MOST_PARTS
from app.pictures.fields import PictureField
from app.service.forms import ClockField
from app.service.rules import DAY_MINUTES
from app.web.filters import clock_time, hours
from app.web.forms import DayField, Form, HoursField, ParagraphField, TextField

DAY_EXAMPLE = _l("Fill in a date such as 2026-03-28.")


class ClaimForm(Form):
    """Service outside the plan, as the volunteer tells it."""

    service_on = DayField(_l("Date"), [InputRequired(DAY_EXAMPLE)])
    team = SelectField(_l("With which team"), validators=[InputRequired(_l("Choose a team."))])
    hours = HoursField(_l("Hours"))
    starts = ClockField(_l("From"))
    ends = ClockField(_l("To"))
    next_day = BooleanField(_l("Ends the next day"))
    content = TextField(
        _l("What was done"), [DataRequired(_l("Say in a few words what you did."))], most=200
    )
    place = TextField(_l("Place"), most=200)
    note = ParagraphField(_l("Note for the leader"), most=1000)
    photo = PictureField(_l("Photo"))
    keep_photo = BooleanField(_l("Send the photo of the first time again"), default=True)
    further = BooleanField(_l("This is a further service on that day"))

    @property
    def minutes(self) -> int | None:
        """Return how long it took: from and to where both are given, else the hours."""
        lasting = self._lasting()
        return lasting if lasting is not None else self.hours.data

    def _lasting(self) -> int | None:
        starts, ends = self.starts.data, self.ends.data
        if starts is None or ends is None:
            return None
        return int(ends - starts + (DAY_MINUTES if self.next_day.data else 0))

    def validate_hours(self, field: Field) -> None:
        if self.minutes is None and not (field.process_errors or self.ends.process_errors):
            raise ValidationError(_("Fill in the hours, or from when to when."))

    def validate_ends(self, field: Field) -> None:
        if field.data is not None and self.starts.data is None:
            raise ValidationError(_("Fill in both times, or neither."))
        lasting = self._lasting()
        if lasting is None:
            return
        if not 0 < lasting <= DAY_MINUTES:
            raise ValidationError(_("The end lies after the start; past midnight, tick the box."))
        if self.hours.data not in (None, lasting):
            raise ValidationError(
                _(
                    "From %(starts)s to %(ends)s it is %(lasting)s hours, not %(typed)s.",
                    starts=clock_time(self.starts.data),
                    ends=clock_time(field.data),
                    lasting=hours(lasting),
                    typed=hours(self.hours.data),
                )
            )


class PartFields(NamedTuple):
    """The fields of one part, for the template."""

    service_on: Field
    team: SelectField
    hours: Field
    starts: Field
    content: Field


class SplitForm(Form):
    """The parts that count, each a record of its own; a part without hours is none."""

    reason = TextField(_l("Why it is split"), [DataRequired(_l("Fill in the reason."))], most=200)

    @property
    def parts(self) -> list[PartFields]:
        """Return the rows of fields."""
        return [
            PartFields(*(self[f"{name}_{place}"] for name in PartFields._fields))
            for place in range(MOST_PARTS)
        ]

    @property
    def filled(self) -> list[PartFields]:
        """Return the parts with hours."""
        return [part for part in self.parts if part.hours.data is not None]

    def offer(self, teams: list[tuple[str, str]]) -> None:
        """Offer the teams whose hours this person decides about."""
        for part in self.parts:
            part.team.choices = teams

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """A part with hours needs its date."""
        is_valid = super().validate(*args, **kwargs)
        for part in self.filled:
            if part.service_on.data is None and not part.service_on.errors:
                part.service_on.errors = [str(DAY_EXAMPLE)]
                is_valid = False
        if not self.filled and not any(part.hours.errors for part in self.parts):
            first = self.parts[0].hours
            first.errors = [_("Fill in the hours of at least one part.")]
            is_valid = False
        return bool(is_valid)


for _place in range(MOST_PARTS):
    setattr(SplitForm, f"service_on_{_place}", DayField(_l("Date"), [Optional()]))
    setattr(SplitForm, f"team_{_place}", SelectField(_l("Team"), validators=[InputRequired()]))
    setattr(SplitForm, f"hours_{_place}", HoursField(_l("Hours")))
    setattr(SplitForm, f"starts_{_place}", ClockField(_l("From")))
    setattr(SplitForm, f"content_{_place}", TextField(_l("What was done"), most=200))


class WithdrawForm(Form):
    """Take a claim back: nothing but the button."""
