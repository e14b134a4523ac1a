"""What leaders write down: an activity, the month's service day, a recurring service."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, HiddenField, RadioField, SelectField, ValidationError
from wtforms.validators import AnyOf, DataRequired, Length, Optional, StopValidation

from app.activities.rules import LONGEST_TITLE, Plan, minutes_between
from app.activities.rules.series import MOST_WEEKS, WEEKDAYS, Series
from app.web.forms import (
    BIGGEST_ID,
    ClockField,
    DayField,
    Form,
    IdsField,
    ParagraphField,
    TextField,
    WholeField,
    offered,
)

NOBODY = 0
LONGEST_LINE = 200


def id_of(text: Any) -> int:
    """Return an id as a form sends it; whatever is none names nobody."""
    typed = str(text or "")
    is_id = typed.isascii() and typed.isdigit() and len(typed) <= 19 and int(typed) <= BIGGEST_ID
    return int(typed) if is_id else NOBODY


class Given:
    """Asks for a value: midnight is one, and a space is none."""

    field_flags = {"required": True}

    def __init__(self, message: Any) -> None:
        self.message = message

    def __call__(self, _form: Any, field: Field) -> None:
        if field.data is None and not field.errors:
            raise StopValidation(str(self.message))


class PlanForm(Form):
    """What every plan says; `do` says which button was pressed."""

    title = TextField(
        _l("Title"), [DataRequired(_l("Give the activity a title."))], most=LONGEST_TITLE
    )
    starts = ClockField(_l("Begins"), [Given(_l("Fill in a time such as 8:30."))])
    ends = ClockField(_l("Ends"), [Given(_l("Fill in a time such as 8:30."))])
    place = TextField(_l("Place"), most=LONGEST_LINE)
    content = ParagraphField(_l("What is done"))
    bring = TextField(_l("What to bring"), most=LONGEST_LINE)
    places = WholeField(_l("Places"), [Optional()])
    least_age = WholeField(_l("Least age"), [Optional()])
    in_charge = SelectField(_l("Person in charge"), coerce=id_of, validate_choice=False)
    find = TextField(_l("Somebody else in charge: name or number"), most=60)
    do = HiddenField(validators=[Length(max=20)])

    def validate_places(self, field: Field) -> None:
        if field.data is not None and not 1 <= field.data <= 10_000:
            raise ValidationError(
                _("Places are a whole number from 1 to 10,000, or nothing for as many as come.")
            )

    def validate_least_age(self, field: Field) -> None:
        if field.data is not None and not 1 <= field.data <= 99:
            raise ValidationError(_("The least age is a whole number from 1 to 99, or nothing."))

    def plan(self, service_on: date) -> Plan:
        """Return what was typed, once it was found right."""
        starts = int(self.starts.data)
        return Plan(
            self.title.data or "",
            service_on,
            starts,
            minutes_between(starts, int(self.ends.data)),
            content=self.content.data or "",
            place=self.place.data or "",
            bring=self.bring.data or "",
            places=self.places.data,
            least_age=self.least_age.data,
            in_charge_id=self.in_charge.data or None,
        )

    def show(self, plan: Plan) -> None:
        """Fill in a plan, for somebody to change what differs."""
        self.title.data, self.place.data = plan.title, plan.place
        self.content.data, self.bring.data = plan.content, plan.bring
        self.starts.data = plan.starts_minute
        self.ends.data = (plan.starts_minute + plan.minutes) % 1440
        self.places.data, self.least_age.data = plan.places, plan.least_age
        self.in_charge.data = plan.in_charge_id or NOBODY

    @property
    def ends_next_day(self) -> bool:
        """Tell whether the end lies after midnight, so that the page can say it."""
        starts, ends = self.starts.data, self.ends.data
        return starts is not None and ends is not None and ends <= starts


class ActivityForm(PlanForm):
    """An activity of one date; the version is the one the page showed."""

    service_on = DayField(_l("Date"), [Given(_l("Fill in a date such as 2026-03-28."))])
    version = HiddenField(validators=[Length(max=12)])

    @property
    def shown_version(self) -> int:
        return id_of(self.version.data)


class ProposalForm(PlanForm):
    """The month's service day as proposed: who is expected, and on which days beside it."""

    expected = IdsField(_l("Who is expected"))
    # The dates ticked, read by hand: they are no rows of ours.
    extra = HiddenField()

    def ticked_days(self, days: Iterable[date], sent: Iterable[str]) -> list[date]:
        """Return which of the days offered were ticked."""
        ticked = set(sent)
        return [on for on in days if on.isoformat() in ticked]


class SeriesForm(PlanForm):
    """A recurring service."""

    service_on = DayField(_l("From"), [Given(_l("Fill in a date such as 2026-03-28."))])
    until_on = DayField(_l("Until"), [Optional()])
    weekday = SelectField(_l("On every"), coerce=id_of)
    every_weeks = WholeField(_l("Every how many weeks"), [Given(_l("Fill in a number."))])
    skips_holidays = BooleanField(_l("Leave out public holidays"))
    what_of_others = RadioField(_l("Activities with people signed up"), validators=[Optional()])
    reason = TextField(_l("Reason"), most=LONGEST_LINE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.weekday.choices = offered((i, _(name)) for i, name in enumerate(WEEKDAYS))
        self.what_of_others.choices = choices_of_others()

    def validate_every_weeks(self, field: Field) -> None:
        if field.data is not None and not 1 <= field.data <= MOST_WEEKS:
            raise ValidationError(_("It comes back every 1 to %(most)s weeks.", most=MOST_WEEKS))

    def series(self) -> Series:
        """Return what was typed, once it was found right."""
        from_on, weeks = self.service_on.data, self.every_weeks.data
        assert from_on is not None
        assert weeks is not None
        return Series(
            self.plan(from_on),
            self.weekday.data,
            weeks,
            self.until_on.data,
            bool(self.skips_holidays.data),
        )

    def show_series(self, series: Series) -> None:
        """Fill in a series, for somebody to change what differs."""
        self.show(series.plan)
        self.weekday.data, self.every_weeks.data = series.weekday, series.every_weeks
        self.until_on.data, self.skips_holidays.data = series.until_on, series.skips_holidays

    @property
    def cancels(self) -> bool | None:
        return cancels(self.what_of_others.data)


class EndForm(Form):
    """The end of a recurring service."""

    last_on = DayField(_l("Last day"), [Given(_l("Fill in a date such as 2026-03-28."))])
    what_of_others = RadioField(_l("Activities with people signed up"), validators=[Optional()])
    reason = TextField(_l("Reason"), most=LONGEST_LINE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.what_of_others.choices = choices_of_others()

    @property
    def cancels(self) -> bool | None:
        return cancels(self.what_of_others.data)


def choices_of_others() -> list[Any]:
    """Return what may become of activities on which people count."""
    return offered([("keep", _("They take place")), ("cancel", _("They are cancelled"))])


def cancels(said: str | None) -> bool | None:
    """Return what was decided about them; None: nothing yet."""
    return {"keep": False, "cancel": True}.get(said or "")


class WhyForm(Form):
    """A word to those concerned."""

    reason = TextField(_l("Reason"), most=LONGEST_LINE)


class PersonForm(Form):
    """Somebody to be put on the list, or looked for."""

    volunteer = HiddenField(validators=[Length(max=20)])
    find = TextField(_l("Name, number or end of the phone"), most=60)
    do = HiddenField(default="add", validators=[AnyOf(("add", "find"))])
