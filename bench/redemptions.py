"""Redemptions by one client and by several at once, beside the same conditional updates in SQL."""

from __future__ import annotations

import itertools
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import Any, NamedTuple

from flask import Flask

from app.clock import today_in
from app.db import db, transaction
from app.ledger.operations import NewEntry, lock_holders, post, reserve, system_account
from app.ledger.rules import Leg
from app.rewards.operations.judging import REDEEMED
from app.rewards.operations.redeeming import Asked, redeem
from app.teams.rules import Actor
from bench import raw
from bench.grounds import Ground, on
from bench.measures import Round
from tests.rewards.shelving import stocked
from tests.service.community import NOW, Community

PRICE = 100
ITEMS = 20
PIECES = 50_000
AT = NOW.strftime("%Y-%m-%d %H:%M:%S.%f")
COLLECT_BY = today_in("Asia/Shanghai", NOW) + timedelta(days=14)


class Shelf(NamedTuple):
    """The items, and what each person's points account is."""

    items: list[int]
    accounts: dict[int, int]
    redeemed_account: int


class Redeemed(NamedTuple):
    """Seconds for all, ours beside the plain ones, and the longest that one of ours waited."""

    round: Round
    worst: float


def redemptions_of(
    ground: Ground, community: Community, *, clients: int, times: int, rounds: int
) -> list[Redeemed]:
    """Redeem so many times by clients at once, ours and in bare SQL, each on a copy of its own."""
    people = community.volunteers[8 : 8 + times]
    found = []
    for _ in range(rounds):
        mine, theirs = ground.fresh(), ground.fresh()
        with on(mine) as app:
            shelf = _stock(community, people)
            ours, worst = _by_clients(clients, people, _ours(app, community, shelf))
            _check(times)
        with on(theirs):
            shelf = _stock(community, people)
        plain, _worst = _by_clients(clients, people, _plain(theirs, community, shelf))
        with on(theirs):
            _check(times)
        found.append(Redeemed(Round(ours, plain), worst))
    return found


def _stock(community: Community, people: list[int]) -> Shelf:
    """Fill the shelf and give everybody the points for one piece."""
    items = [stocked(community, pieces=PIECES, price_hundredths=PRICE) for _ in range(ITEMS)]
    with transaction() as session:
        held = lock_holders(session, people)
        opening = system_account(session, community.root_id, "opening", "points")
        entries = [
            NewEntry(
                "opening",
                "bench",
                person,
                (Leg(held[person].points_id, PRICE), Leg(opening, -PRICE)),
            )
            for person in people
        ]
        post(session, entries, reserve(session, len(entries), NOW), actor_id=None)
        redeemed = system_account(session, community.root_id, *REDEEMED)
    accounts = {person: each.points_id for person, each in held.items()}
    return Shelf(items, accounts, redeemed)


def _check(times: int) -> None:
    counted = db.session.execute(db.text("SELECT count(*) FROM redemptions")).scalar_one()
    assert counted == times, counted
    db.session.rollback()


def _by_clients(clients: int, people: list[int], client: Callable[[], Any]) -> tuple[float, float]:
    """Return the seconds that clients together take to serve everybody, and the longest wait."""
    shares = [people[place::clients] for place in range(clients)]
    ready = threading.Barrier(clients + 1)

    def serve(share: list[int]) -> float:
        worst = 0.0
        with client() as redeem_for:
            ready.wait()
            for person in share:
                asked = time.perf_counter()
                redeem_for(person)
                worst = max(worst, time.perf_counter() - asked)
        return worst

    with ThreadPoolExecutor(clients) as crowd:
        done = [crowd.submit(serve, share) for share in shares]
        ready.wait()
        begun = time.perf_counter()
        worst = max(each.result() for each in done)
        return time.perf_counter() - begun, worst


