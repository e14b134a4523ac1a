"""Which organisations let points expire, after how many years, and since when they decided so."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch, instant_of
from app.clock import today_in
from app.expiry.rules import Terms
from app.organisations.queries import (
    asking_above,
    deciders_below,
    inherited_by_many,
    lines_above,
    subtree,
)

KEY = "points_expire_after_years"
NEVER = "0"


class House(NamedTuple):
    """What an organisation's people's points obey."""

    terms: Terms
    zone: str


_IS_ON = "SELECT 1 FROM settings WHERE key = ? AND value <> ? LIMIT 1"
# When an organisation last decided it, or came to hang where others decide it. What a change
# kept is JSON of its one key.
_DECIDED = """
SELECT organisation_id, max(at) FROM trail
WHERE organisation_id IN ?ids AND (operation = 'move_organisation' OR (
  operation = 'change_setting' AND (after LIKE ? OR before LIKE ?)))
GROUP BY organisation_id
"""


def is_on_anywhere(session: Session) -> bool:
    """Tell whether any organisation lets points expire."""
    return bool(fetch(session, _IS_ON, KEY, NEVER))


def houses_below(session: Session, top_id: int) -> dict[int, House]:
    """Return the organisations at and below one whose points expire, with their terms."""
    if not is_on_anywhere(session):
        return {}
    nodes = subtree(session, top_id)
    return houses_of(session, [node.id for node in nodes])


def houses_of(session: Session, organisation_ids: Collection[int]) -> dict[int, House]:
    """Return those of some organisations whose points expire, with their terms."""
    inherited = inherited_by_many(session, organisation_ids)
    on = {
        each: found.settings
        for each, found in inherited.items()
        if found.settings.points_expire_after_years
    }
    if not on:
        return {}
    lines = _lines(session, on)
    decided = _decided(session, {one for line in lines.values() for one in line})
    found = {}
    for each, settings in on.items():
        instants = [decided[one] for one in lines[each] if one in decided]
        begun_on = today_in(settings.time_zone, max(instants)) if instants else None
        terms = Terms(settings.points_expire_after_years, begun_on)
        found[each] = House(terms, settings.time_zone)
    return found


def _lines(session: Session, organisation_ids: Iterable[int]) -> dict[int, list[int]]:
    return lines_above(fetch(session, *asking_above(list(organisation_ids))))


def _decided(session: Session, organisation_ids: Collection[int]) -> dict[int, datetime]:
    like = f'{{"{KEY}":%'
    rows = fetch(session, _DECIDED, sorted(organisation_ids), like, like)
    return {row[0]: instant_of(row[1]) for row in rows}


def governed_by(session: Session, organisation_id: int) -> list[int]:
    """Return an organisation and those below it that have no value of their own between."""
    deciders = {node.id for node in deciders_below(session, organisation_id, [KEY])}
    governed: set[int] = set()
    for node in subtree(session, organisation_id):
        is_top = node.id == organisation_id
        if is_top or (node.parent_id in governed and node.id not in deciders):
            governed.add(node.id)
    return sorted(governed)


def houses_if(
    session: Session, organisation_id: int, years: int, begun_on: date
) -> dict[int, House]:
    """Return the houses that a value of this organisation would govern, as if decided on a date."""
    inherited = inherited_by_many(session, governed_by(session, organisation_id))
    terms = Terms(years, begun_on)
    return {each: House(terms, found.settings.time_zone) for each, found in inherited.items()}
