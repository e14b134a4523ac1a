"""Answer a dispute: by a correction, by taking the record back, or by refusing with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.disputes.models import Dispute
from app.disputes.operations.holding import (
    check_is_open,
    hold,
    move,
    note_dispute,
    record_of,
    write_line,
)
from app.disputes.operations.telling import tell_volunteer
from app.disputes.queries import refused_by
from app.disputes.rules import DisputeUnknown, may_answer
from app.errors import NotFound, RuleBroken
from app.service.operations import Line, approve, propose_correction, reverse_record
from app.service.operations.refusals import ReasonNeeded
from app.teams.queries import get_team
from app.teams.rules import Actor
from app.trail.operations import remember, remembered


class Answered(NamedTuple):
    """The records proposed; `refusal` says why they wait for somebody else."""

    record_ids: list[int]
    refusal: RuleBroken | None


class Answering(NamedTuple):
    """A dispute held by somebody who may answer it now."""

    dispute: Dispute
    organises: bool


def correct(
    session: Session,
    dispute_id: int,
    line: Line,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    key: str,
) -> Answered:
    """Correct the record as wished, or otherwise; in one commit where the actor may approve.

    Else the correction waits for somebody else, and the dispute stays open until they approve.
    """
    content = {
        "operation": "dispute.correct",
        "dispute_id": dispute_id,
        "line": list(line),
        "reason": reason,
    }
    dispute = hold(session, dispute_id)
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return Answered(list(before["record_ids"]), None)
    check_may_answer(session, dispute, actor)
    check_is_open(session, dispute)
    made = propose_correction(session, dispute.record_id, line, actor=actor, now=now, reason=reason)
    # Before the approval: by this line the reversal knows which dispute it answers.
    write_line(session, dispute, "proposed", actor=actor, now=now, words=reason, record_id=made[0])
    refusal = _try_approve(session, made, actor=actor, now=now, reason=reason)
    if refusal is not None:
        _note(session, "propose", dispute, actor, now, {"records": made}, reason)
    remember(session, actor.login_id, key, content, {"record_ids": made}, now)
    return Answered(made, refusal)


def _try_approve(
    session: Session, record_ids: Sequence[int], *, actor: Actor, now: datetime, reason: str
) -> RuleBroken | None:
    """Approve within a savepoint: refused, the proposal stays and waits."""
    try:
        with session.begin_nested():
            approve(session, record_ids, actor=actor, now=now, reason=reason)
    except NotFound:
        raise
    except RuleBroken as refusal:
        return refusal
    return None


def take_back(
    session: Session, dispute_id: int, *, actor: Actor, now: datetime, reason: str, key: str
) -> None:
    """Take the record back with nothing in its place: the volunteer was not there."""
    content = {"operation": "dispute.take_back", "dispute_id": dispute_id, "reason": reason}
    dispute = hold(session, dispute_id)
    if remembered(session, actor.login_id, key, content) is not None:
        return
    check_may_answer(session, dispute, actor)
    check_is_open(session, dispute)
    if not reason.strip():
        raise ReasonNeeded
    # Before the reversal, which closes what is still open as overtaken.
    move(session, dispute, "corrected")
    line_id = write_line(session, dispute, "corrected", actor=actor, now=now, words=reason)
    reverse_record(session, dispute.record_id, actor=actor, now=now, reason=reason, tells=False)
    _note(session, "take_back", dispute, actor, now, {}, reason)
    tell_volunteer(session, "dispute.corrected", dispute_id, line_id, now)
    remember(session, actor.login_id, key, content, {}, now)


def refuse(
    session: Session, dispute_id: int, *, actor: Actor, now: datetime, reason: str, key: str
) -> None:
    """Leave the record as it is, and say why; after a leader an organiser may be asked, once."""
    content = {"operation": "dispute.refuse", "dispute_id": dispute_id, "reason": reason}
    dispute = hold(session, dispute_id)
    if remembered(session, actor.login_id, key, content) is not None:
        return
    answering = check_may_answer(session, dispute, actor)
    check_is_open(session, dispute)
    if not reason.strip():
        raise ReasonNeeded
    may_pass_on = dispute.state == "open" and not answering.organises
    move(session, dispute, "refused")
    dispute.may_pass_on = may_pass_on
    line_id = write_line(session, dispute, "refused", actor=actor, now=now, words=reason)
    _note(session, "refuse", dispute, actor, now, {"may_pass_on": may_pass_on}, reason)
    tell_volunteer(session, "dispute.refused", dispute_id, line_id, now)
    remember(session, actor.login_id, key, content, {}, now)


def check_may_answer(session: Session, dispute: Dispute, actor: Actor) -> Answering:
    """Refuse whoever may not answer; out of reach the dispute does not exist."""
    team = get_team(session, record_of(session, dispute)[0].team_id)
    leads, organises = team.id in actor.leads, team.organisation_id in actor.organises
    is_own = actor.benefits(dispute.volunteer_id)
    if not (leads or organises or is_own):
        raise DisputeUnknown(dispute=dispute.id)
    may_answer(
        is_own=is_own,
        opening=actor.openings.get(dispute.volunteer_id),
        leads=leads,
        organises=organises,
        state=dispute.state,
        refused_it=actor.login_id in refused_by(session, dispute.id),
    )
    return Answering(dispute, organises)


def _note(
    session: Session,
    verb: str,
    dispute: Dispute,
    actor: Actor,
    now: datetime,
    after: Mapping[str, Any],
    reason: str,
) -> None:
    record = record_of(session, dispute)[0]
    note_dispute(session, verb, dispute, record, actor=actor, now=now, after=after, reason=reason)
