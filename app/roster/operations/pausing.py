"""Rest, leave, come back: the pause, the teams, the places given back, and word to the person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.activities.operations.releasing import Released, release_places
from app.errors import NotFound
from app.notices.operations import tell, tell_each
from app.notices.rules import Figures, Told
from app.people.models import Login, Role, Volunteer
from app.people.operations.pausing import begin_pauses, end_pauses, lock_people, pauses_not_over
from app.people.rules.names import ERASED_NAME
from app.people.rules.pausing import (
    Away,
    HoldsRole,
    LeavesLater,
    LeftAlready,
    NotPaused,
    NotYetConfirmed,
    ReturnAtDesk,
    check_first_day,
    check_rest,
    checked_reason,
)
from app.roster.notices import BACK, LEFT, PLACES, RESTS, RESTS_UNTIL
from app.teams.operations.leaving import end_all_memberships
from app.teams.queries.spans import not_over
from app.teams.rules import Actor
from app.trail.operations import note

PATH, SUBJECT = "/me/pause", "volunteer"


class Rest(NamedTuple):
    """From when until when somebody rests, and why."""

    from_on: date
    until_on: date | None
    reason: str


def rest(
    session: Session,
    volunteer_ids: Collection[int],
    asked: Rest,
    *,
    actor: Actor,
    now: datetime,
    today: date,
) -> list[Released]:
    """Let people rest: they stay in their teams, off the lists; return the places given back.

    An organiser for the people of their organisations, anybody for themselves.
    """
    people = _held(session, volunteer_ids, actor)
    asked = asked._replace(reason=checked_reason(asked.reason))
    others = pauses_not_over(session, volunteer_ids, asked.from_on)
    for person in people:
        _check_known(person)
        if person.state == "left":
            raise LeftAlready(name=person.name)
        away = [Away(one.kind, one.from_on, one.until_on) for one in others.get(person.id, ())]
        check_rest(person.name, asked.from_on, asked.until_on, away, today)
    ids = [person.id for person in people]
    begin_pauses(session, ids, kind="dormant", **asked._asdict(), actor_id=actor.login_id, now=now)
    released = release_places(
        session,
        ids,
        from_on=max(asked.from_on, today),
        until_on=asked.until_on,
        actor=actor,
        now=now,
        reason=asked.reason,
    )
    for person in people:
        after = {"from_on": asked.from_on, "until_on": asked.until_on}
        _note(session, "rest", person, actor, now, after=after, reason=asked.reason)
    _tell_rest(session, ids, asked, actor, now)
    _tell_places(session, released, now)
    return released


def leave(
    session: Session,
    volunteer_id: int,
    *,
    from_on: date,
    reason: str,
    actor: Actor,
    now: datetime,
    today: date,
) -> list[Released]:
    """Write down that somebody has left: teams and places end, all else stays theirs."""
    (person,) = _held(session, [volunteer_id], actor, at_desk=True)
    _check_known(person)
    if person.state == "left":
        raise LeftAlready(name=person.name)
    check_first_day(from_on)
    if from_on > today:
        raise LeavesLater
    if _holds_role(session, volunteer_id, today):
        raise HoldsRole(name=person.name)
    kept = checked_reason(reason)
    resting = pauses_not_over(session, [volunteer_id], from_on).get(volunteer_id, [])
    end_pauses(resting, back_on=from_on, actor_id=actor.login_id, now=now)
    begin_pauses(
        session,
        [volunteer_id],
        kind="left",
        from_on=from_on,
        until_on=None,
        reason=kept,
        actor_id=actor.login_id,
        now=now,
    )
    released = release_places(
        session, [volunteer_id], from_on=today, until_on=None, actor=actor, now=now, reason=kept
    )
    teams = end_all_memberships(session, volunteer_id, from_on)
    before = {"state": person.state}
    person.state = "left"
    session.flush()
    after = {"state": "left", "from_on": from_on, "teams": teams}
    _note(session, "leave", person, actor, now, before=before, after=after, reason=kept)
    figures: Figures = {"from_on": from_on, "reason": kept}
    _tell_one(session, LEFT, [volunteer_id], figures, now)
    _tell_places(session, released, now)
    return released


def come_back(
    session: Session, volunteer_id: int, *, actor: Actor, now: datetime, today: date
) -> None:
    """Let somebody be back from today on; the teams of whoever had left are joined anew."""
    (person,) = _held(session, [volunteer_id], actor)
    if person.name == ERASED_NAME:
        raise NotFound
    at_desk = person.organisation_id in actor.organises
    open_ones = pauses_not_over(session, [volunteer_id], today).get(volunteer_id, [])
    if person.state == "left" and not at_desk:
        raise ReturnAtDesk
    if not open_ones and person.state != "left":
        raise NotPaused(name=person.name)
    end_pauses(open_ones, back_on=today, actor_id=actor.login_id, now=now)
    before = {"state": person.state, "paused_from": [one.from_on for one in open_ones]}
    if person.state == "left":
        person.state = "active"
    session.flush()
    after = {"state": person.state, "from_on": today}
    _note(session, "come_back", person, actor, now, before=before, after=after)
    if not actor.benefits(volunteer_id):
        _tell_one(session, BACK, [volunteer_id], {"from_on": today}, now)


# ── who may, and what is said ─────────────────────────────────────────────────────────────


def _held(
    session: Session, volunteer_ids: Collection[int], actor: Actor, *, at_desk: bool = False
) -> Sequence[Volunteer]:
    """Return the people locked; whoever is out of the actor's reach does not exist."""
    people = lock_people(session, volunteer_ids)
    for person in people:
        is_own = actor.benefits(person.id) and not at_desk
        if not (is_own or person.organisation_id in actor.organises):
            raise NotFound
    if len(people) != len(set(volunteer_ids)):
        raise NotFound
    return people


