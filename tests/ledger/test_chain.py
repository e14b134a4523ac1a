"""Sealing: off the posting path, one chain however many seal, the same bytes on either engine."""

from __future__ import annotations

import json
import quopri
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from app.audit.chain_checks import chain_checks
from app.audit.checks import Result, run
from app.audit.reading import Reading, open_reading, open_sqlite
from app.audit.words import Words
from app.bulk import Statement
from app.db import db, is_postgresql, snapshot, transaction
from app.ledger import chain, chain_statements, marks
from app.ledger.chain import Sealed, seal
from app.ledger.chain_rules import (
    Head,
    head_line,
    head_object,
    published_heads,
    unread_heads,
)
from app.ledger.operations import (
    NewEntry,
    begin_posting,
    lock_holders,
    open_accounts,
    post,
    reserve,
    reverse,
    system_account,
)
from app.ledger.queries import head, last_entry_id
from app.ledger.rules import Leg
from tests.audit.planting import plant
from tests.ledger.copying import copied_to_sqlite
from tests.rounds import rounds

AT = datetime(2025, 1, 1, tzinfo=UTC)
ROOT, HOLDER = 1, 7
SOON = timedelta(seconds=0.1)
WAIT_SECONDS = 20


@pytest.fixture
def books(app: Flask) -> Flask:
    with transaction() as session:
        open_accounts(session, root_id=ROOT, holder_ids=[HOLDER])
    return app


def give(subject: int, minutes: int = 60, before: Callable[[], None] = lambda: None) -> int:
    """Post one entry; `before` is called when its id is reserved and nothing is written."""
    with transaction() as session:
        begin_posting(session)
        held = lock_holders(session, [HOLDER])[HOLDER]
        issued = system_account(session, ROOT, "service_issued", "minutes")
        slots = reserve(session, 1, AT + timedelta(minutes=subject))
        before()
        legs = (Leg(held.minutes_id, minutes), Leg(issued, -minutes))
        post(session, [NewEntry("service", "thing", subject, legs)], slots, actor_id=None)
    return slots.first_id


def sealing(**more: Any) -> Sealed:
    return seal(lambda: AT + timedelta(days=1), **more)


def the_head() -> Head:
    with snapshot() as session:
        found = head(session)
    assert found is not None
    return found


def checked(reading: Reading) -> Result:
    (check,) = chain_checks(Words(reading.engine))
    return run(check, reading)


def audited(app: Flask) -> Result:
    with open_reading(app.config["DATABASE_URL"]) as reading:
        return checked(reading)


