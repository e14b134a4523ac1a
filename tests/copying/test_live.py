"""A community moves while its people write: over HTTP, by the command, to another server."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.schema.migrating import migrate_database
from tests.conftest import MakeApp
from tests.serving import ROOT, environment, serving
from tests.torture import bank as banking
from tests.torture.bank import Bank, Together, open_bank
from tests.torture.people import Browser

PROGRESS = re.compile(r"^\r? *(\w+) +(\d+) / (\d+)$", re.MULTILINE)
WRITERS = (0, 1, 5, 6)


def move(url: str, target: str, folder: Path) -> str:
    """Run the command as the shell would, and return what it said."""
    own = environment(url, folder) | {"LANG": "C.UTF-8", "QICAI_LANGUAGE": "en"}
    command = [sys.executable, "-m", "flask", "copy-to", target]
    done = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def redeeming(bank: Bank, place: int, browser: Browser, over: threading.Event) -> None:
    """Redeem one piece after the other and give every other one back, wherever one is served."""
    turn = 0
    while not over.is_set():
        ticket = banking.redeem(bank, place, browser)
        if ticket and (turn := turn + 1) % 2:
            banking.cancel(bank, place, browser, ticket)


def made(bank: Bank) -> int:
    return sum(map(len, bank.redeemed.values()))


def wait_while(together: Together, is_so: Callable[[], bool]) -> None:
    while is_so():
        assert all(thread.is_alive() for thread in together.threads), together.wrong
        time.sleep(0.02)


def test_a_community_that_is_written_to_moves_and_nothing_is_lost(
    make_app: MakeApp, empty_target: str, tmp_path: Path, engine_name: str
) -> None:
    """Each sends its form again, with its key, until the new place has answered it."""
    if engine_name != "sqlite":
        pytest.skip("Both engines are in it: once is enough.")
    url = f"sqlite:///{tmp_path}/bank.sqlite3"
    old = make_app(DATABASE_URL=url)
    migrate_database(old)
    with old.app_context():
        bank = open_bank(url)
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    together, over = Together(), threading.Event()
    with serving(url, tmp_path / "old") as here:
        for place in WRITERS:
            browser = bank.browser(here.url, bank.accounts[place])
            together.do(redeeming, bank, place, browser, over)
        wait_while(together, lambda: made(bank) < 2 * len(WRITERS))
        said = move(url, empty_target, tmp_path / "old")
        # The old place still stands, and says where to: nothing is done there any more.
        turned_away = bank.met["503"]
        wait_while(together, lambda: bank.met["503"] < turned_away + len(WRITERS))
        before = made(bank)
        with serving(empty_target, tmp_path / "new") as there:
            for browser in bank.browsers:
                browser.netloc = there.url.removeprefix("http://")
            wait_while(together, lambda: made(bank) < before + 2 * len(WRITERS))
            over.set()
            together.join()
    # How far it is stands there by table, and which step it takes.
    told = {table: (int(done), int(all_)) for table, done, all_ in PROGRESS.findall(said)}
    assert 0 < told["redemptions"][0] == told["redemptions"][1] < made(bank)
    assert told["entries"] > told["redemptions"]
    assert said.count("──") > 2
    with make_app(DATABASE_URL=empty_target).app_context():
        banking.check(replace(bank, url=empty_target))
