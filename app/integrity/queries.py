"""The records of a span grouped by who, where and how: one pass over the span each.

Every query is bounded by the teams asked for and the dates; only approved service counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, String, func, literal_column, select
from sqlalchemy.orm import Session

from app.activities.models import Activity
from app.bulk import day_of, fetch, instant_of
from app.integrity.rules import (
    CLAIMS_LEAST,
    CLAIMS_PERCENT,
    MOST_ROWS,
    PAIR_LEAST_MINUTES,
    PAIR_LEAST_PEOPLE,
    PAIR_TIMES,
    Span,
)
from app.people.models import Login, Volunteer
from app.service.models import ServiceRecord
from app.service.queries.evidence import SIGNED_IN, evidence_shown
from app.service.queries.records import RecordRow, record_rows, rows_of

_SPAN = "FROM service_records WHERE team_id IN ?ids AND service_on BETWEEN ? AND ?"
_APPROVED = f"{_SPAN} AND state = 'approved'"
_BY_TEAM = f"""
SELECT team_id, shown, count(*), sum(minutes) FROM (
  SELECT team_id, minutes, {evidence_shown()} AS shown {_APPROVED}
) s GROUP BY team_id, shown
"""
_SITTINGS = f"""
SELECT recorder_id, team_id, service_on, batch_id, min(recorded_at), count(*), sum(minutes),
  min(minutes), max(minutes), count(CASE WHEN is_guest THEN 1 END)
{_APPROVED} AND evidence = 'entered' AND recorder_id <> ?
GROUP BY recorder_id, team_id, service_on, batch_id
"""
_UNSIGNED = f"""
SELECT volunteer_id, count(*), sum(minutes), count(DISTINCT recorder_id), count(DISTINCT team_id)
{_APPROVED} AND evidence IN ('entered', 'signed_in')
GROUP BY volunteer_id HAVING count(CASE WHEN evidence = 'signed_in' THEN 1 END) = 0
ORDER BY sum(minutes) DESC, volunteer_id LIMIT {MOST_ROWS}
"""
_CORRECTIONS = f"""
SELECT recorder_id, count(*), count(CASE WHEN state = 'reversed' THEN 1 END),
  sum(CASE WHEN state = 'reversed' THEN minutes ELSE 0 END)
{_SPAN} AND state IN ('approved', 'reversed') AND evidence <> 'claimed' AND recorder_id <> ?
GROUP BY recorder_id HAVING count(CASE WHEN state = 'reversed' THEN 1 END) > 0
ORDER BY 3 DESC, recorder_id LIMIT {MOST_ROWS}
"""
# A night's two halves are shorter than their plan each.
_ABOVE_PLAN = f"""
SELECT a.id, a.title, r.team_id, r.service_on, a.minutes, count(*), max(r.minutes)
FROM service_records r JOIN activities a ON a.id = r.activity_id
WHERE r.team_id IN ?ids AND r.service_on BETWEEN ? AND ? AND r.state = 'approved'
  AND r.recorder_id <> ? AND r.minutes > a.minutes
GROUP BY a.id, a.title, r.team_id, r.service_on, a.minutes
ORDER BY count(*) DESC, a.id LIMIT {MOST_ROWS}
"""
_PAIRS = f"""
WITH pairs AS (
  SELECT recorder_id, volunteer_id, count(*) AS records, sum(minutes) AS minutes
  {_APPROVED} AND evidence = 'entered' AND recorder_id <> ?
  GROUP BY recorder_id, volunteer_id
), leaders AS (
  SELECT recorder_id, count(*) AS people, CAST(sum(minutes) AS bigint) AS minutes
  FROM pairs GROUP BY recorder_id
)
SELECT p.recorder_id, p.volunteer_id, p.records, p.minutes, l.people, l.minutes
FROM pairs p JOIN leaders l ON l.recorder_id = p.recorder_id
WHERE l.people >= {PAIR_LEAST_PEOPLE} AND p.minutes >= {PAIR_LEAST_MINUTES}
  AND p.minutes * l.people >= {PAIR_TIMES} * l.minutes
