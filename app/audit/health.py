"""What the doctor looks at: the engine, its settings, the files, the machine."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.engine import Connection

from app.audit.findings import Finding, Patient, aware
from app.audit.health_chain import chain
from app.audit.health_kept import audits, backups
from app.audit.health_keys import signing_key
from app.audit.health_postgresql import postgresql
from app.audit.health_setup import setup
from app.audit.health_worker import jobs, messages, papers
from app.audit.reading import CannotRead, Reading, open_reading, sqlite_file
from app.audit.schema import check_schema
from app.db import BUSY_TIMEOUT_MS, has_moved_away, wal_is_safe
from app.errors import N_

LEAST_FREE_BYTES = 2**30
LEAST_POSTGRESQL = 140_000
CLOCK_MAY_FALL = timedelta(seconds=5)
CLOCKS_MAY_DIFFER = timedelta(seconds=60)


def examine(patient: Patient) -> list[Finding]:
    """Return all findings; what cannot be looked at is a finding too."""
    findings = [*_secret_file(patient), *_zones(), *_disk(patient), papers()]
    findings += [*setup(patient), backups(patient)]
    try:
        # First: a connection of the engine would make a file that is not there.
        if patient.engine.dialect.name == "sqlite":
            with open_reading(patient.config["DATABASE_URL"]):
                pass
        with patient.engine.connect() as connection:
            look = _sqlite if patient.engine.dialect.name == "sqlite" else _postgresql
            findings += look(connection, patient)
            findings += _migrations(connection, patient)
        role = patient.config["DATABASE_ROLE"]
        with open_reading(patient.config["DATABASE_URL"], role) as reading:
            findings += [*_guards(reading), *_last_entry(reading, patient), *_people(reading)]
            findings += [*jobs(reading, patient), *messages(reading, patient)]
            findings += [*chain(reading, patient), *signing_key(reading, patient)]
            findings += audits(reading, patient)
    except Exception as error:
        findings.append(
            Finding(
                "database",
                "bad",
                N_("The database could not be examined: %(error)s"),
                {"error": str(error).strip().splitlines()[0]},
                N_("Check DATABASE_URL and that the server runs; `flask init` makes the tables."),
            )
        )
    return findings


# ── SQLite ────────────────────────────────────────────────────────────────────────────────


def _sqlite(connection: Connection, patient: Patient) -> Iterator[Finding]:
    if has_moved_away(connection):
        yield Finding(
            "place",
            "bad",
            N_("The community of this file has moved to PostgreSQL; it takes no more."),
            {},
            N_("Name the new place in DATABASE_URL and restart."),
        )
    journal = str(_pragma(connection, "journal_mode"))
    figures = {"version": sqlite3.sqlite_version, "journal": journal}
    if journal == "wal" and not wal_is_safe():
        yield Finding(
            "sqlite",
            "bad",
            N_("SQLite %(version)s can lose commits in WAL mode, and this database is in it."),
            figures,
            N_("Stop every other program that opens the file and start Qicai again."),
        )
    elif wal_is_safe():
        yield Finding("sqlite", "good", N_("SQLite %(version)s, journal %(journal)s."), figures)
    else:
        yield Finding(
            "sqlite",
            "good",
            N_("SQLite %(version)s has the WAL race, so the journal is %(journal)s: safe, slower."),
            figures,
        )
    yield from _pragmas(connection)
    yield _file_mode("database file", sqlite_file(patient.config["DATABASE_URL"]))


def _pragmas(connection: Connection) -> Iterator[Finding]:
    wanted = {"foreign_keys": 1, "recursive_triggers": 1, "secure_delete": 1, "trusted_schema": 0}
    wrong = [name for name, value in wanted.items() if int(_pragma(connection, name)) != value]
    # 2 is FULL, 3 is EXTRA.
    if int(_pragma(connection, "synchronous")) < (2 if wal_is_safe() else 3):
        wrong.append("synchronous")
    if int(_pragma(connection, "busy_timeout")) < BUSY_TIMEOUT_MS:
        wrong.append("busy_timeout")
    if wrong:
        yield Finding(
            "settings",
            "bad",
            N_("These settings of SQLite are not as they must be: %(names)s."),
            {"names": ", ".join(wrong)},
            N_("Start Qicai through wsgi.py or `flask`, which set them on every connection."),
        )
    else:
        yield Finding("settings", "good", N_("Foreign keys and durable commits are on."))


def _pragma(connection: Connection, name: str) -> Any:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()


# ── PostgreSQL ────────────────────────────────────────────────────────────────────────────


def _postgresql(connection: Connection, patient: Patient) -> Iterator[Finding]:
    version = int(_setting(connection, "server_version_num"))
    yield Finding(
        "postgresql",
        "good" if version >= LEAST_POSTGRESQL else "bad",
        N_("PostgreSQL %(version)s."),
        {"version": _setting(connection, "server_version")},
        N_("Use PostgreSQL 14 or newer."),
    )
    wrong = [
        name
        for name in ("fsync", "full_page_writes", "synchronous_commit")
        if _setting(connection, name) in {"off", "local"}
    ]
    yield Finding(
        "settings",
        "bad" if wrong else "good",
        N_("These settings would lose commits: %(names)s.")
        if wrong
        else N_("Commits are durable."),
        {"names": ", ".join(wrong)},
        N_("Switch them on in postgresql.conf."),
    )
    yield _role(connection)
    yield _server_clock(connection, patient)
    yield from postgresql(connection)


def _role(connection: Connection) -> Finding:
    owned = connection.exec_driver_sql(
        "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.rolname = current_user "
        "WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace "
        "AND (r.rolsuper OR pg_has_role(r.oid, c.relowner, 'MEMBER'))"
    ).scalar_one()
    role = connection.exec_driver_sql("SELECT current_user").scalar_one()
    if owned:
        return Finding(
            "role",
            "warning",
            N_("The role %(role)s owns the tables, so it could switch their triggers off."),
            {"role": role},
            N_("Give the owner in MIGRATION_DATABASE_URL and another role in DATABASE_ROLE."),
        )
    return Finding("role", "good", N_("The role %(role)s owns no table."), {"role": role})


def _server_clock(connection: Connection, patient: Patient) -> Finding:
    at = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    differs = abs(at - patient.now) > CLOCKS_MAY_DIFFER
    return Finding(
        "server clock",
        "warning" if differs else "good",
        N_("The database server's clock shows %(at)s, this machine's %(now)s."),
        {"at": at, "now": patient.now},
        N_("Set both clocks, by NTP if possible."),
    )


def _setting(connection: Connection, name: str) -> str:
    return str(connection.exec_driver_sql(f"SHOW {name}").scalar_one())


# ── both ──────────────────────────────────────────────────────────────────────────────────


def _migrations(connection: Connection, patient: Patient) -> Iterator[Finding]:
    query = "SELECT version_num FROM alembic_version"
    found = [row[0] for row in connection.exec_driver_sql(query)]
    figures = {"found": ", ".join(found) or "–", "head": patient.head}
    if found == [patient.head]:
        yield Finding("migrations", "good", N_("The database is at version %(head)s."), figures)
    else:
        yield Finding(
            "migrations",
            "bad",
            N_("The database is at version %(found)s, the program at %(head)s."),
            figures,
            N_("Back up, then run `flask db upgrade`."),
        )


def _guards(reading: Reading) -> Iterator[Finding]:
    result = check_schema(reading)
    if result.violations:
        yield Finding(
            "guards",
            "bad",
            N_("%(count)s triggers, constraints or indexes are missing or changed: %(names)s."),
            {
                "count": result.violations,
                "names": ", ".join(str(sample["name"]) for sample in result.samples),
            },
            N_("Run `flask audit`, then `flask db upgrade`, which puts the triggers back."),
        )
    else:
        yield Finding(
            "guards",
            "good",
            N_("All %(count)s triggers, constraints and indexes stand."),
            {"count": result.looked_at},
        )


def _last_entry(reading: Reading, patient: Patient) -> Iterator[Finding]:
    found = reading.rows("SELECT recorded_at FROM entries ORDER BY id DESC LIMIT 1")
    last = aware(found[0][0], patient.now) if found else None
    if last is not None and last > patient.now + CLOCK_MAY_FALL:
        yield Finding(
            "clock",
            "bad",
            N_("The clock shows %(now)s, but the last entry was recorded at %(last)s."),
            {"now": patient.now, "last": last},
            N_("Set the clock of this machine, by NTP if possible."),
        )
    else:
        yield Finding("clock", "good", N_("The clock shows %(now)s."), {"now": patient.now})


def _people(reading: Reading) -> Iterator[Finding]:
    """Whose sign-in approves and is no volunteer's may approve hours of their own unseen."""
    found = reading.rows(
        "SELECT DISTINCT l.id, l.display_name FROM logins l JOIN roles r ON r.login_id = l.id "
        "WHERE r.role = 'organiser' AND r.until_on IS NULL AND l.volunteer_id IS NULL ORDER BY l.id"
    )
    if found:
        yield Finding(
            "people",
            "warning",
            N_("These sign-ins approve hours and belong to no volunteer: %(names)s."),
            {"names": ", ".join(str(name) for _, name in found)},
            N_("If they serve themselves, let them say who they are under My account."),
        )


