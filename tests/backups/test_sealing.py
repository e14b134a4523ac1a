"""Backups for a key that the server does not have."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from flask import Flask

from app.backups.manifests import beside
from app.backups.sealing import MAGIC
from tests.audit.community import DIGEST
from tests.backups.conftest import Call, the_backup

NAME = "涂新社区".encode()


@pytest.fixture
def key(call: Call, tmp_path: Path, community: Flask) -> Path:
    """The office's key; the server is told only what to encrypt to."""
    file = tmp_path / "office" / "key.txt"
    file.parent.mkdir()
    said = call("backup-key", file).output
    community.config["BACKUP_RECIPIENT"] = said.strip().rpartition("=")[2]
    return file


@pytest.fixture
def sealed(call: Call, key: Path, folder: Path) -> Path:
    result = call("backup", "--into", folder)
    assert result.exit_code == 0, result.output
    return the_backup(folder)


def test_a_key_is_its_owners_only_and_never_written_over(call: Call, key: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_text()
    assert call("backup-key", key).exit_code == 1
    assert key.read_text() == before


def test_nothing_readable_lies_with_the_backups(sealed: Path, folder: Path) -> None:
    assert sealed.read_bytes().startswith(MAGIC)
    assert sealed.suffix == ".age"
    said = json.loads(beside(sealed).read_text())
    assert said["encrypted_to"].startswith("age1")
    assert not [file for file in folder.iterdir() if NAME in file.read_bytes()]


def test_nothing_is_left_where_it_was_made(sealed: Path, community: Flask) -> None:
    working = Path(community.config["INSTANCE_DIR"]) / "working"
    assert list(working.iterdir()) == []


def test_with_its_key_it_is_restored(call: Call, sealed: Path, key: Path, community: Flask) -> None:
    result = call("restore", sealed, "--key", key)
    assert result.exit_code == 0, result.output
    assert DIGEST in result.output
    assert list((Path(community.config["INSTANCE_DIR"]) / "working").iterdir()) == []


def test_without_a_key_it_says_what_is_missing(call: Call, sealed: Path) -> None:
    result = call("restore", sealed)
    assert (result.exit_code, "--key" in result.stderr) == (1, True)


def test_another_key_opens_nothing(call: Call, sealed: Path, tmp_path: Path) -> None:
    call("backup-key", tmp_path / "another")
    result = call("restore", sealed, "--key", tmp_path / "another")
    assert (result.exit_code, "AGE" in result.stderr) == (1, False)


@pytest.mark.parametrize("content", ["", "hello", "AGE-SECRET-KEY-1NOTAKEY"])
def test_what_is_no_key_is_said(call: Call, sealed: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "no-key").write_text(content)
    result = call("restore", sealed, "--key", tmp_path / "no-key")
    assert (result.exit_code, "no-key" in result.stderr) == (1, True)


@pytest.mark.parametrize("kept", [100, 5000, -1])
def test_a_truncated_one_is_refused_even_without_a_manifest(
    call: Call, sealed: Path, key: Path, kept: int
) -> None:
    beside(sealed).unlink()
    sealed.write_bytes(sealed.read_bytes()[:kept])
    assert call("restore", sealed, "--key", key).exit_code == 1


def test_a_key_typed_from_paper_in_small_letters_opens_it(
    call: Call, sealed: Path, key: Path, tmp_path: Path
) -> None:
    (tmp_path / "typed").write_text(f"  {key.read_text().splitlines()[1].lower()}  \r\n")
    assert call("restore", sealed, "--key", tmp_path / "typed").exit_code == 0


def test_the_secret_travels_with_encrypted_backups(
    call: Call, sealed: Path, key: Path, folder: Path, tmp_path: Path, community: Flask
) -> None:
    result = call("open-backup", folder / "secret_key.age", tmp_path / "secret", "--key", key)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "secret").read_text().strip() == community.config["SECRET_KEY"]
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    again = call("open-backup", folder / "secret_key.age", tmp_path / "secret", "--key", key)
    assert again.exit_code == 1


def test_what_is_no_recipient_is_refused_before_anything_is_copied(
    call: Call, community: Flask, folder: Path
) -> None:
    result = call("backup", "--into", folder, "--encrypt-to", "age1nobody")
    assert (result.exit_code, "age1" in result.stderr) == (1, True)
    assert not list(folder.glob("qicai-*"))


def test_on_a_new_machine_the_secret_is_brought_with_the_books(
    call: Call, sealed: Path, key: Path, community: Flask
) -> None:
    instance = Path(community.config["INSTANCE_DIR"])
    secret = community.config["SECRET_KEY"]
    community.config["SECRET_KEY"] = "made-at-the-first-start-of-this-machine"
    (instance / "secret_key").write_text(community.config["SECRET_KEY"])
    assert call("restore", sealed, "--key", key).exit_code == 0
    assert (instance / "secret_key").read_text().strip() == secret
    (kept,) = instance.glob("secret_key.before-restore-*")
    assert kept.read_text() == community.config["SECRET_KEY"]
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (kept, instance / "secret_key")}
    assert modes == {0o600}


def test_a_secret_that_is_set_otherwise_is_only_spoken_of(
    call: Call, sealed: Path, key: Path, community: Flask
) -> None:
    community.config["SECRET_KEY"] = "from-the-environment-of-the-service"
    result = call("restore", sealed, "--key", key)
    assert (result.exit_code, "SECRET_KEY" in result.output) == (0, True)
