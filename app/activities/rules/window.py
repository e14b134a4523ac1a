"""From when until when an activity admits people, and what is said outside of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from app.activities.rules.plan import begins_at
from app.errors import N_, RuleBroken


class Window(NamedTuple):
    """The instants between which people check in and out, both included."""

    opens_at: datetime
    closes_at: datetime

    def holds(self, at: datetime) -> bool:
        """Tell whether an instant lies inside."""
        return self.opens_at <= at <= self.closes_at


class TooEarly(RuleBroken):
    code = "too_early"
    message = N_("Check-in opens at %(opens_at)s; it is %(at)s now.")


class TooLate(RuleBroken):
    code = "too_late"
    message = N_(
        "Check-in ended at %(closes_at)s. The leader can still write down when you were there."
    )


class TimeOutside(RuleBroken):
    """A time written down by the leader lies where nobody could have been there."""

    code = "bad_time"
    message = N_("Times lie between %(opens_at)s and %(closes_at)s.")


class TimeAhead(RuleBroken):
    code = "bad_time"
    message = N_("%(given_at)s is still to come.")


class OutBeforeIn(RuleBroken):
    code = "bad_time"
    message = N_("Nobody goes before they come: in at %(in_at)s, out at %(out_at)s.")


def window_of(
    begins_at: datetime, ends_at: datetime, *, before_minutes: int, after_minutes: int
) -> Window:
    """Return when a plan admits people."""
    return Window(
        begins_at - timedelta(minutes=before_minutes), ends_at + timedelta(minutes=after_minutes)
    )


def instant_of(window: Window, service_on: date, clock_minute: int, zone: str) -> datetime:
    """Return which instant a clock time means: the one inside the window, if any is.

    A plan that ends after midnight, or admits people the evening before, has two dates.
    """
    for days in (0, 1, -1):
        at = begins_at(service_on + timedelta(days=days), clock_minute, zone)
        if window.holds(at):
            return at
    return begins_at(service_on, clock_minute, zone)


def check_window(window: Window, at: datetime) -> None:
    """Refuse a check-in before the window opens or after it closed, with the times."""
    if at < window.opens_at:
        raise TooEarly(opens_at=window.opens_at, at=at)
    if at > window.closes_at:
        raise TooLate(closes_at=window.closes_at)


def check_times(window: Window, *, in_at: datetime, out_at: datetime | None, now: datetime) -> None:
    """Refuse times that a leader writes down, when nobody can have come or gone so."""
    for given_at in filter(None, (in_at, out_at)):
        if not window.holds(given_at):
            raise TimeOutside(opens_at=window.opens_at, closes_at=window.closes_at)
        if given_at > now:
            raise TimeAhead(given_at=given_at)
    if out_at is not None and out_at < in_at:
        raise OutBeforeIn(in_at=in_at, out_at=out_at)
