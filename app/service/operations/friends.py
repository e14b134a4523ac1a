"""New friends 新朋友: proposed on a day's form, welcomed with their hours by an organiser."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, run
from app.errors import N_, NotFound, RuleBroken
from app.organisations.queries import root_id_of
from app.people.models import Volunteer
from app.people.operations import add_volunteers, confirm_new_friend, match_friend
from app.people.operations.persons import Person, person_of
from app.people.queries import get_volunteer
from app.service.operations.concerned import groups_found, people_concerned
from app.service.operations.deciding import approve
from app.service.operations.grounds import Ground, Grounds
from app.service.operations.lines import Line, NotYourTeam
from app.service.operations.locking import lock_people
from app.service.rules import Candidate, judge, split_at_midnight
from app.teams.queries import memberships_of
from app.teams.rules import Actor, member_on

_NOBODY_YET = 0
_WAITING = (
    "SELECT id, team_id, service_on FROM service_records "
    "WHERE volunteer_id = ? AND state IN ('draft', 'submitted') ORDER BY id"
)
_GIVE = "UPDATE service_records SET volunteer_id = ?, is_guest = ? WHERE id IN ?ids"
_SAME = """
SELECT k.id FROM service_records k JOIN service_records n ON n.team_id = k.team_id
  AND n.service_on = k.service_on AND n.minutes = k.minutes AND n.content = k.content
  AND coalesce(n.starts_minute, -1) = coalesce(k.starts_minute, -1)
WHERE k.volunteer_id = ? AND n.volunteer_id = ?
  AND k.state IN ('submitted', 'approved') AND n.state = 'submitted' ORDER BY k.id
"""


class HoursThere(RuleBroken):
    """The known person has the very same hours already."""

    code = "repeat"
    message = N_(
        "%(name)s has these hours already (record %(record)s). Send this one back instead."
    )


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


def match_to_known(
    session: Session,
    record_id: int,
    volunteer_id: int,
    *,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
    key: str | None = None,
) -> list[int]:
    """Say whom the new friend of a record is; the hours become theirs and are approved, or neither.

    Whatever else waits under the friend's name goes along and waits on as the known person's.
    """
    lock_people(session, [*people_concerned(session, [record_id]), volunteer_id])
    record = groups_found(session, [record_id])[0]
    # Sent again, the record is the known person's already.
    if record.volunteer_id != volunteer_id:
        friend = get_volunteer(session, record.volunteer_id)
        known = get_volunteer(session, volunteer_id)
        root_id = root_id_of(session, known.organisation_id)
        if root_id != root_id_of(session, friend.organisation_id):
            raise NotFound
        match_friend(session, friend.id, volunteer_id, actor_id=actor.login_id, now=now)
        if there := fetch(session, _SAME, volunteer_id, friend.id):
            raise HoursThere(name=known.name, record=there[0][0])
        _give_hours(session, friend.id, volunteer_id)
    return approve(session, [record_id], actor=actor, now=now, reason=reason, key=key)


def _give_hours(session: Session, friend_id: int, volunteer_id: int) -> None:
    """Make the friend's waiting records the known person's, who may belong to the team."""
    waiting = fetch(session, _WAITING, friend_id)
    spans = memberships_of(session, [volunteer_id])
    guests: dict[bool, list[int]] = {}
    for id_, team_id, service_on in waiting:
        is_member = member_on(spans.get((volunteer_id, team_id), ()), day_of(service_on))
        guests.setdefault(not is_member, []).append(id_)
    for is_guest, ids in guests.items():
        run(session, _GIVE, volunteer_id, is_guest, ids)
