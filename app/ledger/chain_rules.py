"""The chain over the ledger: what a link's hash is of, and a head in words for publication.

docs/adr says what the bytes hold and why. The audit has rules of its own for the same bytes;
a test holds the two against each other.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

FORMAT = "qicai-chain/1"
HEAD_FORMAT = "qicai-head/1"
# What the first link follows.
BEGINNING = "0" * 64
# A link holds at most so many entries: the first seal of an old ledger makes many.
MOST_ENTRIES = 20_000

_HEAD_LINE = re.compile(
    rf"{HEAD_FORMAT} links=(\d{{1,18}}) entry=(\d{{1,18}}) "
    r"sha256=([0-9a-f]{64}) at=(\S{27})(?!\S)"
)
_HEAD_OBJECT = re.compile(r"\{[^{}]{0,500}\}")
# However it goes on: what begins like a head is meant as one.
_HEAD_BEGINS = re.compile(rf'{HEAD_FORMAT}(?:\s+links=|")')


class Block(NamedTuple):
    """What one link seals: the entries above `after_id` up to `through_id`, and their postings."""

    after_id: int
    through_id: int
    entries: int
    postings: int
    entries_sha256: str
    postings_sha256: str


class Head(NamedTuple):
    """The last link of a chain: up to which entry it seals, by how many links, and its hash."""

    entry_id: int
    sha256: str
    sealed_at: datetime
    links: int


def link_sha256(number: int, previous_sha256: str, block: Block, sealed_at: datetime) -> str:
    """Return the hash of a link: of its place, its block, the link before and the instant."""
    line = ",".join(map(str, (FORMAT, number, previous_sha256, *block, instant_text(sealed_at))))
    return sha256(f"{line}\n".encode()).hexdigest()


def instant_text(at: datetime) -> str:
    """Return an instant as the bytes hold it: 2025-03-28T01:02:03.000004Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def head_line(head: Head) -> str:
    """Return a head as the one line that is published, the same in every language."""
    return (
        f"{HEAD_FORMAT} links={head.links} entry={head.entry_id} sha256={head.sha256} "
        f"at={instant_text(head.sealed_at)}"
    )


def head_object(head: Head) -> dict[str, str | int]:
    """Return a head as the object that is published as JSON."""
    return {
        "format": HEAD_FORMAT,
        "links": head.links,
        "entry": head.entry_id,
        "sha256": head.sha256,
        "at": instant_text(head.sealed_at),
    }


def published_heads(text: str) -> list[Head]:
    """Return every head a text holds, as lines (a mail, a notice) or as JSON objects."""
    text = _as_written(text)
    lines = [_read(*found.groups()) for found in _HEAD_LINE.finditer(text)]
    objects = [_from_json(found.group()) for found in _HEAD_OBJECT.finditer(text)]
    return [head for head in (*lines, *objects) if head is not None]


def unread_heads(text: str) -> int:
    """Return how many heads a text begins that cannot be read: cut off, broken up, altered."""
    begun = len(_HEAD_BEGINS.findall(_as_written(text)))
    return max(0, begun - len(published_heads(text)))


def _as_written(text: str) -> str:
    """Undo how a mail breaks long lines (quoted-printable)."""
    if f"{HEAD_FORMAT} links=3D" not in text:
        return text
    return text.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=")


def _from_json(text: str) -> Head | None:
    try:
        found = json.loads(text)
        if found["format"] != HEAD_FORMAT:
            return None
        return _read(*(found[name] for name in ("links", "entry", "sha256", "at")))
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def _read(links: object, entry: object, digest: object, at: object) -> Head | None:
    try:
        sealed_at = datetime.strptime(str(at), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        head = Head(int(str(entry)), str(digest), sealed_at, int(str(links)))
    except ValueError:
        return None
    return head if re.fullmatch("[0-9a-f]{64}", head.sha256) else None