ORDER BY p.minutes DESC, p.recorder_id, p.volunteer_id LIMIT {MOST_ROWS}
"""
_CLAIMS = f"""
WITH decided AS (
  SELECT team_id, volunteer_id, approver_id, count(*) AS claims, sum(minutes) AS minutes
  {_APPROVED} AND evidence = 'claimed'
  GROUP BY team_id, volunteer_id, approver_id
), claimants AS (
  SELECT team_id, volunteer_id, CAST(sum(claims) AS bigint) AS claims
  FROM decided GROUP BY team_id, volunteer_id
), deciders AS (
  SELECT team_id, count(DISTINCT approver_id) AS people FROM decided GROUP BY team_id
)
SELECT d.team_id, d.volunteer_id, d.approver_id, d.claims, d.minutes, c.claims
FROM decided d
JOIN claimants c ON c.team_id = d.team_id AND c.volunteer_id = d.volunteer_id
JOIN deciders a ON a.team_id = d.team_id
WHERE c.claims >= {CLAIMS_LEAST} AND 100 * d.claims >= {CLAIMS_PERCENT} * c.claims
  AND a.people > 1 AND d.approver_id <> ?
ORDER BY d.claims DESC, d.team_id, d.volunteer_id LIMIT {MOST_ROWS}
"""
_MEMBER_SPANS = """
SELECT team_id, volunteer_id, from_on, until_on FROM memberships
WHERE team_id IN ?ids AND from_on <= ? AND (until_on IS NULL OR until_on >= ?)
"""


class Scope(NamedTuple):
    """Whose service is looked at, when, and by whom: nobody finds the own name among leaders."""

    team_ids: tuple[int, ...]
    span: Span
    reader_id: int

    @property
    def given(self) -> tuple[list[int], date, date]:
        """What every query is bounded by."""
        return list(self.team_ids), self.span.from_on, self.span.until_on


class TeamShare(NamedTuple):
    """How much of a team's service came by one evidence."""

    team_id: int
    evidence: str
    records: int
    minutes: int


class SittingRow(NamedTuple):
    """What one person entered for one team's date in one go."""

    recorder_id: int
    team_id: int
    service_on: date
    batch_id: int | None
    recorded_at: datetime
    records: int
    minutes: int
    least_minutes: int
    most_minutes: int
    guests: int


class UnsignedRow(NamedTuple):
    """A person whose hours were all entered for them."""

    volunteer_id: int
    records: int
    minutes: int
    recorders: int
    teams: int


class CorrectionRow(NamedTuple):
    """How much of what one person recorded was taken back."""

    recorder_id: int
    records: int
    reversed: int
    reversed_minutes: int


class AbovePlanRow(NamedTuple):
    """An activity of which records are longer than its plan."""

    activity_id: int
    title: str
    team_id: int
    service_on: date
    planned_minutes: int
    records: int
    most_minutes: int


class PairRow(NamedTuple):
    """One person's hours by one leader, beside all that the leader entered."""

    recorder_id: int
    volunteer_id: int
    records: int
    minutes: int
    people: int
    leader_minutes: int


class ClaimRow(NamedTuple):
    """One person's claims that one person approved, of all that were."""

    team_id: int
    volunteer_id: int
    approver_id: int
    claims: int
    minutes: int
    of_claims: int


def shares_by_team(session: Session, scope: Scope) -> list[TeamShare]:
    """Return how each team's service was recorded."""
    return [TeamShare._make(row) for row in fetch(session, _BY_TEAM, *scope.given)]


def sittings(session: Session, scope: Scope) -> list[SittingRow]:
    """Return what leaders entered, by team, date and list."""
    rows = fetch(session, _SITTINGS, *scope.given, scope.reader_id)
    return [
        SittingRow._make((*row[:2], day_of(row[2]), row[3], instant_of(row[4]), *row[5:]))
        for row in rows
    ]


def unsigned(session: Session, scope: Scope) -> list[UnsignedRow]:
    """Return who has most hours entered and none signed in."""
    return [UnsignedRow._make(row) for row in fetch(session, _UNSIGNED, *scope.given)]


def corrections(session: Session, scope: Scope) -> list[CorrectionRow]:
    """Return of whose entries most were taken back."""
    rows = fetch(session, _CORRECTIONS, *scope.given, scope.reader_id)
    return [CorrectionRow._make(row) for row in rows]


def above_plan(session: Session, scope: Scope) -> list[AbovePlanRow]:
    """Return the activities with most records longer than planned."""
    rows = fetch(session, _ABOVE_PLAN, *scope.given, scope.reader_id)
    return [AbovePlanRow._make((*row[:3], day_of(row[3]), *row[4:])) for row in rows]


def pairs(session: Session, scope: Scope) -> list[PairRow]:
    """Return people with unusually many hours from one leader."""
    rows = fetch(session, _PAIRS, *scope.given, scope.reader_id)
    return [PairRow._make(row) for row in rows]


