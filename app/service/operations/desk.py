"""Whole acts of the desk: approve what is ticked, correct in one go where that is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.errors import NotFound, RuleBroken
from app.service.operations.concerned import people_concerned
from app.service.operations.correcting import propose_correction
from app.service.operations.deciding import approve
from app.service.operations.lines import Line
from app.service.operations.locking import lock_people
from app.service.operations.records import records_by_id
from app.teams.rules import Actor
from app.trail.operations import remember, remembered


class Decided(NamedTuple):
    """What was approved, and why the rest still waits, by record."""

    approved_ids: list[int]
    refusals: Mapping[int, RuleBroken]


class Corrected(NamedTuple):
    """The proposed records; `refusal` says why they wait for somebody else."""

    record_ids: list[int]
    refusal: RuleBroken | None


def approve_each(
    session: Session,
    record_ids: Sequence[int],
    *,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
    key: str,
) -> Decided:
    """Approve what can be; what has become impossible says why and stays."""
    content = {"operation": "approve_each", "record_ids": sorted(record_ids), "reason": reason}
    lock_people(session, people_concerned(session, record_ids))
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return Decided(list(before["record_ids"]), {})
    decided = _all_or_each(session, record_ids, actor, now, reason)
    result = {"record_ids": decided.approved_ids}
    remember(session, actor.login_id, key, content, result, now)
    return decided


def _all_or_each(
    session: Session, record_ids: Sequence[int], actor: Actor, now: datetime, reason: str | None
) -> Decided:
    """Together as one bulk operation; one by one only when somebody's is refused."""
    refusal = _try_approve(session, record_ids, actor, now, reason)
    if refusal is None:
        return Decided(list(record_ids), {})
    if len(record_ids) == 1:
        return Decided([], {record_ids[0]: refusal})
    refusals: dict[int, RuleBroken] = {}
    for record_id in record_ids:
        refused = _try_approve(session, [record_id], actor, now, reason)
        if refused is not None:
            refusals[record_id] = refused
    return Decided([each for each in record_ids if each not in refusals], refusals)


def _try_approve(
    session: Session, record_ids: Sequence[int], actor: Actor, now: datetime, reason: str | None
) -> RuleBroken | None:
    """Approve within a savepoint: a refusal leaves nothing behind, and others may go on."""
    try:
        with session.begin_nested():
            approve(session, record_ids, actor=actor, now=now, reason=reason)
    except NotFound:
        # Out of reach: nobody is told which of them exists.
        raise
    except RuleBroken as refusal:
        return refusal
    return None


def correct(
    session: Session,
    record_id: int,
    line: Line,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    key: str,
) -> Corrected:
    """Propose a correction, and approve it in the same step where the actor may."""
    made = propose_correction(
        session, record_id, line, actor=actor, now=now, reason=reason, key=key
    )
    if all(record.state != "submitted" for record in records_by_id(session, made)):
        # Sent twice: the first sending has settled it.
        return Corrected(made, None)
    return Corrected(made, _try_approve(session, made, actor, now, reason))
