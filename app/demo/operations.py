"""Live the demo community's year through the very operations that pages use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.demo.afterwards import look_back
from app.demo.announcing import announce
from app.demo.calendar import WORK, ZONE, TeamDay, first_day, team_days
from app.demo.people import AUDITOR as AUDITOR_NAME
from app.demo.people import CODE, COMMUNITY, ORGANISER, Resident, residents
from app.demo.redeeming import redeem_some
from app.demo.shelf import fill_shelf
from app.demo.sign_ins import AUDITOR, LEADER, VOLUNTEER
from app.demo.sign_ins import ORGANISER as ORGANISER_SIGN_IN
from app.founding.operations import found_community
from app.people.operations import (
    NamingWord,
    Person,
    add_volunteers,
    create_login,
    decide_naming,
    grant_role,
    let_act,
    login_for,
    person_of,
)
from app.people.rules.consent import is_child
from app.service.operations import (
    Line,
    NewFriend,
    approve,
    log_day,
    propose_correction,
    reverse_record,
)
from app.service.operations.lines import Evidence
from app.teams.operations import join_teams
from app.teams.operations.members import Joining
from app.teams.queries import actor_of, teams_in
from app.teams.rules import Actor

# Places among the residents of those the year tells a story about.
LEADER_SIGNED_IN, VOLUNTEER_SIGNED_IN = 0, 42
ELDER, DAUGHTER = 60, 29
GUEST_OF_GREEN = 21
# From which of the year's team days on the demo's volunteer meets with what.
MISHAPS = ((40, "corrected"), (90, "taken back"))
APPROVED_AFTER = timedelta(days=2)
STILL_WAITS = timedelta(days=12)


class Cast(NamedTuple):
    """The ids behind the demo's people and teams, and who acts."""

    organisation_id: int
    people: tuple[Resident, ...]
    volunteer_ids: tuple[int, ...]
    team_ids: Mapping[str, int]
    organiser: Actor
    leaders: Mapping[str, Actor]
    auditor_login_id: int


def live_demo_year(session: Session, *, password_hash: str, now: datetime) -> Cast:
    """Fill an empty database with the community and its year up to now."""
    today = now.astimezone(ZONE).date()
    begins_at = datetime.combine(first_day(today) - timedelta(days=1), time(9), ZONE)
    cast = _settle(session, password_hash, begins_at)
    _Year(session, cast, now).live(team_days(cast.people, now))
    volunteer_id = cast.volunteer_ids[VOLUNTEER_SIGNED_IN]
    announce(session, cast, now, volunteer_id=volunteer_id)
    look_back(session, cast, now, volunteer_id=volunteer_id)
    on_shelf = fill_shelf(session, cast, now)
    redeem_some(session, cast, on_shelf, now, volunteer_id=volunteer_id)
    return cast


# ── the community ─────────────────────────────────────────────────────────────────────────


def _settle(session: Session, password_hash: str, at: datetime) -> Cast:
    founded = found_community(
        session,
        name=COMMUNITY,
        code=CODE,
        login_name=ORGANISER_SIGN_IN.login,
        display_name=ORGANISER,
        password_hash=password_hash,
        now=at,
        today=at.date(),
    )
    organisation_id, organiser_id = founded.organisation_id, founded.login_id
    people = tuple(residents())
    volunteer_ids = add_volunteers(
        session,
        [_person(organisation_id, person) for person in people],
        actor_id=organiser_id,
        now=at,
    )
    team_ids = {
        team.colour.key: team.id for team in teams_in(session, [organisation_id], on=at.date())
    }
    joinings = [
        Joining(
            team_ids[key],
            volunteer_id,
            "leader" if person.is_leader and key == person.teams[0] else "member",
            at.date(),
        )
        for volunteer_id, person in zip(volunteer_ids, people, strict=True)
        for key in person.teams
    ]
    join_teams(session, joinings, organisation_id=organisation_id, actor_id=organiser_id, now=at)
    _make_known(session, people, volunteer_ids, organiser_id, at)
    _let_in(session, people, volunteer_ids, password_hash, organiser_id, at)
    return Cast(
        organisation_id,
        people,
        tuple(volunteer_ids),
        team_ids,
        actor_of(session, organiser_id, at.date()),
        _leaders(session, people, volunteer_ids, organiser_id, at),
        _auditor(session, organisation_id, password_hash, organiser_id, at),
    )


