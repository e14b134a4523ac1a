"""An organisation is merged into another: who and what goes on there, and what stays its own."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.db import transaction
from app.errors import RuleBroken
from app.organisations.models import Organisation
from app.organisations.operations import change_setting, name_substitute_day
from app.organisations.queries import heir_of, settings_of
from app.people.operations import add_volunteer
from app.points.operations import add_rule_version
from app.points.queries import versions_for
from app.teams.operations import create_team, move_team, reopen_team, retire_team
from app.teams.queries import placement_on
from app.trail.rules import KeyReused
from tests.ranking.year import give_notice, make_year, save
from tests.service.community import NOW, Community, check_books, make_community
from tests.settings.trees import (
    LATER,
    REASON,
    TODAY,
    homes,
    make_node,
    merge,
    parent,
    retired_on,
    rows,
    settle_in,
    team_home,
    value,
    who,
    year_minutes,
)


def refused(community: Community, gone_id: int, into_id: int, **more: Any) -> str:
    with pytest.raises(RuleBroken) as refusal:
        merge(community, gone_id, into_id, **more)
    return refusal.value.code


def test_teams_and_people_go_on_there(community: Community, east: int) -> None:
    settle_in(community, community.estate_id, 3, 4)
    merge(community, community.estate_id, east)
    assert team_home(community.green_id) == east
    assert homes(community).count(east) == 2
    assert parent(community.estate_id) == east
    assert retired_on(community.estate_id) == TODAY


def test_its_past_stays_its_own_and_counts_above(
    db_session: Session, community: Community, east: int
) -> None:
    community.logged(community.line(3, 60, team_id=community.green_id), by="organiser")
    before = year_minutes(community.estate_id), year_minutes(community.root_id)
    merge(community, community.estate_id, east)
    assert (year_minutes(community.estate_id), year_minutes(community.root_id)) == before
    assert year_minutes(east) == before[0]
    check_books(db_session)


def test_what_is_served_before_counts_there_and_from_today_here(
    db_session: Session, community: Community, east: int
) -> None:
    merge(community, community.estate_id, east)
    for on, home in ((TODAY - timedelta(days=1), community.estate_id), (TODAY, east)):
        placed = placement_on(db_session, [community.green_id], on)[community.green_id]
        assert placed.organisation_id == home
    db_session.rollback()
    for on in (TODAY - timedelta(days=1), TODAY):
        line = community.line(3, 30, team_id=community.green_id, service_on=on)
        community.logged(line, by="organiser", now=LATER)
    found = rows("SELECT service_on, organisation_id FROM service_records ORDER BY service_on")
    assert [home for _, home in found] == [community.estate_id, east]
    check_books(db_session)


def test_what_hangs_below_hangs_below_the_other_now(
    db_session: Session, community: Community, east: int
) -> None:
    block = make_node(community, "TX11", "一号院", community.estate_id)
    community.logged(community.line(3, 60, team_id=community.green_id), by="organiser")
    merge(community, community.estate_id, east)
    assert parent(block) == east
    check_books(db_session)


def test_retired_teams_stay_where_they_served(community: Community, east: int) -> None:
    by: dict[str, Any] = {"actor_id": who(community), "now": NOW}
    with transaction() as session:
        retire_team(session, community.green_id, on=NOW.date(), **by)
    merge(community, community.estate_id, east)
    assert team_home(community.green_id) == community.estate_id
    with pytest.raises(RuleBroken), transaction() as session:
        reopen_team(session, community.green_id, **by)


def test_an_estate_is_merged_into_its_own_community(
    db_session: Session, community: Community
) -> None:
    community.logged(community.line(3, 60, team_id=community.green_id), by="organiser")
    merge(community, community.estate_id, community.root_id)
    assert parent(community.estate_id) == community.root_id
    assert team_home(community.green_id) == community.root_id
    check_books(db_session)


def test_past_days_are_judged_as_they_would_have_been(
    db_session: Session, community: Community, east: int
) -> None:
    by: dict[str, Any] = {"actor_id": who(community), "now": NOW}
    with transaction() as session:
        change_setting(session, east, key="daily_limit_minutes", value="300", **by)
        name_substitute_day(
            session,
            organisation_id=community.estate_id,
            year=2026,
            month=2,
            substitute_on=date(2026, 2, 20),
            reason="春节",
            **by,
        )
        add_rule_version(
            session,
            organisation_id=east,
            effective_from=date(2026, 1, 1),
            rates={},
            service_day_percent=0,
            service_month_percent=0,
            step_hundredths=10,
            **by,
        )
    merge(community, community.estate_id, east)
    assert settings_of(db_session, community.estate_id).daily_limit_minutes == 480
    versions = versions_for(db_session, community.estate_id)
    assert [each.service_day_percent for each in versions] == [50]
    assert [each.service_day_percent for each in versions_for(db_session, east)] == [50, 0]


def test_the_trail_and_the_kept_word_say_it(community: Community, east: int) -> None:
    settle_in(community, community.estate_id, 3)
    merge(community, community.estate_id, east)
    said = rows(
        "SELECT operation, subject_kind, reason FROM trail WHERE at = (SELECT max(at) FROM trail)"
    )
    assert {row[0] for row in said} == {
        "merge_organisations", "move_organisation", "move_team", "move_person"
    }  # fmt: skip
    assert ("move_person", "volunteer", REASON) in said
    kept = rows("SELECT kind, organisation_id, into_id, reason FROM organisation_changes")
    assert kept == [("merged", community.estate_id, east, REASON)]


def test_the_same_key_merges_once(community: Community, east: int) -> None:
    for _ in range(2):
        merge(community, community.estate_id, east, key="once")
    assert value("SELECT count(*) FROM organisation_changes") == 1
    with pytest.raises(KeyReused):
        merge(community, east, community.estate_id, key="once")


def test_whoever_goes_on_for_it_is_found(
    db_session: Session, community: Community, east: int
) -> None:
    west = make_node(community, "TX3", "西小区")
    merge(community, community.estate_id, east)
    merge(community, east, west)
    gone = db_session.get_one(Organisation, community.estate_id)
    heir = heir_of(db_session, gone)
    assert heir is not None
    assert heir.id == west


# ── what is refused ───────────────────────────────────────────────────────────────────────


def test_it_is_refused_where_it_makes_no_sense(community: Community, east: int) -> None:
    block = make_node(community, "TX11", "一号院", community.estate_id)
    assert refused(community, east, east) == "merges_into_itself"
    assert refused(community, community.root_id, east) == "root_stays"
    assert refused(community, community.estate_id, block) == "moves_below_itself"
    assert refused(community, community.estate_id, east, reason=" ") == "reason_missing"
    merge(community, community.estate_id, east)
    assert refused(community, community.estate_id, east) == "organisation_retired"
    assert refused(community, block, community.estate_id) == "organisation_retired"


def test_not_into_another_tree(db_session: Session, community: Community) -> None:
    other = make_community(db_session, code="QT")
    assert refused(community, community.estate_id, other.estate_id) == "leaves_its_root"


def test_not_while_the_list_is_under_notice(db_session: Session, app: Flask) -> None:
    year = make_year(db_session)
    east = make_node(year, "TX2", "东小区")
    inner = make_node(year, "TX21", "东一院", east)
    save(year)
    give_notice(year)
    # Whom the root counts stays the same.
    merge(year, year.estate_id, east)
    move_list_to(east)
    assert refused(year, inner, year.root_id) == "year_under_way"
    check_books(db_session)


def move_list_to(organisation_id: int) -> None:
    """Say that the question was asked of another organisation: guards keep the list itself."""
    from tests.settings.trees import send

    send(
        "INSERT INTO ranking_freezes (id, organisation_id, year, asked_for, scheme_id, reason, "
        "asker_id, asked_at, state, answer, is_alone) SELECT 900, :home, 2024, 'notice', "
        "scheme_id, '', asker_id, asked_at, 'asked', '', is_alone FROM ranking_freezes LIMIT 1",
        home=organisation_id,
    )


def test_nothing_new_is_made_there(community: Community, east: int) -> None:
    merge(community, community.estate_id, east)
    gone = community.estate_id
    by: dict[str, Any] = {"actor_id": who(community), "now": LATER}
    colour = value("SELECT colour_id FROM teams WHERE id = :id", id=community.red_id)
    attempts: list[Any] = [
        lambda session: add_volunteer(session, organisation_id=gone, name="大寒", **by),
        lambda session: create_team(
            session, organisation_id=gone, colour_id=colour, code="TX-new", name="新队", **by
        ),
        lambda session: move_team(
            session,
            community.red_id,
            organisation_id=gone,
            colour_id=colour,
            from_on=TODAY,
            **by,
        ),
    ]
    for attempt in attempts:
        with pytest.raises(RuleBroken, match="was retired on"), transaction() as session:
            attempt(session)
    with pytest.raises(RuleBroken):
        make_node(community, "TX12", "二号院", gone)
