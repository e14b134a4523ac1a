"""The chain over the ledger, hashed anew from its rows (I-06), and an earlier head held to it.

A chain that was written anew as a whole hangs together again: only a head published before
tells it apart, by `head_is_there`.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

from app.audit.canonical import line
from app.audit.checks import Check, Found, Part
from app.audit.reading import SAMPLES, Reading
from app.audit.tables import columns
from app.audit.words import Words
from app.errors import N_

_FORMAT = "qicai-chain/1"
_BEGINNING = "0" * 64
# What the format of the chain says of each row; not what the tables may hold one day.
_ENTRY = columns(
    "id:i kind:t recorded_at:z actor_id:i reason:t idempotency_key:t subject_kind:t subject_id:i "
    "reverses_id:i rule_version_id:i"
)
_POSTING = columns(
    "entry_id:i account_id:i a.root_id:i a.holder_id:i a.purpose:t a.unit:t amount:i"
)
# Its hashes stand without quotes.
_LINK = columns(
    "id:i previous_sha256:i after_id:i through_id:i entries:i postings:i entries_sha256:i "
    "postings_sha256:i sealed_at:z"
)


class _Sealed(NamedTuple):
    """What a link says of the rows it seals."""

    link: int
    through_id: int
    rows: int
    sha256: str


def chain_checks(words: Words) -> tuple[Check, ...]:
    """Return the check of the chain up to its head."""
    return (
        Check(
            "I-06",
            N_("The chain of seals holds, and everything up to its head is as it was sealed"),
            "SELECT coalesce(sum(entries), 0) FROM chain_links",
            chain_parts(),
        ),
    )


def chain_parts(after_id: int = 0) -> tuple[Part, ...]:
    """Return what is found in the chain, or in its links that seal more than up to an entry."""
    out_of_line = f"""
        SELECT id AS link, after_id, through_id FROM (
          SELECT id, after_id, through_id, previous_sha256, sealed_at,
            lag(id, 1, 0) OVER (ORDER BY id) AS before_id,
            lag(through_id, 1, 0) OVER (ORDER BY id) AS ended_id,
            lag(sha256, 1, '{_BEGINNING}') OVER (ORDER BY id) AS before_sha256,
            lag(sealed_at) OVER (ORDER BY id) AS before_at
          FROM chain_links
        ) l WHERE id <> before_id + 1 OR after_id <> ended_id
          OR previous_sha256 <> before_sha256 OR sealed_at < before_at
    """
    return (
        Part("link_out_of_line", out_of_line),
        Part("link_differs", find=partial(_links_that_differ, after_id=after_id)),
        Part("entries_differ", find=partial(_entries_that_differ, after_id=after_id)),
        Part("postings_differ", find=partial(_postings_that_differ, after_id=after_id)),
    )


def link_lines(words: Words, after_id: int = 0) -> str:
    """Return the query for every link: its number, its hash and the line that is hashed."""
    return (
        f"SELECT id, sha256, {line(_LINK, words)} FROM chain_links "
        f"WHERE through_id > {after_id} ORDER BY id"
    )


def entry_lines(words: Words, after_id: int = 0) -> str:
    """Return the query for every sealed entry: its id and its line."""
    return (
        f"SELECT id, {line(_ENTRY, words)} FROM entries "
        f"WHERE {_in_links('id', after_id)} ORDER BY id"
    )


def posting_lines(words: Words, after_id: int = 0) -> str:
    """Return the query for every sealed posting: its entry's id and its line."""
    return (
        f"SELECT entry_id, {line(_POSTING, words)} FROM postings p "
        "LEFT JOIN accounts a ON a.id = p.account_id "
        f"WHERE {_in_links('entry_id', after_id)} ORDER BY entry_id, account_id"
    )


def _in_links(column: str, after_id: int) -> str:
    links = f"FROM chain_links WHERE through_id > {after_id}"
    first, last = f"(SELECT min(after_id) {links})", f"(SELECT max(through_id) {links})"
    # Over the whole chain nothing may lie below it either.
    above = f"{column} > {first} AND " if after_id else ""
    return f"{above}{column} <= {last}"


def head_is_there(reading: Reading, number: int, entry: int, sha256: str, at: str) -> bool:
    """Tell whether a head published before is a link of today's chain, which itself holds."""
    words = Words(reading.engine)
    found = reading.rows(
        f"SELECT through_id, sha256, {words.instant('sealed_at')} FROM chain_links "
        f"WHERE id = {int(number)}"
    )
    if [tuple(row) for row in found] != [(entry, sha256, at)]:
        return False
    (check,) = chain_checks(words)
    out_of_line = check.parts[0].query
    return not reading.found(out_of_line)[0] and not _links_that_differ(reading)[0]


# ── what is found ─────────────────────────────────────────────────────────────────────────


def _links_that_differ(reading: Reading, after_id: int = 0) -> Found:
    return _counted(
        {"link": number, "sha256": written}
        for chunk in reading.chunks(link_lines(Words(reading.engine), after_id))
        for number, written, text in chunk
        if hashlib.sha256(f"{_FORMAT},{text}\n".encode()).hexdigest() != written
    )


def _entries_that_differ(reading: Reading, after_id: int = 0) -> Found:
    return _compared(reading, "entries", entry_lines(Words(reading.engine), after_id), after_id)


def _postings_that_differ(reading: Reading, after_id: int = 0) -> Found:
    return _compared(reading, "postings", posting_lines(Words(reading.engine), after_id), after_id)


def _compared(reading: Reading, table: str, query: str, after_id: int) -> Found:
    """Hold every link's rows, in one pass over a table, against what it says of them."""
    links = [
        _Sealed(*row)
        for row in reading.rows(
            f"SELECT id, through_id, {table}, {table}_sha256 FROM chain_links "
            f"WHERE through_id > {after_id} ORDER BY through_id"
        )
    ]
    return _counted(_differing(links, reading.chunks(query)))


def _differing(
    links: list[_Sealed], chunks: Iterator[list[tuple[Any, ...]]]
) -> Iterator[dict[str, Any]]:
    rows: list[tuple[Any, ...]] = []
    at = 0
    for link in links:
        count, hashed = 0, hashlib.sha256()
        while True:
            if at == len(rows):
                rows, at = next(chunks, []), 0
            end = bisect_right(rows, link.through_id, at, key=itemgetter(0))
            lines = "".join([f"{row[1]}\n" for row in rows[at:end]])
            hashed.update(lines.encode("utf-8", "surrogateescape"))
            count, at = count + end - at, end
            # What is left belongs to the next link, or nothing is left at all.
            if at < len(rows) or not rows:
                break
        if count != link.rows or hashed.hexdigest() != link.sha256:
            yield {"link": link.link, "through_id": link.through_id, "rows": count}


def _counted(faults: Iterable[dict[str, Any]]) -> Found:
    first: list[dict[str, Any]] = []
    count = 0
    for fault in faults:
        count += 1
        if len(first) < SAMPLES:
            first.append(fault)
    return count, first
