"""flask restore: what verifies takes the place, what does not changes nothing; on both engines."""

from __future__ import annotations

import json
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.engine import make_url

from app.audit.reading import open_reading, sqlite_file
from app.backups.erasures import NAME as ERASURES
from app.backups.manifests import beside, read_manifest, write_manifest
from app.backups.sqlite import open_in
from app.db import db, transaction
from tests.adjustments.community import settle
from tests.audit.community import DIGEST
from tests.audit.planting import plant
from tests.backups.conftest import Call, call_on, drop_kept, let_go, the_backup
from tests.databases import Databases, PostgreSQLDatabases
from tests.postgres import connect
from tests.privacy import erased as people
from tests.service.community import Community, make_community

PLANTED = "UPDATE accounts SET balance = 91 WHERE id = 1"


@pytest.fixture
def backup(call: Call, folder: Path, community: Flask) -> Path:
    """A backup; in the live database a balance has been falsified since."""
    assert call("backup", "--into", folder).exit_code == 0
    plant(community.config["DATABASE_URL"], [PLANTED])
    return the_backup(folder)


def balance_in(url: str) -> int:
    with open_reading(url) as reading:
        return reading.number("SELECT balance FROM accounts WHERE id = 1")


def url_of(app: Flask) -> str:
    return str(app.config["DATABASE_URL"])


def untouched(app: Flask, databases: Databases) -> bool:
    """Tell whether the falsified database still serves, and nothing lies beside it."""
    return balance_in(url_of(app)) == 91 and not lies_beside(app, databases)


def lies_beside(app: Flask, databases: Databases) -> list[str]:
    if isinstance(databases, PostgreSQLDatabases):
        query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s || '_')"
        name = make_url(url_of(app)).database
        return [str(found) for (found,) in databases.connection().execute(query, [name])]
    file = sqlite_file(url_of(app))
    return sorted(path.name for path in file.parent.glob(f"{file.name}?*"))


# ── it takes the place ────────────────────────────────────────────────────────────────────


def test_a_restore_brings_back_and_keeps_aside(
    call: Call, backup: Path, community: Flask, databases: Databases
) -> None:
    result = call("restore", backup)
    assert result.exit_code == 0, result.output
    assert json.loads(call("audit", "--json").output)["digest"] == DIGEST
    (kept,) = lies_beside(community, databases)
    assert kept in result.output
    assert balance_in(beside_url(community, kept)) == 91
    assert balance_in(url_of(community)) == 90
    assert backup.exists()
    let_go()


def beside_url(app: Flask, name: str) -> str:
    url = make_url(url_of(app))
    if url.get_backend_name() == "sqlite":
        name = str(sqlite_file(url).with_name(name))
    return url.set(database=name).render_as_string(hide_password=False)


def test_a_restored_file_is_its_owners_only(
    call: Call, backup: Path, community: Flask, engine_name: str
) -> None:
    if engine_name != "sqlite":
        return
    call("restore", backup)
    assert stat.S_IMODE(sqlite_file(url_of(community)).stat().st_mode) == 0o600


def test_it_is_restored_where_nothing_is(
    call: Call, backup: Path, community: Flask, databases: Databases
) -> None:
    """Another machine: no file, no database of that name."""
    let_go()
    if isinstance(databases, PostgreSQLDatabases):
        new = f"{make_url(url_of(community)).database}_new"
        community.config["DATABASE_URL"] = databases.server.url(new)
    else:
        sqlite_file(url_of(community)).unlink()
    result = call("restore", backup)
    assert result.exit_code == 0, result.output
    assert balance_in(url_of(community)) == 90
    if isinstance(databases, PostgreSQLDatabases):
        databases.server.drop_database(new)


