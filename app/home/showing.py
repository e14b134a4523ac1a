"""What the front pages say: stars, the next service day, the points rule in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from app.activities.public_showing import times
from app.activities.queries import Listed
from app.home.queries import ColourHours
from app.organisations.rules import Settings
from app.passbook.queries import Owner, Summary
from app.passbook.star_showing import next_star, star_level_name
from app.points.rules import (
    DEFAULT_RATE_HUNDREDTHS,
    RuleVersion,
    format_hundredths,
    points_of,
    sentence,
    terms_for,
)
from app.teams.queries import ColourRow
from app.web.filters import hours, month, points, weekday

HOUR = 60
# What the examples of the rule stand for: minutes, service day, service month.
EXAMPLES = (
    (lazy_gettext("An ordinary day"), 90, False, False),
    (lazy_gettext("A service day"), 150, True, False),
    (lazy_gettext("A day of the service month"), 120, False, True),
    (lazy_gettext("The service day of the service month"), 90, True, True),
)


class Hero(NamedTuple):
    """The big card of the own account, ready for its macro."""

    numbers: list[tuple[str, str, str]]
    stars: int
    of: int
    level: str
    value: int
    max: int
    sentence: str


class NextDay(NamedTuple):
    """The next service day, as its card shows it; `on` as addresses say it."""

    on: str
    month: str
    day: str
    weekday: str
    title: str
    lines: list[str]
    countdown: str


class Example(NamedTuple):
    """One case of the points rule, reckoned by the rule itself."""

    title: str
    sentence: str
    points: str


def hero(owner: Owner, summary: Summary, settings: Settings) -> Hero:
    """Return the own figures; the time account only where exchange is switched on."""
    numbers = [
        (_("Served"), hours(summary.served_minutes), _("hours")),
        (_("Points to use"), points(summary.points_hundredths), _("points")),
    ]
    if settings.exchange_on:
        numbers.append((_("Time account"), hours(summary.time_minutes), _("hours")))
    level, thresholds = summary.stars.level, settings.star_hours
    reached = thresholds[level - 1] * HOUR if level else 0
    next_hours = summary.stars.next_threshold_hours
    whole = next_hours * HOUR - reached if next_hours else 0
    return Hero(
        numbers,
        level,
        len(thresholds),
        star_level_name(level),
        min(summary.served_minutes - reached, whole),
        whole,
        next_star(summary.stars),
    )


def next_day(on: date, today: date, settings: Settings) -> NextDay:
    """Return the card of the next service day."""
    lines = [settings.service_day_hours, settings.service_day_place]
    return NextDay(
        on.isoformat(),
        month(on),
        str(on.day),
        weekday(on),
        _("Service day of %(month)s", month=month(on)),
        [line for line in lines if line],
        _countdown((on - today).days),
    )


def _countdown(days: int) -> str:
    if days == 0:
        return str(_("today"))
    return str(_("tomorrow") if days == 1 else _("in %(days)s days", days=days))


class NextActivity(NamedTuple):
    """What somebody signed up for next, or what a team of theirs plans next."""

    id: int
    month: str
    day: str
    weekday: str
    title: str
    lines: list[str]
    is_own: bool
    note: str


def next_activity(coming: Listed, today: date) -> NextActivity:
    """Return the card of the next activity."""
    on = coming.service_on
    lines = [times(coming.starts_minute, coming.minutes), coming.place, coming.team.name]
    return NextActivity(
        coming.id,
        month(on),
        str(on.day),
        weekday(on),
        coming.title,
        [line for line in lines if line],
        coming.own is not None,
        _countdown(max(0, (on - today).days)),
    )


def ring_label(year: int, colours: Sequence[ColourHours]) -> str:
    """Return the ring's figures as one sentence, for those who do not see it."""
    if not colours:
        return str(_("No hours in %(year)s yet", year=year))
    parts = [
        _("%(name)s %(hours)s hours", name=each.name, hours=hours(each.minutes)) for each in colours
    ]
    return str(
        _("Service hours in %(year)s by colour: %(parts)s", year=year, parts=_(", ").join(parts))
    )


def year_choices(
    years: Sequence[int], chosen: int, url_of: Callable[[int], str]
) -> list[dict[str, Any]]:
    """Return the years as choices; none when there is nothing to choose."""
    if len(years) < 2:
        return []
    return [
        {"url": url_of(year), "label": _("%(year)s", year=year), "current": year == chosen}
        for year in years
    ]


# ── the points rule in words ──────────────────────────────────────────────────────────────


def rule_texts(
    version: RuleVersion, colours: Sequence[ColourRow], settings: Settings
) -> list[tuple[str, str]]:
    """Return the rule's figures as pairs of what and how much."""
    found = [
        (_("Per hour served"), _rates(version, colours)),
        (
            _("Service day: day %(day)s of each month", day=settings.service_day),
            _("%(percent)s %% more", percent=version.service_day_percent),
        ),
        (
            _("Service month: %(month)s", month=month(date(2000, settings.service_month, 1))),
            _("%(percent)s %% more", percent=version.service_month_percent),
        ),
        (
            _("Rounding"),
            _("half up, to %(step)s points", step=format_hundredths(version.step_hundredths)),
        ),
    ]
    if settings.only_signed_in_earns:
        found.append((_("Evidence"), _("only signed-in service earns points")))
    return found


def _rates(version: RuleVersion, colours: Sequence[ColourRow]) -> str:
    rates = {colour.name: _rate(version, colour) for colour in colours}
    if len(set(rates.values())) <= 1:
        rate = next(iter(rates.values()), DEFAULT_RATE_HUNDREDTHS)
        said = ngettext(
            "%(points)s point in every colour",
            "%(points)s points in every colour",
            1 if rate == DEFAULT_RATE_HUNDREDTHS else 2,
            points=format_hundredths(rate),
        )
        return str(said)
    return str(
        _(", ").join(
            _("%(name)s %(points)s points", name=name, points=format_hundredths(rate))
            for name, rate in rates.items()
        )
    )


def _rate(version: RuleVersion, colour: ColourRow) -> int:
    return version.rates.get(colour.id, DEFAULT_RATE_HUNDREDTHS)


def rule_examples(version: RuleVersion, colours: Sequence[ColourRow]) -> list[Example]:
    """Return examples, reckoned by the very function that credits records."""
    colour_id = colours[0].id if colours else 0
    found = []
    for title, minutes, on_day, in_month in EXAMPLES:
        terms = terms_for(version, colour_id, on_day, in_month, earns_points=True)
        earned = format_hundredths(points_of(minutes, terms))
        found.append(Example(str(title), sentence(minutes, terms, _), earned))
    return found
