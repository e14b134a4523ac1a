"""One joining of two people: who does it and why, and what was posted by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from app.ledger.operations import Held
from app.teams.rules import Actor

MERGE = "merge"


class Deed(NamedTuple):
    """Who does it, when, why, under which key, and under whose locks."""

    actor: Actor
    now: datetime
    reason: str
    key: str
    held: Mapping[int, Held]
    merge_id: int


class Posted(NamedTuple):
    """Ids given to what was posted."""

    record_ids: Mapping[int, int]
    awards: Mapping[int, int]
    book_id: int | None
    book_entry_id: int | None
    years: Sequence[tuple[int, int, int]]
