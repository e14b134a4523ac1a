"""History rewritten with the guards off is found by the chain, or by a head published before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.audit import chain_checks
from app.audit.chain_checks import head_is_there
from app.audit.checks import run
from app.audit.reading import Reading, open_reading
from app.audit.words import Words
from app.db import db, snapshot
from app.ledger import chain_statements
from app.ledger.chain import seal
from app.ledger.chain_rules import MOST_ENTRIES, Head, instant_text
from app.ledger.queries import head
from tests.audit.community import AT, LINKS
from tests.audit.planting import plant

SEALED_AT = AT + timedelta(days=1)
POSTING = "INSERT INTO postings (account_id, entry_id, amount) VALUES"
ENTRY = (
    "INSERT INTO entries (id, kind, recorded_at, actor_id, subject_kind, subject_id) "
    "VALUES (0, 'transfer', '2025-04-10 01:02:03.000004', 1, 'test', 1)"
)
# The first two entries change places.
SWAPPED = tuple(
    f"UPDATE {table} SET {column} = {new} WHERE {column} = {old}"
    for table, column in (("postings", "entry_id"), ("entries", "id"))
    for old, new in ((1, 99), (2, 1), (99, 2))
)
# How history is rewritten, and the parts of the check that say so.
REWRITTEN: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "entry changed": (
        ("UPDATE entries SET recorded_at = '2025-04-10 01:02:05.000005' WHERE id = 1",),
        {"entries_differ"},
    ),
    "amount changed": (
        (
            "UPDATE postings SET amount = amount + 1 WHERE entry_id = 2 AND account_id = 3",
            "UPDATE postings SET amount = amount - 1 WHERE entry_id = 2 AND account_id = 91",
        ),
        {"postings_differ"},
    ),
    "posting given to another account": (
        ("UPDATE postings SET account_id = 1 WHERE entry_id = 2 AND account_id = 3",),
        {"postings_differ"},
    ),
    "account given to another person": (
        ("UPDATE accounts SET holder_id = 4 WHERE id = 3",),
        {"postings_differ"},
    ),
    "entry removed": (
        ("DELETE FROM postings WHERE entry_id = 3", "DELETE FROM entries WHERE id = 3"),
        {"entries_differ", "postings_differ"},
    ),
    "entry added": (
        (f"{POSTING} (1, 0, 5)", f"{POSTING} (93, 0, -5)", ENTRY),
        {"entries_differ", "postings_differ"},
    ),
    "order altered": (SWAPPED, {"entries_differ", "postings_differ"}),
    "link altered": (
        (f"UPDATE chain_links SET entries_sha256 = '{'a' * 64}' WHERE id = 1",),
        {"link_differs", "entries_differ"},
    ),
    "link sealed at another instant": (
        ("UPDATE chain_links SET sealed_at = '2025-04-12 01:02:03.000004' WHERE id = 2",),
        {"link_differs"},
    ),
    "first link removed": (
        ("DELETE FROM chain_links WHERE id = 1",),
        {"link_out_of_line", "entries_differ", "postings_differ"},
    ),
    "links swapped": (
        (
            "UPDATE chain_links SET id = 3 WHERE id = 1",
            "UPDATE chain_links SET id = 1 WHERE id = 2",
            "UPDATE chain_links SET id = 2 WHERE id = 3",
        ),
        {"link_out_of_line", "link_differs"},
    ),
}


def test_a_sound_chain_holds(reading: Reading) -> None:
    result = checked(reading)
    assert (result.looked_at, result.violations) == (5, 0)


@pytest.mark.parametrize("how", REWRITTEN)
def test_rewritten_history_is_found(community: Flask, how: str) -> None:
    statements, parts = REWRITTEN[how]
    with rewritten(community, *statements) as reading:
        assert {sample["what"] for sample in checked(reading).samples} == parts


@pytest.mark.parametrize("rows_at_once", [1, 3, 4, 5, 7, 11, 100])
def test_where_the_chunks_end_does_not_show(
    reading: Reading, monkeypatch: pytest.MonkeyPatch, rows_at_once: int
) -> None:
    monkeypatch.setattr("app.audit.reading.ROWS_AT_ONCE", rows_at_once)
    assert checked(reading).violations == 0


def test_what_came_after_the_head_is_no_violation(community: Flask) -> None:
    later = ENTRY.replace("(0,", "(6,")
    with rewritten(community, f"{POSTING} (1, 6, 5)", f"{POSTING} (93, 6, -5)", later) as reading:
        assert checked(reading).violations == 0


def test_the_program_seals_the_bytes_the_audit_reads(community: Flask) -> None:
    """Two wordings of the same format, held against each other on quotes, gaps and nothing."""
    plant_in(community, "UPDATE entries SET reason = 'a, \"b\"\n积分' WHERE id = 2")
    with snapshot() as session:
        lines = chain_statements.entry_lines(session), chain_statements.posting_lines(session)
    connection = db.session.connection()
    placeholder = "?" if db.engine.dialect.name == "sqlite" else "%s"
    given: tuple[tuple[Any, ...], ...] = ((0, 5, 9), (0, 5))
    written = [
        list(connection.exec_driver_sql(line.replace("?", placeholder), values))
        for line, values in zip(lines, given, strict=True)
    ]
    db.session.rollback()
    with opened(community) as reading:
        words = Words(reading.engine)
        read = [reading.rows(chain_checks.entry_lines(words)), chain_checks.posting_lines(words)]
        assert [row[1] for row in written[0]] == [row[1] for row in read[0]]
        postings = reading.rows(str(read[1]))
        assert [row[0] for row in written[1]] == [row[1] for row in postings]


def test_a_chain_written_anew_is_found_by_an_earlier_head(community: Flask) -> None:
    before = kept_head()
    plant_in(
        community,
        "UPDATE entries SET reason = 'x' WHERE id = 2",
        "DELETE FROM chain_links",
    )
    sealed_anew()
    with opened(community) as reading:
        assert checked(reading).violations == 0
        assert not is_there(reading, before)
        assert is_there(reading, kept_head())


def test_a_shortened_chain_is_found_by_an_earlier_head(community: Flask) -> None:
    before = kept_head()
    with rewritten(community, "DELETE FROM chain_links WHERE id = 2") as reading:
        assert checked(reading).violations == 0
        assert not is_there(reading, before)


def test_an_earlier_head_stays_in_a_chain_that_grew(community: Flask) -> None:
    first = LINKS[0]
    earlier = Head(3, str(first["sha256"]), SEALED_AT, 1)
    with opened(community) as reading:
        assert is_there(reading, earlier)
        assert not is_there(reading, earlier._replace(entry_id=4))
        assert not is_there(reading, earlier._replace(sealed_at=SEALED_AT + timedelta(1)))


def test_a_head_left_before_an_altered_link_is_not_in_the_chain(community: Flask) -> None:
    """The row of the old head may have been kept while what leads to it was not."""
    before = kept_head()
    with rewritten(community, "UPDATE chain_links SET entries = 1 WHERE id = 1") as reading:
        assert not is_there(reading, before)


# ── means ─────────────────────────────────────────────────────────────────────────────────


def checked(reading: Reading) -> Any:
    (check,) = chain_checks.chain_checks(Words(reading.engine))
    return run(check, reading)


def opened(community: Flask) -> Any:
    return open_reading(community.config["DATABASE_URL"])


def plant_in(community: Flask, *statements: str) -> None:
    db.engine.dispose()
    plant(community.config["DATABASE_URL"], statements)


def rewritten(community: Flask, *statements: str) -> Any:
    plant_in(community, *statements)
    return opened(community)


def is_there(reading: Reading, found: Head) -> bool:
    at = instant_text(found.sealed_at)
    return head_is_there(reading, found.links, found.entry_id, found.sha256, at)


def kept_head() -> Head:
    with snapshot() as session:
        found = head(session)
    assert found is not None
    return found


def sealed_anew(now: datetime = SEALED_AT, most_entries: int = MOST_ENTRIES) -> None:
    if db.engine.dialect.name == "postgresql":
        # The community's rows were written by hand; their ids count as given out.
        with db.engine.begin() as connection:
            connection.exec_driver_sql("SELECT setval('entry_ids', 5)")
    assert seal(lambda: now, most_entries=most_entries).is_whole


def test_the_program_makes_the_links_written_here(community: Flask) -> None:
    plant_in(community, "DELETE FROM chain_links")
    sealed_anew(most_entries=3)
    assert kept_head() == Head(5, str(LINKS[1]["sha256"]), SEALED_AT, 2)
