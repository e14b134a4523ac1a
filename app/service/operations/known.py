"""What organisations decide, kept in the process while their revision bears the same word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch_together
from app.organisations.calendar import WorkingCalendar
from app.organisations.rules import Settings
from app.points.rules import RuleVersion

PLACEMENTS = """
SELECT t.id, t.name, t.organisation_id, p.organisation_id, p.colour_id, p.from_on, p.until_on
FROM teams t JOIN team_placements p ON p.team_id = t.id ORDER BY t.id, p.from_on
"""
TREE = "SELECT id, parent_id FROM organisations"


class House(NamedTuple):
    """What an organisation decides, whatever the date."""

    settings: Settings
    calendar: WorkingCalendar
    substitutes: Mapping[tuple[int, int], date]
    versions: tuple[RuleVersion, ...]


class Placement(NamedTuple):
    team_name: str
    team_organisation_id: int
    organisation_id: int
    colour_id: int
    from_on: date
    until_on: date | None


@dataclass(frozen=True, slots=True)
class Known:
    """What was read of the organisations while the revision bore this word."""

    word: str | None
    tree: Mapping[int, int | None]
    placements: Mapping[int, list[Placement]]
    # Filled as they are asked for.
    houses: dict[int, House] = field(default_factory=dict)


_known: WeakKeyDictionary[Any, Known] = WeakKeyDictionary()


def known_at(session: Session, word: str | None) -> Known:
    """Return what is known at a revision: kept from the last time, or read anew."""
    engine = session.get_bind()
    known = _known.get(engine)
    if known is None or word is None or known.word != word:
        placements, tree = fetch_together(session, (PLACEMENTS,), (TREE,))
        known = _known[engine] = Known(
            word, {row[0]: row[1] for row in tree}, _placements(placements)
        )
    return known


def _placements(rows: Iterable[Any]) -> dict[int, list[Placement]]:
    found: dict[int, list[Placement]] = {}
    for team_id, name, today_in_id, organisation_id, colour_id, from_on, until_on in rows:
        until = None if until_on is None else day_of(until_on)
        placed = Placement(name, today_in_id, organisation_id, colour_id, day_of(from_on), until)
        found.setdefault(team_id, []).append(placed)
    return found
