"""Check in and out by a code, oneself or whom one acts for; nothing here is service yet.

What somebody scanned is judged at the instant of scanning: signing in may take longer than a
code lives, and nobody is sent back to the screen for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.activities.models import Activity, CheckIn, SignUp
from app.activities.operations.holding import Held, hold, note_change
from app.activities.operations.making import begin_held, note_begin
from app.activities.operations.signing_up import check_age, person_of
from app.activities.queries.checking import admits
from app.activities.rules import CodeStale, Scanned, check_open, check_token
from app.activities.rules.window import check_window
from app.db import is_postgresql
from app.errors import N_, NotFound, RuleBroken
from app.people.models import Volunteer
from app.teams.rules import Actor
from app.trail.operations import remember, remembered

Wants = Literal["in", "out"]
# How long a scan stands for the code it was: to sign in, to fetch the glasses, to ask.
SCAN_KEPT = timedelta(minutes=15)


class CheckedInAlready(RuleBroken):
    code = "checked_in_already"
    message = N_("%(name)s checked in at %(in_at)s already.")


class CheckedOutAlready(RuleBroken):
    code = "checked_out_already"
    message = N_("%(name)s came at %(in_at)s and checked out at %(out_at)s already.")


class NotCheckedIn(RuleBroken):
    code = "not_checked_in"
    message = N_("%(name)s has not checked in yet.")


class SameScan(RuleBroken):
    """Going takes a scan of its own, or a second tap would end what the first began."""

    code = "same_scan"
    message = N_("%(name)s is checked in. To check out, scan the code once more when you leave.")


class Proof(NamedTuple):
    """What shows that somebody is there: a code they scanned or typed, when, on which device."""

    scanned: Scanned
    at: datetime
    device: str | None = None


class Checked(NamedTuple):
    """Who came or went, and when."""

    name: str
    wants: Wants
    at: datetime


def check(
    session: Session,
    proof: Proof,
    volunteer_id: int,
    wants: Wants,
    *,
    actor: Actor,
    now: datetime,
    key: str | None = None,
) -> Checked:
    """Check somebody in or out by a code: oneself, or whom one acts for.

    The first who comes lets the activity begin. Whoever has no place may come all the same.
    """
    activity_id = proof.scanned.activity_id
    content = {
        "operation": "check",
        "activity_id": activity_id,
        "volunteer_id": volunteer_id,
        "wants": wants,
    }
    before = remembered(session, actor.login_id, key, content) if key else None
    is_first = wants == "in" and _begins(session, activity_id)
    held = hold(session, activity_id, beside_others=True)
    person = person_of(session, held, volunteer_id)
    if not actor.benefits(volunteer_id):
        raise NotFound
    if before is not None:
        return Checked(person.name, wants, datetime.fromisoformat(before["at"]))
    _check_proof(held, proof, now)
    if wants == "in":
        _come(session, held, person, proof, actor=actor)
    else:
        _go(session, held, person, proof, actor=actor)
    if is_first:
        note_begin(session, held.activity, held.team, actor=actor, now=now)
    note_check(
        session,
        held,
        wants,
        {"volunteer": volunteer_id, "by": proof.scanned.kind, "at": proof.at},
        actor=actor,
        now=now,
        on_behalf_of_id=None if volunteer_id == actor.volunteer_id else volunteer_id,
    )
    if key:
        remember(session, actor.login_id, key, content, {"at": proof.at.isoformat()}, now)
    return Checked(person.name, wants, proof.at)


def note_check(
    session: Session,
    held: Held,
    wants: Wants,
    said: Mapping[str, object],
    *,
    actor: Actor,
    now: datetime,
    on_behalf_of_id: int | None = None,
) -> None:
    """Write the trail row of people who came or went, without any code."""
    note_change(
        session,
        f"check_{wants}",
        held.activity,
        held.team,
        actor=actor,
        now=now,
        after=said,
        on_behalf_of_id=on_behalf_of_id,
    )


def begin_if_first(session: Session, held: Held, *, actor: Actor, now: datetime) -> None:
    """Let an announced activity begin with the first who comes."""
    if held.activity.state == "published":
        begin_held(session, held, actor=actor, now=now)


def _check_proof(held: Held, proof: Proof, now: datetime) -> None:
    """Refuse a code that was not good when it was scanned, or a time nobody is admitted at."""
    activity = held.activity
    if not now - SCAN_KEPT <= proof.at <= now:
        raise CodeStale
    check_token(
        proof.scanned,
        screen_secret=activity.screen_secret,
        paper_secret=activity.paper_secret,
        at=proof.at,
    )
    check_open(activity.state)
    check_window(admits(activity, held.settings), proof.at)


def _begins(session: Session, activity_id: int) -> bool:
    """Let an announced activity begin; of many who come at once the first does it.

    Whoever waited here finds it under way and holds nothing: nobody queues behind everybody.
    """
    began = session.execute(
        update(Activity)
        .where(Activity.id == activity_id, Activity.state == "published")
        .values(state="under_way", version=Activity.version + 1)
        .execution_options(synchronize_session=False)
    )
    return bool(cast(CursorResult[Any], began).rowcount)


def _come(session: Session, held: Held, person: Volunteer, proof: Proof, *, actor: Actor) -> None:
    # Whoever was given a place has been asked their age, or was vouched for.
    check_age(held, person, is_leader=_has_place(session, held, person))
    row = {
        "activity_id": held.activity.id,
        "volunteer_id": person.id,
        "in_at": proof.at,
        "in_by": proof.scanned.kind,
        "in_actor_id": actor.login_id,
        "in_device": proof.device,
    }
    # Two taps may arrive at once: the second waits here for the first and adds nothing.
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    adding = insert(CheckIn).values(row).on_conflict_do_nothing().returning(CheckIn.id)
    if session.scalar(adding) is None:
        found = _row(session, held, person)
        raise _came_already(person, found) if found else NotCheckedIn(name=person.name)


def _go(session: Session, held: Held, person: Volunteer, proof: Proof, *, actor: Actor) -> None:
    found = _row(session, held, person)
    if found is None:
        raise NotCheckedIn(name=person.name)
    if found.out_at is not None:
        raise _came_already(person, found)
    if proof.at <= found.in_at:
        raise SameScan(name=person.name)
    found.out_at, found.out_by = proof.at, proof.scanned.kind
    found.out_actor_id, found.out_device = actor.login_id, proof.device
    session.flush()


def _came_already(person: Volunteer, found: CheckIn) -> RuleBroken:
    if found.out_at is None:
        return CheckedInAlready(name=person.name, in_at=found.in_at)
    return CheckedOutAlready(name=person.name, in_at=found.in_at, out_at=found.out_at)


def _row(session: Session, held: Held, person: Volunteer) -> CheckIn | None:
    return session.scalar(
        select(CheckIn)
        .where(CheckIn.activity_id == held.activity.id, CheckIn.volunteer_id == person.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _has_place(session: Session, held: Held, person: Volunteer) -> bool:
    query = select(SignUp.id).where(
        SignUp.activity_id == held.activity.id,
        SignUp.volunteer_id == person.id,
        SignUp.state.in_(("placed", "waiting")),
    )
    return session.scalar(query.limit(1)) is not None
