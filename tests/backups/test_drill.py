"""The drill: backups while many write, each brought back whole; no acknowledged entry is torn."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.engine import make_url

from app.audit.reading import open_reading
from app.audit.report import audit
from app.backups.engines import Engine
from app.backups.making import Wish, back_up, engine_for
from app.backups.manifests import Manifest
from app.backups.restoring import Given, Restored, restore
from app.clock import now
from app.commands.backups import _open_candidate
from app.db import db
from tests.backups.conftest import drop_kept, let_go
from tests.databases import Databases, PostgreSQLDatabases
from tests.service.community import ORDINARY_DAY, Community, make_community

WRITERS = 3
# A dump and its proof take a second each on PostgreSQL.
# Everybody joined so many days before, and serves once on each.
DAYS = 380
# Two people for each writer have days enough for half a minute of this.
PAUSE_SECONDS = 0.04
ROUNDS = {"sqlite": 20, "postgresql": 5}


class Load:
    """Threads that post through the operations; each remembers what it was told is kept."""

    def __init__(self, app: Flask, community: Community) -> None:
        self.app = app
        self.community = community
        self.acknowledged: list[list[int]] = [[] for _ in range(WRITERS)]
        self.errors: list[Exception] = []
        self.is_over = threading.Event()
        self.threads = [
            threading.Thread(target=self._write, args=(place,)) for place in range(WRITERS)
        ]

    def __enter__(self) -> Load:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join(60)

    def wait_for(self, count: int) -> None:
        """Let so many more be acknowledged, so that each backup holds others."""
        wanted = sum(map(len, self.acknowledged)) + count
        while sum(map(len, self.acknowledged)) < wanted and not self.errors:
            time.sleep(0.005)

    def _write(self, place: int) -> None:
        mine = self.acknowledged[place]
        with self.app.app_context():
            while not self.is_over.is_set() and not self.errors:
                try:
                    mine.append(self._post(place, len(mine)))
                except Exception as error:
                    self.errors.append(error)
                finally:
                    db.session.remove()
                self.is_over.wait(PAUSE_SECONDS)

    def _post(self, place: int, number: int) -> int:
        day = ORDINARY_DAY - timedelta(days=number % DAYS)
        line = self.community.line(2 * place + number // DAYS, 60, service_on=day)
        made = self.community.logged(line, key=f"{place} {number}", by="organiser")
        return made.record_ids[0]


@pytest.fixture
def village(app: Flask, databases: Databases) -> Any:
    made = make_community(db.session())
    let_go()
    yield made
    let_go()
    drop_kept(databases, str(make_url(app.config["DATABASE_URL"]).database))


def test_every_backup_made_under_load_comes_back_whole(
    app: Flask, village: Community, folder: Path, engine_name: str, databases: Databases
) -> None:
    engine = engine_for(app.config)
    folder.mkdir()
    rounds: list[tuple[Manifest, list[list[int]]]] = []
    with Load(app, village) as load:
        for number in range(ROUNDS[engine_name]):
            load.wait_for(2)
            before = [list(mine) for mine in load.acknowledged]
            wish = Wish("", Path(app.config["INSTANCE_DIR"]))
            rounds.append((back_up(engine, folder / f"drill-{number}", wish, now()), before))
    assert load.errors == []
    let_go()
    for manifest, before in rounds:
        restored = bring_back(app, engine, folder / manifest.file)
        assert restored.report.is_clean
        assert restored.report.digest == manifest.digest
        with open_reading(app.config["DATABASE_URL"]) as reading:
            assert audit(reading).digest == manifest.digest
            there = {row[0] for row in reading.rows("SELECT id FROM service_records")}
        assert len(there) == manifest.facts.counts["records"]
        # Of each writer: all that was acknowledged before, and a prefix of what it ever wrote.
        for known, written in zip(before, load.acknowledged, strict=True):
            held = [one for one in written if one in there]
            assert held == written[: len(held)]
            assert len(known) <= len(held)
            there -= set(held)
        assert there == set()
        clear(databases, app)
    assert len({manifest.digest for manifest, _ in rounds}) == len(rounds)


def bring_back(app: Flask, engine: Engine, file: Path) -> Restored:
    given = Given(file, None, None, True, Path(app.config["INSTANCE_DIR"]))
    restored = restore(engine, given, _open_candidate, now())
    let_go()
    return restored


def clear(databases: Databases, app: Flask) -> None:
    """Drop what was put aside: the drill needs no more of it."""
    name = str(make_url(app.config["DATABASE_URL"]).database)
    if isinstance(databases, PostgreSQLDatabases):
        drop_kept(databases, name)
        return
    with ExitStack() as going:
        for kept in Path(name).parent.glob(f"{Path(name).name}.before-restore-*"):
            going.callback(kept.unlink)
