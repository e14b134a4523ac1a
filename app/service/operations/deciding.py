"""Approve and reject what waits: judged again under the lock, points fixed at that moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.bulk import Statement, driver_instant, many
from app.ledger.operations import Cover, Held, post, reserve
from app.service.operations.approving import Approved, Approving
from app.service.operations.awarding import awarding_of
from app.service.operations.concerned import (
    check_may_decide,
    groups_found,
    note_decision,
    people_concerned,
)
from app.service.operations.grounds import Grounds
from app.service.operations.informing import tell_approved, tell_sent_back
from app.service.operations.locking import lock_people
from app.service.operations.records import Kept, groups_of, not_before_entry
from app.service.operations.refusals import CorrectedTwice, ReasonNeeded
from app.service.operations.rejecting import reject_rows
from app.service.operations.reversing import going, overtake_proposals, reverse_awards
from app.service.rules import WrongMove, check_move
from app.service.totals import Change, keep_totals
from app.teams.rules import Actor
from app.trail.operations import remember, remembered

_APPROVE = Statement(
    "UPDATE service_records SET state = 'approved', approver_id = ?, decided_at = ?, "
    "is_service_day = ?, is_service_month = ?, earns_points = ?, points_hundredths = ?, "
    "reason = ?, award_entry_id = ? WHERE id = ?",
    "UPDATE service_records t SET state = 'approved', approver_id = r.a, decided_at = r.b, "
    "is_service_day = r.c, is_service_month = r.d, earns_points = r.e, points_hundredths = r.f, "
    "reason = r.g, award_entry_id = r.h FROM {rows} WHERE t.id = r.i",
    (
        "bigint",
        "timestamptz",
        "boolean",
        "boolean",
        "boolean",
        "bigint",
        "text",
        "bigint",
        "bigint",
    ),
)
_TAKE_EXTERNAL_ID = Statement(
    "UPDATE service_records SET external_id = ? WHERE id = ?",
    "UPDATE service_records t SET external_id = r.a FROM {rows} WHERE t.id = r.b",
    ("text", "bigint"),
)


def approve(
    session: Session,
    record_ids: Sequence[int],
    *,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
    key: str | None = None,
    tells: bool = True,
    cover: Cover | None = None,
) -> list[int]:
    """Approve records, all or none; both halves of a service across midnight go together.

    Each is judged again on what stands now. One over the daily limit needs an organiser's
    reason. A correction posts its award and reverses what it corrects in the same commit.
    `tells`: the people are told, unless a larger step tells them itself. `cover`: two people
    agreed on what pays for a correction that takes more than is left.
    """
    content = {"operation": "approve", "record_ids": sorted(record_ids), "reason": reason}
    held = lock_people(session, people_concerned(session, record_ids))
    before = remembered(session, actor.login_id, key, content) if key else None
    if before is not None:
        return list(before["record_ids"])
    records = groups_found(session, record_ids)
    # Two numbers of one person may have been joined while this waited for the locks.
    if any(record.volunteer_id not in held for record in records):
        raise WrongMove(state="submitted", target="approved")
    now = not_before_entry(records, now)
    corrected = _corrected(session, records)
    approving = Approving(session, records, corrected, actor=actor, now=now, reason=reason)
    approved = [approving.judged(record) for record in records]
    awards = _award(session, approved, held, actor, now, key)
    if corrected:
        reverse_awards(
            session, corrected, actor=actor, now=now, reason=reason, key=key, cover=cover
        )
        _take_external_ids(session, records, corrected)
    _write_approved(session, approved, awards, actor, now)
    keep_totals(
        session, [*(_coming(each) for each in approved), *(going(old) for old in corrected)]
    )
    approved_ids = [each.record.id for each in approved]
    overtaken = overtake_proposals(session, corrected, actor=actor, now=now)
    note_decision(
        session,
        "correct" if corrected else "approve",
        records,
        actor=actor,
        now=now,
        before={"state": "submitted", "reversed": [old.id for old in corrected]},
        after={"state": "approved", "records": approved_ids, "overtaken": overtaken.proposal_ids},
        reason=reason,
    )
    if tells:
        untold = [old for old in corrected if old.group_id not in overtaken.told_groups]
        tell_approved(session, records, untold, actor=actor, now=now, reason=reason)
    if key:
        remember(session, actor.login_id, key, content, {"record_ids": approved_ids}, now)
    return approved_ids


def reject(
    session: Session,
    record_id: int,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    key: str | None = None,
) -> list[int]:
    """Send a waiting record back with a reason; the other half of a night goes with it."""
    content = {"operation": "reject", "record_id": record_id, "reason": reason}
    lock_people(session, people_concerned(session, [record_id]))
    before = remembered(session, actor.login_id, key, content) if key else None
    if before is not None:
        return list(before["record_ids"])
    rejected = reject_all(session, [record_id], actor=actor, now=now, reason=reason)
    if key:
        remember(session, actor.login_id, key, content, {"record_ids": rejected}, now)
    return rejected


def reject_all(
    session: Session, record_ids: Sequence[int], *, actor: Actor, now: datetime, reason: str
) -> list[int]:
    """Send waiting records back with one reason, all or none; the caller holds their people."""
    if not reason.strip():
        raise ReasonNeeded
    records = groups_found(session, record_ids)
    now = not_before_entry(records, now)
    grounds = Grounds(session, {record.team_id for record in records}, now)
    for record in records:
        check_may_decide(record, grounds, actor, needs_organiser=False, two_people=False)
        check_move(record.state, "rejected")
    rejected = [record.id for record in records]
    reject_rows(session, rejected, actor_id=actor.login_id, now=now, reason=reason)
    note_decision(
        session,
        "reject",
        records,
        subject_id=record_ids[0],
        actor=actor,
        now=now,
        before={"state": "submitted"},
        after={"state": "rejected", "records": rejected},
        reason=reason,
    )
    tell_sent_back(session, records, actor=actor, now=now, reason=reason)
    return rejected


def _corrected(session: Session, records: Sequence[Kept]) -> list[Kept]:
    """Return what the corrections among these records reverse, halves of a night included."""
    wanted = [record.corrects_id for record in records if record.corrects_id is not None]
    if not wanted:
        return []
    corrected = groups_of(session, wanted)
    for old in corrected:
        check_move(old.state, "reversed")
    _refuse_corrected_twice(records, {old.id: old.group_id for old in corrected})
    return corrected


def _refuse_corrected_twice(records: Sequence[Kept], group_of: Mapping[int, int]) -> None:
    corrections: dict[int, int] = {}
    for record in records:
        if record.corrects_id is None:
            continue
        old = group_of[record.corrects_id]
        if corrections.setdefault(old, record.group_id) != record.group_id:
            raise CorrectedTwice(record=old)


def _award(
    session: Session,
    approved: Sequence[Approved],
    held: Mapping[int, Held],
    actor: Actor,
    now: datetime,
    key: str | None,
) -> list[int]:
    """Post the awards and return their entry ids, in the order of the records."""
    awarding = awarding_of(session, (each.record.root_id for each in approved), held)
    entries = [
        awarding[each.record.root_id].entry(
            each.record.volunteer_id,
            each.record.id,
            each.record.minutes,
            each.points_hundredths,
            each.ground.version.id,
        )
        for each in approved
    ]
    slots = reserve(session, len(entries), now)
    post(session, entries, slots, actor_id=actor.login_id, key=key)
    return list(range(slots.first_id, slots.first_id + len(entries)))


def _take_external_ids(
    session: Session, records: Sequence[Kept], corrected: Sequence[Kept]
) -> None:
    """Pass the external id on, so that a second import of the sheet still meets it."""
    named = {old.group_id: old.external_id for old in corrected if old.external_id is not None}
    groups = {
        record.group_id: named[_root_of_correction(record, corrected)]
        for record in records
        if record.corrects_id is not None and _root_of_correction(record, corrected) in named
    }
    rows = [(groups[record.group_id], record.id) for record in records if record.group_id in groups]
    many(session, _TAKE_EXTERNAL_ID, rows)


def _root_of_correction(record: Kept, corrected: Sequence[Kept]) -> int:
    return next((old.group_id for old in corrected if old.id == record.corrects_id), 0)


def _write_approved(
    session: Session,
    approved: Sequence[Approved],
    awards: Sequence[int],
    actor: Actor,
    now: datetime,
) -> None:
    at = driver_instant(session, now)
    many(
        session,
        _APPROVE,
        [
            (
                actor.login_id,
                at,
                each.is_service_day,
                each.ground.is_service_month,
                each.earns_points,
                each.points_hundredths,
                each.reason,
                entry_id,
                each.record.id,
            )
            for each, entry_id in zip(approved, awards, strict=True)
        ],
    )


def _coming(approved: Approved) -> Change:
    record = approved.record
    return Change(
        record.day_key, approved.is_service_day, record.minutes, approved.points_hundredths, 1
    )
