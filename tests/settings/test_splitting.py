"""An organisation is split: teams go, people with them, the past stays where it was earned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.db import transaction
from app.errors import RuleBroken
from app.organisations.operations import change_setting, name_substitute_day
from app.organisations.queries import settings_of
from app.organisations.rules import Belonging, side_taken, sides_of
from app.settings.operations import Part
from app.teams.operations import create_team
from app.teams.operations.members import end_membership
from tests.adjustments.community import settle
from tests.service.community import NOW, Community, check_books, make_community
from tests.settings.trees import (
    LATER,
    TODAY,
    check_audit,
    homes,
    make_node,
    parent,
    rows,
    send,
    settle_in,
    split,
    team_home,
    value,
    who,
    year_minutes,
)


@pytest.fixture
def community(app: Flask, db_session: Session) -> Iterator[Community]:
    """The estate has two teams: green with people 0 to 5, and blue with 3, 5 and 6."""
    made = make_community(db_session)
    settle(made)
    settle_in(made, made.estate_id, 3, 4, 5, 6, 7)
    colour = value("SELECT colour_id FROM teams WHERE id = :id", id=made.green_id)
    with transaction() as session:
        create_team(
            session,
            organisation_id=made.estate_id,
            colour_id=colour,
            code="TX-blue",
            name="TX-blue",
            actor_id=who(made),
            now=NOW,
        )
    for person, since in ((3, "2024-05-01"), (5, "2025-06-01"), (6, "2025-06-01")):
        send(
            "INSERT INTO memberships (team_id, volunteer_id, role, from_on) "
            f"VALUES (:team, :person, 'member', '{since}')",
            team=blue(),
            person=made.volunteers[person],
        )
    yield made
    check_audit(app)


def blue() -> int:
    return int(value("SELECT id FROM teams WHERE code = 'TX-blue'"))


def north(*team_ids: int) -> Part:
    return Part("TX-N", "北社区", team_ids)


def refused(community: Community, *parts: Part, **more: Any) -> str:
    before = value("SELECT count(*) FROM organisations")
    with pytest.raises(RuleBroken) as refusal:
        split(community, community.estate_id, *parts, **more)
    assert value("SELECT count(*) FROM organisations") == before
    return refusal.value.code


def test_teams_go_with_whoever_has_no_other(community: Community) -> None:
    (made,) = split(community, community.estate_id, north(blue()))
    assert parent(made) == community.root_id
    assert team_home(blue()) == made
    assert team_home(community.green_id) == community.estate_id
    # 6 has no other team, 3 was there longest; 5 was longer in the team that stays.
    assert at(made, community) == [3, 6]
    assert at(community.estate_id, community) == [4, 5, 7]


def test_somebody_chooses_for_who_is_torn(community: Community) -> None:
    third, fifth = community.volunteers[3], community.volunteers[5]
    chosen = {third: None, fifth: 0, community.volunteers[4]: 0}
    (made,) = split(community, community.estate_id, north(blue()), chosen=chosen)
    # 4 has no team there: nobody sends them.
    assert at(made, community) == [5, 6]


def test_people_without_a_team_go_where_they_are_sent(community: Community) -> None:
    (made,) = split(community, community.estate_id, north(blue()), without_team=0)
    assert at(made, community) == [3, 6, 7]


def test_two_are_made_at_once(community: Community) -> None:
    south = Part("TX-S", "南社区", (community.green_id,))
    first, second = split(community, community.estate_id, north(blue()), south)
    assert at(first, community) == [3, 6]
    assert at(second, community) == [4, 5]
    assert at(community.estate_id, community) == [7]
    kept = rows("SELECT kind, organisation_id, into_id FROM organisation_changes ORDER BY id")
    assert kept == [("split", community.estate_id, first), ("split", community.estate_id, second)]


def test_past_years_stay_where_they_were_earned(db_session: Session, community: Community) -> None:
    community.logged(community.line(3, 60, team_id=blue()), by="organiser")
    before = year_minutes(community.estate_id)
    (made,) = split(community, community.estate_id, north(blue()))
    assert year_minutes(community.estate_id) == before
    assert year_minutes(made) == []
    line = community.line(3, 30, team_id=blue(), service_on=TODAY)
    community.actors["organiser"] = with_reach(community, made)
    community.logged(line, by="organiser", now=LATER)
    assert year_minutes(made) == [(2026, 30)]
    assert year_minutes(community.estate_id) == before
    check_books(db_session)


def test_they_begin_with_what_applies_today(db_session: Session, community: Community) -> None:
    by: dict[str, Any] = {"actor_id": who(community), "now": NOW}
    home = community.estate_id
    with transaction() as session:
        change_setting(session, home, key="daily_limit_minutes", value="420", **by)
        name_substitute_day(
            session,
            organisation_id=home,
            year=2026,
            month=2,
            substitute_on=date(2026, 2, 20),
            reason="春节",
            **by,
        )
    (made,) = split(community, home, north(blue()))
    assert settings_of(db_session, made).daily_limit_minutes == 420
    named = "SELECT count(*) FROM substitute_service_days WHERE organisation_id = :id"
    assert value(named, id=made) == 1


def test_whoever_left_a_team_belongs_to_it_no_more(community: Community) -> None:
    membership = value(
        "SELECT id FROM memberships WHERE team_id = :team AND volunteer_id = :person",
        team=blue(),
        person=community.volunteers[6],
    )
    with transaction() as session:
        end_membership(
            session,
            membership,
            until_on=TODAY - timedelta(days=1),
            actor=community.actor("organiser"),
            now=NOW,
        )
    (made,) = split(community, community.estate_id, north(blue()))
    assert at(made, community) == [3]


def test_below_a_root_its_parts_hang_below_itself(community: Community) -> None:
    (made,) = split(community, community.root_id, north(community.red_id))
    assert parent(made) == community.root_id
    assert team_home(community.red_id) == made


def test_the_same_key_splits_once(community: Community) -> None:
    first = split(community, community.estate_id, north(blue()), key="once")
    assert split(community, community.estate_id, north(blue()), key="once") == first


def test_it_is_refused_as_a_whole(community: Community) -> None:
    green = community.green_id
    assert refused(community) == "no_part"
    assert refused(community, north()) == "part_without_team"
    assert refused(community, north(green, community.red_id)) == "team_not_there"
    assert refused(community, north(green), Part("TX-S", "南", (green,))) == "team_not_there"
    assert refused(community, north(green), Part("TX-N", "南", (blue(),))) == "same_code"
    assert refused(community, Part("TX", "北", (green,))) == "code_taken"
    assert refused(community, Part("1", "北", (green,))) == "bad_code"
    assert refused(community, north(green), reason="") == "reason_missing"


def test_sides_are_told_apart() -> None:
    early, late = Belonging(1, 9, 11, date(2020, 1, 1)), Belonging(2, 9, 12, date(2021, 1, 1))
    sides = sides_of([late, early], {12: 0})[9]
    assert sides == {None: early, 0: late}
    assert side_taken(sides, {}, 9) is None
    assert side_taken(sides, {9: 0}, 9) == 0
    assert side_taken(sides, {9: 7}, 9) is None


def at(organisation_id: int, community: Community) -> list[int]:
    """Return which of the estate's people belong to an organisation, by place."""
    return [place for place, home in enumerate(homes(community)) if home == organisation_id]


def with_reach(community: Community, organisation_id: int) -> Any:
    from dataclasses import replace

    organiser = community.actor("organiser")
    return replace(organiser, organises=organiser.organises | {organisation_id})


def test_a_part_below_an_estate_counts_above_it(db_session: Session, community: Community) -> None:
    block = make_node(community, "TX11", "一号院", community.estate_id)
    assert parent(block) == community.estate_id
    split(community, community.estate_id, north(blue()))
    assert parent(block) == community.estate_id
    check_books(db_session)
