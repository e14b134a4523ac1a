"""Hold a dispute with the books of its volunteer, move it, and write the line that says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import today_in
from app.disputes.models import Dispute, DisputeLine
from app.disputes.queries import last_move_of
from app.disputes.rules import OPEN_STATES, AnsweredAlready, DisputeUnknown, may_move
from app.organisations.calendar import WorkingCalendar
from app.organisations.queries import settings_of, working_calendar
from app.service.operations.locking import lock_people
from app.service.operations.records import Kept, groups_of
from app.teams.rules import Actor
from app.trail.operations import note


def hold(session: Session, dispute_id: int) -> Dispute:
    """Return a dispute as it stands, its volunteer's books held until the commit.

    Whoever corrects or reverses the record stands in the same line, so one answer is given.
    """
    of = select(Dispute.volunteer_id).where(Dispute.id == dispute_id)
    volunteer_id = session.scalar(of)
    if volunteer_id is None:
        raise DisputeUnknown(dispute=dispute_id)
    lock_people(session, [volunteer_id])
    return session.get_one(Dispute, dispute_id, populate_existing=True)


def record_of(session: Session, dispute: Dispute) -> list[Kept]:
    """Return the disputed record; of a night both halves, the first one first."""
    return groups_of(session, [dispute.record_id])


def on_behalf(actor: Actor, volunteer_id: int) -> int | None:
    """Return the volunteer when somebody else acts for them, to be named beside the actor."""
    return None if actor.volunteer_id == volunteer_id else volunteer_id


def check_is_own(actor: Actor, dispute: Dispute) -> None:
    """Refuse what only the volunteer, or who acts for them, may do."""
    if not actor.benefits(dispute.volunteer_id):
        raise DisputeUnknown(dispute=dispute.id)


def check_is_open(session: Session, dispute: Dispute) -> None:
    """Refuse to deal with what somebody has dealt with, and say who it was."""
    if dispute.state not in OPEN_STATES:
        last = last_move_of(session, dispute.id)
        raise AnsweredAlready(name=last.name, at=last.at)


def move(session: Session, dispute: Dispute, target: str) -> None:
    """Give a dispute its next state."""
    if not may_move(dispute.state, target):
        last = last_move_of(session, dispute.id)
        raise AnsweredAlready(name=last.name, at=last.at)
    dispute.state = target
    dispute.may_pass_on = False


def write_line(
    session: Session,
    dispute: Dispute,
    kind: str,
    *,
    actor: Actor,
    now: datetime,
    words: str = "",
    record_id: int | None = None,
    on_behalf_of_id: int | None = None,
) -> int:
    """Add a line to the thread and return its id."""
    line = DisputeLine(
        dispute_id=dispute.id,
        at=now,
        kind=kind,
        author_id=actor.login_id,
        on_behalf_of_id=on_behalf_of_id,
        words=words.strip(),
        record_id=record_id,
    )
    session.add(line)
    session.flush()
    return line.id


def due_after(session: Session, organisation_id: int, now: datetime) -> date:
    """Return the last day of an answer to what is asked now, in Chinese working days."""
    settings = settings_of(session, organisation_id)
    calendar = WorkingCalendar(working_calendar(session, organisation_id))
    today = today_in(settings.time_zone, now)
    return calendar.working_days_after(today, settings.dispute_working_days)


def note_dispute(
    session: Session,
    verb: str,
    dispute: Dispute,
    record: Kept,
    *,
    actor: Actor,
    now: datetime,
    on_behalf_of_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Leave the trail row of what was done with a dispute."""
    note(
        session,
        operation=f"dispute.{verb}",
        actor_id=actor.login_id,
        at=now,
        subject_kind="dispute",
        subject_id=dispute.id,
        organisation_id=record.organisation_id,
        on_behalf_of_id=on_behalf_of_id,
        before=before,
        after={"record": dispute.record_id, "state": dispute.state, **(after or {})},
        reason=reason or None,
    )
