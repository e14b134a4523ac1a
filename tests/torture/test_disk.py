"""A disk that is full, or only to be read, as the kernel says it: one of the server's own."""

from __future__ import annotations

import errno
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask

from app.backups.sqlite import copy
from tests.serving import LiveServer, serving
from tests.torture import bank as banking
from tests.torture.bank import Bank, open_bank
from tests.torture.people import Browser, Fields

ROOM = 1 << 20
# The folder becomes a disk that only the server and its children see.
MOUNT = """
mount -t tmpfs -o size="$1" tmpfs "$0" && cp "$2" "$0/books.sqlite3" &&
{ [ "$3" = rw ] || mount -o remount,ro "$0"; } && shift 3 && exec "$@"
"""
NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")


def may_mount() -> bool:
    try:
        asked = subprocess.run([*NAMESPACE, "true"], capture_output=True)
    except FileNotFoundError:
        return False
    return asked.returncode == 0


pytestmark = pytest.mark.skipif(
    not may_mount(), reason="this machine lets nobody mount a disk of their own"
)


class OnDisk(NamedTuple):
    server: LiveServer
    # The disk, seen from outside.
    disk: Path


@pytest.fixture
def bank(app: Flask, engine_name: str) -> Bank:
    if engine_name != "sqlite":
        pytest.skip("PostgreSQL's disk is its own; what it says of it is in test_walls.py.")
    return open_bank(app.config["DATABASE_URL"])


@contextmanager
def on_a_disk(
    bank: Bank, folder: Path, access: str, *, journal: str = "delete"
) -> Iterator[OnDisk]:
    """Serve a copy of the bank's file, alone on a disk with a megabyte to spare."""
    disk, file = folder / access, folder / f"{access}.sqlite3"
    disk.mkdir()
    copy(Path(bank.url[10:]), file)
    size = file.stat().st_size + ROOM
    mounting = (*NAMESPACE, "sh", "-c", MOUNT, str(disk), str(size), str(file), access)
    url = f"sqlite:///{disk}/books.sqlite3"
    named = {"TORTURE_FOLDER": str(folder), "TORTURE_JOURNAL": journal}
    target = "tests.torture.deadly:app"
    with serving(url, folder, target=target, within=mounting, named=named) as server:
        assert server.process is not None
        seen = Path(f"/proc/{server.process.pid}/root{disk}")
        yield OnDisk(server, seen)
        # Nobody writes any more. SQLite would follow the link, to the empty folder outside.
        for each in seen.glob("books.sqlite3*"):
            shutil.copyfile(each, folder / each.name.replace("books", "after"))


def filled(disk: Path) -> Path:
    """Fill the disk to its last byte, and return what is to be removed for room."""
    ballast = disk / "ballast"

    def fill() -> None:
        with ballast.open("wb", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass

    with pytest.raises(OSError, match="No space left") as met:
        fill()
    assert met.value.errno == errno.ENOSPC
    return ballast


def told(browser: Browser, path: str, fields: Fields) -> str:
    """Send a form that cannot be kept; return the page, which gives back what was typed."""
    answer = browser.ask("POST", path, fields)
    assert answer.status == 503, answer.text
    assert f'value="{dict(fields)["key"]}"' in answer.text
    return answer.text


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_a_disk_without_room_is_said_and_nothing_is_lost(
    bank: Bank, tmp_path: Path, journal: str
) -> None:
    path = f"/rewards/{bank.item_id}/redeem"
    with on_a_disk(bank, tmp_path, "rw", journal=journal) as (server, disk):
        browser = bank.browser(server.url, bank.accounts[5])
        fields = browser.form(path)
        ballast = filled(disk)
        assert "no room left" in told(browser, path, fields)
        for page in ("/rewards", "/me/ledger", "/rewards/mine"):
            assert browser.get(page).status == 200
        ballast.unlink()
        made = browser.send(path, fields)
        assert made.status == 303
        assert browser.send(path, fields).location == made.location
    banking.audited(f"sqlite:///{tmp_path}/after.sqlite3")


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_a_disk_that_takes_nothing_is_read(bank: Bank, tmp_path: Path, journal: str) -> None:
    path = f"/rewards/{bank.item_id}/redeem"
    with serving(bank.url, tmp_path) as server:
        browser = bank.browser(server.url, bank.accounts[5])
        fields = browser.form(path)
    with on_a_disk(bank, tmp_path, "ro", journal=journal) as (server, _disk):
        browser.netloc = server.url.removeprefix("http://")
        for page in ("/rewards", "/me/ledger", "/rewards/mine", path):
            assert browser.get(page).status == 200
        assert "everything can be read" in told(browser, path, fields)
