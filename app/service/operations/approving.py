"""Judge what waits again: points are fixed at the moment of approval."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.points.rules import points_of, terms_for
from app.service.operations.candidates import same_interval
from app.service.operations.concerned import check_may_decide
from app.service.operations.grounds import Ground, Grounds
from app.service.operations.people import people_of
from app.service.operations.records import Kept, existing
from app.service.operations.refusals import PersonUnconfirmed, ReasonNeeded
from app.service.operations.standing import standing_of
from app.service.rules import Candidate, Judgement, check_move, judge, limit_refusal
from app.teams.rules import Actor

# What only an organiser may settle.
FOR_ORGANISERS = frozenset({"late", "over_limit", "new_person"})


class Approved(NamedTuple):
    """One record about to be approved, with what its approval fixes."""

    record: Kept
    ground: Ground
    is_service_day: bool
    earns_points: bool
    points_hundredths: int
    reason: str | None


class Approving:
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

    def judged(self, record: Kept) -> Approved:
        """Return what approving this record fixes, or refuse it."""
        ground = self.grounds.of(record.team_id, record.service_on)
        check_may_decide(
            record,
            self.grounds,
            self.actor,
            needs_organiser=record.waits_reason in FOR_ORGANISERS,
            two_people=ground.settings.two_people or _is_own_word(record),
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

    def _fixed(self, record: Kept, ground: Ground) -> Approved:
        is_service_day = self.standing.counts_as_service_day(
            record.volunteer_id, ground, self.without
        )
        earns = record.evidence == "signed_in" or not ground.settings.only_signed_in_earns
        terms = terms_for(
            ground.version, record.colour_id, is_service_day, ground.is_service_month, earns
        )
        points = points_of(record.minutes, terms)
        return Approved(record, ground, is_service_day, earns, points, self.reason)

    def _count(self, record: Kept, approved: Approved) -> None:
        key = (record.volunteer_id, record.service_on)
        day = [held for held in self.standing.days.get(key, []) if held.record_id != record.id]
        self.standing.days[key] = [*day, existing(record)._replace(state="approved")]
        if approved.is_service_day:
            self.standing.add_service_day(record.volunteer_id, record.service_on, record.id)


def _is_own_word(record: Kept) -> bool:
    """A claim is never approved by who made it, not even after they stopped acting for someone."""
    return record.is_claim and record.corrects_id is None


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
