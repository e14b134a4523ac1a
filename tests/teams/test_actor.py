"""Rights come from the database at each request, in three queries (I-22)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.db import db, transaction
from app.errors import NotAllowed, NotFound
from app.organisations.models import Organisation
from app.people import operations as people
from app.people.models import Role, Volunteer
from app.people.queries import volunteer_by_number
from app.teams import operations, queries
from app.teams.models import Membership, Team
from app.teams.rules import (
    Actor,
    CodeForDesk,
    CodeForLeader,
    CodeForNewcomer,
    CodeForOneself,
    NotEntitled,
    Standing,
    may_issue_code,
)
from tests.teams.conftest import NOW, TODAY, queries_of


def actor(cast, who: str, on=TODAY) -> Actor:
    return queries.actor_of(db.session(), cast.logins[who], on)


def the_person(session, number: str) -> Volunteer:
    found = volunteer_by_number(session, number)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("who", "roles"),
    [
        ("volunteer", {"volunteer"}),
        ("leader", {"volunteer", "leader"}),
        ("organiser", {"organiser"}),
        ("auditor", {"auditor"}),
        ("admin", {"admin"}),
    ],
)
def test_everyone_has_the_roles_of_the_day(cast, who, roles):
    assert actor(cast, who).roles == roles


@pytest.mark.parametrize("who", ["volunteer", "leader", "organiser", "auditor", "admin"])
def test_an_actor_takes_three_queries_at_most(cast, who):
    db.session.rollback()
    assert queries_of(lambda: actor(cast, who)) <= 3


def test_an_organiser_reaches_all_below_and_nothing_beside(cast):
    with transaction() as session:
        home = session.query(Team).filter_by(code="TX-red").one().organisation_id
        beside = session.query(Team).filter_by(code="BY-red").one().organisation_id
        root = session.get_one(Organisation, home).parent_id
        session.add(
            Role(
                login_id=cast.logins["admin"], role="organiser", organisation_id=root, from_on=TODAY
            )
        )
    assert actor(cast, "organiser").organises == {home}
    assert actor(cast, "admin").organises == {root, home, beside}


def test_rights_begin_and_end_on_their_days(cast):
    with transaction() as session:
        leading = session.query(Membership).filter_by(role="leader").one()
        leading.until_on = TODAY
    assert actor(cast, "leader").leads
    assert not actor(cast, "leader", TODAY + timedelta(days=1)).leads


def test_nobody_leads_a_retired_team(cast):
    with transaction() as session:
        red = session.query(Team).filter_by(code="TX-red").one()
        operations.retire_team(
            session, red.id, on=TODAY, actor_id=cast.logins["organiser"], now=NOW
        )
    assert not actor(cast, "leader").leads
    assert actor(cast, "leader", TODAY - timedelta(days=1)).leads


def test_a_helper_acts_for_somebody(cast):
    helper = actor(cast, "volunteer").volunteer_id or 0
    with transaction() as session:
        elder = the_person(session, "TX00001")
        people.let_act(
            session, volunteer_id=elder.id, helper_id=helper, kind="helper", from_on=TODAY,
            actor_id=cast.logins["organiser"], now=NOW,
        )  # fmt: skip
        elder_id = elder.id
    found = actor(cast, "volunteer")
    assert found.acts_for == {elder_id}
    assert found.benefits(elder_id)
    assert found.benefits(helper)


def test_a_suspended_login_acts_no_more(cast):
    with transaction() as session:
        people.suspend_login(
            session, cast.logins["leader"], actor_id=cast.logins["organiser"], now=NOW, reason="x"
        )
    with pytest.raises(NotFound):
        actor(cast, "leader")


# ── activation codes ──────────────────────────────────────────────────────────────────────

TARGET = Standing(
    login_id=9, organisation_id=10, member_of=frozenset({1}), leads={}, roles=frozenset()
)
LEADER = Actor(1, 1, "白露", leads=frozenset({1}))
ORGANISER = Actor(2, None, "立夏", organises=frozenset({10}))
ADMIN = Actor(3, None, "霜降", is_admin=True)


@pytest.mark.parametrize(
    ("actor", "change"),
    [
        (LEADER, {}),
        (LEADER, {"has_password": True, "settled_in": frozenset({1})}),
        (ORGANISER, {"has_password": True}),
        (ORGANISER, {}),
        (ORGANISER, {"member_of": frozenset()}),
        (ORGANISER, {"leads": {1: 10}}),
        (replace(ORGANISER, leads=frozenset({1})), {"leads": {1: 10}}),
        (ADMIN, {"leads": {1: 10}}),
        (ADMIN, {"roles": frozenset({"organiser", "auditor"})}),
        (ADMIN, {"roles": frozenset({"admin"})}),
        (ADMIN, {"organisation_id": 99}),
    ],
)
def test_a_code_goes_to_whoever_may_no_more(actor, change):
    may_issue_code(actor, TARGET._replace(**change))


@pytest.mark.parametrize(
    ("actor", "change", "refusal"),
    [
        (LEADER, {"member_of": frozenset({2})}, NotEntitled),
        # A co-leader's account would approve the leader's own service.
        (LEADER, {"leads": {1: 10}}, CodeForLeader),
        (LEADER, {"leads": {5: 10}}, CodeForLeader),
        (LEADER, {"roles": frozenset({"organiser"})}, CodeForDesk),
        # Taken into the team yesterday, for the account's sake.
        (LEADER, {"has_password": True}, CodeForNewcomer),
        (LEADER, {"has_password": True, "settled_in": frozenset({2})}, CodeForNewcomer),
        (ORGANISER, {"organisation_id": 11, "member_of": frozenset()}, NotEntitled),
        # A second organiser's account would be the second person.
        (ORGANISER, {"roles": frozenset({"organiser"})}, CodeForDesk),
        (ORGANISER, {"roles": frozenset({"auditor"})}, CodeForDesk),
        (ORGANISER, {"roles": frozenset({"admin"})}, CodeForDesk),
        (ORGANISER, {"leads": {1: 10, 5: 11}}, CodeForLeader),
        (ADMIN, {"login_id": 3}, CodeForOneself),
    ],
)
def test_a_code_never_lends_rights(actor, change, refusal):
    with pytest.raises(refusal) as refused:
        may_issue_code(actor, TARGET._replace(**change))
    assert isinstance(refused.value, NotAllowed)


def test_a_code_makes_the_login_that_is_missing(cast):
    with transaction() as session:
        person = the_person(session, "TX00001")
        issuer = queries.actor_of(session, cast.logins["leader"], TODAY)
        code = operations.issue_code_to(session, person.id, actor=issuer, now=NOW, today=TODAY)
        assert len(code) == 10
        assert queries.standing_of(session, person.id, TODAY).login_id is not None


def test_a_leader_takes_nobody_s_account_along_into_the_team(cast):
    red = db.session.query(Team).filter_by(code="TX-red").one().id
    with transaction() as session:
        person = the_person(session, "TX00002").id
        login = people.login_for(session, person, actor_id=None, now=NOW)
        login.password_hash = "in use"
        session.add(Membership(team_id=red, volunteer_id=person, role="member", from_on=TODAY))
    leader, session = actor(cast, "leader"), db.session()
    for days, receives in ((0, False), (7, False), (8, True)):
        on = TODAY + timedelta(days=days)
        assert bool(queries.code_receivers(session, leader, [person], on)) is receives


def test_whoever_leads_from_tomorrow_counts_as_a_leader(cast):
    red = db.session.query(Team).filter_by(code="TX-red").one().id
    blue = db.session.query(Team).filter_by(code="TX-blue").one().id
    person = the_person(db.session(), "TX00001").id
    with transaction() as session:
        session.add(
            Membership(
                team_id=blue, volunteer_id=person, role="leader", from_on=TODAY + timedelta(days=1)
            )
        )
    session, leader = db.session(), actor(cast, "leader")
    standing = queries.standing_of(session, person, TODAY)
    assert set(standing.leads) == {blue}
    assert standing.member_of == {red}
    assert not queries.code_receivers(session, leader, [person], TODAY)
    assert queries.code_receivers(session, actor(cast, "organiser"), [person], TODAY) == {person}


def test_whoever_has_left_leads_no_more(cast):
    leader = actor(cast, "leader")
    assert leader.leads
    assert leader.volunteer_id is not None
    with transaction() as session:
        people.edit_volunteer(
            session,
            leader.volunteer_id,
            {"state": "left"},
            actor_id=cast.logins["organiser"],
            now=NOW,
        )
    assert not actor(cast, "leader").leads
