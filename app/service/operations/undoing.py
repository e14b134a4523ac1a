"""Take back what was posted: one record, or a whole batch; always by mirrored entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.activities.operations import reopen_of_batch
from app.clock import today_in
from app.errors import N_, NotFound, RuleBroken
from app.ledger.operations import Cover
from app.organisations.calendar import WorkingCalendar
from app.organisations.queries import settings_of, working_calendar
from app.service.models import Batch
from app.service.operations.concerned import groups_found, note_decision, people_concerned
from app.service.operations.grounds import Grounds
from app.service.operations.informing import tell_reversed
from app.service.operations.locking import lock_people
from app.service.operations.records import Kept, records_of_batch
from app.service.operations.refusals import ReasonNeeded, RecordUnknown
from app.service.operations.rejecting import reject_rows
from app.service.operations.reversing import going, overtake_proposals, reverse_awards
from app.service.queries.noticed import is_under_notice
from app.service.rules import check_move, may_undo
from app.service.totals import keep_totals
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered


class UndoneAlready(RuleBroken):
    """The batch was undone before."""

    code = "undone_already"
    message = N_("This was undone already.")


class TooLateToUndo(RuleBroken):
    """A leader's time to undo their own entry is over."""

    code = "too_late_to_undo"
    message = N_(
        "A leader may undo an entry of their own for %(days)s working days; now an organiser can."
    )


class UndoneUnderNotice(TooLateToUndo):
    """The year's ranking is under public notice, or was."""

    code = "under_notice"
    message = N_(
        "The ranking %(year)s was given public notice: from then on an organiser undoes its"
        " records, with a reason."
    )


class BatchUnknown(NotFound):
    """No such batch of service within reach."""


class Undone(NamedTuple):
    """What was taken back: records reversed, and waiting ones rejected."""

    reversed_ids: list[int]
    rejected_ids: list[int]


def reverse_record(
    session: Session,
    record_id: int,
    *,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
    key: str | None = None,
    tells: bool = True,
    cover: Cover | None = None,
) -> list[int]:
    """Reverse an approved record, with the other half of a night.

    An organiser gives a reason; a leader may take back an entry of their own for 10 working
    days. Raises WouldGoBelowZero when the person has spent it, unless two people agreed on a
    `cover` for what is missing. `tells`: as `approve` has it.
    """
    content = {"operation": "reverse_record", "record_id": record_id, "reason": reason}
    lock_people(session, people_concerned(session, [record_id]))
    before = remembered(session, actor.login_id, key, content) if key else None
    if before is not None:
        return list(before["record_ids"])
    records = groups_found(session, [record_id])
    _check_may_take_back(session, records, actor, now, reason)
    for record in records:
        check_move(record.state, "reversed")
    reverse_awards(session, records, actor=actor, now=now, reason=reason, key=key, cover=cover)
    keep_totals(session, [going(record) for record in records])
    overtaken = overtake_proposals(session, records, actor=actor, now=now)
    reversed_ids = [record.id for record in records]
    note_decision(
        session,
        "reverse",
        records,
        subject_id=record_id,
        actor=actor,
        now=now,
        before={"state": "approved"},
        after={"state": "reversed", "records": reversed_ids, "overtaken": overtaken.proposal_ids},
        reason=reason,
    )
    if tells:
        untold = [each for each in records if each.group_id not in overtaken.told_groups]
        tell_reversed(session, untold, actor=actor, now=now, reason=reason)
    if key:
        remember(session, actor.login_id, key, content, {"record_ids": reversed_ids}, now)
    return reversed_ids