def _check_known(person: Volunteer) -> None:
    if person.state == "matched":
        raise NotFound
    if person.state == "proposed":
        raise NotYetConfirmed(name=person.name)


def _holds_role(session: Session, volunteer_id: int, today: date) -> bool:
    held = (
        select(Role.id)
        .join(Login, Login.id == Role.login_id)
        .where(Login.volunteer_id == volunteer_id, not_over(Role, today))
    )
    return session.scalar(held.limit(1)) is not None


def _tell_rest(
    session: Session, ids: Iterable[int], asked: Rest, actor: Actor, now: datetime
) -> None:
    others = [one for one in ids if not actor.benefits(one)]
    figures: Figures = {"from_on": asked.from_on, "reason": asked.reason}
    if asked.until_on is None:
        _tell_one(session, RESTS, others, figures, now)
    else:
        _tell_one(session, RESTS_UNTIL, others, {**figures, "until_on": asked.until_on}, now)


def _tell_one(
    session: Session,
    kind: str,
    ids: Collection[int],
    figures: Figures,
    now: datetime,
) -> None:
    once = now.isoformat()
    told = [Told(one, figures, PATH, one) for one in ids]
    tell_each(session, kind, told, at=now, subject_kind=SUBJECT, once=once)


def _tell_places(session: Session, released: Iterable[Released], now: datetime) -> None:
    titles: dict[int, list[str]] = {}
    for one in released:
        titles.setdefault(one.volunteer_id, []).append(one.title)
    for volunteer_id, given_back in titles.items():
        tell(
            session,
            PLACES,
            [volunteer_id],
            figures={"titles": "、".join(given_back)},
            path="/me/activities",
            at=now,
            subject_kind=SUBJECT,
            subject_id=volunteer_id,
            once=now.isoformat(),
        )


def _note(
    session: Session,
    operation: str,
    person: Volunteer,
    actor: Actor,
    now: datetime,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object],
    reason: str | None = None,
) -> None:
    note(
        session,
        operation=operation,
        actor_id=actor.login_id,
        at=now,
        subject_kind=SUBJECT,
        subject_id=person.id,
        organisation_id=person.organisation_id,
        on_behalf_of_id=actor.on_behalf_of_id,
        before=before,
        after=after,
        reason=reason,
    )
