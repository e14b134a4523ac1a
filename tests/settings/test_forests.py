"""Every list = a brute-force filter by scope, over random trees merged, split and moved."""

from __future__ import annotations

from random import Random

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db import db
from tests.conftest import MakeApp
from tests.databases import Databases
from tests.rounds import rounds
from tests.service.community import check_books
from tests.settings.forests import LISTS, World, actor_at, change, make_world, scope_of, table

CHANGES = 5


@pytest.mark.model
def test_every_list_is_a_filter_by_scope(databases: Databases, make_app: MakeApp) -> None:
    happened: set[str] = set()

    @settings(max_examples=rounds(6), suppress_health_check=[HealthCheck.too_slow])
    @given(st.integers(0, 2**32))
    def check(seed: int) -> None:
        with databases.migrated() as url:
            app: Flask = make_app(DATABASE_URL=url)
            with app.app_context():
                world = make_world(Random(seed))
                check_lists(world)
                for step in range(CHANGES):
                    happened.add(change(world, step))
                    check_lists(world)
                    check_nobody_is_stranded()
                check_books(db.session())
                db.session.remove()

    check()
    assert {"_merge", "_split"} & happened


def check_lists(world: World) -> None:
    """Compare what each organiser is shown with what lies in their organisations."""
    for login_id in (world.keeper, *world.organisers):
        actor, scope = actor_at(login_id), scope_of(login_id)
        assert actor.organises == scope
        for name, listing in LISTS.items():
            asked = sorted(listing.asked(db.session(), actor))
            assert asked == sorted(listing.filtered(scope)), name
    db.session.rollback()


def check_nobody_is_stranded() -> None:
    """What is retired has nobody, no team in service, and nothing in service below it."""
    gone = {row["id"] for row in table("organisations") if row["retired_on"] is not None}
    for name in ("volunteers", "teams"):
        assert not [row for row in table(name) if row["organisation_id"] in gone]
    nodes = table("organisations")
    assert not [row for row in nodes if row["parent_id"] in gone and row["id"] not in gone]
    db.session.rollback()
