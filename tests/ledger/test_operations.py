"""The ledger's operations on a real database: what they write and what they refuse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from app.bulk import COPY_FROM
from app.db import db, transaction
from app.ledger.marks import publish_mark
from app.ledger.operations import (
    Cover,
    NewEntry,
    begin_posting,
    lock_holders,
    open_accounts,
    post,
    reserve,
    reverse,
    system_account,
)
from app.ledger.queries import balances_of, balances_of_many, statement
from app.ledger.rules import AlreadyReversed, Leg, NotReversible, WouldGoBelowZero

NOW = datetime(2025, 3, 28, 8, 0, tzinfo=UTC)
ROOT = 1

pytestmark = pytest.mark.usefixtures("app")


def award(people: dict[int, tuple[int, int]], *, first_subject: int = 1) -> list[int]:
    """Credit people with (minutes, points) each in one commit; return the entry ids."""
    with transaction() as session:
        open_accounts(session, root_id=ROOT, holder_ids=people)
        begin_posting(session)
        held = lock_holders(session, people)
        service = system_account(session, ROOT, "service_issued", "minutes")
        points = system_account(session, ROOT, "points_issued", "points")
        slots = reserve(session, len(people), NOW)
        entries = [
            NewEntry(
                "service",
                "service_record",
                first_subject + i,
                (
                    Leg(held[holder].minutes_id, minutes),
                    Leg(service, -minutes),
                    Leg(held[holder].points_id, earned),
                    Leg(points, -earned),
                ),
            )
            for i, (holder, (minutes, earned)) in enumerate(people.items())
        ]
        post(session, entries, slots, actor_id=None, key="day-1")
        return [slots.first_id + i for i in range(len(entries))]


def spend(holder: int, points: int) -> None:
    with transaction() as session:
        begin_posting(session)
        held = lock_holders(session, [holder])[holder]
        sink = system_account(session, ROOT, "points_redeemed", "points")
        slots = reserve(session, 1, NOW)
        legs = (Leg(held.points_id, -points), Leg(sink, points))
        post(session, [NewEntry("redemption", "redemption", 1, legs)], slots, actor_id=None)


def undo(entry_ids: list[int], *, cover: bool = False) -> dict[tuple[int, str], int]:
    with transaction() as session:
        return dict(
            reverse(
                session,
                entry_ids,
                actor_id=None,
                now=NOW,
                root_id=ROOT,
                reason="typed twice",
                cover=Cover("thing", 1) if cover else None,
            ).covered
        )


def total(session: Session) -> int:
    return int(session.execute(text("SELECT coalesce(sum(amount), 0) FROM postings")).scalar_one())


def test_an_award_moves_both_balances() -> None:
    award({7: (90, 150)})
    assert balances_of(db.session(), 7) == (90, 150)
    assert balances_of_many(db.session(), [7, 8]) == {7: (90, 150)}
    assert total(db.session()) == 0


def test_the_statement_is_newest_first_and_pages_by_entry_id() -> None:
    first = award({7: (90, 150)})[0]
    second = award({7: (30, 50)}, first_subject=2)[0]
    lines = statement(db.session(), 7)
    assert [(line.entry_id, line.minutes, line.points_hundredths) for line in lines] == [
        (second, 30, 50),
        (first, 90, 150),
    ]
    assert [line.entry_id for line in statement(db.session(), 7, before_id=second)] == [first]
    assert lines[0].recorded_at == NOW


def test_recorded_instants_never_fall_even_when_a_clock_does() -> None:
    award({7: (90, 150)})
    with transaction() as session:
        begin_posting(session)
        slots = reserve(session, 1, NOW - timedelta(days=1))
    assert slots.recorded_at == NOW


def test_opening_accounts_twice_changes_nothing() -> None:
    award({7: (90, 150)})
    with transaction() as session:
        open_accounts(session, root_id=ROOT, holder_ids=[7])
    count = "SELECT count(*) FROM accounts WHERE holder_id = 7"
    assert db.session.execute(text(count)).scalar_one() == 2


def test_a_reversal_mirrors_and_links() -> None:
    (entry,) = award({7: (90, 150)})
    undo([entry])
    newest = statement(db.session(), 7)[0]
    assert (newest.kind, newest.reverses_id, newest.minutes) == ("reversal", entry, -90)
    assert balances_of(db.session(), 7) == (0, 0)


def test_an_entry_is_reversed_once() -> None:
    (entry,) = award({7: (90, 150)})
    undo([entry])
    with pytest.raises(AlreadyReversed):
        undo([entry])
    assert balances_of(db.session(), 7) == (0, 0)


def test_a_reversal_is_not_reversed() -> None:
    (entry,) = award({7: (90, 150)})
    undo([entry])
    with pytest.raises(NotReversible):
        undo([statement(db.session(), 7)[0].entry_id])


def test_an_unknown_entry_is_not_reversed() -> None:
    with pytest.raises(NotReversible):
        undo([404])


def test_spent_points_stop_a_reversal_and_name_the_holder() -> None:
    (entry,) = award({7: (90, 150)})
    spend(7, 100)
    with pytest.raises(WouldGoBelowZero) as refused:
        undo([entry])
    assert refused.value.holders == {7}
    assert balances_of(db.session(), 7) == (90, 50)


def test_a_shortfall_covers_what_is_missing_and_is_no_debt() -> None:
    (entry,) = award({7: (90, 150)})
    spend(7, 100)
    assert undo([entry], cover=True) == {(7, "points"): 100}
    assert balances_of(db.session(), 7) == (0, 0)
    award({7: (60, 100)}, first_subject=9)
    assert balances_of(db.session(), 7) == (60, 100)
    assert [line.kind for line in statement(db.session(), 7)][1:3] == ["reversal", "shortfall"]


def test_spending_more_than_there_is_changes_nothing() -> None:
    award({7: (90, 150)})
    with pytest.raises(WouldGoBelowZero):
        spend(7, 151)
    assert balances_of(db.session(), 7) == (90, 150)
    assert len(statement(db.session(), 7)) == 1


def test_no_entry_appears_at_or_below_a_published_mark() -> None:
    (entry,) = award({7: (90, 150)})
    with transaction() as session:
        mark = publish_mark(session, "ranking", NOW)
    assert mark == entry
    assert award({7: (30, 50)}, first_subject=2)[0] > mark


@pytest.mark.parametrize("people", [2, 200])
def test_statements_do_not_grow_with_people(people: int) -> None:
    sent: list[str] = []
    # Opened beforehand: a leader's day meets people who have accounts.
    award(dict.fromkeys(range(1, people + 1), (1, 10)), first_subject=1000)
    engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
    award(dict.fromkeys(range(1, people + 1), (60, 100)), first_subject=5000)
    assert len(sent) <= 10


def test_a_large_batch_goes_through_the_bulk_path() -> None:
    many = dict.fromkeys(range(1, COPY_FROM + 2), (60, 100))
    award(many)
    assert balances_of(db.session(), COPY_FROM + 1) == (60, 100)
    count = db.session.execute(text("SELECT count(*) FROM entries")).scalar_one()
    assert count == len(many)
    assert total(db.session()) == 0


_READ_WHOLE = (
    "SELECT relname, seq_tup_read FROM pg_stat_xact_user_tables "
    "WHERE relname IN ('entries', 'postings') AND seq_tup_read > 0 ORDER BY relname"
)


def test_what_seals_entries_never_reads_a_table_whole(engine_name: str) -> None:
    """However few rows there were when its plans were made: a long sheet goes part by part."""
    if engine_name == "sqlite":
        return  # Its triggers look at one row at a time.
    awarded = award(dict.fromkeys(range(1, 60), (60, 100)))
    with transaction() as session:
        begin_posting(session)
        one, *others = lock_holders(session, [1, 2, 3]).values()
        spending = system_account(session, ROOT, "points_redeemed", "points")
        service = system_account(session, ROOT, "service_issued", "minutes")
        points = system_account(session, ROOT, "points_issued", "points")
        mirror = (
            *(Leg(one.minutes_id, -60), Leg(service, 60)),
            *(Leg(one.points_id, -100), Leg(points, 100)),
        )
        entries = [
            NewEntry("redemption", "redemption", each.points_id, legs)
            for each in others
            for legs in [(Leg(each.points_id, -9), Leg(spending, 9))]
        ]
        entries.append(NewEntry("reversal", "service_record", 1, mirror, reverses_id=awarded[0]))
        slots = reserve(session, len(entries), NOW)
        before = session.execute(text(_READ_WHOLE)).all()
        post(session, entries, slots, actor_id=None)
        assert session.execute(text(_READ_WHOLE)).all() == before
