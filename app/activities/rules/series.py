"""What a recurring service of a team may be."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from app.activities.rules.plan import Plan, check_plan
from app.errors import N_, RuleBroken

# So far ahead activities are made; far enough to plan by, near enough to change.
AHEAD = timedelta(weeks=8)
MOST_WEEKS = 8
WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)


class Series(NamedTuple):
    """A plan that comes back: its date is the first on which it may."""

    plan: Plan
    # Monday is 0.
    weekday: int
    every_weeks: int = 1
    until_on: date | None = None
    skips_holidays: bool = False


class WeeksUnfit(RuleBroken):
    code = "bad_number"
    message = N_("It comes back every 1 to %(most)s weeks.")


class EndsBefore(RuleBroken):
    code = "bad_date"
    message = N_("The last day lies before the first.")


def check_series(series: Series, *, today: date) -> None:
    """Refuse what cannot come back, with the figure that is wrong."""
    check_plan(series.plan, today=today)
    if not (1 <= series.every_weeks <= MOST_WEEKS and 0 <= series.weekday <= 6):
        raise WeeksUnfit(most=MOST_WEEKS)
    if series.until_on is not None and series.until_on < series.plan.service_on:
        raise EndsBefore
