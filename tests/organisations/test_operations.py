from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy import event

from app.db import db, transaction
from app.errors import NotFound, RuleBroken
from app.organisations import operations, queries
from app.organisations.rules import (
    CodeTaken,
    LeavesItsRoot,
    LimitsCross,
    MovesBelowItself,
    OrganisationUnknown,
    ReasonMissing,
    SubstituteBegun,
    SubstituteTooLate,
)
from app.trail.queries import TrailLine, trail_about

NOW = datetime(2026, 2, 10, 4, tzinfo=UTC)
BY: dict[str, Any] = {"actor_id": None, "now": NOW}


class Tree(NamedTuple):
    """street ─ community ─ estate, street ─ other community, and another root."""

    street: int
    community: int
    estate: int
    other: int
    elsewhere: int


@pytest.fixture
def tree(app: Flask) -> Tree:
    with transaction() as session:

        def make(code: str, parent_id: int | None) -> int:
            return operations.create_organisation(
                session, code=code, name=f"组织{code}", parent_id=parent_id, **BY
            ).id

        street = make("S", None)
        community = make("C", street)
        return Tree(street, community, make("E", community), make("O", street), make("X", None))


def do(operation: Callable[..., Any], *args: Any, **kw: Any) -> Any:
    with transaction() as session:
        return operation(session, *args, **kw, **BY)


def lines(organisation_id: int) -> list[TrailLine]:
    return trail_about(db.session(), "organisation", organisation_id)


def test_the_tree_is_read_down_and_up(tree: Tree) -> None:
    session = db.session()
    assert queries.subtree_ids(session, tree.community) == [tree.community, tree.estate]
    assert queries.ancestors_of(session, tree.estate) == [tree.estate, tree.community, tree.street]
    assert queries.root_id_of(session, tree.estate) == tree.street
    assert queries.root_id_of(session, tree.elsewhere) == tree.elsewhere
    nodes = [(node.code, node.depth) for node in queries.subtree(session, tree.street)]
    assert nodes == [("S", 0), ("C", 1), ("O", 1), ("E", 2)]
    assert [root.code for root in queries.roots(session)] == ["S", "X"]


def test_an_unknown_organisation_is_said_so(tree: Tree) -> None:
    session = db.session()
    assert queries.subtree_ids(session, 999) == []
    for read in (queries.root_id_of, queries.get_organisation):
        with pytest.raises(OrganisationUnknown):
            read(session, 999)


def test_a_code_is_given_once(tree: Tree) -> None:
    with pytest.raises(CodeTaken, match="C belongs to 组织C"):
        do(operations.create_organisation, code="C", name="别的")


def test_no_parent_no_organisation(tree: Tree) -> None:
    with pytest.raises(OrganisationUnknown):
        do(operations.create_organisation, code="N", name="新", parent_id=999)
    assert queries.find_organisation(db.session(), "N") is None


def test_each_operation_leaves_one_line_in_the_trail(tree: Tree) -> None:
    do(operations.rename_organisation, tree.community, name="涂新社区")
    do(operations.move_organisation, tree.community, parent_id=tree.other)
    found = lines(tree.community)
    assert [line.operation for line in found] == [
        "move_organisation",
        "rename_organisation",
        "create_organisation",
    ]
    assert (found[0].before, found[0].after) == (
        {"parent_id": tree.street},
        {"parent_id": tree.other},
    )
    assert queries.ancestors_of(db.session(), tree.estate)[2:] == [tree.other, tree.street]


@pytest.mark.parametrize(
    ("parent", "refusal"),
    [
        ("community", MovesBelowItself),
        ("estate", MovesBelowItself),
        ("elsewhere", LeavesItsRoot),
    ],
)
def test_a_refused_move_changes_nothing(tree: Tree, parent: str, refusal: type[RuleBroken]) -> None:
    with pytest.raises(refusal):
        do(operations.move_organisation, tree.community, parent_id=getattr(tree, parent))
    assert queries.ancestors_of(db.session(), tree.community) == [tree.community, tree.street]
    assert len(lines(tree.community)) == 1


def test_settings_are_inherited_and_the_nearest_wins(tree: Tree) -> None:
    do(operations.change_setting, tree.street, key="daily_limit_minutes", value="500")
    do(operations.change_setting, tree.community, key="daily_limit_minutes", value="400")
    limits = [
        queries.settings_of(db.session(), one).daily_limit_minutes
        for one in (tree.street, tree.community, tree.estate, tree.other, tree.elsewhere)
    ]
    assert limits == [500, 400, 400, 500, 480]
    do(operations.change_setting, tree.community, key="daily_limit_minutes", value=None)
    assert queries.setting(db.session(), tree.estate, "daily_limit_minutes") == 500


def test_settings_take_one_query(tree: Tree) -> None:
    do(operations.change_setting, tree.street, key="two_people", value="1")
    counted: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
    assert queries.settings_of(db.session(), tree.estate).two_people is True
    assert len([statement for statement in counted if statement != "BEGIN"]) == 1


def test_settings_that_contradict_are_refused_whole(tree: Tree) -> None:
    with pytest.raises(LimitsCross):
        do(operations.change_setting, tree.street, key="hard_limit_minutes", value="400")
    assert queries.settings_of(db.session(), tree.street).hard_limit_minutes == 720


