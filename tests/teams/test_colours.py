"""The colours of a root: renamed, added beside the seven, retired when no team bears them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask

from app.db import db, transaction
from app.errors import RuleBroken
from app.organisations.operations import create_organisation
from app.teams import operations, queries
from app.teams.operations.colours import FREE_TONES
from app.trail.queries import trail_about

NOW = datetime(2026, 4, 1, 4, tzinfo=UTC)
BY: dict[str, Any] = {"actor_id": None, "now": NOW}


@pytest.fixture
def root(app: Flask) -> int:
    with transaction() as session:
        made = create_organisation(session, code="TX", name="涂新社区", **BY)
        operations.create_default_teams(session, made.id, **BY)
        return made.id


def add(root: int, name: str = "科普宣传", glyph: str = "科", tone: str = "pink") -> int:
    with transaction() as session:
        given: dict[str, Any] = {"name": name, "glyph": glyph, "tone": tone, **BY}
        return operations.add_colour(session, root, **given).id


def do(operation: Any, colour_id: int, **given: Any) -> None:
    with transaction() as session:
        operation(session, colour_id, **given, **BY)


def kept(root: int) -> list[tuple[str, str, bool, int]]:
    db.session.rollback()
    return [
        (one.colour.key, one.colour.name, one.retired_on is not None, one.teams)
        for one in queries.kept_colours(db.session(), root)
    ]


def test_an_added_colour_stands_behind_the_seven(root: int) -> None:
    colour_id = add(root)
    assert kept(root)[-1] == ("pink", "科普宣传", False, 0)
    (line,) = trail_about(db.session(), "colour", colour_id)
    assert (line.operation, line.after) == (
        "add_colour",
        {"name": "科普宣传", "glyph": "科", "tone": "pink"},
    )


def test_when_all_tones_are_taken_the_character_alone_tells(root: int) -> None:
    for number, tone in enumerate([*FREE_TONES, "plain", "plain"]):
        add(root, f"主题{number}", "甲乙丙丁戊己庚"[number], tone)
    assert [key for key, *_ in kept(root)[-2:]] == ["own-13", "own-14"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"name": ""}, "bad_theme"),
        ({"name": "长" * 13}, "bad_theme"),
        ({"name": "卫生保健"}, "theme_taken"),
        ({"glyph": "红"}, "glyph_taken"),
        ({"glyph": "科普"}, "bad_glyph"),
        ({"glyph": "☺"}, "bad_glyph"),
        ({"glyph": ""}, "bad_glyph"),
        ({"tone": "red"}, "not_found"),
    ],
)
def test_what_is_no_colour(root: int, given: dict[str, str], code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        add(root, **given)
    assert refused.value.code == code
    assert len(kept(root)) == 7


def test_a_tone_is_given_once(root: int) -> None:
    add(root)
    with pytest.raises(RuleBroken) as refused:
        add(root, "另一个", "另")
    assert refused.value.code == "tone_taken"


def colour_of(root: int, key: str) -> int:
    found = {one.key: one.id for one in queries.colours_of(db.session(), root)}
    db.session.rollback()
    return found[key]


def test_a_theme_is_renamed_and_its_key_stays(root: int) -> None:
    red = colour_of(root, "red")
    do(operations.rename_colour, red, name="助老扶弱")
    do(operations.rename_colour, red, name="助老扶弱")
    assert kept(root)[0][:2] == ("red", "助老扶弱")
    assert len(trail_about(db.session(), "colour", red)) == 1
    db.session.rollback()
    with pytest.raises(RuleBroken):
        do(operations.rename_colour, red, name="卫生保健")


def test_a_colour_is_retired_once_no_team_in_service_bears_it(root: int) -> None:
    red = colour_of(root, "red")
    with pytest.raises(RuleBroken) as refused:
        do(operations.retire_colour, red, on=NOW.date())
    assert refused.value.figures["teams"] == ["红色扶贫帮困队"]
    team = queries.team_by_code(db.session(), "TX-red")
    assert team
    do(operations.retire_team, team.id, on=NOW.date())
    do(operations.retire_colour, red, on=NOW.date())
    assert kept(root)[-1] == ("red", "扶贫帮困", True, 0)
    offered = queries.colours_of(db.session(), root, on=date(2026, 4, 1))
    assert "red" not in {one.key for one in offered}
    do(operations.reopen_colour, red)
    assert kept(root)[0] == ("red", "扶贫帮困", False, 0)
