"""Writers and readers of one bank over HTTP: killed or not, each answer is true once."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.backups.sqlite import copy
from app.db import wal_is_safe
from tests.rounds import rounds
from tests.serving import ROOT, LiveServer, environment
from tests.torture import bank as banking
from tests.torture.bank import PLACES, Bank, Together, open_bank
from tests.torture.deadly_points import AFTER_COMMIT, POINTS
from tests.torture.people import Browser
from tests.torture.serving import served

# Sixteen in the long form; half as many where the suite waits for them.
WRITERS = 16 if rounds(1) > 1 else 8
AT_RANDOM = "at_random"


@pytest.fixture
def bank(app: Flask) -> Bank:
    return open_bank(app.config["DATABASE_URL"])


def crowd(bank: Bank, server: LiveServer, *, seed: int = 1) -> Together:
    """Let people write at once at eight accounts, and a leader log days."""
    together = Together()
    for number in range(WRITERS):
        chance = random.Random(seed * 100 + number)
        together.do(
            banking.write, bank, PLACES[number % len(PLACES)], server.url, rounds(2), chance
        )
    together.do(banking.record, bank, server.url, 0, rounds(2))
    return together


def test_killed_at_each_place_a_busy_bank_sums_right_at_every_read(
    bank: Bank, tmp_path: Path
) -> None:
    with served(bank, tmp_path, workers=2) as server:
        reader = bank.browser(server.url, bank.accounts[0])
        together = crowd(bank, server)
        looks = [
            together.look(banking.read_sums, bank.url),
            together.look(banking.read_passbook, bank, reader),
        ]
        killer = threading.Thread(target=kill_all_along, args=(tmp_path, bank, together))
        killer.start()
        together.join(*looks)
        killer.join()
    assert together.looks > 2
    deaths = (tmp_path / "deaths").read_text().split()
    assert AT_RANDOM in deaths
    assert set(deaths) & set(POINTS)
    banking.check(bank)


def kill_all_along(folder: Path, bank: Bank, together: Together) -> None:
    """Ask for one death after another, at random and at each place, while somebody writes.

    Between two of them as many are answered as write: else a slow machine never gets to anybody.
    """
    chance = random.Random(7)

    def wait(until: Callable[[], bool]) -> None:
        while not until() and any(thread.is_alive() for thread in together.threads):
            time.sleep(0.02)

    def wait_for_answers() -> None:
        enough = bank.answers + WRITERS
        wait(lambda: bank.answers >= enough)

    while any(thread.is_alive() for thread in together.threads):
        for point in POINTS if rounds(1) > 1 else ("before_commit", *AFTER_COMMIT):
            time.sleep(chance.uniform(0, 0.3))
            kill_any(folder, chance)
            wait_for_answers()
            asked = folder / f"kill-{point}"
            asked.touch()
            wait(lambda asked=asked: not asked.exists())  # type: ignore[misc]
            wait_for_answers()
        if rounds(1) == 1:
            break
    for point in POINTS:
        (folder / f"kill-{point}").unlink(missing_ok=True)


def kill_any(folder: Path, chance: random.Random) -> None:
    """Kill one of the workers, whatever it does."""
    victims = sorted(folder.glob("worker-*"))
    while victims:
        victim = victims.pop(chance.randrange(len(victims)))
        victim.unlink(missing_ok=True)
        try:
            os.kill(int(victim.name.removeprefix("worker-")), signal.SIGKILL)
        except ProcessLookupError:
            continue
        with (folder / "deaths").open("a") as told:
            told.write(f"{AT_RANDOM}\n")
        return


def test_one_tap_killed_at_each_place_is_one_effect(bank: Bank, tmp_path: Path) -> None:
    with served(bank, tmp_path, workers=1) as server:
        browser = bank.browser(server.url, bank.accounts[5])
        bank.redeemed[5] = set()
        path = f"/rewards/{bank.item_id}/redeem"
        for point in POINTS:
            fields, before = browser.form(path), len(bank.redeemed[5])
            (tmp_path / f"kill-{point}").touch()
            heard = asked_once(browser, path, fields)
            # What was handed on may have left before its worker died.
            assert heard is None or point == "after_answer"
            stood = banking.rows("SELECT count(*) AS n FROM redemptions")[0].n
            assert stood == before + (point in AFTER_COMMIT)
            answer = browser.send(path, fields)
            assert browser.send(path, fields).location == answer.location
            assert heard in {None, answer.location}
            bank.redeemed[5].add(answer.location)
        assert (tmp_path / "deaths").read_text().split() == list(POINTS)
    banking.check(bank)


def asked_once(browser: Browser, path: str, fields: list[tuple[str, str]]) -> str | None:
    """Send a form and return where it leads; None where nobody answered."""
    try:
        return browser.ask("POST", path, fields).location
    except (OSError, HTTPException):
        return None


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_writers_of_a_file_a_reporter_and_backups_turn_nobody_away(
    bank: Bank, tmp_path: Path, engine_name: str, record_property: Any, journal: str
) -> None:
    """With either journal, whichever this SQLite would take by itself."""
    if engine_name == "postgresql":
        return  # Nobody there waits for the whole file.
    workers = 8 if rounds(1) > 1 else 2
    with served(bank, tmp_path, workers=workers, journal=journal) as server:
        together = Together()
        for number in range(8 if rounds(1) > 1 else 4):
            chance = random.Random(number)
            together.do(banking.write, bank, PLACES[number], server.url, rounds(1), chance)
        looks = [
            together.look(banking.read_sums, bank.url),
            together.look(back_up, bank, tmp_path, journal, numbers := iter(range(10**9))),
        ]
        together.join(*looks)
        with closing(sqlite3.connect(bank.url[10:])) as file:
            assert file.execute("PRAGMA journal_mode").fetchone() == (journal,)
    assert bank.met["503"] == 0, bank.met
    made = next(numbers)
    assert together.looks > made > 0
    for number in {0, made // 2, made - 1}:
        banking.audited(f"sqlite:///{tmp_path / f'copy{number}'}")
    banking.check(bank)
    record_property("worst wait in seconds", round(bank.worst_seconds, 2))


def back_up(bank: Bank, folder: Path, journal: str, numbers: Iterator[int]) -> None:
    """Copy the file as a backup does; in the long form by the command itself, with its audit.

    The command takes the journal that suits this SQLite, so it must be that one's turn.
    """
    path = folder / f"copy{next(numbers)}"
    if rounds(1) == 1 or (journal == "wal") is not wal_is_safe():
        copy(Path(bank.url[10:]), path)
        return
    done = subprocess.run(
        [sys.executable, "-m", "flask", "backup", str(path)],
        cwd=ROOT,
        env=environment(bank.url, folder),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]
