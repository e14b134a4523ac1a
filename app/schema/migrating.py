"""Bring a database to the newest version, one process at a time, and quickly when it is there."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask_migrate import upgrade
from sqlalchemy import Engine, create_engine, make_url, pool

from app.config import ROOT
from app.db import has_moved_away, prepare_sqlite
from app.errors import N_, RuleBroken
from app.guards import guards_in_place
from app.manifest import expected_guards
from app.schema.grants import give_least_grants

MIGRATIONS = str(ROOT / "migrations")
MIGRATION_LOCK = "7104, 9"
# Stands where the version stands while a community is being copied to here (flask copy-to).
HALF_COPIED = "half copied"
OWNER_ONLY_FOLDER = 0o700
OWNER_ONLY_FILE = 0o600


def migrate_database(app: Flask) -> bool:
    """Migrate the app's database unless it stands at the newest version; tell whether it did.

    Raises NotInService where a community is just moving in, or moved out.
    """
    config = app.config
    secure_instance(Path(config["INSTANCE_DIR"]))
    url = config["MIGRATION_DATABASE_URL"] or config["DATABASE_URL"]
    _make_sqlite_file(url)
    engine = create_engine(url, poolclass=pool.NullPool)
    if engine.dialect.name == "sqlite":
        prepare_sqlite(engine)
    try:
        with app.app_context(), _alone(engine, Path(config["INSTANCE_DIR"])):
            refuse_out_of_service(engine)
            has_migrated = not is_newest(engine)
            if has_migrated:
                upgrade(directory=MIGRATIONS)
            if engine.dialect.name == "postgresql" and config["DATABASE_ROLE"]:
                with engine.begin() as connection:
                    user = make_url(config["DATABASE_URL"]).username
                    give_least_grants(connection, config["DATABASE_ROLE"], user)
            return has_migrated
    finally:
        engine.dispose()


def newest_version() -> str:
    """Return the version the program is made for."""
    return ScriptDirectory(MIGRATIONS).get_current_head() or ""


def is_newest(engine: Engine) -> bool:
    """Tell whether every migration ran and every guard stands."""
    with engine.connect() as connection:
        version = MigrationContext.configure(connection).get_current_revision()
        if version is None or version != newest_version():
            return False
        return expected_guards(engine.dialect.name) <= guards_in_place(connection)


def refuse_out_of_service(engine: Engine) -> None:
    """Raise NotInService where nobody may be served: a copy not yet opened, a file moved away."""
    with engine.connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() == HALF_COPIED:
            raise HalfCopied
        if engine.dialect.name == "sqlite" and has_moved_away(connection):
            raise LeftForGood


def secure_instance(folder: Path) -> None:
    """Close the instance folder and its secret to everybody but their owner."""
    folder.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    _close(folder, OWNER_ONLY_FOLDER)
    secret = folder / "secret_key"
    if secret.exists():
        _close(secret, OWNER_ONLY_FILE)


class NotInService(RuleBroken):
    """Nobody is served from this database."""

    code = "not_in_service"


class HalfCopied(NotInService):
    message = N_(
        "A community is being copied to this database and has not arrived. Give flask copy-to"
        " once more where it comes from."
    )


class LeftForGood(NotInService):
    message = N_(
        "The community of this file has moved to PostgreSQL. Name it in DATABASE_URL; should the"
        " copy be lost before anybody used it: flask copy-to --reopen"
    )


@contextmanager
def file_lock(file: Path) -> Iterator[None]:
    """Hold a lock that other processes and threads of this machine wait for."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT, OWNER_ONLY_FILE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _close(path: Path, mode: int) -> None:
    if path.stat().st_mode & 0o777 & ~mode:
        path.chmod(mode)


def _make_sqlite_file(url: str) -> None:
    """Make a missing file readable by its owner only: SQLite would leave that to the umask."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite" or not address.database:
        return
    file = Path(address.database)
    file.parent.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, OWNER_ONLY_FILE))


@contextmanager
def _alone(engine: Engine, instance: Path) -> Iterator[None]:
    """Let one starting process migrate; on PostgreSQL they may be on several machines."""
    if engine.dialect.name == "sqlite":
        with file_lock(instance / "migrating.lock"):
            yield
        return
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({MIGRATION_LOCK})")
        # The lock belongs to the session; an open transaction would only hold back vacuum.
        connection.rollback()
        try:
            yield
        finally:
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({MIGRATION_LOCK})")


def the_app() -> Flask:
    """Return the app whose context is pushed, itself rather than its proxy."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app