def _person(organisation_id: int, person: Resident) -> Person:
    return person_of(
        organisation_id=organisation_id,
        name=person.name,
        phone=person.phone,
        kind=person.kind,
        sex=person.sex,
        born_on=person.born_on,
    )


def _make_known(
    session: Session,
    people: Sequence[Resident],
    volunteer_ids: Sequence[int],
    organiser_id: int,
    at: datetime,
) -> None:
    """Keep who agreed to be named in public, and the daughter who acts for her father."""
    for volunteer_id, person in zip(volunteer_ids, people, strict=True):
        if person.is_named:
            is_young = is_child(person.born_on, at.date())
            word = NamingWord(True, "paper", "guardian" if is_young else "person")
            decide_naming(
                session, volunteer_id, word, actor_id=organiser_id, now=at, today=at.date()
            )
    let_act(
        session,
        volunteer_id=volunteer_ids[ELDER],
        helper_id=volunteer_ids[DAUGHTER],
        kind="helper",
        from_on=at.date(),
        actor_id=organiser_id,
        now=at,
    )


def _let_in(
    session: Session,
    people: Sequence[Resident],
    volunteer_ids: Sequence[int],
    password_hash: str,
    organiser_id: int,
    at: datetime,
) -> None:
    for sign_in, place in ((LEADER, LEADER_SIGNED_IN), (VOLUNTEER, VOLUNTEER_SIGNED_IN)):
        create_login(
            session,
            display_name=people[place].name,
            name=sign_in.login,
            volunteer_id=volunteer_ids[place],
            password_hash=password_hash,
            actor_id=organiser_id,
            now=at,
        )


def _auditor(
    session: Session, organisation_id: int, password_hash: str, organiser_id: int, at: datetime
) -> int:
    """Let somebody look after the books who has no part in them; return their login."""
    login = create_login(
        session,
        display_name=AUDITOR_NAME,
        name=AUDITOR.login,
        password_hash=password_hash,
        actor_id=organiser_id,
        now=at,
    )
    grant_role(
        session,
        login.id,
        role="auditor",
        organisation_id=organisation_id,
        granter_id=organiser_id,
        granter_is_admin=True,
        now=at,
        today=at.date(),
    )
    return login.id


def _leaders(
    session: Session,
    people: Sequence[Resident],
    volunteer_ids: Sequence[int],
    organiser_id: int,
    at: datetime,
) -> dict[str, Actor]:
    """Return the first leader of each team; their co-leaders only serve and wait."""
    leaders: dict[str, Actor] = {}
    for volunteer_id, person in zip(volunteer_ids, people, strict=True):
        if person.is_leader and person.teams[0] not in leaders:
            login = login_for(session, volunteer_id, actor_id=organiser_id, now=at)
            leaders[person.teams[0]] = actor_of(session, login.id, at.date())
    return leaders


# ── the year ──────────────────────────────────────────────────────────────────────────────