def undo_batch(
    session: Session,
    batch_id: int,
    *,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
    key: str | None = None,
    cover: Cover | None = None,
) -> Undone:
    """Take back a whole batch, all or nothing; what waits of it is rejected.

    Raises WouldGoBelowZero, naming the people who have spent what they were given, unless there
    is a `cover`.
    """
    content = {"operation": "undo_batch", "batch_id": batch_id, "reason": reason}
    people = {record.volunteer_id for record in records_of_batch(session, batch_id)}
    lock_people(session, people)
    before = remembered(session, actor.login_id, key, content) if key else None
    if before is not None:
        return Undone(before["reversed_ids"], before["rejected_ids"])
    # Read again under the lock: somebody may have decided on one meanwhile.
    records = records_of_batch(session, batch_id)
    _check_batch(session, batch_id, records)
    _check_may_take_back(session, records, actor, now, reason)
    undone = _take_back(session, records, actor, now, reason, key, cover)
    session.execute(update(Batch).where(Batch.id == batch_id).values(undone_at=now))
    reopen_of_batch(session, batch_id, actor=actor, now=now)
    note(
        session,
        operation="service_record.undo_batch",
        actor_id=actor.login_id,
        at=now,
        subject_kind="batch",
        subject_id=batch_id,
        batch_id=batch_id,
        organisation_id=records[0].organisation_id,
        after={"reversed": len(undone.reversed_ids), "rejected": len(undone.rejected_ids)},
        reason=reason,
    )
    if key:
        remember(session, actor.login_id, key, content, undone._asdict(), now)
    return undone


def _check_batch(session: Session, batch_id: int, records: Sequence[Kept]) -> None:
    found = session.execute(select(Batch.kind, Batch.undone_at).where(Batch.id == batch_id)).first()
    if found is None or not records:
        raise BatchUnknown
    if found.undone_at is not None:
        raise UndoneAlready


def _take_back(
    session: Session,
    records: Sequence[Kept],
    actor: Actor,
    now: datetime,
    reason: str | None,
    key: str | None,
    cover: Cover | None,
) -> Undone:
    approved = [record for record in records if record.state == "approved"]
    waiting = [record.id for record in records if record.state == "submitted"]
    if approved:
        reverse_awards(session, approved, actor=actor, now=now, reason=reason, key=key, cover=cover)
        keep_totals(session, [going(record) for record in approved])
        overtake_proposals(session, approved, actor=actor, now=now)
    if waiting:
        reject_rows(session, waiting, actor_id=actor.login_id, now=now, reason=reason)
    return Undone([record.id for record in approved], waiting)


def _check_may_take_back(
    session: Session, records: Sequence[Kept], actor: Actor, now: datetime, reason: str | None
) -> None:
    """An organiser above every team may, with a reason; a leader for their own entry, in time."""
    teams = {record.team_id for record in records}
    grounds = Grounds(session, teams, now)
    organises = all(grounds.team_organisation_of(team) in actor.organises for team in teams)
    leads = teams <= actor.leads
    if not (organises or leads):
        raise RecordUnknown(record=records[0].id)
    is_own_entry = all(record.recorder_id == actor.login_id for record in records)
    if leads and is_own_entry and _is_in_time(session, records, now):
        return
    if not organises and _is_noticed(session, records):
        raise UndoneUnderNotice(year=records[0].service_on.year)
    if not organises:
        raise TooLateToUndo(days=_undo_days(session, records))
    if not (reason and reason.strip()):
        raise ReasonNeeded


def _is_in_time(session: Session, records: Sequence[Kept], now: datetime) -> bool:
    organisation_id = records[0].organisation_id
    settings = settings_of(session, organisation_id)
    entered_on: date = min(today_in(settings.time_zone, record.entered_at) for record in records)
    return may_undo(
        entered_on,
        today_in(settings.time_zone, now),
        WorkingCalendar(working_calendar(session, organisation_id)),
        settings.undo_working_days,
        year_under_notice=_is_noticed(session, records),
    )


def _is_noticed(session: Session, records: Sequence[Kept]) -> bool:
    years = {(record.organisation_id, record.service_on.year) for record in records}
    return is_under_notice(session, years)


def _undo_days(session: Session, records: Sequence[Kept]) -> int:
    return settings_of(session, records[0].organisation_id).undo_working_days
