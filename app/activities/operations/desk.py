"""The leader's check-in desk: tick people in and out, mend times, take a mistaken tick back.

What is written down here is a leader's word and is told as such; their own hours wait for
another person at the closing like any other row of theirs.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.activities.models import CheckIn
from app.activities.operations.checking_in import (
    NotCheckedIn,
    Wants,
    begin_if_first,
    note_check,
)
from app.activities.operations.holding import Held, hold_own, note_change
from app.activities.operations.signing_up import check_age, people_of, person_of
from app.activities.queries.checking import admits
from app.activities.rules import check_open
from app.activities.rules.window import check_times
from app.errors import N_, NotFound, RuleBroken
from app.people.models import Volunteer
from app.teams.rules import Actor
from app.trail.operations import remember, remembered

ByLeader = Literal["leader", "card"]


class NobodyChosen(RuleBroken):
    code = "nobody_chosen"
    message = N_("Tick at least one person.")


class TimesMovedOn(RuleBroken):
    """Whoever came or went by the code while the leader typed is shown to the leader first."""

    code = "times_moved_on"
    message = N_("These times changed meanwhile. Look at what stands here now, then save again.")


class Shown(NamedTuple):
    """The times of somebody that a leader had before their eyes; None: not come, not gone."""

    in_at: datetime | None = None
    out_at: datetime | None = None


class CameByCode(RuleBroken):
    """Whoever checked in themselves is not wiped from the list; the closing says who was there."""

    code = "came_by_code"
    message = N_(
        "%(name)s checked in with a code. If they were not there, say so when you close the "
        "activity."
    )


def tick(
    session: Session,
    activity_id: int,
    volunteer_ids: Collection[int],
    wants: Wants,
    *,
    actor: Actor,
    now: datetime,
    at: datetime | None = None,
    method: ByLeader = "leader",
    key: str | None = None,
) -> int:
    """Tick people in or out as the leader, now or at a time; return how many that changed.

    Whoever came, or went, already keeps their own time.
    """
    wanted = sorted(set(volunteer_ids))
    content = {
        "operation": "tick",
        "activity_id": activity_id,
        "people": wanted,
        "wants": wants,
        "at": at,
    }
    before = remembered(session, actor.login_id, key, content) if key else None
    if before is not None:
        return int(before["changed"])
    held = hold_own(session, activity_id, actor)
    if not wanted:
        raise NobodyChosen
    check_open(held.activity.state)
    do = _tick_in if wants == "in" else _tick_out
    changed = do(session, held, wanted, at or now, method, actor=actor, now=now)
    if changed:
        session.flush()
        said = {"volunteers": changed, "by": method, "at": at or now}
        note_check(session, held, wants, said, actor=actor, now=now)
    if key:
        remember(session, actor.login_id, key, content, {"changed": len(changed)}, now)
    return len(changed)


def set_times(
    session: Session,
    activity_id: int,
    volunteer_id: int,
    *,
    in_at: datetime,
    out_at: datetime | None,
    shown: Shown,
    actor: Actor,
    now: datetime,
) -> None:
    """Write down when somebody came and went who forgot the code, or mend it.

    `shown` is what the leader mends: where other times stand by now, nothing is changed.
    """
    held = hold_own(session, activity_id, actor)
    person = person_of(session, held, volunteer_id)
    check_open(held.activity.state)
    check_times(admits(held.activity, held.settings), in_at=in_at, out_at=out_at, now=now)
    row = _rows(session, held, [volunteer_id]).get(volunteer_id)
    there = Shown() if row is None else Shown(row.in_at, row.out_at)
    if there == (in_at, out_at):
        return
    if there != shown:
        raise TimesMovedOn
    if row is None:
        check_age(held, person, is_leader=True)
        begin_if_first(session, held, actor=actor, now=now)
        row = CheckIn(**_row_of(held, volunteer_id, in_at, "leader", actor))
        session.add(row)
    if row.in_at != in_at:
        row.in_at, row.in_by, row.in_actor_id, row.in_device = in_at, "leader", actor.login_id, None
    if row.out_at != out_at:
        _set_out(row, out_at, "leader", actor)
    session.flush()
    note_change(
        session,
        "check_in_times",
        held.activity,
        held.team,
        actor=actor,
        now=now,
        before={"volunteer": volunteer_id, **({} if there == Shown() else there._asdict())},
        after={"volunteer": volunteer_id, "in_at": in_at, "out_at": out_at},
    )


def take_back(
    session: Session, activity_id: int, volunteer_id: int, *, actor: Actor, now: datetime
) -> None:
    """Take a tick back that the leader made for the wrong person."""
    held = hold_own(session, activity_id, actor)
    person = person_of(session, held, volunteer_id)
    check_open(held.activity.state)
    row = _rows(session, held, [volunteer_id]).get(volunteer_id)
    if row is None:
        raise NotCheckedIn(name=person.name)
    if row.in_by not in ("leader", "card"):
        raise CameByCode(name=person.name)
    was = {"volunteer": volunteer_id, "in_at": row.in_at, "out_at": row.out_at}
    session.delete(row)
    session.flush()
    note_change(
        session,
        "check_in_taken_back",
        held.activity,
        held.team,
        actor=actor,
        now=now,
        before=was,
        after={"volunteer": volunteer_id},
    )


def _tick_in(
    session: Session,
    held: Held,
    wanted: list[int],
    at: datetime,
    method: ByLeader,
    *,
    actor: Actor,
    now: datetime,
) -> list[int]:
    check_times(admits(held.activity, held.settings), in_at=at, out_at=None, now=now)
    people = _people(session, held, wanted)
    there = _rows(session, held, wanted)
    changed = [one for one in wanted if one not in there]
    for one in changed:
        check_age(held, people[one], is_leader=True)
    if changed:
        begin_if_first(session, held, actor=actor, now=now)
        rows = [_row_of(held, one, at, method, actor) for one in changed]
        session.execute(insert(CheckIn), rows)
    return changed


def _tick_out(
    session: Session,
    held: Held,
    wanted: list[int],
    at: datetime,
    method: ByLeader,
    *,
    actor: Actor,
    now: datetime,
) -> list[int]:
    people = _people(session, held, wanted)
    there = _rows(session, held, wanted)
    for one in wanted:
        if one not in there:
            raise NotCheckedIn(name=people[one].name)
    changed = [one for one in wanted if there[one].out_at is None]
    window = admits(held.activity, held.settings)
    for one in changed:
        check_times(window, in_at=there[one].in_at, out_at=at, now=now)
        _set_out(there[one], at, method, actor)
    return changed


def _people(session: Session, held: Held, wanted: list[int]) -> dict[int, Volunteer]:
    """Return people of the team's tree; anybody else does not exist here."""
    people = people_of(session, held, wanted)
    if len(people) < len(wanted):
        raise NotFound
    return people


def _rows(session: Session, held: Held, wanted: Collection[int]) -> dict[int, CheckIn]:
    found = session.scalars(
        select(CheckIn)
        .where(CheckIn.activity_id == held.activity.id, CheckIn.volunteer_id.in_(wanted))
        .execution_options(populate_existing=True)
    )
    return {row.volunteer_id: row for row in found}


def _row_of(
    held: Held, volunteer_id: int, at: datetime, method: str, actor: Actor
) -> dict[str, object]:
    return {
        "activity_id": held.activity.id,
        "volunteer_id": volunteer_id,
        "in_at": at,
        "in_by": method,
        "in_actor_id": actor.login_id,
    }


def _set_out(row: CheckIn, out_at: datetime | None, method: str, actor: Actor) -> None:
    row.out_at, row.out_device = out_at, None
    row.out_by = None if out_at is None else method
    row.out_actor_id = None if out_at is None else actor.login_id
