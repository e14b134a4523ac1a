"""Two people act for one volunteer at the same instant; and the work does not grow with people."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.errors import RuleBroken
from app.ledger import statements
from app.ledger.queries import balances_of
from app.service.operations import approve, planning
from app.service.operations.standing import Standing, standing_of
from tests.races import race
from tests.service.community import NOW, Community, balances, check_books, make_community

# How long one waits for the other: with the lock in vain, well below PostgreSQL's lock_timeout.
VAIN_SECONDS = 0.4
MEETING_SECONDS = 15.0


@pytest.fixture
def community(db_session: Session) -> Community:
    made = make_community(db_session)
    db_session.rollback()
    return made


def at_once(app: Flask, *acts: Callable[[], Any]) -> list[Any]:
    """Run each act in a thread and session of its own; a refusal is its result."""
    db.session.remove()
    results: list[Any] = [None] * len(acts)
    ready = threading.Barrier(len(acts))

    def run(place: int) -> None:
        with app.app_context():
            ready.wait()
            try:
                results[place] = acts[place]()
            except Exception as error:
                results[place] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, RuleBroken):
            raise result
    return results


def two_leaders(community: Community) -> list[Callable[[], Any]]:
    """Two leaders enter five hours each for one person and date, in two teams."""
    red = community.line(3, 300)
    green = red._replace(team_id=community.green_id)
    return [
        lambda: community.logged(red, by="leader", key="red").status,
        lambda: community.logged(green, by="green_leader", key="green").status,
    ]


def meet_after_reading(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let both have read the day before either writes, if nothing keeps them apart."""
    met = threading.Barrier(2)

    def read_and_meet(*given: Any, **more: Any) -> Standing:
        standing = standing_of(*given, **more)
        # With the lock in place the other one still stands before it, and nobody comes.
        with suppress(threading.BrokenBarrierError):
            met.wait(seconds)
        return standing

    monkeypatch.setattr(planning, "standing_of", read_and_meet)


def take_the_lock_out(monkeypatch: pytest.MonkeyPatch, engine_name: str) -> None:
    """PostgreSQL: read the accounts without locking them. SQLite: read before the writer's lock."""
    if engine_name == "postgresql":
        locking = statements.locking
        monkeypatch.setattr(
            statements, "locking", lambda *given: locking(*given).replace(" FOR UPDATE", "")
        )
        meet_after_reading(monkeypatch, MEETING_SECONDS)
        return

    def read_elsewhere(_session: Session, *given: Any, **more: Any) -> Standing:
        return before[threading.get_ident()]

    before: dict[int, Standing] = {}
    met = threading.Barrier(2)
    monkeypatch.setattr(planning, "standing_of", read_elsewhere)
    log = Community.logged

    def read_then_log(self: Community, line: Any, **more: Any) -> Any:
        with db.engine.connect() as connection, Session(connection) as session:
            before[threading.get_ident()] = standing_of(
                session, [line.volunteer_id], [line.service_on], service_days=False
            )
        met.wait(MEETING_SECONDS)
        return log(self, line, **more)

    monkeypatch.setattr(Community, "logged", read_then_log)


def minutes_of(app: Flask, volunteer_id: int) -> int:
    with app.app_context():
        return balances_of(db.session(), volunteer_id).minutes


def test_two_leaders_at_the_same_instant_hold_the_limit(
    app: Flask, community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_after_reading(monkeypatch, VAIN_SECONDS)
    assert sorted(at_once(app, *two_leaders(community))) == ["approved", "waiting"]
    assert minutes_of(app, community.volunteers[3]) == 300
    check_books(db.session())


def test_without_the_lock_the_day_is_counted_twice(
    app: Flask, community: Community, monkeypatch: pytest.MonkeyPatch, engine_name: str
) -> None:
    take_the_lock_out(monkeypatch, engine_name)
    assert at_once(app, *two_leaders(community)) == ["approved", "approved"]
    assert minutes_of(app, community.volunteers[3]) == 600


@race("rows of accounts", seen="subject has its award already|uq_entries_award")
def test_two_co_leaders_approve_one_record_once(
    app: Flask, community: Community, db_session: Session
) -> None:
    record_id = community.logged(community.line(0)).record_ids[0]

    def approving(by: str) -> Callable[[], Any]:
        def act() -> list[int]:
            with transaction() as session:
                return approve(session, [record_id], actor=community.actor(by), now=NOW)

        return act

    results = at_once(app, approving("co_leader"), approving("organiser"))
    assert sorted(isinstance(result, RuleBroken) for result in results) == [False, True]
    assert minutes_of(app, community.volunteers[0]) == 120
    check_books(db.session())


@race(
    "rows of accounts",
    "the key of the operation",
    seen="postings are only added to, never replaced|pk_operation_keys",
)
def test_a_double_tap_counts_once(app: Flask, community: Community) -> None:
    def tap() -> int | None:
        return community.log(community.line(3), community.line(4), key="tap").batch_id

    first, second = at_once(app, tap, tap)
    assert first == second
    assert minutes_of(app, community.volunteers[3]) == 120
    check_books(db.session())


@contextmanager
def counted_statements():
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.usefixtures("app")
def test_two_hundred_people_take_as_many_statements_as_two(db_session: Session) -> None:
    community = make_community(db_session, people=210)
    # The first form also opens the issuing accounts and reads what the organisation decided.
    community.logged(community.line(206))
    counts = []
    for people in (range(3, 5), range(6, 206)):
        with counted_statements() as said:
            result = community.log(*(community.line(person) for person in people))
        assert {outcome.status for outcome in result.outcomes} == {"approved"}
        counts.append(len(said))
    assert counts[0] == counts[1] < 40
    check_books(db_session)


@pytest.mark.usefixtures("app")
def test_a_large_batch_goes_the_same_way(db_session: Session) -> None:
    """Beyond 2,000 records PostgreSQL takes them by COPY."""
    community = make_community(db_session, people=2100)
    result = community.log(*(community.line(person) for person in range(3, 2100)))
    assert {outcome.status for outcome in result.outcomes} == {"approved"}
    assert balances(db_session, community.volunteers[2000]) == (120, 200)
    db_session.rollback()
    assert db_session.execute(text("SELECT count(*) FROM entries")).scalar_one() == 2097
    check_books(db_session)