def beside(app: Flask, work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Do work in a thread of its own, with a connection of its own; its outcome is collected."""
    outcome: list[Any] = []

    def do() -> None:
        with app.app_context():
            try:
                outcome.append(work())
            except BaseException as error:
                outcome.append(error)
            finally:
                db.session.remove()

    thread = threading.Thread(target=do)
    thread.start()
    return thread, outcome


def done(worker: tuple[threading.Thread, list[Any]]) -> Any:
    worker[0].join(WAIT_SECONDS)
    assert worker[1], "the thread did not end"
    return worker[1][0]


# ── what a seal does ──────────────────────────────────────────────────────────────────────


def test_nothing_is_sealed_where_nothing_was_posted(books: Flask) -> None:
    assert sealing() == Sealed(0, True)
    with snapshot() as session:
        assert head(session) is None


def test_a_seal_covers_everything_and_a_second_one_nothing(books: Flask) -> None:
    entries = [give(subject) for subject in range(1, 4)]
    assert (sealing(), sealing()) == (Sealed(1, True), Sealed(0, True))
    found = the_head()
    assert (found.entry_id, found.links) == (entries[-1], 1)
    assert (audited(books).looked_at, audited(books).violations) == (3, 0)


def test_every_column_of_the_books_is_sealed() -> None:
    """What is added later would stay unsealed unless the format grows with it."""

    def names(table: str) -> list[str]:
        return [column.name for column in db.metadata.tables[table].c]

    sealed = [field.partition(":")[0] for field in chain_statements._ENTRY]
    assert sealed == names("entries")
    legs = [field.partition(":")[0] for field in chain_statements._POSTING]
    # Its id stands with the posting; the balance is their sum (I-02).
    of_account = {f"a.{name}" for name in names("accounts")} - {"a.id", "a.balance"}
    assert {*legs} == {f"p.{name}" for name in names("postings")} | of_account


def test_a_long_tail_takes_several_links(books: Flask) -> None:
    for subject in range(1, 6):
        give(subject)
    assert sealing(most_entries=2, most_links=2) == Sealed(2, False)
    assert sealing(most_entries=2) == Sealed(1, True)
    assert (the_head().links, audited(books).violations) == (3, 0)


def test_how_the_rows_are_read_does_not_show(books: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A block read one entry at a time is the block read at once."""
    for subject in range(1, 6):
        give(subject)
    monkeypatch.setattr(chain, "ENTRIES_AT_ONCE", 1)
    assert sealing() == Sealed(1, True)
    assert audited(books).violations == 0


def test_a_clock_set_back_does_not_seal_before_what_was_recorded(books: Flask) -> None:
    give(1)
    seal(lambda: AT - timedelta(days=1))
    assert the_head().sealed_at == AT + timedelta(minutes=1)
    give(2)
    seal(lambda: AT - timedelta(days=1))
    assert the_head().sealed_at == AT + timedelta(minutes=2)


def test_a_seal_that_is_told_to_stop_leaves_the_rest(books: Flask) -> None:
    give(1)
    assert sealing(goes_on=lambda: False) == Sealed(0, False)


def test_a_seal_is_refused_inside_a_transaction(books: Flask) -> None:
    with pytest.raises(RuntimeError, match="outside of any transaction"), transaction():
        sealing()


# ── beside others ─────────────────────────────────────────────────────────────────────────


def test_postings_go_on_while_a_block_is_hashed(
    books: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time a piece was read, somebody else posts and commits before the next is."""
    for subject in range(1, 4):
        give(subject)
    posted: list[Any] = []
    hashing = chain._bytes

    def slowly(lines: Any) -> bytes:
        posted.append(done(beside(books, lambda: give(100 + len(posted)))))
        return hashing(lines)

    monkeypatch.setattr(chain, "_bytes", slowly)
    monkeypatch.setattr(chain, "ENTRIES_AT_ONCE", 1)
    assert sealing(most_links=1).links == 1
    assert posted == list(range(4, 10))
    assert (the_head().entry_id, audited(books).violations) == (3, 0)


def test_a_posting_under_way_is_waited_for(books: Flask) -> None:
    """On SQLite there is none besides the writer's, whose id nobody can read yet."""
    with snapshot() as session:
        if not is_postgresql(session):
            return
    first, reserved, go_on = give(1), threading.Event(), threading.Event()
    slow = beside(books, lambda: give(2, before=lambda: pause(reserved, go_on)))
    assert reserved.wait(WAIT_SECONDS)
    assert sealing(patience=SOON) == Sealed(0, False)
    waiting = beside(books, lambda: sealing(patience=timedelta(seconds=WAIT_SECONDS)))
    # Accounts of their own: nothing but the sealer could hold them up.
    with transaction() as session:
        open_accounts(session, root_id=ROOT, holder_ids=[HOLDER + 1])
        begin_posting(session)
    go_on.set()
    assert (done(slow), done(waiting)) == (first + 1, Sealed(1, True))
    assert (the_head().entry_id, audited(books).violations) == (first + 1, 0)


def test_without_waiting_the_guard_refuses_what_came_too_late(
    books: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: an id given out before, committed after a later one was sealed."""
    with snapshot() as session:
        if not is_postgresql(session):
            return
        monkeypatch.setattr(chain, "settled_id", lambda _patience: 10**9)
    reserved, go_on = threading.Event(), threading.Event()
    slow = beside(books, lambda: give_beside(lambda: pause(reserved, go_on)))
    assert reserved.wait(WAIT_SECONDS)
    later = give(2)
    assert sealing() == Sealed(1, True)
    go_on.set()
    refused = done(slow)
    assert isinstance(refused, IntegrityError)
    assert "at or below the head of the chain" in str(refused)
    assert the_head().entry_id == later


def give_beside(before: Callable[[], None]) -> None:
    """Post to the system's accounts alone, so that no holder's lock is in the way."""
    with transaction() as session:
        begin_posting(session)
        accounts = [system_account(session, ROOT, purpose, "minutes") for purpose in ("a", "b")]
        session.connection().exec_driver_sql("SELECT 1")
        slots = reserve(session, 1, AT)
        before()
        legs = (Leg(accounts[0], 5), Leg(accounts[1], -5))
        post(session, [NewEntry("transfer", "thing", 1, legs)], slots, actor_id=None)


def pause(reached: threading.Event, go_on: threading.Event) -> None:
    reached.set()
    assert go_on.wait(WAIT_SECONDS)


def both_at_once(books: Flask, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Let two seal who have both hashed the same block before either adds its link."""
    for subject in range(1, 4):
        give(subject)
    both = threading.Barrier(2)
    add = chain._add

    def together(*given: Any) -> Head | None:
        both.wait(WAIT_SECONDS)
        return add(*given)

    monkeypatch.setattr(chain, "_add", together)
    workers = [
        beside(books, lambda: sealing(most_links=1)),
        beside(books, lambda: seal(lambda: AT + timedelta(days=2), most_links=1)),
    ]
    return sorted(done(worker) for worker in workers)


def test_two_sealers_make_one_chain(books: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [each.links for each in both_at_once(books, monkeypatch)] == [0, 1]
    assert (the_head().links, audited(books).violations) == (1, 0)


LOOSE = (
    "INSERT INTO chain_links (id, after_id, through_id, entries, postings, entries_sha256, "
    "postings_sha256, previous_sha256, sha256, sealed_at) "
)


def test_without_the_place_being_taken_two_chains_begin(
    books: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: with the table's keys and guards gone, and no look at the place."""
    db.session.rollback()
    db.engine.dispose()
    loosen(books)
    statement = Statement(
        f"{LOOSE} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        f"{LOOSE} SELECT * FROM {{rows}}",
        chain_statements.ADD_LINK.casts,
    )
    monkeypatch.setattr(chain_statements, "ADD_LINK", statement)
    assert [each.links for each in both_at_once(books, monkeypatch)] == [1, 1]
    assert audited(books).violations > 0


def loosen(books: Flask) -> None:
    """Put a table without keys in the chain's place."""
    plant(
        books.config["DATABASE_URL"],
        [
            "ALTER TABLE chain_links RENAME TO former",
            "CREATE TABLE chain_links AS SELECT * FROM former",
        ],
    )
    db.engine.dispose()
    with db.engine.begin() as connection:
        for name in ("no_update", "no_delete", "no_replace", "follow"):
            place = "" if connection.dialect.name == "sqlite" else " ON former"
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS chain_links_{name}{place}")


# ── any history ───────────────────────────────────────────────────────────────────────────

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("give"), st.integers(1, 1440)),
        st.tuples(st.just("undo"), st.integers(0, 5)),
        st.tuples(st.just("seal"), st.integers(1, 4)),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=rounds(20), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_history_sealed_at_any_moments_holds(books: Flask, steps: Any) -> None:
    """And copied to SQLite row by row it has the same head, and holds there too."""
    undoable: list[int] = []
    for step, figure in steps:
        with snapshot() as session:
            subject = last_entry_id(session) + 1
        if step == "give":
            undoable.append(give(subject, figure))
        elif step == "seal":
            assert sealing(most_entries=figure).is_whole
        elif undoable:
            undo(undoable.pop(figure % len(undoable)))
    sealing()
    with TemporaryDirectory() as folder, open_reading(books.config["DATABASE_URL"]) as reading:
        assert checked(reading).violations == 0
        file = copied_to_sqlite(reading, Path(folder) / "copy.sqlite3")
        with open_sqlite(file) as copy:
            assert checked(copy).violations == 0
            last = "SELECT id, through_id, sha256 FROM chain_links ORDER BY id DESC LIMIT 1"
            assert list(map(tuple, copy.rows(last))) == list(map(tuple, reading.rows(last)))


def undo(entry_id: int) -> None:
    with transaction() as session:
        reverse(session, [entry_id], actor_id=None, now=AT, root_id=ROOT)


# ── a head that is published ──────────────────────────────────────────────────────────────

A_HEAD = Head(4711, "ab" * 32, datetime(2025, 4, 11, 1, 2, 3, 4, UTC), 12)


def test_a_published_head_is_read_again() -> None:
    line = head_line(A_HEAD)
    assert line == (
        f"qicai-head/1 links=12 entry=4711 sha256={'ab' * 32} at=2025-04-11T01:02:03.000004Z"
    )
    mail = f"Good morning,\n\n> {line}\n{head_line(A_HEAD._replace(links=13))}\n-- \n"
    assert published_heads(mail) == [A_HEAD, A_HEAD._replace(links=13)]
    assert published_heads(str(head_object(A_HEAD)).replace("'", '"')) == [A_HEAD]


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "[" * 100_000, '{"format": "qicai-head/1"}', head_line(A_HEAD)[:-1],
     head_line(A_HEAD).replace("ab", "AB"), head_line(A_HEAD).replace("04-11", "04-31"),
     str({**head_object(A_HEAD), "sha256": "x"}).replace("'", '"')],
)  # fmt: skip
def test_what_is_no_head_is_none(text: str) -> None:
    assert published_heads(text) == []


def test_a_day_of_objects_and_a_mail_with_broken_lines_are_read() -> None:
    """`flask head --json >> day.json` twice; a mail program that wraps lines."""
    objects = "\n".join(json.dumps(head_object(A_HEAD._replace(links=n))) for n in (12, 13))
    assert [head.links for head in published_heads(objects)] == [12, 13]
    mail = quopri.encodestring(head_line(A_HEAD).encode()).decode()
    assert "=3D" in mail
    assert published_heads(mail) == [A_HEAD]
    assert unread_heads(objects) == unread_heads(mail) == 0


def test_a_head_that_was_cut_is_not_passed_over() -> None:
    line = head_line(A_HEAD)
    assert unread_heads(f"{line}\n{line[:-1]}\n") == 1
    assert unread_heads(f"{line}\n> {line[:60]}\n{line[60:]}") == 1
    assert unread_heads(f"{line}\nA head is one line that begins with qicai-head/1.") == 0


def test_settled_ids_are_what_can_be_read_on_sqlite(books: Flask) -> None:
    last = give(1)
    assert marks.settled_id(SOON) == last
