"""Seal what was posted into a chain of hashes, off the posting path (I-06).

Nothing is locked while a block is hashed: what lies below a settled id never changes, so it is
read in short pieces. Only the link itself is written, in a transaction of one row; of two
sealers at once the second finds the place taken.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import driver_instant, fetch, instant_of, many, spoken
from app.db import db, driver_connection, is_postgresql, snapshot, transaction
from app.ledger import chain_statements
from app.ledger.chain_rules import BEGINNING, MOST_ENTRIES, Block, Head, link_sha256
from app.ledger.marks import settled_id
from app.ledger.queries import head, last_entry_id

# So many entries are read at once: with their postings a few megabytes.
ENTRIES_AT_ONCE = 2000
PATIENCE = timedelta(seconds=2)

Clock = Callable[[], datetime]


class Sealed(NamedTuple):
    """What a sealing did: how many links it added, and whether all that was settled is sealed."""

    links: int
    is_whole: bool


class _Hashed(NamedTuple):
    block: Block
    recorded_at: datetime


def seal(
    now: Clock,
    *,
    most_links: int | None = None,
    most_entries: int = MOST_ENTRIES,
    patience: timedelta = PATIENCE,
    goes_on: Callable[[], bool] = lambda: True,
) -> Sealed:
    """Seal what is settled, a link at a time. Outside any transaction; safe to do twice at once."""
    if db.session().info.get("in_transaction"):
        raise RuntimeError("a seal is made outside of any transaction")
    before = _head()
    if not _has_more(before):
        return Sealed(0, True)
    settled = settled_id(patience)
    if settled is None:
        return Sealed(0, False)
    links = 0
    while goes_on() and links != most_links:
        hashed = _hash(before.entry_id if before else 0, settled, most_entries)
        if hashed is None:
            return Sealed(links, True)
        before = _add(before, hashed, now())
        if before is None:
            break
        links += 1
        if hashed.block.entries < most_entries:
            return Sealed(links, True)
    return Sealed(links, False)


def _head() -> Head | None:
    with snapshot() as session:
        return head(session)


def _has_more(before: Head | None) -> bool:
    with snapshot() as session:
        return last_entry_id(session) > (before.entry_id if before else 0)


def _hash(after_id: int, settled: int, most_entries: int) -> _Hashed | None:
    """Hash the next entries and their postings as they stream; None when there are none."""
    entries, postings = sha256(), sha256()
    counts, through_id, recorded_at = [0, 0], after_id, None
    while counts[0] < most_entries:
        count = min(ENTRIES_AT_ONCE, most_entries - counts[0])
        with snapshot() as session:
            query = chain_statements.entry_lines(session)
            rows = _rows(session, query, through_id, settled, count)
            if not rows:
                break
            query = chain_statements.posting_lines(session)
            legs = _rows(session, query, through_id, rows[-1][0])
        entries.update(_bytes(row[1] for row in rows))
        postings.update(_bytes(row[0] for row in legs))
        counts = [counts[0] + len(rows), counts[1] + len(legs)]
        through_id, recorded_at = rows[-1][0], instant_of(rows[-1][2])
    if recorded_at is None:
        return None
    hashes = entries.hexdigest(), postings.hexdigest()
    return _Hashed(Block(after_id, through_id, counts[0], counts[1], *hashes), recorded_at)


def _rows(session: Session, query: str, *values: int) -> list[tuple[Any, ...]]:
    """Return rows as the driver gives them: SQLAlchemy's take as long again to make."""
    spoken_query = spoken(query, is_postgresql(session))
    found: list[tuple[Any, ...]]
    found = driver_connection(session).execute(spoken_query, values).fetchall()
    return found


def _bytes(lines: Any) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _add(before: Head | None, hashed: _Hashed, now: datetime) -> Head | None:
    """Add the link that follows the head; None when another one follows it already."""
    number, previous = (before.links + 1, before.sha256) if before else (1, BEGINNING)
    # A clock that was set back does not seal before what is sealed was recorded.
    at = max(now, hashed.recorded_at, before.sealed_at if before else now)
    digest = link_sha256(number, previous, hashed.block, at)
    with transaction() as session:
        row = (number, *hashed.block, previous, digest, driver_instant(session, at))
        many(session, chain_statements.ADD_LINK, [row])
        is_ours = fetch(session, chain_statements.IS_LINK, number, digest)
    return Head(hashed.block.through_id, digest, at, number) if is_ours else None
