"""Approve and reject what waits: judged again under the lock, points fixed at that moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import Statement, driver_instant, fetch, many
from app.errors import N_, NotFound, RuleBroken
from app.ledger.operations import Held, post, reserve
from app.ledger.operations import reverse as reverse_entries
from app.points.rules import points_of, terms_for
from app.service.operations.planning import lock_people, same_interval
from app.service.operations.posting import awarding_of, reject_rows
from app.service.operations.standing import (
    Ground,
    Grounds,
    Kept,
    existing,
    groups_of,
    people_of,
    standing_of,
)
from app.service.rules import Candidate, Judgement, check_move, judge, limit_refusal
from app.service.totals import Change, keep_totals
from app.teams.rules import Actor, may_approve
from app.trail.operations import note, remember, remembered

# What only an organiser may settle.
FOR_ORGANISERS = frozenset({"late", "over_limit", "new_person"})

_PEOPLE_CONCERNED = "SELECT DISTINCT volunteer_id FROM service_records WHERE id IN ?ids"
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
_REVERSE = Statement(
    "UPDATE service_records SET state = 'reversed', reversal_entry_id = ? WHERE id = ?",
    "UPDATE service_records t SET state = 'reversed', reversal_entry_id = r.a FROM {rows} "
    "WHERE t.id = r.b",
    ("bigint", "bigint"),
)
_TAKE_EXTERNAL_ID = Statement(
    "UPDATE service_records SET external_id = ? WHERE id = ?",
    "UPDATE service_records t SET external_id = r.a FROM {rows} WHERE t.id = r.b",
    ("text", "bigint"),
)
_OTHER_PROPOSALS = (
    "SELECT id FROM service_records WHERE state = 'submitted' AND corrects_id IN ?ids"
)
OVERTAKEN = N_("The record it would have corrected was corrected or reversed otherwise.")


class RecordUnknown(NotFound):
    """No such record."""

    message = N_("There is no service record %(record)s.")


class ReasonNeeded(RuleBroken):
    """A reason is asked for."""

    code = "reason_missing"
    message = N_("Give the reason in a few words.")


class PersonUnconfirmed(RuleBroken):
    """The new friend has not been confirmed as a volunteer yet."""

    code = "new_person"
    message = N_("Confirm this new friend as a volunteer first; then the hours can count.")


class CorrectedTwice(RuleBroken):
    """Two corrections of one record in one approval: both would count, the old one go once."""

    code = "corrected_twice"
    message = N_("Record %(record)s has more than one correction here; approve one of them.")


class _Approved(NamedTuple):
    """One record about to be approved, with what its approval fixes."""

    record: Kept
    ground: Ground
    is_service_day: bool
    earns_points: bool
    points_hundredths: int
    reason: str | None


def approve(
    session: Session,
    record_ids: Sequence[int],
    *,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
    key: str | None = None,
) -> list[int]:
    """Approve records, all or none; both halves of a service across midnight go together.

    Each is judged again on what stands now. One over the daily limit needs an organiser's
    reason. A correction posts its award and reverses what it corrects in the same commit.
    """
    content = {"operation": "approve", "record_ids": sorted(record_ids), "reason": reason}
    held = lock_people(session, people_concerned(session, record_ids))
    before = remembered(session, actor.login_id, key, content) if key else None
    if before is not None:
        return list(before["record_ids"])
    records = groups_found(session, record_ids)
    corrected = _corrected(session, records)
    approving = _Approving(session, records, corrected, actor=actor, now=now, reason=reason)
    approved = [approving.judged(record) for record in records]
    awards = _award(session, approved, held, actor, now, key)
    if corrected:
        reverse_awards(session, corrected, actor=actor, now=now, reason=reason, key=key)
        _take_external_ids(session, records, corrected)
    _write_approved(session, approved, awards, actor, now)
    keep_totals(
        session, [*(_coming(each) for each in approved), *(going(old) for old in corrected)]
    )
    approved_ids = [each.record.id for each in approved]
    overtaken = overtake_proposals(session, corrected, actor=actor, now=now)
    note(
        session,
        operation="service_record.correct" if corrected else "service_record.approve",
        actor_id=actor.login_id,
        at=now,
        subject_kind="service_record",
        subject_id=approved_ids[0],
        batch_id=approved[0].record.batch_id,
        organisation_id=approved[0].record.organisation_id,
        before={"state": "submitted", "reversed": [old.id for old in corrected]},
        after={"state": "approved", "records": approved_ids, "overtaken": overtaken},
        reason=reason,
    )
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
    if not reason.strip():
        raise ReasonNeeded
    records = groups_found(session, [record_id])
    grounds = Grounds(session, {record.team_id for record in records}, now)
    for record in records:
        check_may_decide(record, grounds, actor, needs_organiser=False, two_people=False)
        check_move(record.state, "rejected")
    rejected = [record.id for record in records]
    reject_rows(session, rejected, actor_id=actor.login_id, now=now, reason=reason)
    note(
        session,
        operation="service_record.reject",
        actor_id=actor.login_id,
        at=now,
        subject_kind="service_record",
        subject_id=record_id,
        batch_id=records[0].batch_id,
        organisation_id=records[0].organisation_id,
        before={"state": "submitted"},
        after={"state": "rejected", "records": rejected},
        reason=reason,
    )
    if key:
        remember(session, actor.login_id, key, content, {"record_ids": rejected}, now)
    return rejected


def people_concerned(session: Session, record_ids: Iterable[int]) -> list[int]:
    """Return the people whose locks a decision on these records needs."""
    rows = fetch(session, _PEOPLE_CONCERNED, sorted(set(record_ids)))
    return [volunteer_id for (volunteer_id,) in rows]


def groups_found(session: Session, record_ids: Sequence[int]) -> list[Kept]:
    """Return the records with their other halves, or refuse one that does not exist."""
    records = groups_of(session, record_ids)
    missing = set(record_ids) - {record.id for record in records}
    if missing or not records:
        raise RecordUnknown(record=min(missing, default=0))
    return records


def check_may_decide(
    record: Kept, grounds: Grounds, actor: Actor, *, needs_organiser: bool, two_people: bool
) -> None:
    """Refuse a decision by someone not entitled; out of reach the record does not exist."""
    leads = record.team_id in actor.leads
    organises = grounds.team_organisation_of(record.team_id) in actor.organises
    if not (leads or organises or actor.benefits(record.volunteer_id)):
        raise RecordUnknown(record=record.id)
    may_approve(
        actor_volunteer_id=actor.volunteer_id,
        beneficiary_volunteer_id=record.volunteer_id,
        acts_for=actor.acts_for,
        recorder_is_actor=record.recorder_id == actor.login_id,
        two_people=two_people,
        leads_team=leads,
        organises=organises,
        needs_organiser=needs_organiser,
        opening=actor.openings.get(record.volunteer_id),
    )


class _Approving:
    """Judges the records of one approval in order; each counts for those after it."""

    def __init__(
        self,
        session: Session,
        records: Sequence[Kept],
        corrected: Sequence[Kept],
        *,
        actor: Actor,
        now: datetime,
        reason: str | None,
    ) -> None:
        self.actor = actor
        self.reason = reason.strip() or None if reason else None
        self.grounds = Grounds(session, {record.team_id for record in records}, now)
        # What a correction reverses no longer counts.
        self.without = frozenset(old.id for old in corrected)
        volunteer_ids = sorted({record.volunteer_id for record in records})
        near = any(
            self.grounds.may_be_service_day(record.team_id, record.service_on) for record in records
        )
        self.people = people_of(session, volunteer_ids)
        self.standing = standing_of(
            session, volunteer_ids, {record.service_on for record in records}, service_days=near
        )

    def judged(self, record: Kept) -> _Approved:
        """Return what approving this record fixes, or refuse it."""
        ground = self.grounds.of(record.team_id, record.service_on)
        check_may_decide(
            record,
            self.grounds,
            self.actor,
            needs_organiser=record.waits_reason in FOR_ORGANISERS,
            two_people=ground.settings.two_people,
        )
        check_move(record.state, "approved")
        if self.people[record.volunteer_id].is_proposed:
            raise PersonUnconfirmed
        judgement = self._judge(record, ground)
        if judgement.outcome == "over_limit":
            self._check_over_limit(record, ground, judgement)
        approved = self._fixed(record, ground)
        self._count(record, approved)
        return approved

    def _judge(self, record: Kept, ground: Ground) -> Judgement:
        """Hold it against what is approved, and what was handed in before it."""
        candidate = _candidate(record)
        day = self.standing.days.get((record.volunteer_id, record.service_on), [])
        others = [
            held
            for held in day
            if held.record_id != record.id
            and held.record_id not in self.without
            and (held.state == "approved" or held.record_id < record.id)
        ]
        judgement = judge(
            candidate,
            others,
            today=ground.today,
            daily_limit=record.daily_limit_minutes,
            hard_limit=ground.settings.hard_limit_minutes,
            keep_both=True,
        )
        if judgement.outcome == "repeat":
            raise same_interval(candidate, judgement.record_id)
        return judgement

    def _check_over_limit(self, record: Kept, ground: Ground, judgement: Judgement) -> None:
        if ground.team_organisation_id not in self.actor.organises:
            raise limit_refusal(_candidate(record), judgement, record.daily_limit_minutes)
        if self.reason is None:
            raise ReasonNeeded

    def _fixed(self, record: Kept, ground: Ground) -> _Approved:
        is_service_day = self.standing.counts_as_service_day(
            record.volunteer_id, ground, self.without
        )
        earns = record.evidence == "signed_in" or not ground.settings.only_signed_in_earns
        terms = terms_for(
            ground.version, record.colour_id, is_service_day, ground.is_service_month, earns
        )
        points = points_of(record.minutes, terms)
        return _Approved(record, ground, is_service_day, earns, points, self.reason)

    def _count(self, record: Kept, approved: _Approved) -> None:
        key = (record.volunteer_id, record.service_on)
        day = [held for held in self.standing.days.get(key, []) if held.record_id != record.id]
        self.standing.days[key] = [*day, existing(record)._replace(state="approved")]
        if approved.is_service_day:
            self.standing.add_service_day(record.volunteer_id, record.service_on, record.id)


def _candidate(record: Kept) -> Candidate:
    return Candidate(
        record.volunteer_id,
        record.team_id,
        record.service_on,
        record.minutes,
        record.starts_minute,
        record.content,
        None,
        record.is_claim,
    )


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
    approved: Sequence[_Approved],
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


def reverse_awards(
    session: Session,
    records: Sequence[Kept],
    *,
    actor: Actor,
    now: datetime,
    reason: str | None,
    key: str | None,
) -> None:
    """Post the mirrors of the records' awards and move the records to reversed."""
    awards = {record.id: int(record.award_entry_id or 0) for record in records}
    done = reverse_entries(
        session,
        list(awards.values()),
        actor_id=actor.login_id,
        now=now,
        root_id=records[0].root_id,
        reason=reason,
        key=key,
    )
    many(
        session,
        _REVERSE,
        [(done.reversal_ids[entry_id], record_id) for record_id, entry_id in awards.items()],
    )


def overtake_proposals(
    session: Session, reversed_records: Sequence[Kept], *, actor: Actor, now: datetime
) -> list[int]:
    """Reject the corrections still proposed for records that are reversed now."""
    if not reversed_records:
        return []
    gone = sorted(record.id for record in reversed_records)
    proposals = [row[0] for row in fetch(session, _OTHER_PROPOSALS, gone)]
    if not proposals:
        return []
    overtaken = [each.id for each in groups_of(session, proposals)]
    reject_rows(session, overtaken, actor_id=actor.login_id, now=now, reason=OVERTAKEN)
    return overtaken


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
    approved: Sequence[_Approved],
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


def _coming(approved: _Approved) -> Change:
    record = approved.record
    return Change(
        record.day_key, approved.is_service_day, record.minutes, approved.points_hundredths, 1
    )


def going(record: Kept) -> Change:
    """Return what the totals lose by a reversed record."""
    return Change(
        record.day_key, bool(record.is_service_day), record.minutes, record.points_hundredths, -1
    )
