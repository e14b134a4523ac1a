"""Propose a correction: nothing changes until someone entitled approves old and new together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.errors import N_, RuleBroken
from app.points.rules import points_of, terms_for
from app.service.operations.candidates import candidate_of, same_interval
from app.service.operations.concerned import groups_found, people_concerned
from app.service.operations.grounds import Ground, Grounds
from app.service.operations.lines import Line, Plan, PlannedRecord
from app.service.operations.locking import lock_people
from app.service.operations.people import members_of
from app.service.operations.posting import insert_records
from app.service.operations.records import Kept
from app.service.operations.refusals import ReasonNeeded, RecordUnknown
from app.service.operations.standing import Standing, standing_of
from app.service.rules import (
    FutureDate,
    Part,
    check_move,
    judge,
    split_at_midnight,
)
from app.teams.rules import Actor, member_on
from app.trail.operations import note, remember, remembered


class OtherPerson(RuleBroken):
    """A correction cannot move service to another person."""

    code = "other_person"
    message = N_(
        "A correction keeps the person. Reverse this record and enter the service"
        " for the other person."
    )


class NothingCorrected(RuleBroken):
    """The proposed record says what the record already says."""

    code = "nothing_corrected"
    message = N_("The correction says the same as record %(record)s.")


def propose_correction(
    session: Session,
    record_id: int,
    line: Line,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    key: str | None = None,
) -> list[int]:
    """Hand in what a record should have said; return the proposed records.

    `approve` on them reverses the old and posts the new in one commit, judged net.
    """
    content = {
        "operation": "propose_correction",
        "record_id": record_id,
        "line": list(line),
        "reason": reason,
    }
    held = lock_people(session, people_concerned(session, [record_id]))
    before = remembered(session, actor.login_id, key, content) if key else None
    if before is not None:
        return list(before["record_ids"])
    if not reason.strip():
        raise ReasonNeeded
    old = groups_found(session, [record_id])
    grounds = Grounds(session, {line.team_id, *(each.team_id for each in old)}, now)
    _check_may_propose(old, line, grounds, actor)
    plan = proposal_of(session, line, old, grounds)
    _check_changes_something(line, old)
    plan.held = held
    corrects = _corrects(old, len(plan.records))
    made = insert_records(
        session, plan, actor=actor, now=now, batch_id=None, key=None, corrects=corrects
    )
    note(
        session,
        operation="service_record.propose_correction",
        actor_id=actor.login_id,
        at=now,
        subject_kind="service_record",
        subject_id=made[0],
        organisation_id=plan.records[0].organisation_id,
        before=_shown(old),
        after={"records": made, "minutes": line.minutes, "service_on": line.service_on},
        reason=reason,
    )
    if key:
        remember(session, actor.login_id, key, content, {"record_ids": made}, now)
    return made


def _check_may_propose(old: Sequence[Kept], line: Line, grounds: Grounds, actor: Actor) -> None:
    """The proposer leads or organises the old team and the new one; approving is another step."""
    for team_id in {line.team_id, *(each.team_id for each in old)}:
        organises = grounds.team_organisation_of(team_id) in actor.organises
        if not (team_id in actor.leads or organises):
            raise RecordUnknown(record=old[0].id)
    for each in old:
        check_move(each.state, "reversed")
        if each.volunteer_id != line.volunteer_id:
            raise OtherPerson


def proposal_of(session: Session, line: Line, old: Sequence[Kept], grounds: Grounds) -> Plan:
    """Judge the proposal net of what it corrects; over the daily limit is for the approver."""
    first = grounds.of(line.team_id, line.service_on)
    if line.service_on > first.today:
        raise FutureDate(service_on=line.service_on, today=first.today)
    parts = split_at_midnight(line.service_on, line.starts_minute, line.minutes)
    near = any(grounds.may_be_service_day(line.team_id, part.service_on) for part in parts)
    dates = [part.service_on for part in parts]
    standing = standing_of(session, [line.volunteer_id], dates, service_days=near)
    spans = members_of(session, [line.volunteer_id], [line.team_id]).get(
        (line.team_id, line.volunteer_id), []
    )
    plan = Plan([line])
    for number, part in enumerate(parts, 1):
        ground = grounds.of(line.team_id, part.service_on)
        _judge_net(line, part, ground, standing, old)
        is_guest = not member_on(spans, part.service_on)
        plan.records.append(
            _record(line, part, number, len(parts), ground, standing, old, is_guest)
        )
        plan.owners.append(0)
    return plan


def _judge_net(
    line: Line, part: Part, ground: Ground, standing: Standing, old: Sequence[Kept]
) -> None:
    gone = {each.id for each in old}
    day = standing.days.get((line.volunteer_id, part.service_on), [])
    candidate = candidate_of(line, part)._replace(external_id=None)
    judgement = judge(
        candidate,
        [held for held in day if held.record_id not in gone],
        today=ground.today,
        daily_limit=ground.settings.daily_limit_minutes,
        hard_limit=ground.settings.hard_limit_minutes,
        keep_both=True,
    )
    if judgement.outcome == "repeat":
        raise same_interval(candidate, judgement.record_id)


def _record(
    line: Line,
    part: Part,
    number: int,
    parts: int,
    ground: Ground,
    standing: Standing,
    old: Sequence[Kept],
    is_guest: bool,
) -> PlannedRecord:
    evidence = _evidence(line, old)
    earns = evidence == "signed_in" or not ground.settings.only_signed_in_earns
    gone = frozenset(each.id for each in old)
    is_service_day = standing.counts_as_service_day(line.volunteer_id, ground, gone)
    terms = terms_for(
        ground.version, ground.colour_id, is_service_day, ground.is_service_month, earns
    )
    return PlannedRecord(
        root_id=ground.root_id,
        volunteer_id=line.volunteer_id,
        team_id=line.team_id,
        organisation_id=ground.organisation_id,
        colour_id=ground.colour_id,
        service_on=part.service_on,
        minutes=part.minutes,
        starts_minute=part.starts_minute,
        content=line.content,
        place=line.place,
        note=line.note,
        evidence=evidence,
        # The old record bears it until the correction is approved.
        external_id=None,
        part=number,
        first_part_back=None if parts == 1 else number - 1,
        is_approved=False,
        waits_reason=_waits_reason(part, ground, old),
        is_guest=is_guest,
        is_service_day=is_service_day,
        is_service_month=ground.is_service_month,
        earns_points=earns,
        daily_limit_minutes=ground.settings.daily_limit_minutes,
        points_hundredths=points_of(part.minutes, terms),
        rule_version_id=ground.version.id,
        reason=None,
        activity_id=old[0].activity_id,
    )


def _evidence(line: Line, old: Sequence[Kept]) -> str:
    """Return what the correction rests on: a check-in proves its own day, and no more minutes."""
    first = old[0]
    if first.evidence != "signed_in":
        return first.evidence
    is_same_day = (first.team_id, first.service_on) == (line.team_id, line.service_on)
    is_proven = is_same_day and line.minutes <= sum(each.minutes for each in old)
    return "signed_in" if is_proven else "entered"


def _waits_reason(part: Part, ground: Ground, old: Sequence[Kept]) -> str:
    """Return why it waits: a correction has no deadline, a date it brings in anew has.

    Else a leader would enter a minute of today and correct it into a day of last year.
    """
    is_moved = part.service_on not in {each.service_on for each in old}
    return "late" if is_moved and not ground.is_timely else "correction"


def _check_changes_something(line: Line, old: Sequence[Kept]) -> None:
    if says_the_same(line, old):
        raise NothingCorrected(record=old[0].id)


def says_the_same(line: Line, old: Sequence[Kept]) -> bool:
    """Tell whether a line is a record, or both halves of a night, over again."""
    parts = split_at_midnight(line.service_on, line.starts_minute, line.minutes)
    said = [(each.service_on, each.starts_minute, each.minutes) for each in old]
    same_time = said == [tuple(part) for part in parts]
    return same_time and (old[0].team_id, old[0].content) == (line.team_id, line.content)


def _corrects(old: Sequence[Kept], count: int) -> list[int | None]:
    """Return which old record each new one names; the whole of the old goes either way."""
    return [old[min(i, len(old) - 1)].id for i in range(count)]


def _shown(old: Sequence[Kept]) -> Mapping[str, Any]:
    dates: list[date] = [each.service_on for each in old]
    return {
        "records": [each.id for each in old],
        "minutes": sum(each.minutes for each in old),
        "service_on": dates[0],
    }