def claims(session: Session, scope: Scope) -> list[ClaimRow]:
    """Return people whose claims nearly always the same person approved."""
    rows = fetch(session, _CLAIMS, *scope.given, scope.reader_id)
    return [ClaimRow._make(row) for row in rows]


def member_spans(
    session: Session, scope: Scope, team_ids: Iterable[int]
) -> dict[int, list[tuple[int, date, date | None]]]:
    """Return who belonged to some teams from when until when, within the span."""
    wanted, span = sorted(set(team_ids)), scope.span
    if not wanted:
        return {}
    found: dict[int, list[tuple[int, date, date | None]]] = {}
    for team_id, volunteer_id, from_on, until_on in fetch(
        session, _MEMBER_SPANS, wanted, span.until_on, span.from_on
    ):
        until = None if until_on is None else day_of(until_on)
        found.setdefault(team_id, []).append((volunteer_id, day_of(from_on), until))
    return found


# ── names ─────────────────────────────────────────────────────────────────────────────────


def login_names(session: Session, login_ids: Iterable[int]) -> dict[int, str]:
    """Return the names of some accounts."""
    query = select(Login.id, Login.display_name).where(Login.id.in_(sorted(set(login_ids))))
    return {row[0]: row[1] for row in session.execute(query)}


def volunteer_names(
    session: Session, volunteer_ids: Iterable[int]
) -> Mapping[int, tuple[str, str | None]]:
    """Return name and number of some people."""
    query = select(Volunteer.id, Volunteer.name, Volunteer.number)
    rows = session.execute(query.where(Volunteer.id.in_(sorted(set(volunteer_ids)))))
    return {row[0]: (row[1], row[2]) for row in rows}


# ── the records behind a figure ───────────────────────────────────────────────────────────


class Narrowed(NamedTuple):
    """Which of a span's records stand behind a figure; what is None is not asked for."""

    team_id: int | None = None
    recorder_id: int | None = None
    volunteer_id: int | None = None
    approver_id: int | None = None
    on: date | None = None
    evidence: str | None = None
    state: str = "approved"
    # Only what is longer than this activity was planned for.
    beyond_activity_id: int | None = None


class Counted(NamedTuple):
    """How many records there are, and their minutes."""

    records: int
    minutes: int


def count_behind(session: Session, scope: Scope, narrowed: Narrowed) -> Counted:
    """Return how many records stand behind a figure, and their minutes."""
    query = select(func.count(), func.coalesce(func.sum(ServiceRecord.minutes), 0))
    row = session.execute(query.where(*_behind(scope, narrowed))).one()
    return Counted(row[0], int(row[1]))


def records_behind(
    session: Session, scope: Scope, narrowed: Narrowed, *, offset: int, limit: int
) -> list[RecordRow]:
    """Return a page of the records behind a figure, the latest service first."""
    latest = (ServiceRecord.service_on.desc(), ServiceRecord.id.desc())
    # Found along the index first, and only those shown are joined with their names.
    chosen = select(ServiceRecord.id).where(*_behind(scope, narrowed)).order_by(*latest)
    ids = list(session.scalars(chosen.offset(offset).limit(limit)))
    return rows_of(session, record_rows.where(ServiceRecord.id.in_(ids)).order_by(*latest))


def _behind(scope: Scope, narrowed: Narrowed) -> Sequence[ColumnElement[bool]]:
    given: dict[str, Any] = {
        "team_id": narrowed.team_id,
        "recorder_id": narrowed.recorder_id,
        "volunteer_id": narrowed.volunteer_id,
        "approver_id": narrowed.approver_id,
        "service_on": narrowed.on,
        "state": narrowed.state,
    }
    return [
        ServiceRecord.team_id.in_(scope.team_ids),
        ServiceRecord.service_on.between(scope.span.from_on, scope.span.until_on),
        *(getattr(ServiceRecord, name) == value for name, value in given.items() if value),
        *_by(narrowed.evidence),
        *_beyond(narrowed.beyond_activity_id),
    ]


def _by(evidence: str | None) -> Sequence[ColumnElement[bool]]:
    if evidence is None:
        return ()
    shown = literal_column(evidence_shown(), String) == evidence
    # The kept column narrows first, along its own figures.
    kept = "signed_in" if evidence in SIGNED_IN else evidence
    return ServiceRecord.evidence == kept, shown


def _beyond(activity_id: int | None) -> Sequence[ColumnElement[bool]]:
    if activity_id is None:
        return ()
    planned = select(Activity.minutes).where(Activity.id == activity_id).scalar_subquery()
    return ServiceRecord.activity_id == activity_id, ServiceRecord.minutes > planned
