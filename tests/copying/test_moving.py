"""A community moves from its file to PostgreSQL: whole, once, and serving in one place only."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.clock import today_in
from app.copying import moving, source, target
from app.db import MovedAway, db, transaction
from app.schema.migrating import HALF_COPIED, migrate_database
from tests.audit.planting import plant
from tests.conftest import MakeApp
from tests.copying.conftest import Ground, run
from tests.postgres import Server, connect
from tests.serving import ROOT, environment

SHEET = "姓名,日期,队伍,时长\n{name},{day},{team},2小时\n"


class Broken(RuntimeError):
    """The machine goes down just now."""


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with closing(connect(url)) as connection:
        return connection.execute(query.encode()).fetchall()


def in_file(file: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as connection:
        return connection.execute(query).fetchall()


# ── what arrives ──────────────────────────────────────────────────────────────────────────


def test_everything_arrives_and_is_said(year: Ground) -> None:
    before = run(year.app, "audit").output.splitlines()[-1]
    result = year.move()
    assert result.exit_code == 0, result.output
    assert before in result.output
    for table in ("entries", "postings", "sessions", "trail", "trail_personal", "ranking_rows"):
        count = f"SELECT count(*) FROM {table}"
        assert rows(year.target, count) == in_file(year.file, count), table
    assert rows(year.target, "SELECT count(*) FROM ranking_rows")[0][0] > 0
    assert rows(year.target, "SELECT min(amount) FROM postings")[0][0] < 0
    check_next_ids(year)


def check_next_ids(ground: Ground) -> None:
    """Every sequence goes on after the last id that came along."""
    owned = (
        "SELECT c.relname, pg_get_serial_sequence(c.relname::text, 'id') FROM pg_class c "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'id' "
        "WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
    )
    found = [(table, name) for table, name in rows(ground.target, owned) if name]
    assert len(found) > 40
    for table, sequence in [*found, ("entries", "entry_ids")]:
        last = in_file(ground.file, f"SELECT coalesce(max(id), 0) FROM {table}")[0][0]
        assert rows(ground.target, f"SELECT nextval('{sequence}')") == [(last + 1,)], table


def test_a_community_not_yet_founded_moves_too(
    empty_target: str, make_app: MakeApp, tmp_path: Path
) -> None:
    file = tmp_path / "qicai.sqlite3"
    app = make_app(DATABASE_URL=f"sqlite:///{file}")
    migrate_database(app)
    ground = Ground(app, file, empty_target)
    result = ground.move()
    assert result.exit_code == 0, result.output
    check_next_ids(ground)
    assert make_app(DATABASE_URL=ground.target).test_client().get("/").status_code == 200


def test_a_role_that_may_not_make_tables_is_told_so(ground: Ground, server: Server) -> None:
    with closing(connect(server.url())) as connection:
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'x'")
    try:
        result = ground.copy_to(
            ground.target.replace(server.url("").split("//")[1].split("@")[0], "reader:x")
        )
    finally:
        with closing(connect(server.url())) as connection:
            connection.execute("DROP ROLE reader")
    assert result.exit_code == 2, result.output
    assert "permission denied for schema public" in result.output
    assert in_file(ground.file, "PRAGMA user_version") == [(0,)]
    assert ground.move().exit_code == 0


def test_the_copy_audits_clean_with_the_digest_it_had(year: Ground, make_app: MakeApp) -> None:
    before = json.loads(run(year.app, "audit", "--json").output)
    year.move()
    after = json.loads(run(make_app(DATABASE_URL=year.target), "audit", "--json").output)
    assert (after["clean"], after["digest"]) == (True, before["digest"])


def test_a_frozen_ranking_is_the_same_bytes_there(year: Ground, make_app: MakeApp) -> None:
    of, code, snapshot = in_file(
        year.file,
        "SELECT s.year, o.code, max(s.id) FROM ranking_snapshots s "
        "JOIN organisations o ON o.id = s.organisation_id",
    )[0]
    words = ("rank", str(of), "--org", code, "--snapshot", str(snapshot))
    before = run(year.app, *words, "--csv").output
    year.move()
    there = make_app(DATABASE_URL=year.target)
    assert run(there, *words, "--csv").output == before
    assert run(there, *words, "--verify").exit_code == 0


def test_the_next_writes_follow_the_last_ids(
    year: Ground, make_app: MakeApp, tmp_path: Path
) -> None:
    name, by, team = in_file(
        year.file,
        "SELECT (SELECT name FROM volunteers WHERE state = 'active' GROUP BY name "
        "HAVING count(*) = 1 ORDER BY name LIMIT 1), (SELECT l.name FROM logins l JOIN roles r "
        "ON r.login_id = l.id WHERE r.role = 'organiser' ORDER BY l.id LIMIT 1), "
        "(SELECT code FROM teams WHERE retired_on IS NULL ORDER BY id LIMIT 1)",
    )[0]
    last = in_file(year.file, "SELECT max(id) FROM entries")[0][0]
    year.move()
    there = make_app(DATABASE_URL=year.target)
    sheet = tmp_path / "one.csv"
    sheet.write_text(SHEET.format(name=name, day=today_in("Asia/Shanghai"), team=team))
    result = run(there, "import", "service", str(sheet), "--by", by)
    assert result.exit_code == 0, result.output
    assert rows(year.target, "SELECT max(id) FROM entries") == [(last + 1,)]
    assert run(there, "audit").exit_code == 0


def test_triggers_and_foreign_keys_stand_again(ground: Ground) -> None:
    ground.move()
    with (
        closing(connect(ground.target)) as connection,
        pytest.raises(psycopg.Error, match="only added to"),
    ):
        connection.execute("UPDATE postings SET amount = amount + 1")
    off = "SELECT count(*) FROM pg_trigger WHERE tgenabled NOT IN ('O', 'A')"
    assert rows(ground.target, off) == [(0,)]
    keys = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated"
    assert rows(ground.target, keys)[0][0] > 100


# ── one place serves ──────────────────────────────────────────────────────────────────────


def test_the_file_takes_no_more_and_no_server_starts_on_it(ground: Ground) -> None:
    ground.move()
    with ground.app.app_context(), pytest.raises(MovedAway), transaction():
        pytest.fail("a writer came in")
    assert "moved to PostgreSQL" in run(ground.app, "migrate-instance").output
    again = ground.move()
    assert (again.exit_code, "has moved already" in again.output) == (1, True)


def test_it_can_be_taken_into_service_again(ground: Ground) -> None:
    ground.move()
    assert ground.copy_to("--reopen").exit_code == 0
    with ground.app.app_context(), transaction() as session:
        session.connection().exec_driver_sql("DELETE FROM sign_in_failures")
    assert "nothing to open" in ground.copy_to("--reopen").output


def test_nobody_writes_while_it_moves(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[str] = []

    def told(table: str, _done: int, _total: int) -> None:
        if table == "volunteers":
            in_file(ground.file, "SELECT count(*) FROM volunteers")
            try:
                in_file(ground.file, "DELETE FROM sign_in_failures")
            except sqlite3.OperationalError as error:
                refused.append(str(error))

    monkeypatch.setattr("app.commands.copying._tell_rows", told)
    assert ground.move().exit_code == 0
    assert refused
    assert set(refused) == {"database is locked"}


def test_without_the_lock_a_write_between_is_found_and_the_file_goes_on(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the test above: what the lock keeps out would be lost."""
    monkeypatch.setattr(source, "LOCK", "SELECT 1")

    def told(table: str, done: int, _total: int) -> None:
        if table == "volunteers" and done == 0:
            in_file(ground.file, "UPDATE teams SET name = '改名' WHERE id = 1")

    monkeypatch.setattr("app.commands.copying._tell_rows", told)
    result = ground.move()
    assert (result.exit_code, "teams" in result.output) == (1, True)
    assert in_file(ground.file, "PRAGMA user_version") == [(0,)]


