"""What waits for an answer, for whom; what is overdue; what blocks a final list."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import ScalarSelect, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app.bulk import day_of, fetch
from app.disputes.models import Dispute, DisputeLine
from app.disputes.queries.threads import MOST_LISTED, DisputeRow, dispute_rows
from app.disputes.rules import OPEN_STATES
from app.service.models import ServiceRecord
from app.teams.models import Team

MOST_CLOSED = 20


class OpenDispute(NamedTuple):
    """A dispute that nobody has answered for good: it blocks the final list 定榜."""

    id: int
    record_id: int
    volunteer_id: int
    service_on: date
    due_on: date


_OPEN = "d.state IN ('open', 'passed_on')"
# Nobody answers for themselves or a ward: what is the reader's own stands in their passbook.
_REACH = "(r.team_id IN ?ids OR t.organisation_id IN ?ids) AND NOT (d.volunteer_id IN ?ids)"
_TO_ANSWER = f"WHERE {_OPEN} AND {_REACH} ORDER BY d.due_on, d.id LIMIT ?"
_CLOSED = f"WHERE NOT ({_OPEN}) AND {_REACH} ORDER BY d.id DESC LIMIT ?"
# The one who refused it is the one against whom it goes: an organiser should know.
_BY_CONCERNED = """
WHERE d.state = 'refused' AND d.may_pass_on AND t.organisation_id IN ?ids
  AND NOT (d.volunteer_id IN ?ids) AND EXISTS (
    SELECT 1 FROM dispute_lines l WHERE l.dispute_id = d.id AND l.kind = 'refused'
      AND (l.author_id = r.recorder_id OR l.author_id = r.approver_id)
  )
ORDER BY d.id DESC LIMIT ?
"""
_OVERDUE = f"WHERE {_OPEN} AND r.root_id = ? AND d.due_on < ? ORDER BY d.due_on, d.id LIMIT ?"
_BLOCKING = """
FROM disputes d JOIN service_records r ON r.id = d.record_id
  LEFT JOIN teams w ON w.id = d.wished_team_id
WHERE d.state IN ('open', 'passed_on')
  AND (r.organisation_id IN ?ids OR w.organisation_id IN ?ids)
  AND (r.service_on BETWEEN ? AND ? OR d.wished_on BETWEEN ? AND ?)
"""
_LISTED_BLOCKING = f"""
SELECT d.id, d.record_id, d.volunteer_id, r.service_on, d.due_on {_BLOCKING}
ORDER BY d.due_on, d.id
"""


def disputes_to_answer(
    session: Session,
    *,
    team_ids: Collection[int],
    organisation_ids: Collection[int],
    without: Collection[int],
    limit: int = MOST_LISTED,
) -> list[DisputeRow]:
    """Return what is open within reach, the earliest deadline first, `without` some volunteers."""
    reach = (sorted(team_ids), sorted(organisation_ids), sorted(without))
    return dispute_rows(session, _TO_ANSWER, *reach, limit)


def closed_disputes(
    session: Session,
    *,
    team_ids: Collection[int],
    organisation_ids: Collection[int],
    without: Collection[int],
    limit: int = MOST_CLOSED,
) -> list[DisputeRow]:
    """Return the latest of those that were answered or withdrawn, newest first."""
    reach = (sorted(team_ids), sorted(organisation_ids), sorted(without))
    return dispute_rows(session, _CLOSED, *reach, limit)


def refused_by_concerned(
    session: Session,
    *,
    organisation_ids: Collection[int],
    without: Collection[int],
    limit: int = MOST_CLOSED,
) -> list[DisputeRow]:
    """Return what was refused by the very leader who had recorded or approved it."""
    return dispute_rows(session, _BY_CONCERNED, sorted(organisation_ids), sorted(without), limit)


def overdue_disputes(
    session: Session, root_id: int, today: date, *, limit: int = MOST_LISTED
) -> list[DisputeRow]:
    """Return what is open in a tree though the day promised is over."""
    return dispute_rows(session, _OVERDUE, root_id, today, limit)


def counting_open(
    team_ids: Collection[int],
    organisation_ids: Collection[int],
    without: Collection[int],
    login_id: int,
) -> ScalarSelect[int]:
    """Return the count of what somebody may answer, for a statement that counts other things too.

    What was passed on waits for organisers alone, and for none who refused it themselves.
    """
    refused = exists().where(
        DisputeLine.dispute_id == Dispute.id,
        DisputeLine.kind == "refused",
        DisputeLine.author_id == login_id,
    )
    return (
        select(func.count())
        .select_from(Dispute)
        .join(ServiceRecord, ServiceRecord.id == Dispute.record_id)
        .join(Team, Team.id == ServiceRecord.team_id)
        .where(
            Dispute.state.in_(OPEN_STATES),
            Dispute.volunteer_id.not_in(without),
            or_(
                and_(ServiceRecord.team_id.in_(team_ids), Dispute.state == "open"),
                Team.organisation_id.in_(organisation_ids),
            ),
            ~refused,
        )
        .scalar_subquery()
    )


def open_disputes(
    session: Session, organisation_ids: Collection[int], year: int
) -> list[OpenDispute]:
    """Return the open disputes that may still change a year's figures in these organisations.

    Those about a record of the year, and those that wish a record into it.
    """
    rows = fetch(session, _LISTED_BLOCKING, *_blocking(organisation_ids, year))
    return [
        OpenDispute(id_, record_id, volunteer_id, day_of(on), day_of(due_on))
        for id_, record_id, volunteer_id, on, due_on in rows
    ]


def counting_blocking(
    organisation_ids: Collection[int], year: int
) -> tuple[str, tuple[list[int] | date, ...]]:
    """Return the count of `open_disputes`, for a statement that counts other things too."""
    return f"(SELECT count(*) {_BLOCKING})", _blocking(organisation_ids, year)


def _blocking(organisation_ids: Collection[int], year: int) -> tuple[list[int] | date, ...]:
    span = (date(year, 1, 1), date(year, 12, 31))
    scope = sorted(organisation_ids)
    return scope, scope, *span, *span
