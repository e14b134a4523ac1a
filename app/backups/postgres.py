"""PostgreSQL: dump a snapshot, bring a dump back in a database beside, swap by renaming."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors, sql
from sqlalchemy.engine import URL, make_url

from app.audit.reading import CannotRead, PostgreSQLReading, Reading, open_reading
from app.audit.report import audit
from app.backups.engines import DUMP_BEGINS, Candidate, Copied, Engine, Present, T, violated_in
from app.backups.facts import Facts, facts_of
from app.backups.files import make_durable, make_empty
from app.backups.postgres_tools import find_tool, run_tool
from app.backups.refusals import ChangedMeanwhile, MayNotMake, RefusedBackup, StillInUse

# The database one is connected to while another one is made, renamed or dropped.
OFFICE = "postgres"
LONGEST_NAME = 63
RESTORE = ("--exit-on-error", "--no-owner", "--no-privileges")


class PostgreSQLDatabase(Engine):
    """The community in one database; whoever owns the tables keeps it."""

    name = "postgresql"
    suffix = ".dump"
    begins = DUMP_BEGINS

    def __init__(self, url: str, owner_url: str, tools: str = "") -> None:
        self.url = make_url(url)
        self.owner = make_url(owner_url or url)
        self.tools = tools

    def copy_out(self, target: Path) -> Copied:
        make_empty(target)
        try:
            with connected(self.owner) as connection:
                return self._dump(connection, target)
        except psycopg.Error as error:
            target.unlink(missing_ok=True)
            raise CannotRead(str(error).strip()) from error
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    def _dump(self, connection: psycopg.Connection, target: Path) -> Copied:
        """Dump what one snapshot sees, so that it is known what the dump must hold."""
        version = connection.info.server_version
        dump, load = (find_tool(name, self.tools, version) for name in ("pg_dump", "pg_restore"))
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SET LOCAL timezone = 'UTC'")
        live = PostgreSQLReading(connection)
        snapshot = live.rows("SELECT pg_export_snapshot()")[0][0]
        facts = facts_of(live)
        given = ["--format=custom", f"--snapshot={snapshot}", f"--file={target}"]
        run_tool(dump, given, at_server(self.owner, connection))
        make_durable(target)
        run_tool(load, ["--list", target])
        try:
            with self._beside(target, "proving", load) as made:
                connection.execute("ROLLBACK")
                return _proven(made, facts)
        except MayNotMake:
            report = audit(live)
            violated = violated_in(report)
            return Copied(facts, report.digest, "violated" if violated else "listed", violated)

    @contextmanager
    def held(self) -> Iterator[Present]:
        """Refuse where somebody is connected; the swap itself refuses who comes later."""
        with connected(self.owner, OFFICE) as office:
            is_there = exists(office, self._name)
            if is_there:
                refuse_company(office, self._name)
        yield PostgreSQLPresent(_shown(self.owner) if is_there else None)

    @contextmanager
    def brought_in(self, source: Path) -> Iterator[Candidate]:
        with connected(self.owner, OFFICE) as office:
            load = find_tool("pg_restore", self.tools, office.info.server_version)
        with self._beside(source, "restoring", load) as made:
            yield PostgreSQLCandidate(self, made)

    @contextmanager
    def _beside(self, source: Path, why: str, load: Path) -> Iterator[URL]:
        """Fill a new database from a dump; whatever still has that name at the end is dropped."""
        name = beside_name(self._name, f"{why}_{secrets.token_hex(4)}")
        with connected(self.owner, OFFICE) as office:
            _drop_left(office, beside_name(self._name, why))
            _create(office, name, self._name)
            try:
                url = at_server(self.owner, office).set(database=name)
                run_tool(load, [*RESTORE, source], url)
                yield url
            finally:
                # Renamed, it is not there any more under this name.
                query = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
                office.execute(query.format(sql.Identifier(name)))

    @property
    def _name(self) -> str:
        return str(self.owner.database)


class PostgreSQLPresent(Present):
    """The database nobody was connected to; each look is a connection of its own."""

    def __init__(self, url: str | None) -> None:
        self.url = url

    def looked_at(self, look: Callable[[Reading], T]) -> T | None:
        if self.url is None:
            return None
        try:
            with open_reading(self.url) as reading:
                return look(reading)
        except CannotRead:
            return None


class PostgreSQLCandidate(Candidate):
    """A dump brought back in a database beside the present one."""

    def __init__(self, engine: PostgreSQLDatabase, made: URL) -> None:
        self.engine = engine
        self.made = made

    @property
    def addresses(self) -> Mapping[str, str]:
        name = self.made.database
        return {
            "DATABASE_URL": _shown(self.engine.url.set(database=name)),
            "MIGRATION_DATABASE_URL": _shown(self.made),
        }

    def reading(self) -> AbstractContextManager[Reading]:
        return open_reading(_shown(self.made))

    def faults(self) -> list[str]:
        # pg_restore ended well, so every row, key and check is there.
        return []

    def take_place(self, now: datetime) -> str | None:
        """Two renames in one transaction; somebody who has come in makes it fail."""
        present, made = str(self.engine.owner.database), str(self.made.database)
        moment = now.astimezone(UTC).strftime("%Y%m%dt%H%M%Sz")
        kept = beside_name(present, f"before_restore_{moment}")
        with connected(self.engine.owner, OFFICE) as office:
            is_there = exists(office, present)
            try:
                with office.transaction():
                    if is_there:
                        _rename(office, present, kept)
                    _rename(office, made, present)
            except errors.ObjectInUse as error:
                raise ChangedMeanwhile from error
        return kept if is_there else None


@contextmanager
def connected(url: URL, database: str | None = None) -> Iterator[psycopg.Connection]:
    """Open a database as whoever owns the tables, autocommitting."""
    address = url.set(drivername="postgresql", database=database or url.database)
    try:
        connection = psycopg.connect(
            _shown(address), autocommit=True, connect_timeout=10, options="-c statement_timeout=0"
        )
    except psycopg.Error as error:
        raise CannotRead(str(error).strip()) from error
    with connection:
        yield connection


def at_server(url: URL, connection: psycopg.Connection) -> URL:
    """Return the address of the one server that a connection speaks to.

    What was made there a moment ago is not at its standbys yet, and libpq asks no other host
    where the first one knows no such database.
    """
    info, asked = connection.info, {"host", "port", "target_session_attrs"}
    if not asked & url.query.keys():
        return url
    query = {key: value for key, value in url.query.items() if key not in asked}
    return URL.create(
        url.drivername,
        url.username,
        str(url.password) if url.password is not None else None,
        database=url.database,
        query={**query, "host": info.host, "port": str(info.port)},
    )


def beside_name(database: str, what: str) -> str:
    """Return a name for a database beside another, as long as a name may be."""
    return f"{database[: LONGEST_NAME - len(what) - 1]}_{what}"


def exists(office: psycopg.Connection, database: str) -> bool:
    """Tell whether there is such a database."""
    query = "SELECT 1 FROM pg_database WHERE datname = %s"
    return office.execute(query, [database]).fetchone() is not None


def refuse_company(office: psycopg.Connection, database: str) -> None:
    """Refuse while anybody is connected to a database."""
    # Of other roles' sessions we see little more than whose they are.
    found = office.execute(
        "SELECT coalesce(usename, '?'), coalesce(nullif(application_name, ''), client_addr::text, "
        "'socket'), count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid() "
        "AND usename IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend' "
        "GROUP BY 1, 2 ORDER BY 1, 2",
        [database],
    ).fetchall()
    if found:
        raise StillInUse(holder=", ".join(f"{who}@{where} × {n}" for who, where, n in found))


def _proven(made: URL, facts: Facts) -> Copied:
    with open_reading(_shown(made)) as reading:
        arrived = facts_of(reading)
        report = audit(reading)
    if arrived != facts:
        raise RefusedBackup(faults=f"{arrived} ≠ {facts}")
    violated = violated_in(report)
    return Copied(facts, report.digest, "violated" if violated else "audited", violated)


def _create(office: psycopg.Connection, name: str, like: str) -> None:
    """Make an empty database of ours that sorts like another one."""
    row: Sequence[Any] | None = office.execute(
        "SELECT datcollate, datctype FROM pg_database WHERE datname = %s AND datlocprovider = 'c'"
        if office.info.server_version >= 15 * 10_000
        else "SELECT datcollate, datctype FROM pg_database WHERE datname = %s",
        [like],
    ).fetchone()
    query = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' {}").format(
        sql.Identifier(name),
        sql.SQL("LC_COLLATE {} LC_CTYPE {}").format(*map(sql.Literal, row)) if row else sql.SQL(""),
    )
    try:
        office.execute(query)
    except errors.InsufficientPrivilege as error:
        raise MayNotMake(role=office.info.user) from error


def _drop_left(office: psycopg.Connection, begins: str) -> None:
    """Drop what a crash left of earlier backups, unless somebody is in it."""
    query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
    for (name,) in office.execute(query, [f"{begins}_"]).fetchall():
        with suppress(errors.ObjectInUse, errors.InsufficientPrivilege):
            office.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _rename(office: psycopg.Connection, old: str, new: str) -> None:
    query = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    office.execute(query.format(sql.Identifier(old), sql.Identifier(new)))


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=False)
