"""Split a claim: what was really served counts, the rest is refused; all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.claims.models import Claim, ClaimPart
from app.claims.rules import ClaimUnknown, NothingSplit, check_parts
from app.errors import RuleBroken
from app.notices.operations import tell
from app.service.operations import Line, approve
from app.service.operations.approving import FOR_ORGANISERS
from app.service.operations.concerned import check_may_decide, groups_found, people_concerned
from app.service.operations.correcting import OtherPerson, proposal_of, says_the_same
from app.service.operations.grounds import Grounds
from app.service.operations.lines import NotYourTeam, PlannedRecord
from app.service.operations.locking import lock_people
from app.service.operations.posting import insert_records
from app.service.operations.records import Kept
from app.service.operations.refusals import ReasonNeeded
from app.service.operations.rejecting import reject_rows
from app.service.rules import FutureDate, check_move
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered
from app.trail.rules import mask_text


def split_claim(
    session: Session,
    record_id: int,
    parts: Sequence[Line],
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    key: str,
) -> list[int]:
    """Approve parts in place of a claim, which is sent back; return the records that count.

    The parts keep who claimed and when; together they are at most what was claimed, each is
    judged as any entry is, and where one is refused nothing has happened.
    """
    content = {
        "operation": "split_claim",
        "record_id": record_id,
        "parts": [list(part) for part in parts],
        "reason": reason,
    }
    lock_people(session, people_concerned(session, [record_id]))
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return list(before["record_ids"])
    if not reason.strip():
        raise ReasonNeeded
    claimed = groups_found(session, [record_id])
    team_ids = {record.team_id for record in claimed} | {part.team_id for part in parts}
    grounds = Grounds(session, team_ids, now)
    _check_may_split(claimed, grounds, actor)
    _check_parts(claimed, parts, grounds, actor, now)
    gone = [record.id for record in claimed]
    reject_rows(session, gone, actor_id=actor.login_id, now=now, reason=reason)
    made = [_hand_in(session, part, claimed, grounds) for part in parts]
    counted = [one for ids in made for one in ids]
    approve(session, counted, actor=actor, now=now, reason=reason, tells=False)
    _link(session, claimed[0], [ids[0] for ids in made])
    minutes = sum(part.minutes for part in parts)
    note(
        session,
        operation="service_record.split",
        actor_id=actor.login_id,
        at=now,
        subject_kind="service_record",
        subject_id=record_id,
        organisation_id=claimed[0].organisation_id,
        before={"state": "submitted", "minutes": sum(record.minutes for record in claimed)},
        after={"state": "rejected", "records": gone, "parts": counted, "minutes": minutes},
        reason=reason,
    )
    _tell(session, claimed, grounds, minutes, now=now, reason=reason)
    remember(session, actor.login_id, key, content, {"record_ids": counted}, now)
    return counted


def _check_may_split(claimed: Sequence[Kept], grounds: Grounds, actor: Actor) -> None:
    """Whoever could approve the claim may split it; never whoever made it."""
    for record in claimed:
        check_may_decide(
            record,
            grounds,
            actor,
            needs_organiser=record.waits_reason in FOR_ORGANISERS,
            two_people=True,
        )
        if not record.is_claim or record.corrects_id is not None:
            raise ClaimUnknown
        check_move(record.state, "rejected")


def _check_parts(
    claimed: Sequence[Kept],
    parts: Sequence[Line],
    grounds: Grounds,
    actor: Actor,
    now: datetime,
) -> None:
    check_parts([part.minutes for part in parts], sum(record.minutes for record in claimed))
    for part in parts:
        today = grounds.of(claimed[0].team_id, claimed[0].service_on).today
        if part.service_on > today:
            raise FutureDate(service_on=part.service_on, today=today)
    if len(parts) == 1 and says_the_same(parts[0], claimed):
        raise NothingSplit
    for part in parts:
        if part.volunteer_id != claimed[0].volunteer_id:
            raise OtherPerson
        organises = grounds.team_organisation_of(part.team_id) in actor.organises
        if not (part.team_id in actor.leads or organises):
            raise NotYourTeam(team=_name_of(grounds, part))


def _name_of(grounds: Grounds, part: Line) -> str:
    try:
        return grounds.of(part.team_id, part.service_on).team_name
    except RuleBroken:
        return ""


def _hand_in(session: Session, part: Line, claimed: Sequence[Kept], grounds: Grounds) -> list[int]:
    """Write a part as the claim it should have been: of the same recorder and instant."""
    plan = proposal_of(session, part, claimed, grounds)
    plan.records = [_as_claimed(record, claimed) for record in plan.records]
    claimant = Actor(login_id=claimed[0].recorder_id, volunteer_id=None, name="")
    return insert_records(
        session, plan, actor=claimant, now=claimed[0].entered_at, batch_id=None, key=None
    )


def _as_claimed(record: PlannedRecord, claimed: Sequence[Kept]) -> PlannedRecord:
    """A correction of a claim waits as the claim did; one moved to a late day, as late."""
    if record.waits_reason == "correction":
        return record._replace(waits_reason=claimed[0].waits_reason)
    return record


def _link(session: Session, claimed: Kept, first_ids: Sequence[int]) -> None:
    claim_id = session.scalar(select(Claim.id).where(Claim.record_id == claimed.group_id))
    if claim_id is None:
        # A claim of before this page, or written by hand: it gets its row now.
        made = Claim(record_id=claimed.group_id)
        session.add(made)
        session.flush()
        claim_id = made.id
    session.add_all(ClaimPart(record_id=each, claim_id=claim_id) for each in first_ids)
    session.flush()


def _tell(
    session: Session,
    claimed: Sequence[Kept],
    grounds: Grounds,
    counted_minutes: int,
    *,
    now: datetime,
    reason: str,
) -> None:
    """Tell the volunteer how much of it counts, and why not the rest."""
    first = claimed[0]
    tell(
        session,
        "claim.split",
        [first.volunteer_id],
        figures={
            "service_on": first.service_on,
            "team": grounds.of(first.team_id, first.service_on).team_name,
            "claimed_minutes": sum(record.minutes for record in claimed),
            "counted_minutes": counted_minutes,
            "reason": mask_text(reason),
        },
        path=f"/records/{first.id}",
        at=now,
        subject_kind="service_record",
        subject_id=first.id,
    )
