"""flask backup: whole, proven, its owner's only, and never over anything; on both engines."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy.engine import make_url

from app.audit.reading import sqlite_file
from app.backups import files
from app.backups.facts import Facts
from app.backups.manifests import Manifest, beside, manifests_in, read_manifest, write_manifest
from app.backups.refusals import FileExists
from tests.audit.community import DIGEST, LINKS
from tests.audit.planting import plant
from tests.backups.conftest import Call, the_backup
from tests.postgres import connect

PLANTED = "UPDATE accounts SET balance = 91 WHERE id = 1"
NOW = datetime(2026, 3, 28, 18, 0, tzinfo=UTC)


def test_a_backup_is_whole_proven_and_for_its_owner_only(call: Call, folder: Path) -> None:
    result = call("backup", "--into", folder)
    assert result.exit_code == 0, result.output
    assert DIGEST in result.output
    file = the_backup(folder)
    manifest = read_manifest(file)
    assert manifest is not None
    assert (manifest.digest, manifest.proof, manifest.size) == (
        DIGEST,
        "audited",
        file.stat().st_size,
    )
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert not [path for path in folder.iterdir() if "partial" in path.name]


def test_the_manifest_has_the_shape_programs_rely_on(
    call: Call, folder: Path, engine_name: str
) -> None:
    call("backup", "--into", folder)
    file = the_backup(folder)
    found = json.loads(beside(file).read_text())
    assert {key: found[key] for key in ("format", "file", "engine", "encrypted_to")} == {
        "format": "qicai-backup 1",
        "file": file.name,
        "engine": engine_name,
        "encrypted_to": None,
    }
    assert found["sha256"] == files.sha256_of(file)
    facts = found["facts"]
    assert (facts["community"], facts["counts"]["entries"], facts["last"]["entries"]) == (
        "TX",
        5,
        5,
    )
    assert facts["chain"] == {"entry_id": 5, "sha256": LINKS[1]["sha256"], "links": 2}


def test_a_named_file_takes_the_manifest_beside_it(call: Call, tmp_path: Path) -> None:
    assert call("backup", tmp_path / "mine").exit_code == 0
    assert sorted(path.name for path in tmp_path.glob("mine*")) == ["mine", "mine.json"]


def test_a_backup_never_writes_over_a_file(call: Call, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    result = call("backup", tmp_path / "mine")
    assert (result.exit_code, str(tmp_path / "mine") in result.stderr) == (1, True)
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_stick_without_links_takes_it_too(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_given: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refused)
    (tmp_path / "theirs").write_text("theirs")
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(FileExists):
        files.publish(tmp_path / "mine", tmp_path / "theirs")
    files.publish(tmp_path / "mine", tmp_path / "ours")
    assert [(tmp_path / name).read_text() for name in ("theirs", "ours")] == ["theirs", "mine"]
    assert not (tmp_path / "mine").exists()


def test_what_does_not_verify_never_gets_the_name(
    call: Call, community: Flask, tmp_path: Path
) -> None:
    plant(community.config["DATABASE_URL"], [PLANTED])
    result = call("backup", tmp_path / "copy")
    assert (result.exit_code, "I-02" in result.stderr) == (1, True)
    assert sorted(file.name for file in tmp_path.glob("copy*")) == [
        "copy.unverified",
        "copy.unverified.json",
    ]
    manifest = read_manifest(tmp_path / "copy.unverified")
    assert manifest is not None
    assert (manifest.proof, manifest.violated) == ("violated", ["I-02"])


def test_without_a_place_it_asks_for_one(call: Call) -> None:
    result = call("backup")
    assert (result.exit_code, "--into" in result.stderr) == (1, True)


def test_a_full_disk_leaves_nothing_behind(
    call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("app.backups.sqlite.make_durable", full)
    monkeypatch.setattr("app.backups.postgres.make_durable", full)
    result = call("backup", "--into", folder)
    assert (result.exit_code, "No space left" in result.stderr) == (2, True)
    assert [path.name for path in folder.iterdir()] == [files.LOCK]


def test_two_at_once_do_not_meet(call: Call, folder: Path) -> None:
    with files.alone_in(folder):
        result = call("backup", "--into", folder)
    assert (result.exit_code, str(folder) in result.stderr) == (1, True)


def test_a_backup_of_a_busy_file_is_whole(
    call: Call, community: Flask, folder: Path, engine_name: str
) -> None:
    """What is being written is not in it; what is committed is."""
    if engine_name != "sqlite":
        return
    database = sqlite_file(community.config["DATABASE_URL"])
    with closing(sqlite3.connect(database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute(PLANTED)
        result = call("backup", "--into", folder)
        writer.execute("ROLLBACK")
    assert (result.exit_code, DIGEST in result.output) == (0, True)


# ── PostgreSQL ────────────────────────────────────────────────────────────────────────────


def test_where_no_database_may_be_made_it_is_said(
    community: Flask, call: Call, folder: Path, engine_name: str
) -> None:
    """The owner of the tables without CREATEDB: dumped and listed, and not called proven."""
    if engine_name != "postgresql":
        return
    url = community.config["DATABASE_URL"]
    with connect(url) as connection, PoorOwner(connection):
        poor = make_url(url).set(username="poor", password="secret")
        community.config["MIGRATION_DATABASE_URL"] = poor.render_as_string(hide_password=False)
        result = call("backup", "--into", folder)
        assert result.exit_code == 0, result.output
    manifest = read_manifest(the_backup(folder))
    assert manifest is not None
    assert (manifest.proof, manifest.is_proven, manifest.digest) == ("listed", False, DIGEST)
    assert "CREATEDB" in result.output


class PoorOwner:
    """A role that may read everything and make no database."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        for said in (
            "CREATE ROLE poor LOGIN PASSWORD 'secret'",
            "GRANT pg_read_all_data TO poor",
        ):
            self.connection.execute(said)

    def __exit__(self, *_error: object) -> None:
        self.connection.execute("DROP OWNED BY poor")
        self.connection.execute("DROP ROLE poor")


