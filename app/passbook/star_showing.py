"""What pages say of star levels: their names, what the next one takes, since when one has it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.service.rules import Reached, Stars
from app.web.filters import day, hours, number

HOUR = 60
STAR_LEVELS = (
    lazy_gettext("No star yet"),
    lazy_gettext("One-star volunteer"),
    lazy_gettext("Two-star volunteer"),
    lazy_gettext("Three-star volunteer"),
    lazy_gettext("Four-star volunteer"),
    lazy_gettext("Five-star volunteer"),
)


class StarRow(NamedTuple):
    """One level in somebody's table of stars."""

    level: int
    name: str
    takes: str
    reached: str
    is_reached: bool


def star_level_name(level: int) -> str:
    """Return how a star level is called."""
    if level < len(STAR_LEVELS):
        return str(STAR_LEVELS[level])
    return str(_("%(level)s-star volunteer", level=level))


def next_star(stars: Stars) -> str:
    """Say what the next star takes: hours, or waiting, or both."""
    if stars.next_threshold_hours is None:
        return str(_("The highest star is reached. Thank you."))
    name = star_level_name(stars.level + 1)
    if not stars.missing_minutes:
        return str(
            _(
                "%(next)s from %(day)s on: the hours are served, the months are not over yet",
                next=name,
                day=day(stars.waits_until, with_year=True),
            )
        )
    if stars.missing_minutes < HOUR:
        return _minutes_missing(stars, name)
    return _hours_missing(stars, name)


def _minutes_missing(stars: Stars, name: str) -> str:
    figures = {
        "minutes": stars.missing_minutes,
        "next": name,
        "threshold": stars.next_threshold_hours,
    }
    if stars.waits_until is None:
        return str(
            _(
                "%(minutes)s more minutes of service to %(next)s (at %(threshold)s hours)",
                **figures,
            )
        )
    return str(
        _(
            "%(minutes)s more minutes of service to %(next)s (at %(threshold)s hours), from"
            " %(day)s on",
            day=day(stars.waits_until, with_year=True),
            **figures,
        )
    )


def _hours_missing(stars: Stars, name: str) -> str:
    figures = {
        "hours": hours(stars.missing_minutes),
        "next": name,
        "threshold": stars.next_threshold_hours,
    }
    if stars.waits_until is None:
        return str(
            _("%(hours)s more hours of service to %(next)s (at %(threshold)s hours)", **figures)
        )
    return str(
        _(
            "%(hours)s more hours of service to %(next)s (at %(threshold)s hours), from %(day)s on",
            day=day(stars.waits_until, with_year=True),
            **figures,
        )
    )


def star_rows(levels: Iterable[Reached]) -> list[StarRow]:
    """Return the table of somebody's stars, the first level first."""
    return [
        StarRow(
            each.level,
            star_level_name(each.level),
            _takes(each),
            day(each.on, with_year=True) if each.on else str(_("not yet")),
            each.on is not None,
        )
        for each in levels
    ]


def _takes(reached: Reached) -> str:
    wanted = number(reached.threshold_hours)
    if reached.tenure_until is None:
        return str(_("%(hours)s hours", hours=wanted))
    until = day(reached.tenure_until, with_year=True)
    return str(_("%(hours)s hours, from %(day)s on", hours=wanted, day=until))
