"""Which organisations let points expire, after how many years, and since when they decided so."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch, instant_of
from app.clock import today_in
from app.expiry.rules import Terms
from app.organisations.queries import deciders_below, settings_of_many, subtree
from app.organisations.rules import Settings

KEY = "points_expire_after_years"
NEVER = "0"


class House(NamedTuple):
    """What an organisation's people's points obey."""

    terms: Terms
    zone: str


_IS_ON = "SELECT 1 FROM settings WHERE key = ? AND value <> ? LIMIT 1"
# When it was last decided here or above, or an organisation came to hang where others decide it.
# What a change kept is JSON of its one key.
_DECIDED = """
WITH RECURSIVE above (leaf_id, id) AS (
  SELECT id, id FROM organisations WHERE id IN ?ids
  UNION ALL
  SELECT a.leaf_id, o.parent_id FROM above a JOIN organisations o ON o.id = a.id
  WHERE o.parent_id IS NOT NULL
)
SELECT a.leaf_id, max(t.at) FROM above a JOIN trail t ON t.organisation_id = a.id
WHERE t.operation = 'move_organisation' OR (
  t.operation = 'change_setting' AND (t.after LIKE ? OR t.before LIKE ?))
GROUP BY a.leaf_id
"""
# Somebody came to where it is otherwise: told with their move.
MOVED_OTHERWISE = f'%"{KEY}"%'
CHANGE_OF_IT = f'{{"{KEY}":%'


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
    on = {
        each: settings
        for each, settings in settings_of_many(session, organisation_ids).items()
        if settings.points_expire_after_years
    }
    rows = fetch(session, _DECIDED, sorted(on), CHANGE_OF_IT, CHANGE_OF_IT) if on else ()
    decided = {row[0]: instant_of(row[1]) for row in rows}
    return {each: house_of(settings, decided.get(each)) for each, settings in on.items()}


def house_of(settings: Settings, decided_at: datetime | None) -> House:
    """Return what the people of an organisation with these settings obey."""
    zone = settings.time_zone
    begun_on = today_in(zone, decided_at) if decided_at else None
    return House(Terms(settings.points_expire_after_years, begun_on), zone)


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
    governed = settings_of_many(session, governed_by(session, organisation_id))
    terms = Terms(years, begun_on)
    return {each: House(terms, settings.time_zone) for each, settings in governed.items()}


def other_terms(session: Session, from_id: int, into_id: int) -> dict[str, Any]:
    """Return when points end for whoever comes, where that is otherwise than it was.

    Told with each person, so that nothing of theirs ends before they were warned of it.
    """
    held = settings_of_many(session, [from_id, into_id])
    before, after = (held[each].points_expire_after_years for each in (from_id, into_id))
    return {} if before == after else {KEY: after}
