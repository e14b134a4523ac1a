"""A full disk, a database only to be read, locks never let go of: a sentence, and no loss."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

from app.db import db, transaction
from tests.postgres import connect
from tests.rewards.shelving import PRICE, give_points, one, stocked
from tests.service.conftest import MakeTown, Town, key_in
from tests.torture.bank import audited

READER = 3
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
FULL = "no room left"
READ_ONLY = "everything can be read"
BUSY = "very busy"


@pytest.fixture
def town(make_town: MakeTown) -> Town:
    made = make_town()
    made.app.config["PROPAGATE_EXCEPTIONS"] = False
    give_points(made.community, READER, 3 * PRICE)
    db.session.remove()
    return made


class Shopper:
    """Somebody who redeems one piece by one form, as often as it takes."""

    def __init__(self, town: Town) -> None:
        self.browser: FlaskClient = town.browser("volunteer")
        item_id = stocked(town.community)
        self.path = f"/rewards/{item_id}/redeem"
        page = self.browser.get(self.path).text
        self.fields = {
            "key": key_in(page),
            "volunteer": str(town.people[READER]),
            "quantity": "1",
            "price": str(PRICE),
            "version": "1",
        }

    def send(self) -> Any:
        return self.browser.post(self.path, data=self.fields, headers=SAME_SITE)

    def is_told(self, sentence: str) -> None:
        """Hold that the page says so, keeps the form, and that nothing was written."""
        answer = self.send()
        assert (answer.status_code, sentence in answer.text) == (503, True), answer.text[-1500:]
        for name, value in self.fields.items():
            assert f'name="{name}" value="{value}"' in answer.text
        assert one("SELECT count(*) FROM redemptions") == 0
        db.session.remove()

    def is_served(self) -> None:
        answer = self.send()
        assert answer.status_code == 303, answer.text[-1500:]
        assert self.send().location == answer.location
        assert one("SELECT count(*) FROM redemptions") == 1
        db.session.remove()


def fill_the_disk(engine_name: str) -> Callable[[], None]:
    """Leave no room for the entry that seals a redemption; return what makes room again."""
    if engine_name == "sqlite":
        db.session.remove()
        db.engine.dispose()

        def bound(connection: Any, _record: Any) -> None:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count={pages}")
            # What is free inside the file is room as well.
            connection.execute("PRAGMA secure_delete=OFF")

        event.listen(db.engine, "connect", bound)
        return lambda: stop_binding(bound)
    say(
        "CREATE FUNCTION pg_temp_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$; "
        "CREATE TRIGGER disk_full BEFORE INSERT ON entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION pg_temp_full()"
    )
    return lambda: say("DROP TRIGGER disk_full ON entries; DROP FUNCTION pg_temp_full()")


def stop_binding(bound: Callable[..., None]) -> None:
    """Let new connections be as they are in real life, and take new ones."""
    event.remove(db.engine, "connect", bound)
    db.engine.dispose()


def say(statements: str) -> None:
    """Say something to the server beside the app."""
    with closing(connect(db.engine.url.render_as_string(hide_password=False))) as server:
        server.execute(statements)


def test_a_full_disk_is_said_and_what_was_typed_is_kept(town: Town, engine_name: str) -> None:
    shopper = Shopper(town)
    make_room = fill_the_disk(engine_name)
    if engine_name == "sqlite":
        # So long as pages have room for one more row, there is room.
        for _try in range(200):
            shopper.fields["key"] = f"fill {_try}"
            if shopper.send().status_code == 503:
                break
        before = one("SELECT count(*) FROM redemptions")
        answer = shopper.send()
        assert (answer.status_code, FULL in answer.text) == (503, True)
        assert f'value="{shopper.fields["key"]}"' in answer.text
        assert one("SELECT count(*) FROM redemptions") == before
        db.session.remove()
    else:
        shopper.is_told(FULL)
    assert shopper.browser.get("/rewards/mine").status_code == 200
    make_room()
    assert shopper.send().status_code in {303, 422}
    audited(town.app.config["DATABASE_URL"])


def close_to_writing(engine_name: str) -> Callable[[], None]:
    """Let every connection only read; return what opens it again."""
    db.session.remove()
    db.engine.dispose()
    order = "PRAGMA query_only=ON"
    if engine_name == "postgresql":
        order = "SET default_transaction_read_only = on"

    def bound(connection: Any, _record: Any) -> None:
        connection.execute(order)
        if engine_name == "postgresql":
            connection.commit()

    event.listen(db.engine, "connect", bound)
    return lambda: stop_binding(bound)


def test_a_database_that_is_only_read_is_read(town: Town, engine_name: str) -> None:
    shopper = Shopper(town)
    open_again = close_to_writing(engine_name)
    for path in ("/", "/rewards", "/me/ledger", "/activities", shopper.path):
        answer = shopper.browser.get(path, follow_redirects=True)
        assert answer.status_code == 200, (path, answer.text[-1500:])
    shopper.is_told(READ_ONLY)
    open_again()
    shopper.is_served()
    audited(town.app.config["DATABASE_URL"])


def test_a_lock_that_nobody_lets_go_of_is_a_moment_s_wait(
    town: Town, engine_name: str, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """lock_timeout (55P03) on PostgreSQL, busy_timeout on SQLite, both shortened here."""
    shopper, held, done = Shopper(town), threading.Event(), threading.Event()
    short = "PRAGMA busy_timeout=50" if engine_name == "sqlite" else "SET lock_timeout = '100ms'"
    # Whoever holds it is another process then.
    monkeypatch.setattr(sys.modules["app.db"], "_sqlite_writer", threading.Semaphore(9))

    def hold() -> None:
        with app.app_context(), suppress(InterruptedError), transaction() as session:
            session.execute(text("UPDATE accounts SET balance = balance WHERE holder_id > 0"))
            held.set()
            done.wait(30)
            raise InterruptedError

    def bound(connection: Any, _record: Any) -> None:
        connection.execute(short)
        if engine_name == "postgresql":
            connection.commit()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(30)
    event.listen(db.engine, "connect", bound)
    try:
        shopper.is_told(BUSY)
    finally:
        done.set()
        holder.join()
        event.remove(db.engine, "connect", bound)
    shopper.is_served()


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_a_lost_race_is_run_again_and_at_last_said(
    town: Town, engine_name: str, state: str
) -> None:
    """The server itself raises it at the seal of the entry: twice is borne, three times said."""
    if engine_name == "sqlite":
        return  # Its one writer meets nobody; tests/web/test_retry.py has the busy file.
    shopper = Shopper(town)
    say(
        "CREATE SEQUENCE races; CREATE FUNCTION race() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN IF nextval('races') <= 3 + 2 THEN RAISE EXCEPTION 'met' "
        f"USING ERRCODE = '{state}'; END IF; RETURN NULL; END $$; "
        "CREATE TRIGGER race BEFORE INSERT ON entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION race()"
    )
    shopper.is_told(BUSY)
    shopper.is_served()
    audited_without_the_trap = (
        "DROP TRIGGER race ON entries; DROP FUNCTION race; DROP SEQUENCE races"
    )
    say(audited_without_the_trap)
    audited(town.app.config["DATABASE_URL"])


def test_a_connection_cut_in_the_middle_is_said_and_done_once(town: Town, engine_name: str) -> None:
    if engine_name == "sqlite":
        return  # There is no connection to cut.
    shopper = Shopper(town)
    say(
        "CREATE SEQUENCE cuts; CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN IF nextval('cuts') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); "
        "END IF; RETURN NULL; END $$; "
        "CREATE TRIGGER cut BEFORE INSERT ON entries FOR EACH STATEMENT EXECUTE FUNCTION cut()"
    )
    shopper.is_told(BUSY)
    shopper.is_served()