def test_guards_and_grants_stand_after_a_restore(
    call: Call, folder: Path, community: Flask, engine_name: str
) -> None:
    call("backup", "--into", folder)
    if engine_name == "postgresql":
        community.config["DATABASE_ROLE"] = "qicai_restored"
    assert call("restore", the_backup(folder)).exit_code == 0
    with pytest.raises(Exception, match=r"never changed|permission denied"):
        plain(community, "UPDATE entries SET kind = kind")
    if engine_name == "postgresql":
        with connect(url_of(community)) as connection:
            query = "SELECT has_table_privilege('qicai_restored', 'entries', 'INSERT, DELETE')"
            both = connection.execute(query).fetchone()
            insert = connection.execute(query.replace(", DELETE", "")).fetchone()
            connection.execute("DROP OWNED BY qicai_restored; DROP ROLE qicai_restored")
        assert (both, insert) == ((True,), (True,))


def plain(app: Flask, statement: str) -> None:
    if url_of(app).startswith("sqlite"):
        with closing(sqlite3.connect(sqlite_file(url_of(app)))) as connection:
            connection.execute(statement)
        return
    with connect(url_of(app)) as connection:
        connection.execute(statement)


# ── it refuses, and nothing is changed ────────────────────────────────────────────────────


def test_a_truncated_file_is_refused(
    call: Call, backup: Path, community: Flask, databases: Databases
) -> None:
    backup.write_bytes(backup.read_bytes()[:-5000])
    result = call("restore", backup)
    assert (result.exit_code, "SHA-256" in result.stderr) == (1, True)
    assert untouched(community, databases)


def test_a_truncated_file_without_a_manifest_is_refused_too(
    call: Call, backup: Path, community: Flask, databases: Databases
) -> None:
    beside(backup).unlink()
    backup.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])
    assert call("restore", backup).exit_code in {1, 2}
    assert untouched(community, databases)


