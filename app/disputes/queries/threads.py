"""A dispute with the names a page shows, and the lines of its thread."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, instant_of
from app.disputes.rules import OPEN_STATES, Recorded

MOST_LISTED = 200


class DisputeRow(NamedTuple):
    """A dispute beside the record it is about; both halves of a night are one."""

    id: int
    record_id: int
    volunteer_id: int
    volunteer_name: str
    volunteer_number: str | None
    what: str
    state: str
    raised_at: datetime
    due_on: date
    may_pass_on: bool
    recorded: Recorded
    record_state: str
    team_code: str
    team_name: str
    # Where the team stands today, which is what rights go by.
    team_organisation_id: int
    # Where the record stands for good.
    organisation_id: int
    root_id: int
    colour_key: str
    colour_glyph: str
    recorder_id: int
    approver_id: int | None
    wished: Recorded | None
    wished_team_name: str | None
    wished_team_code: str | None
    place: str | None
    note: str | None
    # A correction proposed as the answer, which waits for somebody else's approval.
    waiting_id: int | None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


class DisputedRow(NamedTuple):
    """A record with all disputes about it."""

    record_id: int
    volunteer_id: int
    state: str
    disputes: list[DisputeRow]


class LineRow(NamedTuple):
    """One line of a thread with who wrote it, and for whom."""

    dispute_id: int
    at: datetime
    kind: str
    author_id: int
    author: str
    on_behalf_of: str | None
    words: str
    record_id: int | None


class LastMove(NamedTuple):
    """Who moved a dispute last, and when."""

    name: str
    at: datetime


class MarkRow(NamedTuple):
    """The latest dispute of a record, for the line of a passbook."""

    dispute_id: int
    state: str


_ROWS = """
SELECT d.id, d.record_id, d.volunteer_id, v.name, v.number, d.what, d.state, d.raised_at, d.due_on,
  d.may_pass_on, r.service_on, r.minutes + coalesce(h.minutes, 0), r.starts_minute, r.team_id,
  r.content, r.state, t.code, t.name, t.organisation_id, r.organisation_id, r.root_id, c.key,
  c.glyph, r.recorder_id, r.approver_id, d.wished_on, d.wished_minutes, d.wished_starts_minute,
  d.wished_team_id, d.wished_content, w.name, w.code, r.place, r.note,
  (SELECT max(n.id) FROM dispute_lines p JOIN service_records n ON n.id = p.record_id
    WHERE p.dispute_id = d.id AND p.kind = 'proposed' AND n.state = 'submitted')
FROM disputes d
  JOIN service_records r ON r.id = d.record_id
  LEFT JOIN service_records h ON h.first_part_id = r.id AND h.part = 2
  JOIN volunteers v ON v.id = d.volunteer_id
  JOIN teams t ON t.id = r.team_id
  JOIN colours c ON c.id = r.colour_id
  LEFT JOIN teams w ON w.id = d.wished_team_id
"""
_LINES = """
SELECT l.dispute_id, l.at, l.kind, l.author_id, a.display_name, v.name, l.words, l.record_id
FROM dispute_lines l JOIN logins a ON a.id = l.author_id
  LEFT JOIN volunteers v ON v.id = l.on_behalf_of_id
WHERE l.dispute_id IN ?ids ORDER BY l.id
"""
_LAST_MOVE = """
SELECT a.display_name, l.at FROM dispute_lines l JOIN logins a ON a.id = l.author_id
WHERE l.dispute_id = ? AND l.kind NOT IN ('asked', 'replied', 'proposed')
ORDER BY l.id DESC LIMIT 1
"""
_REFUSED_BY = "SELECT author_id FROM dispute_lines WHERE dispute_id = ? AND kind = 'refused'"
_REFUSED_OF = """
SELECT dispute_id FROM dispute_lines WHERE dispute_id IN ?ids AND kind = 'refused' AND author_id = ?
"""
_MARKS = """
SELECT r.id, d.id, d.state FROM disputes d
  JOIN service_records r ON r.id = d.record_id OR r.first_part_id = d.record_id
