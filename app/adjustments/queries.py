"""Adjustments with the names a page shows; whose matter each is; shortfalls that were covered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ScalarSelect, func, or_, select
from sqlalchemy.orm import Session

from app.adjustments.models import Adjustment
from app.adjustments.rules import SUBJECT, AdjustmentUnknown
from app.bulk import day_of, fetch, instant_of
from app.ledger.queries import Covered, Lack, covered_by, lacking
from app.second_person.rules import Matter
from app.teams.rules import Actor

MOST_LISTED = 200


class AdjustmentRow(NamedTuple):
    """What was asked for, by whom, and what became of it."""

    id: int
    kind: str
    organisation_id: int
    organisation_name: str
    volunteer_id: int | None
    volunteer_name: str | None
    volunteer_number: str | None
    minutes: int
    points_hundredths: int
    record_id: int | None
    batch_id: int | None
    reason: str
    asker_id: int
    asker_name: str
    asked_at: datetime
    state: str
    second_id: int | None
    second_name: str | None
    answered_at: datetime | None
    answer: str
    is_alone: bool
    entry_id: int | None
    # Of an undo: the service it takes back, or what was entered as a whole: a team's day, a file.
    service_on: date | None
    source: str | None

    @property
    def waits(self) -> bool:
        return self.state == "asked"


class Decision(NamedTuple):
    """Who the second person was, or that there was none."""

    second_name: str | None
    is_alone: bool


class Shortfall(NamedTuple):
    """One covered shortfall, with the person whose balance was too small."""

    covered: Covered
    name: str
    number: str | None
    row: AdjustmentRow


_ROWS = """
SELECT a.id, a.kind, a.organisation_id, o.name, a.volunteer_id, v.name, v.number,
  a.minutes, a.points_hundredths, a.record_id, a.batch_id, a.reason,
  a.asker_id, asker.display_name, a.asked_at, a.state,
  a.second_id, second.display_name, a.answered_at, a.answer, a.is_alone, a.entry_id,
  coalesce(r.service_on, b.service_on), coalesce(t.name, b.file_name)
FROM adjustments a
  JOIN organisations o ON o.id = a.organisation_id
  JOIN logins asker ON asker.id = a.asker_id
  LEFT JOIN logins second ON second.id = a.second_id
  LEFT JOIN volunteers v ON v.id = a.volunteer_id
  LEFT JOIN service_records r ON r.id = a.record_id
  LEFT JOIN batches b ON b.id = a.batch_id
  LEFT JOIN teams t ON t.id = coalesce(r.team_id, b.team_id)
"""
_ONE = _ROWS + "WHERE a.id = ?"
_WAITING = _ROWS + "WHERE a.state = 'asked' AND a.organisation_id IN ?ids ORDER BY a.id LIMIT ?"
_DONE = (
    _ROWS + "WHERE a.state <> 'asked' AND a.organisation_id IN ?ids "
    "ORDER BY a.answered_at DESC, a.id DESC LIMIT ?"
)
_COVERS = (
    _ROWS + "WHERE a.state = 'posted' AND a.kind <> 'amount' AND a.organisation_id IN ?ids "
    "ORDER BY a.id DESC LIMIT ?"
)
_DECISIONS = """
SELECT a.id, l.display_name, a.is_alone FROM adjustments a
LEFT JOIN logins l ON l.id = a.second_id WHERE a.id IN ?ids
"""
_ASKED_FOR_RECORD = (
    "SELECT id FROM adjustments WHERE state = 'asked' AND kind <> 'amount' AND record_id IN ?ids"
)
_ASKED_FOR_BATCH = "SELECT id FROM adjustments WHERE state = 'asked' AND batch_id = ?"
_PEOPLE = "SELECT id, name, number FROM volunteers WHERE id IN ?ids"
_OF_PERSON = "SELECT organisation_id, id FROM volunteers WHERE id = ?"
# The record with the other half of its night, and what a correction reverses.
_GROUP = """
SELECT r.id FROM service_records r JOIN service_records given ON given.id = ?
WHERE coalesce(r.first_part_id, r.id) = coalesce(given.first_part_id, given.id)
"""
_CORRECTED = """
SELECT old.id FROM service_records old JOIN service_records corrected
  ON coalesce(old.first_part_id, old.id) = coalesce(corrected.first_part_id, corrected.id)
WHERE corrected.id IN (
  SELECT r.corrects_id FROM service_records r WHERE r.corrects_id IS NOT NULL AND r.id IN ?ids)
