"""Sign up for an activity, wait for a place, withdraw, be added or removed by its leader."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.activities.models import SignUp
from app.activities.operations.holding import Held, hold, hold_own, note_change, runs
from app.activities.operations.promoting import promote
from app.activities.operations.telling import tell_removed, tell_signed_up
from app.activities.queries.clashes import Clash, clashes_of
from app.activities.rules import check_open
from app.errors import N_, NotFound, RuleBroken
from app.organisations.queries import root_id_of, subtree_ids
from app.people.models import Volunteer
from app.people.queries import get_volunteer
from app.people.rules.consent import age_on
from app.teams.rules import Actor

Place = Literal["placed", "waiting"]


class SignedUpAlready(RuleBroken):
    code = "signed_up_already"
    message = N_("%(name)s is signed up for this activity already.")


class NotSignedUp(RuleBroken):
    code = "not_signed_up"
    message = N_("%(name)s is not signed up for this activity.")


class BegunAlready(RuleBroken):
    code = "begun_already"
    message = N_("This activity has begun; its leader can still help you.")


class OverAlready(RuleBroken):
    code = "over_already"
    message = N_("This activity is over.")


class TooYoung(RuleBroken):
    code = "too_young"
    message = N_("This activity is for people of %(age)s and older.")


class AgeUnknown(RuleBroken):
    code = "age_unknown"
    message = N_(
        "This activity is for people of %(age)s and older, and no birth date is on record: "
        "please ask the leader to add you."
    )


class SignedUp(NamedTuple):
    """What came of a sign-up: a place or one's turn in the line, and what it clashes with."""

    sign_up_id: int
    state: Place
    clashes: list[Clash]


def sign_up(
    session: Session, activity_id: int, volunteer_id: int, *, actor: Actor, now: datetime
) -> SignedUp:
    """Sign somebody up: oneself, whom one acts for, or as the leader anybody.

    When all places are taken they wait; what they are signed up for at the same time is told.
    """
    held = hold(session, activity_id)
    person = person_of(session, held, volunteer_id)
    is_leader = _may_sign_up(held, actor, volunteer_id)
    activity, team, settings = held
    check_open(activity.state)
    _check_time(held, now, is_leader=is_leader)
    check_age(held, person, is_leader=is_leader)
    if live_sign_up(session, activity_id, volunteer_id) is not None:
        raise SignedUpAlready(name=person.name)
    has_place = activity.places is None or activity.taken < activity.places
    made = SignUp(
        activity_id=activity_id,
        volunteer_id=volunteer_id,
        state="placed" if has_place else "waiting",
        made_by_id=actor.login_id,
        made_at=now,
        placed_at=now if has_place else None,
    )
    session.add(made)
    if has_place:
        activity.taken += 1
    session.flush()
    note_change(
        session,
        "sign_up",
        activity,
        team,
        actor=actor,
        now=now,
        after={"volunteer": volunteer_id, "state": made.state},
        on_behalf_of_id=_for_whom(actor, volunteer_id),
    )
    tell_signed_up(session, activity, made, by_other=volunteer_id != actor.volunteer_id, now=now)
    clashes = clashes_of(session, activity, volunteer_id, settings.time_zone)
    return SignedUp(made.id, "placed" if has_place else "waiting", clashes)


def withdraw(
    session: Session, activity_id: int, volunteer_id: int, *, actor: Actor, now: datetime
) -> list[int]:
    """Give one's place back before the beginning; return who moved up."""
    held = hold(session, activity_id)
    person = person_of(session, held, volunteer_id)
    if not actor.benefits(volunteer_id):
        raise NotFound
    made = live_sign_up(session, activity_id, volunteer_id)
    if made is None:
        raise NotSignedUp(name=person.name)
    check_open(held.activity.state)
    if now >= held.begins_at:
        raise BegunAlready
    return end_sign_up(session, held, made, "withdrawn", actor=actor, now=now, reason=None)


