"""What a check is: an invariant of GUARANTEES §1 and the queries whose rows violate it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from app.audit.reading import SAMPLES, Reading

# How many rows violate, and the first of them.
Found = tuple[int, list[dict[str, Any]]]


class Part(NamedTuple):
    """One way to violate an invariant; `query` gives the rows that do.

    What one query cannot say, such as a hash, is found by `find` instead.
    """

    code: str
    query: str = ""
    find: Callable[[Reading], Found] | None = None


class Check(NamedTuple):
    """One invariant; `looked_at` counts the rows it is about."""

    id: str
    # An English msgid: what holds when nothing is found.
    name: str
    looked_at: str
    parts: tuple[Part, ...]


class Result(NamedTuple):
    """What a check found; a sample names its part and the first columns of a row."""

    id: str
    name: str
    looked_at: int
    violations: int
    samples: list[dict[str, Any]]


def run(check: Check, reading: Reading, looked_at: int | None = None) -> Result:
    """Count what violates one invariant and keep the first rows of it."""
    violations = 0
    samples: list[dict[str, Any]] = []
    for part in check.parts:
        count, first = part.find(reading) if part.find else reading.found(part.query)
        violations += count
        samples += [{"what": part.code, **row} for row in first]
    if looked_at is None:
        looked_at = reading.number(check.looked_at)
    return Result(check.id, check.name, looked_at, violations, samples[:SAMPLES])
