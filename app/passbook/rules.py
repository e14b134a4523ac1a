"""What the lines of a passbook say, and which months a page of it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from app.errors import N_
from app.points.rules import (
    RuleVersion,
    Terms,
    duration_text,
    format_hundredths,
    sentence,
    terms_for,
)

# A page of the ledger holds at least so many records, and always whole months.
PAGE_RECORDS = 20
LAST_YEAR = 9999

Gettext = Callable[[str], str]


class Credit(NamedTuple):
    """What decided the points of one service record."""

    minutes: int
    colour_id: int
    is_service_day: bool
    is_service_month: bool
    earns_points: bool


# What a line other than the award of a service record says of itself.
_SAID: Mapping[str, str] = {
    "redemption": N_("Points redeemed for an item of the reward shelf"),
    "refund": N_("Points returned from a redemption"),
    "transfer": N_("Time given or received"),
    "expiry": N_("Points expired at the end of their time"),
    "adjustment": N_("Adjusted by the organisers"),
    "opening": N_("Brought forward from the paper book"),
    "shortfall": N_(
        "Covered by the community, because less was left than is taken back; it is no debt"
    ),
    "service": N_("Hours served"),
    "reversal": N_("Takes back an earlier line"),
}
# 一人办理: nobody could have been the second person.
_SAID_ALONE: Mapping[str, str] = {
    "adjustment": N_("Adjusted by one organiser alone, as there was no second person"),
    "shortfall": N_(
        "Covered by the community, because less was left than is taken back; it is no debt."
        " Decided by one organiser alone, as there was no second person"
    ),
}
_TAKEN_BACK = N_("Takes back entry %(entry)s: %(duration)s and %(points)s points")
_TAKEN_BACK_BECAUSE = N_(
    "Takes back entry %(entry)s: %(duration)s and %(points)s points. Reason: %(reason)s"
)
_REDEEMED: Mapping[str, str] = {
    "redemption": N_("Redeemed on the reward shelf: %(name)s × %(count)s"),
    "cancelled": N_("Cancelled and given back: %(name)s × %(count)s"),
    "expired": N_("Not collected in time and given back: %(name)s × %(count)s"),
}
_BECAUSE = N_("%(what)s. Reason: %(reason)s")
_EXPIRED = N_("Points earned in %(year)s expired: they could be used until %(until)s")
_SERVED = N_("%(duration)s served")
_JOINED_FROM = N_("%(what)s. Joined from number %(number)s")
_JOINED_USED = N_("Joined with number %(number)s: evens out the time that was used there")
_JOINED_YEAR_USED = N_(
    "Joined with number %(number)s: evens out the points of %(year)s that were used there"
)
_JOINED_GOT = N_("Joined with number %(number)s: brought over from there")
_OPENED = N_("Brought forward from the paper book as of %(as_of_on)s, before Qicai: %(figures)s")
_OPENED_NOTED = N_(
    "Brought forward from the paper book as of %(as_of_on)s, before Qicai: %(figures)s."
    " Note: %(note)s"
)
_BOTH = N_("%(duration)s and %(points)s points")
_POINTS_ALONE = N_("%(points)s points")
_HOURS_ALONE = N_("%(duration)s, no points")


def terms_of(version: RuleVersion, credit: Credit) -> Terms:
    """Return the terms a record was credited by."""
    return terms_for(
        version,
        credit.colour_id,
        credit.is_service_day,
        credit.is_service_month,
        credit.earns_points,
    )


def award_sentence(credit: Credit, version: RuleVersion | None, gettext: Gettext) -> str:
    """Say how the points of a record came about."""
    if version is None:
        return gettext(_SERVED) % {"duration": duration_text(credit.minutes, gettext)}
    return sentence(credit.minutes, terms_of(version, credit), gettext)


def joined_from_sentence(what: str, number: str, gettext: Gettext) -> str:
    """Say what a line is, and under which number it was served."""
    return gettext(_JOINED_FROM) % {"what": what, "number": number}


def joined_sentence(
    number: str, year: int | None, is_given: bool, reason: str | None, gettext: Gettext
) -> str:
    """Say what evens out two numbers of one person (`is_given`: taken from here)."""
    used = _JOINED_USED if year is None else _JOINED_YEAR_USED
    what = gettext(used if is_given else _JOINED_GOT) % {"number": number, "year": year}
    return gettext(_BECAUSE) % {"what": what, "reason": reason} if reason else what


def reversal_sentence(
    entry_id: int, minutes: int, points: str, reason: str | None, gettext: Gettext
) -> str:
    """Say which entry a line takes back, with its figures, and why."""
    said = gettext(_TAKEN_BACK_BECAUSE if reason else _TAKEN_BACK)
    return said % {
        "entry": entry_id,
        "duration": duration_text(minutes, gettext),
        "points": points,
        "reason": reason,
    }


def opening_sentence(
    as_of_on: date, minutes: int, points_hundredths: int, note: str | None, gettext: Gettext
) -> str:
    """Say what stood in a paper book, and on which date."""
    alone = _HOURS_ALONE if minutes else _POINTS_ALONE
    figures = _BOTH if minutes and points_hundredths else alone
    amounts = {
        "duration": duration_text(minutes, gettext),
        "points": format_hundredths(points_hundredths),
    }
    return gettext(_OPENED_NOTED if note else _OPENED) % {
        "as_of_on": f"{as_of_on:%Y-%m-%d}",
        "figures": gettext(figures) % amounts,
        "note": note,
    }


def redemption_sentence(
    how: str, name: str, quantity: int, reason: str | None, gettext: Gettext
) -> str:
    """Say what points were redeemed for, or why they came back (`how`: the state it ended in)."""
    what = gettext(_REDEEMED[how]) % {"name": name, "count": quantity}
    return gettext(_BECAUSE) % {"what": what, "reason": reason} if reason else what


def expiry_sentence(year: int, until: str, gettext: Gettext) -> str:
    """Say which points expired, and until when they could be used."""
    return gettext(_EXPIRED) % {"year": year, "until": until}


def other_sentence(
    kind: str, reason: str | None, gettext: Gettext, *, is_alone: bool = False
) -> str:
    """Say what a line of another kind is; `is_alone`: one person did what takes two."""
    said = _SAID_ALONE if is_alone and kind in _SAID_ALONE else _SAID
    what = gettext(said[kind])
    return gettext(_BECAUSE) % {"what": what, "reason": reason} if reason else what


def months_from(dates: Sequence[date], least: int = PAGE_RECORDS) -> date | None:
    """Return the first day of the page that begins with these dates (newest first).

    The page holds at least so many dates and ends with a whole month; None: it holds all.
    """
    if len(dates) <= least:
        return None
    return dates[least - 1].replace(day=1)


def first_day_of(month: str) -> date | None:
    """Return the first day of a month written 2025-03, or None for anything else."""
    year, _, number = month.partition("-")
    is_plain = month.isascii() and year.isdigit() and number.isdigit()
    if not is_plain or len(year) != 4 or len(number) != 2:
        return None
    if not (1 <= int(year) <= LAST_YEAR and 1 <= int(number) <= 12):
        return None
    return date(int(year), int(number), 1)


def month_end(on: date) -> date:
    """Return the last day of a date's month."""
    return (on.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