# ── broken off ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("place", "name"),
    [(target, "fill"), (moving, "_compared"), (source.Source, "close"), (moving, "_end")],
)
def test_broken_off_anywhere_the_same_command_ends_it(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, place: Any, name: str
) -> None:
    def break_down(*_args: object, **_more: object) -> None:
        raise Broken

    with monkeypatch.context() as patch:
        patch.setattr(place, name, break_down)
        assert isinstance(ground.move().exception, Broken)
    # Nobody is served by half a copy.
    assert rows(ground.target, "SELECT version_num FROM alembic_version") == [(HALF_COPIED,)]
    result = ground.move()
    assert result.exit_code == 0, result.output
    assert "Moved" in result.output


def test_a_half_copied_database_starts_no_server(
    ground: Ground, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_args: object) -> None:
        raise Broken

    monkeypatch.setattr(target, "fill", break_down)
    ground.move()
    result = run(make_app(DATABASE_URL=ground.target), "migrate-instance")
    assert (result.exit_code, "has not arrived" in result.output) == (2, True)


def test_killed_midway_the_community_is_where_it_was(ground: Ground, tmp_path: Path) -> None:
    own = environment(f"sqlite:///{ground.file}", tmp_path)
    command = [sys.executable, "-u", "-m", "flask", "copy-to", ground.target]
    process = subprocess.Popen(command, cwd=ROOT, env=own, stdout=subprocess.PIPE)
    assert process.stdout is not None
    for line in process.stdout:
        if b"entries" in line:
            break
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with ground.app.app_context(), transaction() as session:
        session.connection().exec_driver_sql("DELETE FROM sign_in_failures")
        db.session.remove()
    assert ground.move().exit_code == 0


