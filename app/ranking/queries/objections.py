"""Objections to a year's notice: one, the open ones, somebody's own, those of a year."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch, instant_of
from app.service.models import EVERY_COLOUR


class ObjectionRow(NamedTuple):
    """One objection; the place it is about is that of the list it was raised against."""

    id: int
    organisation_id: int
    code: str
    organisation: str
    year: int
    list_number: int
    volunteer_id: int
    volunteer: str
    volunteer_no: str | None
    raised_by: str
    is_raised_by_another: bool
    raised_by_id: int
    about_id: int | None
    about: str | None
    about_no: str | None
    rank: int | None
    minutes: int | None
    words: str
    raised_at: datetime
    state: str
    answer: str
    is_public: bool
    answered_by: str | None
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.state == "open"

    @property
    def is_about_self(self) -> bool:
        return self.about_id == self.volunteer_id


_ROWS = f"""
SELECT o.id, o.organisation_id, g.code, g.name, o.year, s.number, o.volunteer_id, v.name, v.number,
  l.display_name, CASE WHEN l.volunteer_id = o.volunteer_id THEN 0 ELSE 1 END,
  o.raised_by_id, o.about_id, a.name, a.number, r.rank, r.minutes, o.words, o.raised_at, o.state,
  o.answer, o.is_public, b.display_name, o.ended_at
FROM objections o
  JOIN organisations g ON g.id = o.organisation_id
  JOIN ranking_snapshots s ON s.id = o.snapshot_id
  JOIN volunteers v ON v.id = o.volunteer_id
  JOIN logins l ON l.id = o.raised_by_id
  LEFT JOIN volunteers a ON a.id = o.about_id
  LEFT JOIN ranking_rows r ON r.snapshot_id = o.snapshot_id AND r.colour_id = {EVERY_COLOUR}
    AND r.volunteer_id = o.about_id
  LEFT JOIN logins b ON b.id = o.answered_by_id
"""
_ONE = _ROWS + "WHERE o.id = ?"
_OF_YEAR = _ROWS + "WHERE o.organisation_id = ? AND o.year = ? ORDER BY o.id DESC"
_OF_PEOPLE = _ROWS + "WHERE o.volunteer_id IN ?ids ORDER BY o.id DESC"
_OPEN = """
SELECT o.about_id FROM objections o
WHERE o.volunteer_id = ? AND o.organisation_id = ? AND o.year = ? AND o.state = 'open'
"""
_PUBLIC = f"""
SELECT o.state, o.answer, o.ended_at, r.rank
FROM objections o
  LEFT JOIN ranking_rows r ON r.snapshot_id = o.snapshot_id AND r.colour_id = {EVERY_COLOUR}
    AND r.volunteer_id = o.about_id
WHERE o.organisation_id = ? AND o.year = ? AND o.is_public ORDER BY o.id DESC
"""
# Without LIKE, to which some signs of a name would mean something.
_NAMED_IN = """
SELECT v.name FROM ranking_rows r JOIN volunteers v ON v.id = r.volunteer_id
WHERE r.snapshot_id = ? AND r.colour_id = ? AND length(v.name) > 1
  AND replace(CAST(? AS text), v.name, '') <> CAST(? AS text)
ORDER BY r.rank, r.number LIMIT 1
"""


class PublicAnswer(NamedTuple):
    """What stands of an objection on the notice: no name, and not the words it was said in."""

    state: str
    answer: str
    ended_at: datetime
    rank: int | None


def find_objection(session: Session, objection_id: int) -> ObjectionRow | None:
    """Return an objection, or None."""
    rows = fetch(session, _ONE, objection_id)
    return _row(rows[0]) if rows else None


def objections_of_year(session: Session, organisation_id: int, year: int) -> list[ObjectionRow]:
    """Return every objection to a year's notice, the newest first."""
    return [_row(row) for row in fetch(session, _OF_YEAR, organisation_id, year)]


def objections_of(session: Session, volunteer_ids: Collection[int]) -> list[ObjectionRow]:
    """Return the objections that some people raised, the newest first."""
    return [_row(row) for row in fetch(session, _OF_PEOPLE, sorted(volunteer_ids))]


def open_about(
    session: Session, volunteer_id: int, organisation_id: int, year: int
) -> set[int | None]:
    """Return whom somebody's open objections to a notice are about; None is the list itself."""
    return {row[0] for row in fetch(session, _OPEN, volunteer_id, organisation_id, year)}


def named_in(session: Session, snapshot_id: int, words: str) -> str | None:
    """Return the name of somebody of a frozen list that stands in some words, or None."""
    rows = fetch(session, _NAMED_IN, snapshot_id, EVERY_COLOUR, words, words)
    return str(rows[0][0]) if rows else None


def public_answers(session: Session, organisation_id: int, year: int) -> list[PublicAnswer]:
    """Return the answers that stand on a notice, the newest first."""
    rows = fetch(session, _PUBLIC, organisation_id, year)
    return [PublicAnswer(row[0], row[1], instant_of(row[2]), row[3]) for row in rows]


def _row(row: Any) -> ObjectionRow:
    found = list(row)
    # SQLite keeps truth as a number and instants as text.
    found[10], found[21] = bool(found[10]), bool(found[21])
    found[18] = instant_of(found[18])
    found[23] = None if found[23] is None else instant_of(found[23])
    return ObjectionRow._make(found)