"""
_OF_RECORDS = """
SELECT t.organisation_id, r.volunteer_id, r.award_entry_id, r.state FROM service_records r
JOIN teams t ON t.id = r.team_id WHERE r.id IN ?ids
"""
_RECORDS_OF_BATCH = "SELECT id FROM service_records WHERE batch_id = ?"


def find_adjustment(session: Session, adjustment_id: int) -> AdjustmentRow | None:
    """Return an adjustment with its names, or None."""
    rows = fetch(session, _ONE, adjustment_id)
    return _row(rows[0]) if rows else None


def waiting_adjustments(
    session: Session, organisation_ids: Collection[int], *, limit: int = MOST_LISTED
) -> list[AdjustmentRow]:
    """Return what waits for a second person, oldest first."""
    return [_row(row) for row in fetch(session, _WAITING, sorted(organisation_ids), limit)]


def counting_waiting(actor: Actor) -> ScalarSelect[int]:
    """Return the count of what waits for this second person, for a statement of others' too."""
    return (
        select(func.count(Adjustment.id))
        .where(
            Adjustment.state == "asked",
            Adjustment.organisation_id.in_(actor.organises | actor.audits),
            Adjustment.asker_id != actor.login_id,
            or_(
                Adjustment.volunteer_id.is_(None),
                Adjustment.volunteer_id.not_in(actor.needs_another_for),
            ),
        )
        .scalar_subquery()
    )


def done_adjustments(
    session: Session, organisation_ids: Collection[int], *, limit: int = MOST_LISTED
) -> list[AdjustmentRow]:
    """Return what was posted, refused or withdrawn, the latest first."""
    return [_row(row) for row in fetch(session, _DONE, sorted(organisation_ids), limit)]


def covered_shortfalls(
    session: Session, organisation_ids: Collection[int], *, limit: int = MOST_LISTED
) -> list[Shortfall]:
    """Return the shortfalls that were covered, newest first, with both people and the reason."""
    covers = [_row(row) for row in fetch(session, _COVERS, sorted(organisation_ids), limit)]
    by_id = {row.id: row for row in covers}
    found = covered_by(session, SUBJECT, by_id)
    people = people_by_id(session, {one.holder_id for one in found})
    return [Shortfall(one, *people[one.holder_id], by_id[one.subject_id]) for one in found]


def decisions_on(session: Session, adjustment_ids: Collection[int]) -> dict[int, Decision]:
    """Return who decided on each of these as the second person."""
    rows = fetch(session, _DECISIONS, sorted(adjustment_ids))
    return {id_: Decision(name, bool(is_alone)) for id_, name, is_alone in rows}


def people_by_id(
    session: Session, volunteer_ids: Collection[int]
) -> dict[int, tuple[str, str | None]]:
    """Return names and numbers of volunteers."""
    rows = fetch(session, _PEOPLE, sorted(volunteer_ids)) if volunteer_ids else []
    return {row[0]: (row[1], row[2]) for row in rows}


def asked_for_record(session: Session, record_id: int) -> int | None:
    """Return the request that waits for a record or for the other half of its night."""
    return _first(fetch(session, _ASKED_FOR_RECORD, group_of(session, record_id)))


def asked_for_batch(session: Session, batch_id: int) -> int | None:
    """Return the request that waits for a batch."""
    return _first(fetch(session, _ASKED_FOR_BATCH, batch_id))


def _first(rows: Sequence[Any]) -> int | None:
    return int(rows[0][0]) if rows else None


def matter_of(
    session: Session, kind: str, *, volunteer_id: int | None, subject_id: int | None
) -> Matter:
    """Return whose matter this is and where it stands, as the database says now."""
    if kind == "amount":
        rows: Sequence[Any] = fetch(session, _OF_PERSON, volunteer_id)
    else:
        rows = fetch(session, _OF_RECORDS, _concerned(session, kind, subject_id or 0))
    if not rows:
        raise AdjustmentUnknown
    return Matter(frozenset(row[0] for row in rows), frozenset(row[1] for row in rows))


def lacks_of(session: Session, kind: str, subject_id: int) -> list[Lack]:
    """Return whose balance is less than what an undo would take back, as it stands now."""
    records = _concerned(session, kind, subject_id)
    awards = [row[2] for row in fetch(session, _OF_RECORDS, records) if row[3] == "approved"]
    return lacking(session, awards)


def group_of(session: Session, record_id: int) -> list[int]:
    """Return a record with the other half of its night."""
    return [row[0] for row in fetch(session, _GROUP, record_id)]


def _concerned(session: Session, kind: str, subject_id: int) -> list[int]:
    """Return the records that an undo is about; of a correction old and new ones."""
    if kind == "batch":
        return [row[0] for row in fetch(session, _RECORDS_OF_BATCH, subject_id)]
    found = group_of(session, subject_id)
    if kind == "correction" and found:
        found += [row[0] for row in fetch(session, _CORRECTED, found)]
    return found


def _row(row: Any) -> AdjustmentRow:
    given = list(row)
    given[14] = instant_of(row[14])
    given[18] = None if row[18] is None else instant_of(row[18])
    given[20] = bool(row[20])
    given[22] = None if row[22] is None else day_of(row[22])
    return AdjustmentRow(*given)