def test_a_tool_too_old_is_named(
    call: Call,
    community: Flask,
    folder: Path,
    engine_name: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    if engine_name != "postgresql":
        return
    old = tmp_path / "old" / "pg_dump"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 13.2'\n")
    old.chmod(0o700)
    monkeypatch.setitem(community.config, "PG_BIN", str(old.parent))
    result = call("backup", "--into", folder)
    assert (result.exit_code, "QICAI_PG_BIN" in result.stderr) == (1, True)


def test_no_password_is_on_a_command_line(
    call: Call, folder: Path, engine_name: str, monkeypatch: pytest.MonkeyPatch, community: Flask
) -> None:
    if engine_name != "postgresql":
        return
    seen: list[Any] = []
    run = subprocess.run

    def watched(arguments: Any, **more: Any) -> Any:
        seen.append([str(word) for word in arguments])
        return run(arguments, **more)

    monkeypatch.setattr(subprocess, "run", watched)
    assert call("backup", "--into", folder).exit_code == 0
    password = community.config["DATABASE_URL"].split(":")[2].split("@")[0]
    assert any("--format=custom" in words for words in seen)
    assert not [word for words in seen for word in words if password in word]


# ── keeping ───────────────────────────────────────────────────────────────────────────────


def test_pruning_takes_only_its_own_files(call: Call, folder: Path) -> None:
    """Another community's backups, strangers' files and altered ones are left alone."""
    call("backup", "--into", folder)
    first = the_backup(folder)
    made = read_manifest(first)
    assert made is not None
    old = [NOW - timedelta(days=days) for days in range(800, 830)]
    for at in old:
        lay(folder, first, made, f"qicai-{at:%Y%m%d}.copy", at)
    lay(folder, first, made, "theirs", old[-1], community="ELSE")
    lay(folder, first, made, "altered", old[-1])
    with (folder / "altered").open("ab") as altered:
        altered.write(b"x")
    (folder / "letter.json").write_text("{}")
    (folder / "qicai-by-hand.sqlite3").write_text("no manifest")
    result = call("backup", "--into", folder, "--keep")
    assert result.exit_code == 0, result.output
    left = {path.name for path in folder.iterdir()}
    assert {"theirs", "altered", "letter.json", "qicai-by-hand.sqlite3"} <= left
    # Of 30 days in two months: 6 days beside today's, among them the newest of weeks; 2 months.
    copies = sorted(name for name in left if name.endswith(".copy"))
    assert 6 <= len(copies) <= 9
    assert {f"{name}.json" for name in copies} <= left


@pytest.mark.parametrize("text", ["null", "5", '"x"', "[]", "[" * 100_000, "{", "naive"])
def test_somebodys_json_ends_no_backup(call: Call, folder: Path, text: str) -> None:
    call("backup", "--into", folder)
    file = the_backup(folder)
    if text == "naive":
        kept = json.loads(beside(file).read_text())
        text = json.dumps({**kept, "file": "other.sqlite3", "made_at": "2026-01-01T00:00:00"})
        (folder / "other.sqlite3").touch()
        (folder / "other.sqlite3.json").write_text(text)
    (folder / "list.json").write_text(text)
    assert [one.file for one in manifests_in(folder)] == [file.name]
    assert call("backup", "--into", folder, "--keep").exit_code == 0


def test_a_manifest_that_lost_its_file_goes(call: Call, folder: Path) -> None:
    call("backup", "--into", folder)
    lost = the_backup(folder)
    lost.unlink()
    call("backup", "--into", folder, "--keep")
    assert not beside(lost).exists()
    assert len(manifests_in(folder)) == 1


def test_nightly_makes_one_a_night(call: Call, folder: Path, community: Flask) -> None:
    community.config["BACKUP_DIR"] = str(folder)
    said = [call("backup", "--nightly").output for _ in range(2)]
    assert len(manifests_in(folder)) == 1
    assert DIGEST in said[0]
    assert DIGEST not in said[1]


def lay(
    folder: Path, original: Path, made: Manifest, name: str, at: datetime, community: str = "TX"
) -> None:
    """Lay a backup of another day into a folder."""
    shutil.copyfile(original, folder / name)
    facts = Facts(**{**made.facts._asdict(), "community": community})
    write_manifest(folder, made._replace(file=name, made_at=at, facts=facts))
