"""No input of the leader's pages ends in a failure: whatever is sent, an answer below 500."""

from __future__ import annotations

import random
from typing import Any

import pytest

from app.activities.operations.projects import create_project
from app.activities.rules.series import Series
from app.db import transaction
from tests.activities.leading import FORM, PLAN, added, announced
from tests.service.community import NOW
from tests.service.conftest import Town, make_town, town
from tests.service.test_wild_input import WILD

__all__ = ["make_town", "town"]

FIELDS = (
    *FORM,
    "do",
    "key",
    "version",
    "find",
    "volunteer",
    "reason",
    "expected",
    "extra_on",
    "weekday",
    "every_weeks",
    "until_on",
    "last_on",
    "skips_holidays",
    "what_of_others",
)


def wild_form(dice: random.Random, town: Town) -> dict[str, Any]:
    """Return a form in which some fields are as they should be and others are anything."""
    form: dict[str, Any] = {
        **FORM,
        "version": "1",
        "weekday": "1",
        "every_weeks": "1",
        "last_on": "2026-03-01",
        "expected": town.people[3],
        "key": str(dice.random()),
        "do": dice.choice(("save", "publish", "find", "add")),
    }
    for name in dice.sample(FIELDS, dice.randint(1, 5)):
        form[name] = [dice.choice(WILD) for _ in range(dice.choice((1, 1, 1, 3)))]
    return form


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_sent_is_answered(town: Town, seed: int) -> None:
    dice, activity = random.Random(seed), announced(town)
    added(town, activity, 3)
    series = Series(PLAN, 1)
    with transaction() as session:
        actor, red = town.community.actor("leader"), town.community.red_id
        project = create_project(session, red, series, actor=actor, now=NOW, key="k")
    client = town.browser("leader")
    paths = (
        "/teams/TX-red/activities/new",
        "/teams/TX-red/activities/proposal",
        "/teams/TX-red/projects/new",
        f"/activities/{activity}/edit",
        f"/activities/{activity}/people/add",
        f"/activities/{activity}/people/{town.people[3]}/remove",
        f"/activities/{activity}/cancel",
        f"/projects/{project}/change",
        f"/projects/{project}/end",
    )
    for _ in range(40):
        path, form = dice.choice(paths), wild_form(dice, town)
        status = client.post(path, data=form).status_code
        assert status < 500, (path, form)