def test_one_byte_that_changed_is_refused(
    call: Call, backup: Path, community: Flask, databases: Databases
) -> None:
    content = bytearray(backup.read_bytes())
    content[len(content) // 2] ^= 1
    backup.write_bytes(content)
    assert call("restore", backup).exit_code == 1
    assert untouched(community, databases)


def test_what_the_audit_faults_is_not_restored(
    call: Call, community: Flask, databases: Databases, tmp_path: Path
) -> None:
    """The copy of a falsified database, by whatever name."""
    plant(url_of(community), [PLANTED])
    call("backup", tmp_path / "copy")
    (tmp_path / "copy.unverified.json").unlink()
    result = call("restore", tmp_path / "copy.unverified")
    assert (result.exit_code, "I-02" in result.stderr) == (1, True)
    assert untouched(community, databases)


@pytest.mark.parametrize(
    "content", [b"no database at all", b"SQLite format 3\0" + b"x" * 5000, b"PGDMP" + b"x" * 500]
)
def test_what_is_no_backup_is_refused(
    call: Call, backup: Path, community: Flask, databases: Databases, content: bytes
) -> None:
    beside(backup).unlink()
    backup.write_bytes(content)
    assert call("restore", backup).exit_code in {1, 2}
    assert untouched(community, databases)


def test_a_missing_file_is_said(call: Call, community: Flask, tmp_path: Path) -> None:
    result = call("restore", tmp_path / "none")
    assert (result.exit_code, str(tmp_path / "none") in result.stderr) == (1, True)


def test_a_newer_schema_is_refused(
    call: Call, folder: Path, community: Flask, databases: Databases
) -> None:
    newer(community)
    assert call("backup", "--into", folder).exit_code == 0
    plant(url_of(community), [PLANTED])
    result = call("restore", the_backup(folder), "--yes")
    assert (result.exit_code, "9999" in result.stderr) == (1, True)
    assert untouched(community, databases)


def newer(app: Flask) -> None:
    let_go()
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    let_go()


def test_an_older_backup_is_brought_up_to_date(
    call: Call, folder: Path, community: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its guards were of another version: they are those of this program afterwards."""
    with db.engine.begin() as connection:
        place = " ON marks" if connection.dialect.name == "postgresql" else ""
        connection.execute(text(f"DROP TRIGGER marks_no_update{place}"))
    # The schema check of the audit says so; of an older version it is not yet asked.
    monkeypatch.setattr("app.backups.sqlite.violated_in", lambda _report: [])
    monkeypatch.setattr("app.backups.postgres.violated_in", lambda _report: [])
    call("backup", "--into", folder)
    monkeypatch.setattr("app.backups.restoring.newest_version", lambda: "later")
    result = call("restore", the_backup(folder))
    assert result.exit_code == 0, result.output
    assert json.loads(call("audit", "--json").output)["clean"] is True


def test_a_backup_that_is_not_as_its_manifest_says_is_refused(
    call: Call, backup: Path, community: Flask, databases: Databases
) -> None:
    manifest = read_manifest(backup)
    assert manifest is not None
    write_manifest(backup.parent, manifest._replace(digest="0" * 64))
    result = call("restore", backup)
    assert (result.exit_code, "digest" in result.stderr) == (1, True)
    assert untouched(community, databases)


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[1, 2]", b"\xff\xfe\x00", None])
def test_a_manifest_that_cannot_be_read_frees_nobody_from_it(
    call: Call, backup: Path, community: Flask, databases: Databases, content: bytes | None
) -> None:
    """Nor does one with a word of it spoilt: the file beside it may have been altered, too."""
    manifest = beside(backup)
    manifest.write_bytes(
        manifest.read_bytes().replace(b'"proof"', b'"pr00f"') if content is None else content
    )
    result = call("restore", "--yes", backup)
    assert (result.exit_code, str(backup) in result.stderr) == (1, True)
    assert untouched(community, databases)


# ── somebody is in it ─────────────────────────────────────────────────────────────────────


def test_whoever_is_in_it_stops_a_restore(
    call: Call, backup: Path, community: Flask, databases: Databases, engine_name: str
) -> None:
    if engine_name == "postgresql":
        with connect(url_of(community)):
            result = call("restore", backup)
        assert "postgres@" in result.stderr
    else:
        file = sqlite_file(url_of(community))
        with closing(sqlite3.connect(file, isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            result = call("restore", backup)
            writer.execute("ROLLBACK")
    assert result.exit_code == 1
    assert untouched(community, databases)


def test_whoever_comes_in_at_the_last_moment_stops_it_too(
    call: Call,
    backup: Path,
    community: Flask,
    databases: Databases,
    engine_name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if engine_name != "postgresql":
        return
    from app.backups import restoring

    company: list[Any] = []

    def comes(*_given: Any) -> None:
        company.append(connect(url_of(community)))

    monkeypatch.setattr(restoring, "_refuse_change", comes)
    result = call("restore", backup)
    company[0].close()
    assert result.exit_code == 1
    assert untouched(community, databases)


def test_a_server_that_only_has_it_open_stops_a_restore(
    call: Call, backup: Path, community: Flask, engine_name: str
) -> None:
    if engine_name != "sqlite" or not Path("/proc/self/fd").exists():
        return
    database = sqlite_file(url_of(community))
    program = "import sys; file = open(sys.argv[1]); print(1, flush=True); sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(database)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert open_in(database) == [holder.pid]
        result = call("restore", backup)
    finally:
        holder.communicate()
    assert (result.exit_code, f"pid {holder.pid}" in result.stderr) == (1, True)
    assert call("restore", backup).exit_code == 0


def test_a_broken_database_is_replaced_with_its_journal(
    call: Call, backup: Path, community: Flask, engine_name: str
) -> None:
    """A journal of the former file would ruin the restored one."""
    if engine_name != "sqlite":
        return
    let_go()
    database = sqlite_file(url_of(community))
    database.write_bytes(b"broken" * 2000)
    journal = database.with_name(f"{database.name}-journal")
    journal.write_bytes(b"stale")
    result = call("restore", backup)
    assert result.exit_code == 0, result.output
    assert balance_in(url_of(community)) == 90
    assert not journal.exists()


# ── what would be lost, and who was erased since ──────────────────────────────────────────


@pytest.fixture
def village(app: Flask, databases: Databases) -> Any:
    """A community with a person about whom everything is kept."""
    made = make_community(db.session())
    settle(made)
    people.live(made)
    let_go()
    yield made
    let_go()
    drop_kept(databases, str(make_url(url_of(app)).database))


def names(app: Flask) -> set[str]:
    with open_reading(url_of(app)) as reading:
        return {row[0] for row in reading.rows("SELECT name FROM volunteers")}


def say(app: Flask, *words: str | Path) -> Any:
    return call_on(app, *words)


def test_books_behind_a_link_stay_on_their_disk(
    app: Flask, backup: Path, databases: Databases
) -> None:
    if isinstance(databases, PostgreSQLDatabases):
        pytest.skip("a file only")
    let_go()
    database = sqlite_file(url_of(app))
    books = database.rename(database.with_name(f"{database.name}.elsewhere"))
    database.symlink_to(books)
    assert call_on(app, "restore", backup, "--yes").exit_code == 0
    assert database.is_symlink()
    assert balance_in(f"sqlite:///{books}") != 91


def test_what_would_be_lost_is_counted_and_asked_about(
    app: Flask, village: Community, folder: Path
) -> None:
    say(app, "backup", "--into", folder)
    village.logged(village.line(1))
    village.logged(village.line(2))
    result = say(app, "restore", the_backup(folder))
    assert result.exit_code == 1
    assert "2" in result.stderr
    assert "--yes" in result.stderr
    with open_reading(url_of(app)) as reading:
        assert reading.number("SELECT count(*) FROM entries") == 3
    assert say(app, "restore", the_backup(folder), "--yes").exit_code == 0
    with open_reading(url_of(app)) as reading:
        assert reading.number("SELECT count(*) FROM entries") == 1


def test_erasures_since_are_done_again(app: Flask, village: Community, folder: Path) -> None:
    say(app, "backup", "--into", folder)
    people.erased(village)
    result = say(app, "restore", the_backup(folder), "--yes")
    assert result.exit_code == 0, result.output
    assert people.NAME not in names(app)
    assert json.loads(say(app, "audit", "--json").output)["clean"] is True


def test_erasures_are_known_from_the_list_beside(
    app: Flask, village: Community, folder: Path, engine_name: str
) -> None:
    """The disk is dead: nobody else could tell. The next night's backup wrote the list."""
    say(app, "backup", "--into", folder)
    first = the_backup(folder)
    people.erased(village)
    assert say(app, "backup", "--into", folder).exit_code == 0
    assert people.NAME not in (folder / ERASURES).read_text()
    let_go()
    if engine_name == "sqlite":
        sqlite_file(url_of(app)).unlink()
        result = say(app, "restore", first)
    else:
        with connect(url_of(app)) as connection:
            connection.execute("DROP TABLE entries CASCADE")
        result = say(app, "restore", first)
    assert result.exit_code == 0, result.output
    assert people.NAME not in names(app)


def test_a_list_given_by_hand_is_followed(
    app: Flask, village: Community, folder: Path, tmp_path: Path
) -> None:
    say(app, "backup", "--into", folder)
    people.erased(village)
    assert say(app, "erasures", tmp_path / "list.json").exit_code == 0
    (folder / ERASURES).unlink()
    let_go()
    with transaction() as session:
        session.execute(text("DELETE FROM trail_personal"))
    result = say(app, "restore", the_backup(folder), "--erasures", tmp_path / "list.json", "--yes")
    assert result.exit_code == 0, result.output
    assert people.NAME not in names(app)


def test_who_erased_may_be_unknown_to_older_books(
    app: Flask, village: Community, folder: Path, tmp_path: Path
) -> None:
    say(app, "backup", "--into", folder)
    people.erased(village)
    say(app, "erasures", tmp_path / "list.json")
    told = json.loads((tmp_path / "list.json").read_text())
    told["erasures"][0]["erased_by_id"] = 9999
    (folder / ERASURES).write_text(json.dumps(told))
    result = say(app, "restore", the_backup(folder), "--yes")
    assert result.exit_code == 0, result.output
    assert people.NAME not in names(app)


def test_other_books_take_the_place_only_when_told(
    app: Flask, village: Community, folder: Path
) -> None:
    say(app, "backup", "--into", folder)
    with transaction() as session:
        session.execute(text("UPDATE organisations SET code = 'ELSE' WHERE parent_id IS NULL"))
    result = say(app, "restore", the_backup(folder))
    assert (result.exit_code, "--yes" in result.stderr) == (1, True)
    assert say(app, "restore", the_backup(folder), "--yes").exit_code == 0
