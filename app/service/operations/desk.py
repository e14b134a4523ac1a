"""Whole acts of the desk: decide on what is ticked, correct in one go where that is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.errors import NotFound, RuleBroken
from app.service.operations.concerned import people_concerned
from app.service.operations.correcting import propose_correction
from app.service.operations.deciding import approve, reject_all
from app.service.operations.lines import Line
from app.service.operations.locking import lock_people
from app.service.operations.records import records_by_id
from app.teams.rules import Actor
from app.trail.operations import remember, remembered


class Decided(NamedTuple):
    """What was decided, and why the rest still waits, by record."""

    done_ids: list[int]
    refusals: Mapping[int, RuleBroken]


class Corrected(NamedTuple):
    """The proposed records; `refusal` says why they wait for somebody else."""

    record_ids: list[int]
    refusal: RuleBroken | None


Decide = Callable[[Sequence[int]], object]


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

    def decide(some: Sequence[int]) -> object:
        return approve(session, some, actor=actor, now=now, reason=reason)

    return _each(session, record_ids, decide, content, actor=actor, now=now, key=key)


def send_back_each(
    session: Session,
    record_ids: Sequence[int],
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    key: str,
) -> Decided:
    """Send back with one reason what can be; what has become impossible says why and stays."""
    content = {"operation": "send_back_each", "record_ids": sorted(record_ids), "reason": reason}

    def decide(some: Sequence[int]) -> object:
        return reject_all(session, some, actor=actor, now=now, reason=reason)

    return _each(session, record_ids, decide, content, actor=actor, now=now, key=key)


def _each(
    session: Session,
    record_ids: Sequence[int],
    decide: Decide,
    content: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    key: str,
) -> Decided:
    lock_people(session, people_concerned(session, record_ids))
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return Decided(list(before["record_ids"]), {})
    refusals = _refused(session, record_ids, decide)
    done_ids = [each for each in record_ids if each not in refusals]
    remember(session, actor.login_id, key, content, {"record_ids": done_ids}, now)
    return Decided(done_ids, refusals)


def _refused(session: Session, record_ids: Sequence[int], decide: Decide) -> dict[int, RuleBroken]:
    """Decide on all as one, or by halves in the same order, down to each that is refused."""
    if not record_ids:
        return {}
    refusal = _try(session, record_ids, decide)
    if refusal is None:
        return {}
    if len(record_ids) == 1:
        return {record_ids[0]: refusal}
    half = len(record_ids) // 2
    first = _refused(session, record_ids[:half], decide)
    return {**first, **_refused(session, record_ids[half:], decide)}


def _try(session: Session, record_ids: Sequence[int], decide: Decide) -> RuleBroken | None:
    """Decide within a savepoint: a refusal leaves nothing behind, and others may go on."""
    try:
        with session.begin_nested():
            decide(record_ids)
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

    def decide(some: Sequence[int]) -> object:
        return approve(session, some, actor=actor, now=now, reason=reason)

    return Corrected(made, _try(session, made, decide))
