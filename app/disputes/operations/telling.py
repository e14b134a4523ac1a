"""Tell people about a dispute, in the commit of what happened to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.clock import today_in
from app.disputes.queries import (
    DisputeRow,
    find_dispute,
    leaders_of,
    lines_of,
    overdue_disputes,
)
from app.notices.operations import tell, tell_logins
from app.organisations.queries import settings_of
from app.teams.queries import organisers_above

SUBJECT = "dispute"


def tell_raised(session: Session, dispute_id: int, now: datetime) -> None:
    """Tell the team's leaders, or the organisers where nobody else leads it."""
    row = _row(session, dispute_id)
    leaders = leaders_of(session, row.recorded.team_id, _today(session, row, now))
    leaders.discard(row.volunteer_id)
    if not leaders:
        tell_organisers(session, "dispute.raised", row, now)
        return
    tell(
        session,
        "dispute.raised",
        leaders,
        figures=_figures(row),
        path=_path(row),
        at=now,
        subject_kind=SUBJECT,
        subject_id=row.id,
    )


def tell_volunteer(
    session: Session, kind: str, dispute_id: int, line_id: int, now: datetime
) -> None:
    """Tell the volunteer of a line in the thread."""
    row = _row(session, dispute_id)
    tell(
        session,
        kind,
        [row.volunteer_id],
        figures=_figures(row),
        path=_path(row),
        at=now,
        subject_kind=SUBJECT,
        subject_id=row.id,
        once=str(line_id),
    )


def tell_who_asked(session: Session, dispute_id: int, line_id: int, now: datetime) -> None:
    """Tell who asked back last that the volunteer replied."""
    asked = [line for line in lines_of(session, [dispute_id])[dispute_id] if line.kind == "asked"]
    if not asked:
        return
    row = _row(session, dispute_id)
    tell_logins(
        session,
        "dispute.replied",
        [asked[-1].author_id],
        figures=_figures(row),
        path=_path(row),
        at=now,
        subject_kind=SUBJECT,
        subject_id=row.id,
        once=str(line_id),
    )


def tell_passed_on(session: Session, dispute_id: int, now: datetime) -> None:
    """Tell the organisers above the team that they have the last word."""
    tell_organisers(session, "dispute.passed_on", _row(session, dispute_id), now)


def tell_overdue(session: Session, root_id: int, today: date, now: datetime) -> None:
    """Tell organisers, once for each deadline, what nobody has answered in time."""
    for row in overdue_disputes(session, root_id, today):
        tell_organisers(session, "dispute.overdue", row, now, once=row.due_on.isoformat())


def tell_organisers(
    session: Session, kind: str, row: DisputeRow, now: datetime, *, once: str = ""
) -> None:
    """Tell the organisers above the team of a dispute."""
    today = _today(session, row, now)
    tell_logins(
        session,
        kind,
        organisers_above(session, row.team_organisation_id, today),
        figures=_figures(row),
        path=_path(row),
        at=now,
        subject_kind=SUBJECT,
        subject_id=row.id,
        once=once,
    )


def _row(session: Session, dispute_id: int) -> DisputeRow:
    row = find_dispute(session, dispute_id)
    assert row is not None, "told in the transaction that holds it"
    return row


def _today(session: Session, row: DisputeRow, now: datetime) -> date:
    return today_in(settings_of(session, row.organisation_id).time_zone, now)


def _figures(row: DisputeRow) -> Mapping[str, str | int | date | datetime]:
    return {
        "name": row.volunteer_name,
        "team": row.team_name,
        "service_on": row.recorded.service_on,
        "due_on": row.due_on,
    }


def _path(row: DisputeRow) -> str:
    return f"/disputes/{row.id}"
