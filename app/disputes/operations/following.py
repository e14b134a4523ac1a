"""What the volunteer may do after raising a dispute: withdraw it, or pass a refusal on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.disputes.models import Dispute
from app.disputes.operations.holding import (
    check_is_open,
    check_is_own,
    due_after,
    hold,
    move,
    note_dispute,
    on_behalf,
    record_of,
    write_line,
)
from app.disputes.operations.telling import tell_passed_on
from app.disputes.rules import OPEN_STATES, OpenAlready, PassedOnAlready, TakenBackMeanwhile
from app.teams.rules import Actor
from app.trail.operations import remember, remembered


def withdraw(session: Session, dispute_id: int, *, actor: Actor, now: datetime, key: str) -> None:
    """Take an open dispute back; the record stays as it is."""
    content = {"operation": "dispute.withdraw", "dispute_id": dispute_id}
    dispute = hold(session, dispute_id)
    if remembered(session, actor.login_id, key, content) is not None:
        return
    check_is_own(actor, dispute)
    check_is_open(session, dispute)
    move(session, dispute, "withdrawn")
    _say(session, "withdraw", dispute, actor, now, "")
    remember(session, actor.login_id, key, content, {}, now)


def pass_on(
    session: Session, dispute_id: int, *, actor: Actor, now: datetime, words: str, key: str
) -> None:
    """Ask an organiser to look at what a leader refused; once, with a deadline of its own."""
    content = {"operation": "dispute.pass_on", "dispute_id": dispute_id, "words": words}
    dispute = hold(session, dispute_id)
    if remembered(session, actor.login_id, key, content) is not None:
        return
    check_is_own(actor, dispute)
    _check_may_pass_on(session, dispute)
    move(session, dispute, "passed_on")
    dispute.due_on = due_after(session, record_of(session, dispute)[0].organisation_id, now)
    _say(session, "pass_on", dispute, actor, now, words)
    tell_passed_on(session, dispute_id, now)
    remember(session, actor.login_id, key, content, {}, now)


def _check_may_pass_on(session: Session, dispute: Dispute) -> None:
    if not dispute.may_pass_on:
        raise PassedOnAlready
    if record_of(session, dispute)[0].state != "approved":
        raise TakenBackMeanwhile(record=dispute.record_id)
    other = select(Dispute.id).where(
        Dispute.record_id == dispute.record_id, Dispute.state.in_(OPEN_STATES)
    )
    if (other_id := session.scalar(other)) is not None:
        raise OpenAlready(dispute=other_id)


def _say(
    session: Session, verb: str, dispute: Dispute, actor: Actor, now: datetime, words: str
) -> None:
    behalf = on_behalf(actor, dispute.volunteer_id)
    write_line(
        session,
        dispute,
        dispute.state,
        actor=actor,
        now=now,
        words=words,
        on_behalf_of_id=behalf,
    )
    record = record_of(session, dispute)[0]
    note_dispute(
        session,
        verb,
        dispute,
        record,
        actor=actor,
        now=now,
        on_behalf_of_id=behalf,
        reason=words,
    )
