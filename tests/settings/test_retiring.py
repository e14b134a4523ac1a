"""Organisations retired and reopened, and people who belong to another one from now on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from app.db import transaction
from app.errors import RuleBroken
from app.people.models import Volunteer
from app.second_person.rules import OwnMatter
from app.teams.operations import retire_team
from tests.service.community import NOW, Community, check_books, make_community
from tests.settings.trees import (
    TODAY,
    homes,
    make_node,
    merge,
    move,
    reopen,
    retire,
    retired_on,
    rows,
    settle_in,
    team_home,
    who,
    year_minutes,
)


def test_an_empty_one_is_retired_and_reopened(community: Community, east: int) -> None:
    retire(community, east)
    assert retired_on(east) == TODAY
    reopen(community, east)
    assert retired_on(east) is None
    assert [kind for (kind,) in rows("SELECT kind FROM organisation_changes ORDER BY id")] == [
        "retired",
        "reopened",
    ]
    make_node(community, "TX21", "东一院", east)


def test_it_says_what_is_still_there(community: Community, east: int) -> None:
    make_node(community, "TX11", "一号院", community.estate_id)
    settle_in(community, community.estate_id, 3, 4)
    with pytest.raises(RuleBroken) as refusal:
        retire(community, community.estate_id)
    assert refusal.value.figures == {
        "name": "一小区", "teams": 1, "people": 2, "organisations": 1
    }  # fmt: skip


def test_the_root_and_what_is_retired_are_not(community: Community, east: int) -> None:
    retire(community, east)
    for organisation_id, said in ((east, "was retired"), (community.root_id, "at the top")):
        with pytest.raises(RuleBroken, match=said):
            retire(community, organisation_id)
    with pytest.raises(RuleBroken, match="in service"):
        reopen(community, community.estate_id)
    with pytest.raises(RuleBroken, match="reason"):
        reopen(community, east, reason="")


def test_nothing_is_reopened_below_what_is_retired(community: Community, east: int) -> None:
    inner = make_node(community, "TX21", "东一院", east)
    retire(community, inner)
    retire(community, east)
    with pytest.raises(RuleBroken, match="东小区, below which"):
        reopen(community, inner)


def test_a_team_retired_before_holds_nobody_up(community: Community) -> None:
    with transaction() as session:
        retire_team(session, community.green_id, on=NOW.date(), actor_id=who(community), now=NOW)
    retire(community, community.estate_id)
    assert retired_on(community.estate_id) == TODAY


def test_what_was_merged_comes_back_empty(community: Community, east: int) -> None:
    merge(community, community.estate_id, east)
    reopen(community, community.estate_id)
    assert team_home(community.green_id) == east
    assert retired_on(community.estate_id) is None


# ── people ────────────────────────────────────────────────────────────────────────────────


def test_people_move_and_their_past_does_not(
    db_session: Session, community: Community, east: int
) -> None:
    community.logged(community.line(3, 60), by="organiser")
    before = year_minutes(community.root_id)
    assert move(community, [3, 4], community.root_id, east, key="once") == 2
    assert move(community, [4, 3], community.root_id, east, key="once") == 2
    assert [place for place, home in enumerate(homes(community)) if home == east] == [3, 4]
    assert year_minutes(community.root_id) == before
    assert year_minutes(east) == []
    check_books(db_session)


def test_the_trail_tells_each_of_them(community: Community, east: int) -> None:
    move(community, [3], community.root_id, east)
    (row,) = rows(
        "SELECT subject_id, organisation_id, before, after FROM trail "
        "WHERE operation = 'move_person'"
    )
    assert row[:2] == (community.volunteers[3], east)
    assert (row[2], row[3]) == (
        f'{{"organisation_id":{community.root_id}}}',
        f'{{"organisation_id":{east}}}',
    )


def test_only_who_stands_there_moves(db_session: Session, community: Community, east: int) -> None:
    with transaction() as session:
        gone = session.get_one(Volunteer, community.volunteers[5])
        gone.state, gone.matched_to_id = "matched", community.volunteers[4]
    assert move(community, [4, 5], community.root_id, east) == 1
    with pytest.raises(RuleBroken, match="at least one person"):
        move(community, [4, 5], community.root_id, east)


def test_nobody_moves_themselves_or_a_ward(community: Community, east: int) -> None:
    own, ward = community.actor("organiser_too"), community.volunteers[5]
    for each, actor in ((4, own), (5, replace(own, acts_for=frozenset({ward})))):
        with pytest.raises(OwnMatter):
            move(community, [3, each], community.root_id, east, actor=actor)
    assert east not in homes(community)
    assert move(community, [4], community.root_id, east) == 1


def test_they_move_within_the_tree_only(db_session: Session, community: Community) -> None:
    east = make_node(community, "TX2", "东小区")
    other = make_community(db_session, code="QT")
    retire(community, east)
    for into, code in (
        (other.root_id, "leaves_its_root"),
        (east, "organisation_retired"),
        (community.root_id, "merges_into_itself"),
    ):
        with pytest.raises(RuleBroken) as refusal:
            move(community, [3], community.root_id, into)
        assert refusal.value.code == code
