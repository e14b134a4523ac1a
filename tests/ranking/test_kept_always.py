"""Posted, taken back, moved and frozen in whatever order: every snapshot stays what it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from app.db import db
from app.errors import RuleBroken
from tests.conftest import MakeApp
from tests.databases import Databases
from tests.passbook.reader import take_back
from tests.ranking.disturbing import moved_organisation, moved_teams, records_of
from tests.ranking.kept import Pinned, check_verified, pinned
from tests.ranking.year import FIRST, PLAIN, correct_list, give_notice, make_year, save, serve_on
from tests.rounds import rounds
from tests.service.community import NOW, Community, check_books

PEOPLE = st.integers(3, 7)
DAYS = st.integers(-200, 50)
MINUTES = st.integers(1, 8).map(lambda n: 30 * n)


class Years(RuleBasedStateMachine):
    """A year that goes on while it is frozen again and again."""

    databases: Databases
    make_app: MakeApp

    def __init__(self) -> None:
        super().__init__()
        self.lent = self._lend()
        self.community: Community = next(self.lent)
        self.kept = pinned()
        self.minutes = 0

    def _lend(self) -> Iterator[Community]:
        with self.databases.migrated() as url:
            app: Flask = self.make_app(DATABASE_URL=url)
            with app.app_context():
                community = make_year(db.session())
                save(community)
                give_notice(community)
                yield community
                db.session.remove()

    @rule(person=PEOPLE, day=DAYS, minutes=MINUTES, is_red=st.booleans())
    def serve(self, person: int, day: int, minutes: int, is_red: bool) -> None:
        team_id = self.community.red_id if is_red else self.community.green_id
        with possibly():
            serve_on(
                self.community, person, [(FIRST + timedelta(days=day), minutes)], team_id=team_id
            )

    @rule(person=PEOPLE, which=st.integers(0, 9))
    def reverse(self, person: int, which: int) -> None:
        held = records_of(self.community, person)
        if held:
            take_back(self.community, held[which % len(held)])

    @rule()
    def move(self) -> None:
        """The estate goes below another district, the teams change places and colours."""
        with possibly():
            moved_organisation(self.community)
        with possibly():
            moved_teams(self.community)

    @rule(least=st.integers(0, 240))
    def change_scheme(self, least: int) -> None:
        save(self.community, PLAIN._replace(minimum_minutes=least))

    @rule()
    def freeze(self) -> None:
        self.minutes += 1
        with possibly():
            correct_list(self.community, NOW + timedelta(minutes=self.minutes))
        self.kept = keep(self.kept)

    @invariant()
    def every_snapshot_is_what_it_was(self) -> None:
        keep(self.kept)
        check_verified()

    def teardown(self) -> None:
        check_books(db.session())
        for _ in self.lent:
            pass


@contextmanager
def possibly() -> Iterator[None]:
    """What the day, the tree or the rules refuse changes nothing."""
    try:
        yield
    except RuleBroken:
        db.session.rollback()


def keep(before: Pinned) -> Pinned:
    """Return what is kept now, which has to contain all of what was."""
    now = pinned()
    assert {each: now.csvs[each] for each in before.csvs} == before.csvs
    for table, rows in before.rows.items():
        assert set(rows) <= set(now.rows[table]), table
    return now


@pytest.mark.model
def test_every_snapshot_stays_verified(databases: Databases, make_app: MakeApp) -> None:
    machine: Any = type(
        "Years", (Years,), {"databases": databases, "make_app": staticmethod(make_app)}
    )
    health = [HealthCheck.too_slow, HealthCheck.data_too_large]
    wanted = settings(max_examples=rounds(8), stateful_step_count=12, suppress_health_check=health)
    run_state_machine_as_test(machine, settings=wanted)
