"""Colours, teams, where they stood, and who belonged to them when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.db import db, transaction
from app.organisations.operations import create_organisation
from app.people.queries import volunteer_by_number
from app.teams import operations, queries
from app.teams.models import Membership, Team
from app.teams.operations import teams
from app.teams.operations.members import Joining, MemberAlready
from app.teams.operations.teams import ColourForeign, OtherTree, TeamCodeTaken, TeamCodeUnfit
from app.teams.rules import Actor, DatesUnfit, LeaderChoiceNeeded, OwnLeadership, Span
from app.trail.models import TrailRow
from tests.teams.conftest import NOW, TODAY

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def organiser(cast) -> Actor:
    return queries.actor_of(db.session(), cast.logins["organiser"], TODAY)


def team(code: str) -> Team:
    return db.session.query(Team).filter_by(code=code).one()


def person(number: str = "TX00001") -> int:
    found = volunteer_by_number(db.session(), number)
    assert found is not None
    return found.id


def test_a_new_community_has_seven_teams(app):
    with transaction() as session:
        home = create_organisation(session, code="QH", name="晴禾社区", actor_id=None, now=NOW)
        made = operations.create_default_teams(session, home.id, actor_id=None, now=NOW)
        assert [(one.code, one.name) for one in made][::6] == [
            ("QH-red", "红色扶贫帮困队"),
            ("QH-purple", "紫色卫生保健队"),
        ]
        keys = [one.key for one in queries.colours_of(session, home.id)]
        assert keys == ["red", "orange", "yellow", "green", "cyan", "blue", "purple"]


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        ("TX-red", TeamCodeTaken),
        ("x/y", TeamCodeUnfit),
        ("42", TeamCodeUnfit),
        ("add", TeamCodeUnfit),
        ("Add", TeamCodeUnfit),
    ],
)
def test_a_team_code_is_unique_and_plain(cast, organiser, code, refusal):
    red = team("TX-red")
    with pytest.raises(refusal), transaction() as session:
        operations.create_team(
            session, organisation_id=red.organisation_id, colour_id=red.colour_id, code=code,
            name="夜巡队", actor_id=organiser.login_id, now=NOW,
        )  # fmt: skip


def test_two_who_take_one_code_at_once_hear_the_same_refusal(cast, organiser, monkeypatch):
    red, check = team("TX-red"), teams._refuse_taken
    # The other's team is committed between the check and the row.
    blind_once = iter([lambda *_given: None, check])
    monkeypatch.setattr(teams, "_refuse_taken", lambda *given: next(blind_once)(*given))
    with pytest.raises(TeamCodeTaken) as refused, transaction() as session:
        operations.create_team(
            session, organisation_id=red.organisation_id, colour_id=red.colour_id, code="TX-red",
            name="夜巡队", actor_id=organiser.login_id, now=NOW,
        )  # fmt: skip
    assert refused.value.figures == {"code": "TX-red", "name": "TX-red队"}
    assert db.session.query(Team).filter_by(name="夜巡队").count() == 0


def test_every_word_beside_a_team_code_in_an_address_is_reserved(app):
    rules = [rule.rule.split("/") for rule in app.url_map.iter_rules()]
    coded = [
        (rule[:at], at)
        for rule in rules for at, part in enumerate(rule)
        if part in ("<code>", "<team_code>") and rule[1] != "o"
    ]  # fmt: skip
    beside = {rule[at] for before, at in coded for rule in rules if rule[:at] == before != rule}
    assert {word for word in beside if not word.startswith("<")} == teams.RESERVED_CODES


def test_a_moved_team_stood_where_it_stood(cast, organiser):
    red, blue, other = team("TX-red"), team("TX-blue"), team("BY-red")
    with transaction() as session:
        for colour_id, home in (
            (blue.colour_id, red.organisation_id),
            (red.colour_id, other.organisation_id),
        ):
            operations.move_team(
                session, red.id, organisation_id=home, colour_id=colour_id, from_on=TODAY,
                actor_id=organiser.login_id, now=NOW,
            )  # fmt: skip
        before = queries.placement_on(session, [red.id], TODAY - timedelta(days=1))
        since = queries.placement_on(session, [red.id], TODAY)
        assert before[red.id].colour_id != blue.colour_id
        assert since[red.id] == (other.organisation_id, red.colour_id)
        spans = [one.span for one in queries.placements_of(session, [red.id])[red.id]]
        assert spans == [Span(date(1900, 1, 1), TODAY - timedelta(days=1)), Span(TODAY, None)]


def test_a_team_stays_in_its_tree_and_its_colours(cast, organiser):
    red = team("TX-red")
    with transaction() as session:
        far = create_organisation(session, code="FAR", name="远方", actor_id=None, now=NOW)
        foreign = operations.create_colours(session, far.id)["red"]
        for home, colour, refusal in (
            (far.id, foreign, OtherTree),
            (red.organisation_id, foreign, ColourForeign),
        ):
            with pytest.raises(refusal):
                operations.move_team(
                    session, red.id, organisation_id=home, colour_id=colour, from_on=TODAY,
                    actor_id=organiser.login_id, now=NOW,
                )  # fmt: skip


def test_nobody_belongs_twice_to_a_team(cast, organiser):
    joining = {
        "team_id": team("TX-red").id,
        "volunteer_id": person(),
        "actor": organiser,
        "now": NOW,
    }
    with pytest.raises(MemberAlready), transaction() as session:
        operations.join_team(session, from_on=TODAY, **joining)


def test_a_membership_ends_with_a_last_day_and_may_begin_again(cast, organiser):
    red = team("TX-red").id
    with transaction() as session:
        held = session.query(Membership).filter_by(team_id=red, volunteer_id=person()).one()
        with pytest.raises(DatesUnfit):
            operations.end_membership(
                session, held.id, until_on=date(2019, 1, 1), actor=organiser, now=NOW
            )
        operations.end_membership(session, held.id, until_on=TODAY, actor=organiser, now=NOW)
        operations.join_team(
            session,
            team_id=red,
            volunteer_id=held.volunteer_id,
            from_on=TOMORROW,
            actor=organiser,
            now=NOW,
        )
        spans = queries.memberships_of(session, [held.volunteer_id], [red])
        assert [span.until_on for span in spans[held.volunteer_id, red]] == [TODAY, None]


def test_only_organisers_above_name_leaders_and_never_themselves(cast, organiser):
    red = team("TX-red")
    with transaction() as session:
        held = session.query(Membership).filter_by(team_id=red.id, volunteer_id=person()).one()
        change: dict[str, Any] = {"role": "leader", "from_on": TODAY, "now": NOW}
        leader = queries.actor_of(session, cast.logins["leader"], TODAY)
        with pytest.raises(LeaderChoiceNeeded):
            operations.change_role(session, held.id, actor=leader, **change)
        own = Actor(organiser.login_id, held.volunteer_id, "立夏", organises=organiser.organises)
        with pytest.raises(OwnLeadership):
            operations.change_role(session, held.id, actor=own, **change)
        operations.change_role(session, held.id, actor=organiser, **change)
        roles = {one.name: one.role for one in queries.members_on(session, red.id, TODAY)}
        before = {
            one.name: one.role for one in queries.members_on(session, red.id, date(2025, 1, 1))
        }
        assert (roles["谷雨"], before["谷雨"]) == ("leader", "member")


def test_a_leader_may_not_end_another_leader(cast):
    with transaction() as session:
        red = team("TX-red").id
        leader = queries.actor_of(session, cast.logins["leader"], TODAY)
        co_leader = Membership(
            team_id=red, volunteer_id=person("BY00001"), role="leader", from_on=TODAY
        )
        session.add(co_leader)
        session.flush()
        with pytest.raises(LeaderChoiceNeeded):
            operations.end_membership(session, co_leader.id, until_on=TODAY, actor=leader, now=NOW)


def test_a_roster_joins_in_one_operation_and_repeats_harmlessly(cast, organiser):
    blue = team("TX-blue")
    lines = [Joining(blue.id, person(), "member", TODAY)] * 2
    with transaction() as session:
        given = {
            "organisation_id": blue.organisation_id, "actor_id": organiser.login_id, "now": NOW,
        }  # fmt: skip
        assert operations.join_teams(session, lines, **given) == 1
        assert operations.join_teams(session, lines, **given) == 0
        trail = session.scalars(select(TrailRow).where(TrailRow.operation == "join_teams")).all()
        assert len(trail) == 1
