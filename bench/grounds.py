"""The same migrated community again and again: a SQLite file to copy, or a PostgreSQL template."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade

from app import create_app
from app.bulk import Statement, many, next_ids
from app.config import ROOT
from app.db import db, transaction
from app.ledger.operations import open_accounts, system_account
from tests.postgres import Server
from tests.service.community import NOW, Community, make_community

FIRST_OF_THE_YEAR = date(2025, 1, 1)
_VOLUNTEER = (
    "volunteers (id, organisation_id, number, name, name_keys, kind, state, is_named, created_at)"
)
_INSERT_VOLUNTEER = Statement(
    f"INSERT INTO {_VOLUNTEER} VALUES (?, ?, ?, '谷雨', 'guyu gy', 'resident', 'active', 0, ?)",
    f"INSERT INTO {_VOLUNTEER} "
    "SELECT r.a, r.b, r.c, '谷雨', 'guyu gy', 'resident', 'active', false, r.d FROM {rows}",
    ("bigint", "bigint", "text", "timestamptz"),
)


class Ground:
    """Databases of one engine that all begin alike."""

    engine: str

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def fresh(self) -> str:
        """Return the address of a new copy of the template."""
        raise NotImplementedError

    def empty(self) -> str:
        """Return the address of a new database with nothing in it."""
        raise NotImplementedError

    def drop(self, url: str) -> None:
        """Let go of a database that is no longer needed."""
        raise NotImplementedError

    def template(self) -> str:
        """Return the address of the template itself."""
        raise NotImplementedError

    def built(self, people: int) -> Community:
        """Migrate the template and fill it with people; call once, first."""
        app = app_on(self.template())
        with app.app_context():
            upgrade(directory=str(ROOT / "migrations"))
            community = make_community(db.session(), people=8)
            _add_people(community, people)
            if self.engine == "postgresql":
                with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as each:
                    each.exec_driver_sql("ANALYZE")
            let_go()
        return community


class SQLiteGround(Ground):
    """Copies of one file."""

    engine = "sqlite"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def template(self) -> str:
        return f"sqlite:///{self._folder / 'template.sqlite3'}"

    def fresh(self) -> str:
        copy = self._folder / f"copy{next(self._numbers)}.sqlite3"
        shutil.copy(self._folder / "template.sqlite3", copy)
        return f"sqlite:///{copy}"

    def empty(self) -> str:
        return f"sqlite:///{self._folder / f'empty{next(self._numbers)}.sqlite3'}"

    def drop(self, url: str) -> None:
        Path(url.removeprefix("sqlite:///")).unlink()


class PostgreSQLGround(Ground):
    """Databases made from one template on a server whose commits are durable."""

    engine = "postgresql"

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        server.create_database("bench_template")

    def template(self) -> str:
        return self._server.url("bench_template")

    def fresh(self) -> str:
        name = f"bench_{next(self._numbers)}"
        self._server.create_database(name, template="bench_template")
        return self._server.url(name)

    def empty(self) -> str:
        name = f"bench_{next(self._numbers)}"
        self._server.create_database(name)
        return self._server.url(name)

    def drop(self, url: str) -> None:
        self._server.drop_database(url.rsplit("/", 1)[1])


def app_on(url: str) -> Flask:
    """Return the application on a database of the bench."""
    return create_app({"DATABASE_URL": url, "TESTING": True, "WTF_CSRF_ENABLED": False})


@contextmanager
def on(url: str) -> Iterator[Flask]:
    """Run what is inside in the application's context; afterwards nothing holds the database."""
    app = app_on(url)
    with app.app_context():
        try:
            yield app
        finally:
            let_go()


def let_go() -> None:
    """Give every connection of the pushed app back."""
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


def _add_people(community: Community, people: int) -> None:
    with transaction() as session:
        ids = next_ids(session, "volunteers", people)
        is_postgresql = session.get_bind().dialect.name == "postgresql"
        at = NOW if is_postgresql else NOW.strftime("%Y-%m-%d %H:%M:%S.%f")
        rows = [(each, community.root_id, f"B{each:06d}", at) for each in ids]
        many(session, _INSERT_VOLUNTEER, rows)
        open_accounts(session, root_id=community.root_id, holder_ids=ids)
        system_account(session, community.root_id, "service_issued", "minutes")
        system_account(session, community.root_id, "points_issued", "points")
    community.volunteers.extend(ids)
