"""Two transactions that really meet: run again within bounds, at last said, and nothing twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from app.db import db
from tests.postgres import connect
from tests.service.conftest import Town
from tests.torture.bank import Together, audited
from tests.torture.test_walls import BUSY, Shopper, stop_binding
from tests.torture.test_walls import town as town

PATIENCE_SECONDS = 30.0
# Whoever redeems finds the circle, and is the one who gives way; the other never looks.
LOOKS_SOON, NEVER_LOOKS = "SET deadlock_timeout = '20ms'", "SET deadlock_timeout = '1h'"
HOLD_ITEMS = "SELECT id FROM shelf_items ORDER BY id FOR UPDATE"
HOLD_ACCOUNTS = "SELECT id FROM accounts WHERE holder_id > 0 ORDER BY id FOR UPDATE"
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


class Opposite:
    """Somebody who locks items before accounts, where a redemption locks accounts first."""

    def __init__(self, url: str) -> None:
        self.server = connect(url)
        self.server.execute(NEVER_LOOKS)
        self.pid = self.server.info.backend_pid
        self.watch = connect(url)
        self.is_over = threading.Event()
        self.circles = 0

    def begin(self) -> None:
        self.server.execute("BEGIN")
        self.server.execute(HOLD_ITEMS)

    def is_waited_for(self) -> bool:
        """Wait until somebody waits for this one; tell whether anybody did before it is over."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.is_over.is_set():
            assert time.monotonic() < deadline, "nobody ever waited"
            if self.watch.execute(query, [self.pid]).fetchone() != (0,):
                return True
            time.sleep(0.005)
        return False

    def close_circles(self, most: int) -> None:
        """Ask for what the other holds while it waits, so many times; keep the items throughout."""
        while self.circles < most and self.is_waited_for():
            self.server.execute("SAVEPOINT accounts")
            self.server.execute(HOLD_ACCOUNTS)
            self.circles += 1
            self.server.execute("ROLLBACK TO SAVEPOINT accounts")
        if self.circles == most:
            self.server.execute("ROLLBACK")

    def close(self) -> None:
        self.server.close()
        self.watch.close()


@contextmanager
def bound_by(*orders: str) -> Iterator[None]:
    """Give the app's connections other settings."""

    def bound(connection: Any, _record: Any) -> None:
        for order in orders:
            connection.execute(order)
        connection.commit()

    db.session.remove()
    db.engine.dispose()
    event.listen(db.engine, "connect", bound)
    try:
        yield
    finally:
        db.session.remove()
        stop_binding(bound)


@pytest.mark.parametrize(("circles", "is_borne"), [(1, True), (2, True), (100, False)])
def test_locked_the_other_way_round_somebody_gives_way_and_tries_again(
    town: Town, engine_name: str, circles: int, is_borne: bool
) -> None:
    if engine_name == "sqlite":
        return  # Its one writer locks everything at once.
    shopper, url = Shopper(town), town.app.config["DATABASE_URL"]
    with bound_by(LOOKS_SOON), closing(Opposite(url)) as opposite:
        opposite.begin()
        together = Together()
        together.do(opposite.close_circles, circles)
        try:
            if is_borne:
                shopper.is_served()
            else:
                shopper.is_told(BUSY)
        finally:
            opposite.is_over.set()
            together.join()
        assert opposite.circles == (circles if is_borne else 3)
    if not is_borne:
        shopper.is_served()
    audited(url)


def test_who_never_tries_again_is_turned_away_by_the_first(
    town: Town, engine_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what bears one circle, and two, is the trying again."""
    if engine_name == "sqlite":
        return
    monkeypatch.setattr("app.web.retry.TRIES", 1)
    shopper, url = Shopper(town), town.app.config["DATABASE_URL"]
    with bound_by(LOOKS_SOON), closing(Opposite(url)) as opposite:
        opposite.begin()
        together = Together()
        together.do(opposite.close_circles, 2)
        try:
            shopper.is_told(BUSY)
        finally:
            opposite.is_over.set()
            together.join()
        assert opposite.circles == 1


def test_what_changed_since_a_snapshot_is_judged_anew(
    town: Town, engine_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """40001 as the server itself raises it: the row moved on while somebody waited for it."""
    if engine_name == "sqlite":
        return  # Its writer reads nothing before it is the only one.
    shopper, url = Shopper(town), town.app.config["DATABASE_URL"]
    met: list[str] = []
    monkeypatch.setattr(town.app, "race_met", lambda: met.append("once"))
    # As the freeze of a ranking reads: everything as it stood at one instant.
    strict = "SET default_transaction_isolation = 'repeatable read'"
    with bound_by(strict), closing(Opposite(url)) as other:
        other.server.execute("BEGIN")
        other.server.execute("UPDATE accounts SET balance = balance WHERE holder_id > 0")
        together = Together()
        together.do(lambda: other.is_waited_for() and other.server.execute("COMMIT"))
        try:
            shopper.is_served()
        finally:
            other.is_over.set()
            together.join()
    assert met == ["once"]
    audited(url)
