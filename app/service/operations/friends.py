"""New friends 新朋友: proposed on a day's form, welcomed with their hours by an organiser."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.errors import RuleBroken
from app.people.models import Volunteer
from app.people.operations import add_volunteers, confirm_new_friend
from app.people.operations.persons import Person, person_of
from app.service.operations.concerned import groups_found, people_concerned
from app.service.operations.deciding import approve
from app.service.operations.grounds import Ground, Grounds
from app.service.operations.lines import Line, NotYourTeam
from app.service.operations.locking import lock_people
from app.service.rules import Candidate, judge, split_at_midnight
from app.teams.rules import Actor

_NOBODY_YET = 0


class NewFriend(NamedTuple):
    """Somebody nobody knows yet: a name and the last digits of a phone, to find them again."""

    name: str
    phone_tail: str
    minutes: int


class Proposed(NamedTuple):
    """The lines of the friends added, and for each friend handed in why not (None: added)."""

    lines: list[Line]
    refusals: list[RuleBroken | None]


def propose_friends(
    session: Session, friends: Sequence[NewFriend], like: Line, *, actor: Actor, now: datetime
) -> Proposed:
    """Add people who are no volunteers until an organiser confirms them.

    Their lines are `like` but for person and minutes. Whoever's line cannot stand is not
    added: the form comes back, and the next try must not make them twice.
    """
    if not friends:
        return Proposed([], [])
    grounds = Grounds(session, [like.team_id], now)
    ground = grounds.of(like.team_id, like.service_on)
    organises = ground.team_organisation_id in actor.organises
    if not (organises or like.team_id in actor.leads):
        raise NotYourTeam(team=ground.team_name)
    refusals: list[RuleBroken | None] = []
    people: list[Person] = []
    lines: list[Line] = []
    for friend in friends:
        line = like._replace(minutes=friend.minutes, is_new_person=True)
        try:
            _check_line(line, grounds)
            people.append(_person(friend, ground))
        except RuleBroken as refusal:
            refusals.append(refusal)
        else:
            refusals.append(None)
            lines.append(line)
    ids = add_volunteers(session, people, actor_id=actor.login_id, now=now)
    added = [line._replace(volunteer_id=id_) for line, id_ in zip(lines, ids, strict=True)]
    return Proposed(added, refusals)


def _check_line(line: Line, grounds: Grounds) -> None:
    """Refuse what would be refused of anybody, whoever they are."""
    for part in split_at_midnight(line.service_on, line.starts_minute, line.minutes):
        ground = grounds.of(line.team_id, part.service_on)
        candidate = Candidate(
            _NOBODY_YET, line.team_id, part.service_on, part.minutes, None, "", None
        )
        judge(
            candidate,
            (),
            today=ground.today,
            daily_limit=ground.settings.daily_limit_minutes,
            hard_limit=ground.settings.hard_limit_minutes,
        )


def _person(friend: NewFriend, ground: Ground) -> Person:
    person = person_of(
        organisation_id=ground.team_organisation_id, name=friend.name, state="proposed"
    )
    # The tail is no phone somebody could be called by; the organiser asks for the whole one.
    return person._replace(phone=friend.phone_tail)


def welcome(
    session: Session,
    record_id: int,
    *,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
    key: str | None = None,
) -> list[int]:
    """Confirm the person a record waits for and approve it, both or neither."""
    lock_people(session, people_concerned(session, [record_id]))
    record = groups_found(session, [record_id])[0]
    person = session.get(Volunteer, record.volunteer_id)
    # Another of their records may have been welcomed meanwhile.
    if person is not None and person.state == "proposed":
        confirm_new_friend(session, person.id, actor_id=actor.login_id, now=now)
    return approve(session, [record_id], actor=actor, now=now, reason=reason, key=key)