def test_the_calendar_is_corrected_from_above_and_below(tree: Tree) -> None:
    on = date(2026, 2, 20)
    fix = operations.correct_calendar
    do(fix, tree.street, day_on=on, is_working=False, name="休")
    do(fix, tree.community, day_on=on, is_working=True, name="调休上班")
    assert queries.working_calendar(db.session(), tree.other) == {on: False}
    assert queries.working_calendar(db.session(), tree.estate) == {on: True}


def name_substitute(organisation_id: int, on: date, reason: str = "春节") -> None:
    do(
        operations.name_substitute_day,
        organisation_id=organisation_id,
        year=2026,
        month=2,
        substitute_on=on,
        reason=reason,
    )


def test_a_substitute_day_is_named_inherited_and_changed_in_time(tree: Tree) -> None:
    name_substitute(tree.street, date(2026, 2, 11))
    name_substitute(tree.street, date(2026, 2, 12))
    found = queries.substitute_days(db.session(), tree.estate)
    assert found == {(2026, 2): date(2026, 2, 12)}
    assert lines(tree.street)[0].before == {"substitute_on": "2026-02-11"}


def test_the_day_is_that_of_the_organisation_not_of_the_host(tree: Tree) -> None:
    """At 04:00 UTC it is still 9 February in Honolulu, and noon on the 10th in Shanghai."""
    with pytest.raises(SubstituteTooLate):
        name_substitute(tree.street, date(2026, 2, 9))
    do(operations.change_setting, tree.street, key="time_zone", value="Pacific/Honolulu")
    name_substitute(tree.street, date(2026, 2, 9))


def test_a_substitute_day_needs_a_reason(tree: Tree) -> None:
    with pytest.raises(ReasonMissing):
        name_substitute(tree.street, date(2026, 2, 12), reason=" ")


def test_the_site_is_that_of_the_first_root(tree: Tree) -> None:
    do(operations.change_setting, tree.street, key="time_zone", value="Asia/Urumqi")
    assert queries.find_site(db.session()) == (tree.street, "组织S", "Asia/Urumqi")


def test_an_empty_instance_has_no_site(app: Flask) -> None:
    assert queries.find_site(db.session()) is None


def test_what_changes_nothing_leaves_no_line(tree: Tree) -> None:
    for _ in range(2):
        do(operations.change_setting, tree.street, key="two_people", value="1")
        do(operations.rename_organisation, tree.street, name="新街道")
        do(operations.move_organisation, tree.estate, parent_id=tree.other)
        do(operations.correct_calendar, tree.street, day_on=DAY, is_working=False, name="休")
        name_substitute(tree.street, date(2026, 2, 12))
    assert len(lines(tree.street)) == 5
    assert len(lines(tree.estate)) == 2


def test_a_limit_is_refused_where_one_below_would_cross_it(tree: Tree) -> None:
    do(operations.change_setting, tree.community, key="daily_limit_minutes", value="600")
    with pytest.raises(LimitsCross, match=r"At 组织C, .* 600 minutes would lie above the 500"):
        do(operations.change_setting, tree.street, key="hard_limit_minutes", value="500")
    assert queries.settings_of(db.session(), tree.street).hard_limit_minutes == 720


DAY = date(2026, 2, 20)


def test_a_correction_is_dropped_and_the_one_above_counts_again(tree: Tree) -> None:
    fix = operations.correct_calendar
    do(fix, tree.street, day_on=DAY, is_working=False, name="休")
    do(fix, tree.community, day_on=DAY, is_working=True, name="上班")
    (held,) = queries.calendar_corrections(db.session(), tree.estate)
    assert (held.organisation_name, held.is_working, held.name) == ("组织C", True, "上班")
    do(operations.drop_correction, tree.community, day_on=DAY)
    (held,) = queries.calendar_corrections(db.session(), tree.estate)
    assert (held.organisation_id, held.is_working) == (tree.street, False)
    with pytest.raises(NotFound):
        do(operations.drop_correction, tree.community, day_on=DAY)


def withdraw(organisation_id: int) -> None:
    do(operations.withdraw_substitute_day, organisation_id, year=2026, month=2)


def test_a_substitute_day_is_taken_back_before_it_comes(tree: Tree) -> None:
    name_substitute(tree.street, date(2026, 2, 11))
    (named,) = queries.named_substitutes(db.session(), tree.estate)
    assert (named.organisation_name, named.substitute_on) == ("组织S", date(2026, 2, 11))
    withdraw(tree.street)
    assert queries.named_substitutes(db.session(), tree.estate) == []
    with pytest.raises(NotFound):
        withdraw(tree.street)


def test_a_substitute_day_that_has_come_is_not_taken_back(tree: Tree) -> None:
    name_substitute(tree.street, date(2026, 2, 10))
    with pytest.raises(SubstituteBegun):
        withdraw(tree.street)


def test_who_decided_a_setting_is_told(tree: Tree) -> None:
    do(operations.change_setting, tree.street, key="service_day", value="15")
    do(operations.change_setting, tree.community, key="two_people", value="1")
    held = queries.held_settings(db.session(), tree.estate)
    assert {key: one.organisation_id for key, one in held.items()} == {
        "service_day": tree.street,
        "two_people": tree.community,
    }


def test_a_forest_lists_each_child_behind_its_parent(tree: Tree) -> None:
    seen = queries.forest(db.session(), [tree.community, tree.estate, tree.other, tree.elsewhere])
    assert [(node.code, node.depth) for node in seen] == [("C", 0), ("E", 1), ("O", 0), ("X", 0)]
