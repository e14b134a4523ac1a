"""What redeeming is judged by: the organisation's rules, and what somebody has redeemed so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from app.bulk import day_of, optional_day
from app.organisations.queries import (
    ABOVE_ITEM,
    ABOVE_PERSON,
    asking_settings_of_item,
    settings_told,
)
from app.organisations.rules import Settings
from app.rewards.rules.periods import period_of
from app.rewards.rules.redeeming import House, Terms
from app.rewards.rules.windows import Window

# Behind the person's lock these say how much of the limits is used.
COUNTED_THIS_YEAR = (
    "SELECT item_id, quantity, cost_hundredths, redeemed_on FROM redemptions "
    "WHERE volunteer_id = ? AND redeemed_on >= ? AND state IN ('to_collect', 'collected')"
)
COLOURS_ON = (
    "SELECT DISTINCT t.colour_id FROM memberships m JOIN teams t ON t.id = m.team_id "
    "WHERE m.volunteer_id = ? AND m.from_on <= ? AND (m.until_on IS NULL OR m.until_on >= ?)"
)
# The organisations above somebody, the nearest first, each with what state the person is in.
LINE_AND_STATE = f"""{ABOVE_PERSON}
SELECT a.id, v.state FROM above a JOIN volunteers v ON v.id = ? ORDER BY a.height
"""
WINDOWS = (
    "SELECT organisation_id, kind, day, from_on, until_on FROM redemption_windows "
    "WHERE organisation_id IN ?ids AND ended_at IS NULL ORDER BY id"
)

_LINE_AND_WINDOWS = f"""{ABOVE_ITEM}
SELECT a.id, w.kind, w.day, w.from_on, w.until_on FROM above a
LEFT JOIN redemption_windows w ON w.organisation_id = a.id AND w.ended_at IS NULL
ORDER BY a.height, w.id
"""


class Counted(NamedTuple):
    """One redemption of this year that counts towards the limits."""

    item_id: int
    quantity: int
    cost_hundredths: int
    redeemed_on: date


def counted_from(rows: Iterable[Any]) -> list[Counted]:
    """Return what COUNTED_THIS_YEAR found."""
    return [Counted(row[0], row[1], row[2], day_of(row[3])) for row in rows]


def redeemed_of_item(counted: Iterable[Counted], item_id: int, terms: Terms, today: date) -> int:
    """Return how many of an item somebody has redeemed in its limit's period."""
    if terms.limit_period is None:
        return 0
    from_on = period_of(today, terms.limit_period).from_on
    return sum(
        each.quantity for each in counted if each.item_id == item_id and each.redeemed_on >= from_on
    )


def spent_hundredths(counted: Iterable[Counted]) -> int:
    """Return the points somebody has redeemed this year, in hundredths."""
    return sum(each.cost_hundredths for each in counted)


class Home(NamedTuple):
    """Where an item is at home: the line upward, the settings, the rules for redeeming."""

    above: list[int]
    settings: Settings
    house: House


def asking_home(item_id: int) -> list[tuple[Any, ...]]:
    """Return the queries of `home_told`, for a caller who has more to ask in the same trip."""
    return [(_LINE_AND_WINDOWS, item_id), asking_settings_of_item(item_id)]


def home_told(line: Sequence[Any], settings_rows: Iterable[Any]) -> Home | None:
    """Return where an item is at home from the answers to `asking_home`; None: there is none."""
    if not line:
        return None
    settings = settings_told(settings_rows)
    above = list(dict.fromkeys(row[0] for row in line))
    named = windows_from(row for row in line if row[1] is not None)
    house = House(
        settings.redemption_least_minutes,
        settings.redemption_cap_points * 100,
        nearest(named, above),
    )
    return Home(above, settings, house)


def windows_from(rows: Iterable[Any]) -> dict[int, list[Window]]:
    """Return the redemption days by organisation, from rows as WINDOWS has them."""
    windows: dict[int, list[Window]] = {}
    for home, kind, day, from_on, until_on in rows:
        window = Window(kind, day, optional_day(from_on), optional_day(until_on))
        windows.setdefault(home, []).append(window)
    return windows


def nearest(windows: Mapping[int, list[Window]], line: Iterable[int]) -> Sequence[Window]:
    """Return the redemption days of the first on the line upward that names any."""
    return next((windows[each] for each in line if each in windows), ())
