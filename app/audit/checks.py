"""What a check is: an invariant of GUARANTEES §1 and the queries whose rows violate it."""

from __future__ import annotations

from typing import Any, NamedTuple

from app.audit.reading import SAMPLES, Reading


class Part(NamedTuple):
    """One way to violate an invariant; `query` gives the rows that do."""

    code: str
    query: str


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


def run(check: Check, reading: Reading) -> Result:
    """Count what violates one invariant and keep the first rows of it."""
    violations = 0
    samples: list[dict[str, Any]] = []
    for part in check.parts:
        count, first = reading.found(part.query)
        violations += count
        samples += [{"what": part.code, **row} for row in first]
    looked_at = reading.number(check.looked_at)
    return Result(check.id, check.name, looked_at, violations, samples[:SAMPLES])
