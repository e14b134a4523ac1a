"""What an activity's plan may say, and when it begins, ends and admits people."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.errors import N_, RuleBroken

LONGEST_TITLE = 60
LONGEST_TEXT = 2000
# Whoever plans further ahead has mistyped the year.
FARTHEST = timedelta(days=400)
DAY_MINUTES = 1440


class Plan(NamedTuple):
    """What a leader writes down about an activity before it happens."""

    title: str
    service_on: date
    starts_minute: int
    minutes: int
    content: str = ""
    place: str = ""
    bring: str = ""
    places: int | None = None
    least_age: int | None = None
    in_charge_id: int | None = None


class TitleMissing(RuleBroken):
    code = "missing"
    message = N_("Give the activity a title.")


class TextTooLong(RuleBroken):
    code = "too_long"
    message = N_("This is too long; %(most)s characters are the most.")


class DateUnfit(RuleBroken):
    code = "bad_date"
    message = N_("An activity lies between a year ago and %(days)s days from now.")


class TimesUnfit(RuleBroken):
    code = "bad_time"
    message = N_("The end lies after the beginning, at most 24 hours later.")


class PlacesUnfit(RuleBroken):
    code = "bad_number"
    message = N_("Places are a whole number from 1 to 10,000, or nothing for as many as come.")


class AgeUnfit(RuleBroken):
    code = "bad_number"
    message = N_("The least age is a whole number from 1 to 99, or nothing.")


class TooFewPlaces(RuleBroken):
    """Nobody loses a place because the plan grew smaller."""

    code = "too_few_places"
    message = N_("%(taken)s people have a place already; remove some first or allow more.")


def check_plan(plan: Plan, *, today: date, taken: int = 0) -> None:
    """Refuse a plan that cannot be, with the figure that is wrong."""
    if not plan.title.strip():
        raise TitleMissing
    if len(plan.title) > LONGEST_TITLE:
        raise TextTooLong(most=LONGEST_TITLE)
    if max(map(len, (plan.content, plan.place, plan.bring))) > LONGEST_TEXT:
        raise TextTooLong(most=LONGEST_TEXT)
    if not -FARTHEST <= plan.service_on - today <= FARTHEST:
        raise DateUnfit(days=FARTHEST.days)
    if not (0 <= plan.starts_minute < DAY_MINUTES and 1 <= plan.minutes <= DAY_MINUTES):
        raise TimesUnfit
    if plan.places is not None and not 1 <= plan.places <= 10_000:
        raise PlacesUnfit
    if plan.least_age is not None and not 1 <= plan.least_age <= 99:
        raise AgeUnfit
    if plan.places is not None and plan.places < taken:
        raise TooFewPlaces(taken=taken)


def minutes_between(starts_minute: int, ends_minute: int) -> int:
    """Return how long a plan lasts; an end at or before the beginning is the next day's."""
    return (ends_minute - starts_minute) % DAY_MINUTES or DAY_MINUTES


def begins_at(service_on: date, starts_minute: int, zone: str) -> datetime:
    """Return the instant of a minute of a date in an organisation's time zone, in UTC."""
    clock = time(starts_minute // 60, starts_minute % 60)
    at = datetime.combine(service_on, clock, ZoneInfo(zone))
    return at.astimezone(ZoneInfo("UTC"))


def ends_at(service_on: date, starts_minute: int, minutes: int, zone: str) -> datetime:
    """Return the instant at which the plan ends."""
    return begins_at(service_on, starts_minute, zone) + timedelta(minutes=minutes)