# ── refused ───────────────────────────────────────────────────────────────────────────────


def test_a_database_in_use_is_left_alone(ground: Ground, make_app: MakeApp) -> None:
    with closing(connect(ground.target)) as connection:
        connection.execute("CREATE TABLE volunteers (id bigint)")
        connection.execute("INSERT INTO volunteers VALUES (1)")
    result = ground.move()
    assert (result.exit_code, "not empty (volunteers)" in result.output) == (1, True)
    assert rows(ground.target, "SELECT * FROM volunteers") == [(1,)]
    assert in_file(ground.file, "PRAGMA user_version") == [(0,)]


def test_tables_of_somebody_else_stay(ground: Ground) -> None:
    with closing(connect(ground.target)) as connection:
        connection.execute("CREATE TABLE theirs (id bigint)")
    assert ground.move().exit_code == 0
    assert rows(ground.target, "SELECT count(*) FROM theirs") == [(0,)]


def test_what_the_audit_finds_fault_with_moves_only_on_demand(ground: Ground) -> None:
    url = ground.app.config["DATABASE_URL"]
    plant(url, ["UPDATE accounts SET balance = balance + 1 WHERE id = 1"])
    result = ground.move()
    assert (result.exit_code, "I-02" in result.output) == (1, True)
    assert ground.copy_to(ground.target, "--even-violated").exit_code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("'a' || char(0) || 'b'", "teams holds one in name (row 1)"),
        ("CAST(x'e6b6' AS text)", "teams holds bytes that are no text in name (row 1)"),
    ],
)
def test_a_text_postgresql_cannot_hold_is_named_before_anything_moves(
    ground: Ground, text: str, said: str
) -> None:
    with closing(sqlite3.connect(ground.file)) as connection, connection:
        connection.execute(f"UPDATE teams SET name = {text} WHERE id = 1")
    result = ground.move()
    assert result.exit_code == 1, result.output
    assert said in result.output
    assert rows(ground.target, "SELECT count(*) FROM pg_tables WHERE tablename = 'teams'") == [(0,)]
    assert in_file(ground.file, "PRAGMA user_version") == [(0,)]
    with closing(sqlite3.connect(ground.file)) as connection, connection:
        connection.execute("UPDATE teams SET name = 'ab' WHERE id = 1")
    assert ground.move().exit_code == 0


def test_rare_signs_edges_of_time_and_the_next_ids_arrive(ground: Ground) -> None:
    name = "𠮷田👩‍👧\t\\N'\"" + "长" * 3000
    with closing(sqlite3.connect(ground.file)) as connection, connection:
        connection.execute("UPDATE teams SET name = ? WHERE id = 1", (name,))
        connection.execute(
            "INSERT INTO holidays (organisation_id, day_on, is_working, name) "
            "VALUES (1, '0001-01-01', 0, ''), (1, '9999-12-31', 1, '\\.')"
        )
        connection.execute(
            "INSERT INTO job_workers (name, seen_at) VALUES ('x', '9999-12-31 23:59:59.999999')"
        )
    assert ground.copy_to(ground.target, "--even-violated").exit_code == 0
    assert rows(ground.target, "SELECT name FROM teams WHERE id = 1") == [(name,)]
    days = "SELECT day_on::text, name FROM holidays WHERE name IN ('', '\\.') ORDER BY 1"
    assert rows(ground.target, days) == [("0001-01-01", ""), ("9999-12-31", "\\.")]
    last = in_file(ground.file, "SELECT max(id) FROM teams")[0][0]
    following = "SELECT nextval(pg_get_serial_sequence('teams', 'id'))"
    assert rows(ground.target, following) == [(last + 1,)]


def test_a_database_of_another_encoding_is_refused(ground: Ground, server: Server) -> None:
    with closing(connect(server.url())) as connection:
        connection.execute(
            "CREATE DATABASE bytes_only TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'"
        )
    try:
        result = ground.copy_to(server.url("bytes_only"))
    finally:
        server.drop_database("bytes_only")
    assert (result.exit_code, "SQL_ASCII, not UTF8" in result.output) == (1, True), result.output


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        ("sqlite:////tmp/x", 1, "postgresql://user@host/name"),
        ("", 1, "postgresql://user@host/name"),
        ("postgresql://nobody@127.0.0.1:1/none", 2, "did not answer"),
    ],
)
def test_a_wrong_place_is_said(ground: Ground, url: str, code: int, said: str) -> None:
    result = ground.copy_to(url)
    assert (result.exit_code, said in result.output) == (code, True), result.output


def test_a_community_on_postgresql_moves_by_its_own_tools(
    ground: Ground, make_app: MakeApp
) -> None:
    result = run(make_app(DATABASE_URL=ground.target), "copy-to", ground.target)
    assert (result.exit_code, "SQLite file moves this way" in result.output) == (1, True)