def remove(
    session: Session,
    activity_id: int,
    volunteer_id: int,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> list[int]:
    """Take somebody off the list as its leader; return who moved up."""
    held = hold_own(session, activity_id, actor)
    person = person_of(session, held, volunteer_id)
    check_open(held.activity.state)
    made = live_sign_up(session, activity_id, volunteer_id)
    if made is None:
        raise NotSignedUp(name=person.name)
    moved = end_sign_up(session, held, made, "removed", actor=actor, now=now, reason=reason.strip())
    if volunteer_id != actor.volunteer_id:
        tell_removed(session, held.activity, volunteer_id, reason=reason.strip(), now=now)
    return moved


def end_sign_up(
    session: Session,
    held: Held,
    made: SignUp,
    state: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str | None,
) -> list[int]:
    """End a sign-up and give its place on; return who moved up."""
    activity = held.activity
    was = made.state
    made.state, made.ended_at, made.ended_by_id = state, now, actor.login_id
    made.reason = reason or None
    if was == "placed":
        activity.taken -= 1
    session.flush()
    note_change(
        session,
        "withdraw" if state == "withdrawn" else "remove",
        activity,
        held.team,
        actor=actor,
        now=now,
        before={"volunteer": made.volunteer_id, "state": was},
        after={"volunteer": made.volunteer_id, "state": state},
        reason=made.reason,
        on_behalf_of_id=_for_whom(actor, made.volunteer_id),
    )
    return promote(session, held, now=now)


def person_of(session: Session, held: Held, volunteer_id: int) -> Volunteer:
    """Return somebody of the team's tree; anybody else does not exist here."""
    person, home = get_volunteer(session, volunteer_id), held.team.organisation_id
    is_here = person.organisation_id == home or (
        root_id_of(session, person.organisation_id) == root_id_of(session, home)
    )
    if person.state != "active" or not is_here:
        raise NotFound
    return person


def people_of(session: Session, held: Held, volunteer_ids: Collection[int]) -> dict[int, Volunteer]:
    """Return those of many who are of the team's tree, by their ids."""
    tree = subtree_ids(session, root_id_of(session, held.team.organisation_id))
    found = session.scalars(
        select(Volunteer).where(
            Volunteer.id.in_(volunteer_ids),
            Volunteer.organisation_id.in_(tree),
            Volunteer.state == "active",
        )
    )
    return {person.id: person for person in found}


def _may_sign_up(held: Held, actor: Actor, volunteer_id: int) -> bool:
    """Return whether the actor signs up as the leader; whoever may not at all finds nothing."""
    if runs(actor, held.team):
        return True
    if held.activity.state == "draft" or not actor.benefits(volunteer_id):
        raise NotFound
    return False


def _check_time(held: Held, now: datetime, *, is_leader: bool) -> None:
    if now >= held.ends_at and not is_leader:
        raise OverAlready
    if now >= held.begins_at and not is_leader:
        raise BegunAlready


def check_age(held: Held, person: Volunteer, *, is_leader: bool) -> None:
    """Hold to the least age; whoever knows the person may vouch for an unknown one."""
    least = held.activity.least_age
    if least is None:
        return
    if person.born_on is None:
        if not is_leader:
            raise AgeUnknown(age=least)
    elif age_on(person.born_on, held.activity.service_on) < least:
        raise TooYoung(age=least)


def live_sign_up(session: Session, activity_id: int, volunteer_id: int) -> SignUp | None:
    """Return somebody's place or turn in the line, or None."""
    return session.scalar(
        select(SignUp).where(
            SignUp.activity_id == activity_id,
            SignUp.volunteer_id == volunteer_id,
            SignUp.state.in_(("placed", "waiting")),
        )
    )


def _for_whom(actor: Actor, volunteer_id: int) -> int | None:
    """Return the volunteer for the trail when a guardian or helper acts for them."""
    return volunteer_id if actor.on_behalf_of_id == volunteer_id else None