WHERE d.volunteer_id = ? ORDER BY d.id
"""
_WHOLE = """
SELECT id, coalesce(first_part_id, id), volunteer_id, state FROM service_records
WHERE id IN ?ids AND state IN ('approved', 'reversed')
"""


def dispute_rows(session: Session, rest: str, *values: Any) -> list[DisputeRow]:
    """Return disputes by the rest of a query: its WHERE, ORDER BY and LIMIT."""
    return [_row(row) for row in fetch(session, _ROWS + rest, *values)]


def find_dispute(session: Session, dispute_id: int) -> DisputeRow | None:
    """Return one dispute, or None."""
    found = dispute_rows(session, "WHERE d.id = ?", dispute_id)
    return found[0] if found else None


def disputed_records(session: Session, record_ids: Collection[int]) -> list[DisputedRow]:
    """Return for records every dispute of each, or of the night it is a half of; oldest first.

    What is not in the books is left out: nobody could have disputed it.
    """
    wholes = fetch(session, _WHOLE, sorted(record_ids))
    if not wholes:
        return []
    rows: dict[int, list[DisputeRow]] = {}
    firsts = sorted({row[1] for row in wholes})
    for row in dispute_rows(session, "WHERE d.record_id IN ?ids ORDER BY d.id", firsts):
        rows.setdefault(row.record_id, []).append(row)
    return [DisputedRow(id_, who, state, rows.get(first, [])) for id_, first, who, state in wholes]


def lines_of(session: Session, dispute_ids: Collection[int]) -> dict[int, list[LineRow]]:
    """Return the threads of some disputes, oldest line first."""
    found: dict[int, list[LineRow]] = {}
    if not dispute_ids:
        return found
    for row in fetch(session, _LINES, sorted(dispute_ids)):
        line = LineRow._make(row)
        found.setdefault(line.dispute_id, []).append(line._replace(at=instant_of(line.at)))
    return found


def last_move_of(session: Session, dispute_id: int) -> LastMove:
    """Return who gave a dispute its state."""
    name, at = fetch(session, _LAST_MOVE, dispute_id)[0]
    return LastMove(name, instant_of(at))


def refused_by(session: Session, dispute_id: int) -> set[int]:
    """Return the logins that refused a dispute."""
    return {row[0] for row in fetch(session, _REFUSED_BY, dispute_id)}


def refused_among(session: Session, dispute_ids: Collection[int], login_id: int) -> set[int]:
    """Return which of these disputes a login refused."""
    return {row[0] for row in fetch(session, _REFUSED_OF, sorted(dispute_ids), login_id)}


def marks_of(session: Session, volunteer_id: int) -> dict[int, MarkRow]:
    """Return the latest dispute of each of a volunteer's records, by record."""
    rows = fetch(session, *asking_marks(volunteer_id))
    return {record_id: MarkRow(dispute_id, state) for record_id, dispute_id, state in rows}


def asking_marks(volunteer_id: int) -> tuple[Any, ...]:
    """Return the query of `marks_of`, as `asked_ahead` takes it."""
    return _MARKS, volunteer_id


def _row(row: Any) -> DisputeRow:
    wished = None
    if row[25] is not None:
        wished = Recorded(day_of(row[25]), row[26], row[27], row[28], row[29])
    return DisputeRow(
        id=row[0],
        record_id=row[1],
        volunteer_id=row[2],
        volunteer_name=row[3],
        volunteer_number=row[4],
        what=row[5],
        state=row[6],
        raised_at=instant_of(row[7]),
        due_on=day_of(row[8]),
        may_pass_on=bool(row[9]),
        recorded=Recorded(day_of(row[10]), row[11], row[12], row[13], row[14]),
        record_state=row[15],
        team_code=row[16],
        team_name=row[17],
        team_organisation_id=row[18],
        organisation_id=row[19],
        root_id=row[20],
        colour_key=row[21],
        colour_glyph=row[22],
        recorder_id=row[23],
        approver_id=row[24],
        wished=wished,
        wished_team_name=row[30],
        wished_team_code=row[31],
        place=row[32],
        note=row[33],
        waiting_id=row[34],
    )