def _ours(app: Flask, community: Community, shelf: Shelf) -> Callable[[], Any]:
    login_id = community.actor("volunteer").login_id

    @contextmanager
    def client() -> Iterator[Callable[[int], None]]:
        with app.app_context():
            db.session().connection()
            db.session.rollback()
            yield one
            db.session.remove()

    def one(person: int) -> None:
        with transaction() as session:
            done = redeem(
                session,
                Asked(shelf.items[person % ITEMS], 1, PRICE),
                volunteer_id=person,
                actor=Actor(login_id, person, "x"),
                now=NOW,
                key=f"bench-{person}",
            )
        assert done.refusal is None, done.refusal

    return client


def _plain(url: str, community: Community, shelf: Shelf) -> Callable[[], Any]:
    numbers = itertools.count(1)
    # Eight that only wait for SQLite's lock starve each other; so the bare driver has a queue, too.
    queue = threading.Lock()
    login_id = community.actor("volunteer").login_id

    @contextmanager
    def client() -> Iterator[Callable[[int], None]]:
        connection = raw.connect(url)
        is_sqlite = isinstance(connection, sqlite3.Connection)
        try:
            yield lambda person: _in_turn(connection, is_sqlite, person)
        finally:
            connection.close()

    def _in_turn(connection: Any, is_sqlite: bool, person: int) -> None:
        with queue if is_sqlite else nullcontext():
            _one(connection, is_sqlite, person)

    def _one(connection: Any, is_sqlite: bool, person: int) -> None:
        item = shelf.items[person % ITEMS]
        number = next(numbers)

        def run(statement: str, *values: Any) -> Any:
            said = statement if is_sqlite else statement.replace("?", "%s")
            return connection.execute(said, values)

        run("BEGIN IMMEDIATE" if is_sqlite else "BEGIN")
        for table, condition, values in (
            ("accounts SET balance = balance - ?", "balance >= ?", (PRICE, shelf.accounts[person])),
            ("shelf_items SET available = available - ?, reserved = reserved + 1",
             "available >= ?", (1, item)),
        ):  # fmt: skip
            taken = run(f"UPDATE {table} WHERE id = ? AND {condition}", *values, values[0])
            assert taken.rowcount == 1
        reserving = "SELECT first_id, recorded_at FROM qicai_reserve_entries(1, ?)"
        if is_sqlite:
            reserving = "SELECT max(id) + 1, ? FROM entries"
        entry, at = run(reserving, AT if is_sqlite else NOW).fetchone()
        posting = "INSERT INTO postings (account_id, entry_id, amount) VALUES (?, ?, ?)"
        run(posting, shelf.accounts[person], entry, -PRICE)
        run(posting, shelf.redeemed_account, entry, PRICE)
        run(
            "INSERT INTO entries (id, kind, recorded_at, actor_id, idempotency_key, subject_kind, "
            "subject_id) VALUES (?, 'redemption', ?, ?, ?, 'redemption', ?)",
            *(entry, at, login_id, f"bench-{person}", number),
        )
        run(
            "INSERT INTO redemptions (id, organisation_id, item_id, item_version_id, volunteer_id, "
            "quantity, cost_hundredths, state, code, token, asked_by, redeemed_at, redeemed_on, "
            "collect_by_on, made_by_id, entry_id) "
            "VALUES (?, ?, ?, ?, ?, 1, ?, 'to_collect', ?, ?, 'self', ?, ?, ?, ?, ?)",
            *(number, community.root_id, item, item, person, PRICE, f"{number:06}"),
            *(secrets.token_urlsafe(16), at, AT[:10], COLLECT_BY.isoformat(), login_id, entry),
        )
        run(
            "INSERT INTO stock_moves (item_id, kind, available_change, reserved_change, at, "
            "actor_id, redemption_id) VALUES (?, 'reserved', -1, 1, ?, ?, ?)",
            *(item, at, login_id, number),
        )
        run(
            "INSERT INTO trail (at, operation, actor_id, subject_kind, subject_id, after, "
            "request_id) VALUES (?, 'redemption.make', ?, 'redemption', ?, '{}', '')",
            *(at, login_id, number),
        )
        run(
            "INSERT INTO operation_keys (actor_id, key, content_sha256, result, at) "
            "VALUES (?, ?, ?, '{}', ?)",
            *(login_id, f"bench-{person}", "0" * 64, at),
        )
        run("COMMIT")

    return client
