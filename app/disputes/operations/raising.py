"""Raise a dispute: what is wrong with a record that counts, and what it should say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import today_in
from app.disputes.models import Dispute
from app.disputes.operations.holding import due_after, note_dispute, on_behalf, write_line
from app.disputes.operations.telling import tell_raised
from app.disputes.rules import (
    OPEN_STATES,
    NotInTheBooks,
    OpenAlready,
    Recorded,
    RefusedBefore,
    TakenBackMeanwhile,
    Wish,
    check_wish,
)
from app.organisations.queries import settings_of
from app.service.operations.concerned import groups_found, people_concerned
from app.service.operations.locking import lock_people
from app.service.operations.records import Kept
from app.service.operations.refusals import RecordUnknown
from app.teams.models import Team
from app.teams.rules import Actor
from app.trail.operations import remember, remembered


def raise_dispute(
    session: Session, record_id: int, wish: Wish, *, actor: Actor, now: datetime, key: str
) -> int:
    """Dispute a record of one's own, or of a ward's; return the dispute.

    Both halves of a night are one record here, and a record has one open dispute at most.
    """
    content = {"operation": "raise_dispute", "record_id": record_id, "wish": _said(wish)}
    lock_people(session, people_concerned(session, [record_id]))
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["dispute_id"])
    records = groups_found(session, [record_id])
    first = records[0]
    if not actor.benefits(first.volunteer_id):
        raise RecordUnknown(record=record_id)
    _check_counts(records)
    _check_first(session, first.id, wish)
    _check_wish(session, wish, records, now)
    dispute = _made(session, records, wish, now)
    behalf = on_behalf(actor, first.volunteer_id)
    write_line(
        session, dispute, "raised", actor=actor, now=now, words=wish.words, on_behalf_of_id=behalf
    )
    note_dispute(
        session,
        "raise",
        dispute,
        first,
        actor=actor,
        now=now,
        on_behalf_of_id=behalf,
        before=_said(Wish(wish.what, "", recorded_of(records))),
        after=_said(wish),
        reason=wish.words,
    )
    tell_raised(session, dispute.id, now)
    remember(session, actor.login_id, key, content, {"dispute_id": dispute.id}, now)
    return dispute.id


def recorded_of(records: Sequence[Kept]) -> Recorded:
    """Return what a record says, both halves of a night as one."""
    first = records[0]
    minutes = sum(record.minutes for record in records)
    return Recorded(first.service_on, minutes, first.starts_minute, first.team_id, first.content)


def _check_counts(records: Sequence[Kept]) -> None:
    for record in records:
        if record.state == "reversed":
            raise TakenBackMeanwhile(record=record.id)
        if record.state != "approved":
            raise NotInTheBooks(record=record.id)


def _check_first(session: Session, record_id: int, wish: Wish) -> None:
    """Refuse a second open dispute, and the same again where it was refused."""
    earlier = select(Dispute).where(Dispute.record_id == record_id).order_by(Dispute.id)
    for one in session.scalars(earlier):
        if one.state in OPEN_STATES:
            raise OpenAlready(dispute=one.id)
        if one.state == "refused" and one.what == wish.what:
            raise RefusedBefore(dispute=one.id)


def _check_wish(session: Session, wish: Wish, records: Sequence[Kept], now: datetime) -> None:
    settings = settings_of(session, records[0].organisation_id)
    check_wish(wish, recorded_of(records), today_in(settings.time_zone, now))
    if wish.instead is not None and session.get(Team, wish.instead.team_id) is None:
        raise RecordUnknown(record=records[0].id)


def _made(session: Session, records: Sequence[Kept], wish: Wish, now: datetime) -> Dispute:
    first, wished = records[0], wish.instead
    dispute = Dispute(
        record_id=first.id,
        volunteer_id=first.volunteer_id,
        what=wish.what,
        wished_on=wished.service_on if wished else None,
        wished_minutes=wished.minutes if wished else None,
        wished_starts_minute=wished.starts_minute if wished else None,
        wished_team_id=wished.team_id if wished else None,
        wished_content=wished.content if wished else None,
        raised_at=now,
        state="open",
        due_on=due_after(session, first.organisation_id, now),
        may_pass_on=False,
    )
    session.add(dispute)
    session.flush()
    return dispute


def _said(wish: Wish) -> dict[str, Any]:
    return {"what": wish.what, **(wish.instead._asdict() if wish.instead else {})}
