"""Confirm, refuse or withdraw what was asked for; or, where nobody could, do it alone."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjustments.models import Adjustment
from app.adjustments.operations.posting import carry_out
from app.adjustments.operations.telling import tell_asker, tell_posted
from app.adjustments.queries import find_adjustment, matter_of
from app.adjustments.rules import SUBJECT, AdjustmentUnknown, DealtWith
from app.second_person.queries import first_of, is_behind, seconds_for, today_of
from app.second_person.rules import (
    Matter,
    check_alone,
    check_first,
    check_second,
    check_still_first,
)
from app.service.operations.refusals import ReasonNeeded
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered


def confirm(session: Session, adjustment_id: int, *, actor: Actor, now: datetime, key: str) -> None:
    """Agree as the second person: it is posted in this very transaction."""
    content = {"operation": "adjustment.confirm", "adjustment_id": adjustment_id}
    asked = _hold(session, adjustment_id)
    if remembered(session, actor.login_id, key, content) is not None:
        return
    matter, on = _matter(session, asked), _today(session, asked, now)
    _check_second(session, asked, matter, actor, on)
    _check_waits(session, asked)
    asker = check_still_first(first_of(session, asked.asker_id, on), matter)
    _post(session, asked, "confirm", asker, actor, now)
    tell_asker(session, asked, "adjustment.confirmed", second_name=actor.name, now=now)
    remember(session, actor.login_id, key, content, {}, now)


def do_alone(
    session: Session, adjustment_id: int, *, actor: Actor, now: datetime, reason: str, key: str
) -> None:
    """Post alone what was asked for a day ago and nobody could confirm; marked for good."""
    content = {
        "operation": "adjustment.alone",
        "adjustment_id": adjustment_id,
        "reason": reason,
    }
    asked = _hold(session, adjustment_id)
    if remembered(session, actor.login_id, key, content) is not None:
        return
    matter, on = _matter(session, asked), _today(session, asked, now)
    _check_asker(asked, actor)
    check_first(actor, matter)
    _check_waits(session, asked)
    others = seconds_for(session, matter, asker_id=actor.login_id, on=on)
    check_alone(asked_at=asked.asked_at, now=now, others=len(others))
    if not reason.strip():
        raise ReasonNeeded
    _post(session, asked, "alone", actor, actor, now, alone_because=reason.strip())
    remember(session, actor.login_id, key, content, {}, now)


def refuse(
    session: Session, adjustment_id: int, *, actor: Actor, now: datetime, reason: str, key: str
) -> None:
    """Refuse as the second person, with a reason; nothing is posted."""
    content = {
        "operation": "adjustment.refuse",
        "adjustment_id": adjustment_id,
        "reason": reason,
    }
    asked = _hold(session, adjustment_id)
    if remembered(session, actor.login_id, key, content) is not None:
        return
    _check_second(session, asked, _matter(session, asked), actor, _today(session, asked, now))
    _check_waits(session, asked)
    if not reason.strip():
        raise ReasonNeeded
    asked.second_id, asked.answer = actor.login_id, reason.strip()
    _move(session, asked, "refused", "refuse", actor, now)
    tell_asker(session, asked, "adjustment.refused", second_name=actor.name, now=now)
    remember(session, actor.login_id, key, content, {}, now)


def withdraw(
    session: Session, adjustment_id: int, *, actor: Actor, now: datetime, key: str
) -> None:
    """Take back what one asked for, while it waits."""
    content = {"operation": "adjustment.withdraw", "adjustment_id": adjustment_id}
    asked = _hold(session, adjustment_id)
    if remembered(session, actor.login_id, key, content) is not None:
        return
    _check_asker(asked, actor)
    _check_waits(session, asked)
    _move(session, asked, "withdrawn", "withdraw", actor, now)
    remember(session, actor.login_id, key, content, {}, now)


def _hold(session: Session, adjustment_id: int) -> Adjustment:
    """Return a request as it stands, held until the commit: answers to it stand in line.

    It is always held before anybody's accounts, which the posting locks.
    """
    query = select(Adjustment).where(Adjustment.id == adjustment_id).with_for_update()
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise AdjustmentUnknown
    return found


def _matter(session: Session, asked: Adjustment) -> Matter:
    return matter_of(
        session,
        asked.kind,
        volunteer_id=asked.volunteer_id,
        subject_id=asked.batch_id or asked.record_id,
    )


def _today(session: Session, asked: Adjustment, now: datetime) -> date:
    return today_of(session, [asked.organisation_id], now)


def _check_second(
    session: Session, asked: Adjustment, matter: Matter, actor: Actor, on: date
) -> None:
    behind = is_behind(session, actor.login_id, asked.asker_id, on)
    check_second(actor, matter, asker_id=asked.asker_id, is_behind=behind)


def _check_asker(asked: Adjustment, actor: Actor) -> None:
    if asked.asker_id != actor.login_id:
        raise AdjustmentUnknown


def _check_waits(session: Session, asked: Adjustment) -> None:
    if asked.state != "asked":
        row = find_adjustment(session, asked.id)
        assert row is not None, "held by this transaction"
        raise DealtWith(name=row.second_name or row.asker_name, at=row.answered_at)


def _post(
    session: Session,
    asked: Adjustment,
    operation: str,
    asker: Actor,
    actor: Actor,
    now: datetime,
    *,
    alone_because: str | None = None,
) -> None:
    """Carry it out, then answer it: both or neither."""
    entry_id = carry_out(session, asked, asker=asker, now=now)
    asked.entry_id = entry_id
    if alone_because is None:
        asked.second_id = actor.login_id
    else:
        asked.is_alone, asked.answer = True, alone_because
    _move(session, asked, "posted", operation, actor, now)
    tell_posted(session, asked, now)


def _move(
    session: Session, asked: Adjustment, state: str, operation: str, actor: Actor, now: datetime
) -> None:
    asked.state, asked.answered_at = state, now
    session.flush()
    note(
        session,
        operation=f"adjustment.{operation}",
        actor_id=actor.login_id,
        at=now,
        subject_kind=SUBJECT,
        subject_id=asked.id,
        organisation_id=asked.organisation_id,
        before={"state": "asked"},
        after={"state": state, **({"entry": asked.entry_id} if asked.entry_id else {})},
        reason=asked.answer or None,
    )
