"""The list of people holds exactly those a filter in Python would leave, for any filters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy.orm import Session

from app.clock import today_in
from app.db import transaction
from app.organisations.models import Organisation
from app.people.models import Consent, Login, Pause, Role, Volunteer
from app.people.rules.consent import age_on
from app.people.rules.names import name_keys
from app.roster.queries.people import Scope, count_people, people_page, people_where, served_of
from app.roster.rules.filters import CHOICES, Filters, filters_from, months_before, years_before
from app.service.models import ServiceRecord
from app.teams.models import Colour, Membership, Team
from tests.service.community import Community, make_community

ZONE = "Asia/Shanghai"
ON = date(2026, 2, 28)
NAMES = ("立春", "雨水", "惊蛰", "春分", "清明", "谷雨", "立夏", "小满", "芒种", "夏至", "单露")
BIRTHS = (
    None, date(1950, 5, 5), date(1966, 2, 28), date(1966, 3, 1), date(2008, 2, 28),
    date(2008, 3, 1), date(2012, 2, 28), date(2012, 2, 29), date(2012, 3, 1), date(1990, 1, 1),
)  # fmt: skip


class Town:
    """A community with everything a filter may ask about, by chance."""

    def __init__(self, session: Session, chance: Random) -> None:
        self.session, self.chance = session, chance
        self.made: Community = make_community(session, people=12)
        with transaction():
            other = Organisation(
                code="BY", name="白云", created_at=datetime(2020, 1, 1, tzinfo=UTC)
            )
            session.add(other)
            session.flush()
            self.places = [self.made.root_id, self.made.estate_id, other.id]
            self._people()
        self._service()
        session.expire_all()

    def _people(self) -> None:
        chance, session = self.chance, self.session
        colours = list(session.query(Colour))
        teams = list(session.query(Team))
        teams.append(
            Team(organisation_id=self.places[1], colour_id=colours[-1].id, code="X", name="X")
        )
        session.add(teams[-1])
        session.flush()
        for number, one in enumerate(session.query(Volunteer).order_by(Volunteer.id)):
            one.name = chance.choice(NAMES)
            one.name_keys = name_keys(one.name)
            one.organisation_id = chance.choice(self.places)
            one.kind = chance.choice(("party", "social", "resident"))
            one.born_on = chance.choice(BIRTHS)
            one.phone = chance.choice((None, "13800000028", f"139000{number:05d}"))
            one.created_at = chance.choice(
                (datetime(2023, 12, 31, 17, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC))
            )
            self._person(one, teams)

    def _person(self, one: Volunteer, teams: list[Team]) -> None:
        chance, session = self.chance, self.session
        login = session.query(Login).filter_by(volunteer_id=one.id).one_or_none()
        if login is None and chance.random() < 0.5:
            login = Login(display_name=one.name, volunteer_id=one.id, created_at=one.created_at)
            session.add(login)
            session.flush()
        if login is not None:
            login.password_hash = chance.choice((None, "x"))
            if chance.random() < 0.3:
                self._role(login)
            if chance.random() < 0.4:
                self._pause(one, login)
            if chance.random() < 0.5:
                given = {"version": "1", "given_at": one.created_at, "given_by": "self"}
                session.add(Consent(volunteer_id=one.id, **given))
        if chance.random() < 0.3:
            self._membership(one, chance.choice(teams))

    def _role(self, login: Login) -> None:
        until = self.chance.choice((None, ON - timedelta(days=1), ON))
        role = self.chance.choice(("organiser", "auditor"))
        self.session.add(
            Role(
                login_id=login.id, role=role, organisation_id=self.places[0],
                from_on=date(2024, 1, 1), until_on=until,
            )
        )  # fmt: skip

    def _pause(self, one: Volunteer, login: Login) -> None:
        kind = self.chance.choice(("dormant", "left"))
        until = None if kind == "left" else self.chance.choice((None, ON, ON - timedelta(days=1)))
        self.session.add(
            Pause(
                volunteer_id=one.id, kind=kind, from_on=date(2026, 2, 1), until_on=until,
                reason="", set_by_id=login.id, set_at=one.created_at,
            )
        )  # fmt: skip
        if kind == "left":
            one.state = "left"

    def _membership(self, one: Volunteer, team: Team) -> None:
        self.session.add(
            Membership(
                team_id=team.id, volunteer_id=one.id,
                role=self.chance.choice(("leader", "member")), from_on=date(2024, 3, 1),
                until_on=self.chance.choice((None, ON, ON - timedelta(days=1))),
            )
        )  # fmt: skip

    def _service(self) -> None:
        for person, one in enumerate(self.made.volunteers):
            state = self.session.get_one(Volunteer, one).state
            if state == "active" and self.chance.random() < 0.6:
                days = self.chance.choice((1, 20, 40))
                on = ON - timedelta(days=days)
                at = datetime.combine(on, datetime.min.time(), UTC) + timedelta(days=1)
                self.made.log(self.made.line(person, service_on=on), by="organiser", now=at)

    # ── the same, said in Python ──────────────────────────────────────────────────────────

    def brute(self, filters: Filters, scope: Scope) -> set[int]:
        ids = scope.organisation_ids if scope.below is None else scope.below
        return {
            one.id
            for one in self.session.query(Volunteer)
            if one.organisation_id in ids
            and all(fits(one) for fits in self._fitting(filters, scope))
        }

    def _fitting(self, filters: Filters, scope: Scope) -> list[Callable[[Volunteer], bool]]:
        since = filters.idle or date.max
        judged: list[tuple[object, Callable[[Volunteer], bool]]] = [
            (filters.kind, lambda one: one.kind == filters.kind),
            (filters.state, lambda one: self._state(one) == filters.state),
            (filters.age, lambda one: self._is_aged(one, filters.age)),
            (filters.role, lambda one: filters.role in self._roles(one)),
            (filters.account, lambda one: self._has_password(one) == (filters.account == "open")),
            (filters.consent, lambda one: not self._all(Consent, one)),
            (filters.colour, lambda one: filters.colour in self._colours(one)),
            (scope.team_id, lambda one: scope.team_id in self._teams(one)),
            (filters.joined, lambda one: self._joined(one).year == filters.joined),
            (filters.idle, lambda one: all(row.service_on < since for row in self._served(one))),
            (filters.q, lambda one: self._is_meant(one, filters.q)),
        ]
        return [fits for asked, fits in judged if asked]

    def _all(self, model: type, one: Volunteer) -> list:
        return self.session.query(model).filter_by(volunteer_id=one.id).all()

    def _lasting(self, model: type, one: Volunteer) -> list:
        return [row for row in self._all(model, one) if lasts(row)]

    def _state(self, one: Volunteer) -> str:
        if one.state == "active" and any(
            row.kind == "dormant" for row in self._lasting(Pause, one)
        ):
            return "dormant"
        return {"proposed": "friend"}.get(one.state, one.state)

    def _is_aged(self, one: Volunteer, age: str) -> bool:
        if one.born_on is None:
            return False
        years = age_on(one.born_on, ON)
        return {"child": years < 14, "youth": years < 18, "senior": years >= 60}[age]

    def _roles(self, one: Volunteer) -> set[str]:
        held = {"leader" for row in self._lasting(Membership, one) if row.role == "leader"}
        for login in self._all(Login, one):
            rows = self.session.query(Role).filter_by(login_id=login.id)
            held |= {row.role for row in rows if lasts(row)}
        return held

    def _has_password(self, one: Volunteer) -> bool:
        return any(login.password_hash for login in self._all(Login, one))

    def _teams(self, one: Volunteer) -> set[int]:
        return {row.team_id for row in self._lasting(Membership, one)}

    def _colours(self, one: Volunteer) -> set[str]:
        teams = [self.session.get_one(Team, team_id) for team_id in self._teams(one)]
        return {self.session.get_one(Colour, team.colour_id).key for team in teams}

    def _joined(self, one: Volunteer) -> date:
        first = [row.from_on for row in self._all(Membership, one)]
        return min([*first, today_in(ZONE, one.created_at)])

    def _served(self, one: Volunteer) -> list[ServiceRecord]:
        return [row for row in self._all(ServiceRecord, one) if row.state == "approved"]

    def _is_meant(self, one: Volunteer, text: str) -> bool:
        in_name = text in one.name or any(
            key.startswith(text.lower()) for key in one.name_keys.split()
        )
        in_number = text.upper() in (one.number or "")
        is_tail = text.isdigit() and len(text) >= 3 and (one.phone or "").endswith(text)
        return in_name or in_number or is_tail


def lasts(row: Pause | Role | Membership) -> bool:
    return row.from_on <= ON and (row.until_on is None or row.until_on >= ON)


def any_filters(chance: Random, town: Town) -> tuple[Filters, Scope]:
    """Return two or three filters by chance, and a scope."""
    given: dict[str, str] = {}
    for name in chance.sample([*CHOICES, "idle", "joined", "q", "colour", "team", "below"], 3):
        if name in CHOICES:
            given[name] = chance.choice(CHOICES[name])
    if chance.random() < 0.3:
        given["idle"] = chance.choice(("2026-02-27", "2026-02-08", "2026-01-01"))
    if chance.random() < 0.2:
        given["joined"] = chance.choice(("2023", "2024", "2025"))
    if chance.random() < 0.3:
        given["q"] = chance.choice(("立", "lc", "yushui", "TX0000", "0028", "dl", "sl", "无"))
    if chance.random() < 0.2:
        given["colour"] = chance.choice(("red", "green", "blue"))
    teams = list(town.session.query(Team.id).all())
    team_id = chance.choice(teams)[0] if chance.random() < 0.2 else None
    places = frozenset(chance.sample(town.places, chance.randint(1, 3)))
    below = frozenset({chance.choice(sorted(places))}) if chance.random() < 0.3 else None
    return filters_from(given), Scope(places, ON, ZONE, below, team_id)


@pytest.mark.parametrize("seed", range(4))
def test_the_list_is_what_python_would_leave(db_session: Session, seed: int) -> None:
    chance = Random(seed)
    town = Town(db_session, chance)
    found_any = 0
    for _ in range(40):
        filters, scope = any_filters(chance, town)
        where = people_where(filters, scope)
        rows = people_page(db_session, where, on=ON, sort=filters.sort)
        assert {row.id for row in rows} == town.brute(filters, scope), (filters, scope)
        assert len(rows) == count_people(db_session, where)
        found_any += bool(rows)
    assert found_any > 5


@pytest.mark.parametrize("sort", ["", *CHOICES["sort"]])
def test_pages_in_any_order_hold_everybody_once(db_session: Session, sort: str) -> None:
    town = Town(db_session, Random(7))
    where = people_where(Filters(), Scope(frozenset(town.places), ON, ZONE))
    whole = [row.id for row in people_page(db_session, where, on=ON, sort=sort)]
    parts = [
        row.id
        for offset in range(0, len(whole), 5)
        for row in people_page(db_session, where, on=ON, sort=sort, offset=offset, limit=5)
    ]
    assert parts == whole
    assert len(set(whole)) == len(whole) == count_people(db_session, where)


def test_sorted_by_service_who_served_most_and_last_comes_first(db_session: Session) -> None:
    town = Town(db_session, Random(3))
    where = people_where(Filters(state="active"), Scope(frozenset(town.places), ON, ZONE))
    for sort, key in (("hours", 0), ("last", 1)):
        rows = people_page(db_session, where, on=ON, sort=sort)
        served = served_of(db_session, [row.id for row in rows], ON.year)
        figures = [served[row.id][key] or (date.min if key else 0) for row in rows]
        assert figures == sorted(figures, reverse=True)
        assert figures[0] != figures[-1]


@pytest.mark.parametrize(
    ("on", "years", "born_on"),
    [(date(2026, 2, 28), 14, date(2012, 2, 28)), (date(2028, 2, 29), 14, date(2014, 2, 28))],
)
def test_completed_years_are_counted_as_the_law_counts(on: date, years: int, born_on: date) -> None:
    assert years_before(on, years) == born_on
    assert age_on(born_on, on) == years
    assert age_on(born_on + timedelta(days=1), on) == years - 1


@pytest.mark.parametrize(
    ("months", "day"), [(1, date(2024, 2, 29)), (12, date(2023, 3, 31)), (3, date(2023, 12, 31))]
)
def test_months_back_end_where_a_month_is_shorter(months: int, day: date) -> None:
    assert months_before(date(2024, 3, 31), months) == day


@pytest.mark.parametrize(
    "given",
    [{"idle": "2026-02-30"}, {"idle": "0001-01-01"}, {"joined": "２０２５"}, {"joined": "1"},
     {"kind": "king"}, {"sort": "phone"}, {"state": "matched"}],
)  # fmt: skip
def test_what_fits_nothing_asks_nothing(given: dict[str, str]) -> None:
    assert filters_from(given) == Filters()