def _secret_file(patient: Patient) -> Iterator[Finding]:
    file = Path(patient.config["INSTANCE_DIR"]) / "secret_key"
    if file.exists():
        yield _file_mode("secret file", file)


def _file_mode(subject: str, file: Path) -> Finding:
    mode = stat.S_IMODE(file.stat().st_mode)
    figures = {"file": file, "mode": f"{mode:04o}"}
    # A folder closed to others closes the file as well.
    is_open = mode & 0o077 and stat.S_IMODE(file.parent.stat().st_mode) & 0o077
    if not is_open:
        return Finding(subject, "good", N_("Only its owner can read %(file)s."), figures)
    return Finding(
        subject,
        "bad" if subject == "secret file" else "warning",
        N_("Others can read %(file)s (mode %(mode)s)."),
        figures,
        N_("Run: chmod 600 %(file)s"),
    )


def _zones() -> Iterator[Finding]:
    try:
        ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:
        yield Finding(
            "time zones",
            "bad",
            N_("This machine knows no time zones."),
            {},
            N_("Install the system package tzdata."),
        )
    else:
        yield Finding("time zones", "good", N_("Time zones are known."))


def _disk(patient: Patient) -> Iterator[Finding]:
    folder, used = Path(patient.config["INSTANCE_DIR"]), 0
    if patient.config["DATABASE_URL"].startswith("sqlite"):
        try:
            file = sqlite_file(patient.config["DATABASE_URL"])
        except CannotRead:
            return
        folder, used = file.parent, file.stat().st_size if file.exists() else 0
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    # A backup or a migration needs room for the whole database once more.
    is_short = free < max(LEAST_FREE_BYTES, 2 * used)
    yield Finding(
        "disk",
        "bad" if is_short else "good",
        N_("%(free)s MiB are free in %(folder)s."),
        {"free": free // 2**20, "folder": folder},
        N_("Make room: a backup needs as much again as the database."),
    )
