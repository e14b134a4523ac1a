"""The year a community brought, frozen by two people, is the ranking it expects byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import create_app
from app.clock import now
from app.db import db, transaction
from app.people.models import Login, Role
from app.ranking.operations import ask_notice, confirm, save_scheme, to_carry_out
from app.ranking.queries.snapshots import Snapshot, latest_snapshot
from app.ranking.queries.verifying import kept_csv, verified
from app.teams.queries import actor_of
from app.teams.rules import Actor
from tests.conftest import TEST_CONFIG, _let_go_of_databases
from tests.databases import Databases
from tests.imports.test_samples import SAMPLES, _filled, flask
from tests.ranking.year import PLAIN, YEAR


@pytest.fixture(scope="module")
def frozen(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    with databases.migrated() as url:
        instance = str(tmp_path_factory.mktemp("samples") / "instance")
        app = create_app({**TEST_CONFIG, "DATABASE_URL": url, "INSTANCE_DIR": instance})
        with app.app_context():
            _filled(app)
            yield _freeze(db.session())
            assert flask(app, "audit").exit_code == 0
            _let_go_of_databases()


def _freeze(session: Session) -> Snapshot:
    root_id = session.scalar(text("SELECT id FROM organisations WHERE code = 'TX'"))
    assert root_id is not None
    asker, second = (_organiser(name, root_id) for name in ("one", "two"))
    with transaction() as session:
        save_scheme(session, root_id, YEAR, PLAIN, actor=asker, now=now(), key="scheme")
    with transaction() as session:
        freeze_id = ask_notice(session, root_id, YEAR, actor=asker, now=now(), key="ask")
    with to_carry_out("notice") as session:
        confirm(session, freeze_id, actor=second, now=now(), key="confirm")
    found = latest_snapshot(session, root_id, YEAR)
    assert found is not None
    session.rollback()
    return found


def _organiser(name: str, root_id: int) -> Actor:
    with transaction() as session:
        login = Login(name=name, display_name=name, created_at=now())
        session.add(login)
        session.flush()
        given = {"organisation_id": root_id, "from_on": date(2025, 1, 1)}
        session.add(Role(login_id=login.id, role="organiser", **given))
        session.flush()
        return actor_of(session, login.id, now().date())


def test_the_kept_bytes_are_the_expected_ones(frozen: Snapshot) -> None:
    assert kept_csv(db.session(), frozen) == (SAMPLES / "ranking.csv").read_bytes()


def test_they_follow_from_the_ledger(frozen: Snapshot) -> None:
    made = verified(db.session(), frozen)
    assert made.holds
    assert made.recounted == (SAMPLES / "ranking.csv").read_bytes()