class _Year:
    """Walks through the year; what waited is approved a little later, as instants only rise."""

    def __init__(self, session: Session, cast: Cast, now: datetime) -> None:
        self.session = session
        self.cast = cast
        self.now = now
        self.waiting: list[tuple[datetime, int]] = []
        self.mishaps = list(MISHAPS)

    def live(self, days: Sequence[TeamDay]) -> None:
        """Enter every day, put two of them right, and leave something to do today."""
        for number, day in enumerate(days):
            self._approve_until(day.entered_at)
            lines = [self._line(day, each.who, each.minutes) for each in day.present]
            if day.team == "green" and number % 5 == 0:
                lines.append(self._line(day, GUEST_OF_GREEN, WORK["green"].usual_minutes))
            evidence: Evidence = "signed_in" if day.is_signed_in else "entered"
            counted = self._log(day.team, day.service_on, lines, day.entered_at, evidence)
            self._meet_mishap(number, day, counted)
        self._leave_open()

    def _log(
        self,
        team: str,
        on: date,
        lines: Sequence[Line],
        at: datetime,
        evidence: Evidence = "entered",
        friends: Sequence[NewFriend] = (),
    ) -> list[tuple[Line, int]]:
        """Enter lines as the team's leader; return each that counted at once, and its record."""
        result = log_day(
            self.session,
            actor=self.cast.leaders[team],
            team_id=self.cast.team_ids[team],
            service_on=on,
            lines=lines,
            now=at,
            key=f"demo-{team}-{on}-{at:%H%M}",
            evidence=evidence,
            friends=friends,
            like=self._bare_line(team, on),
        )
        counted = []
        for place, outcome in enumerate(result.outcomes):
            if outcome.status == "approved":
                counted.append((lines[place], outcome.record_ids[0]))
            elif outcome.status == "waiting":
                self.waiting.append((at + APPROVED_AFTER, outcome.record_ids[0]))
        return counted

    def _line(self, day: TeamDay, who: int, minutes: int) -> Line:
        return self._bare_line(day.team, day.service_on)._replace(
            volunteer_id=self.cast.volunteer_ids[who],
            minutes=minutes,
            starts_minute=day.starts_minute,
            content=day.content,
        )

    def _bare_line(self, team: str, on: date) -> Line:
        work = WORK[team]
        return Line(0, self.cast.team_ids[team], on, 0, content=work.others[0], place=work.place)

    def _approve_until(self, at: datetime) -> None:
        """Let the organiser approve what waited long enough, but for the last days' rows."""
        last = min(at, self.now - STILL_WAITS)
        due = [record_id for due_at, record_id in self.waiting if due_at <= last]
        if due:
            approve(self.session, due, actor=self.cast.organiser, now=at)
            self.waiting = [each for each in self.waiting if each[0] > last]

    def _meet_mishap(self, number: int, day: TeamDay, counted: Sequence[tuple[Line, int]]) -> None:
        """Get a record of the demo's volunteer wrong at times, and put it right that evening."""
        volunteer_id = self.cast.volunteer_ids[VOLUNTEER_SIGNED_IN]
        own = [each for each in counted if each[0].volunteer_id == volunteer_id]
        if not own or not self.mishaps or number < self.mishaps[0][0]:
            return
        (_, mishap), (line, record_id) = self.mishaps.pop(0), own[0]
        leader, soon = self.cast.leaders[day.team], day.entered_at + timedelta(minutes=5)
        if mishap == "taken back":
            reverse_record(self.session, record_id, actor=leader, now=soon, reason="登记错了人")
            return
        proposed = propose_correction(
            self.session,
            record_id,
            line._replace(minutes=line.minutes + 30),
            actor=leader,
            now=soon,
            reason="签退时间记早了半小时",
        )
        approve(self.session, proposed, actor=self.cast.organiser, now=soon, reason="已向本人核对")

    def _leave_open(self) -> None:
        """Leave the organiser something to decide: late, very long, and a new friend."""
        at = self.now - timedelta(minutes=2)
        today = at.astimezone(ZONE).date()
        for team, days_ago, minutes, who in (("yellow", 26, 120, 16), ("blue", 3, 540, 26)):
            on = today - timedelta(days=days_ago)
            line = self._bare_line(team, on)._replace(
                volunteer_id=self.cast.volunteer_ids[who], minutes=minutes
            )
            self._log(team, on, [line], at)
        on = today - timedelta(days=2)
        self._log("red", on, [], at, friends=[NewFriend("唐小满", "0099", 90)])
