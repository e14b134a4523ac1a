"""The year's order of people and of teams, and the bytes that are hashed.

Text is compared by code point, which is how Python compares it: a database's collation
must have no say in a rank.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cmp_to_key
from typing import NamedTuple

from app.points.rules import format_hundredths

LEAST_PEOPLE = 5
CSV_HEADER = "rank,volunteer_no,minutes,dates,service_days,points"
_NEEDS_QUOTES = frozenset(',"\r\n')


class Row(NamedTuple):
    """What one volunteer did in the year, in the scope that is ranked."""

    volunteer_no: str
    name: str
    minutes: int
    dates: int
    service_days: int
    points_hundredths: int


class Placed(NamedTuple):
    """A row of a list that is shown by pages."""

    rank: int
    row: Row
    is_tied: bool


class TeamRow(NamedTuple):
    """What was served with one team in the year, by how many people."""

    team_code: str
    name: str
    minutes: int
    people: int


def ranked(rows: Iterable[Row]) -> list[tuple[int, Row]]:
    """Return the default order: minutes, dates, service days; equal in all three share a rank."""
    return _numbered(sorted(rows, key=_order), place=1, rank=1)


def placed_from(rows: Iterable[Row], *, place: int, rank: int) -> list[Placed]:
    """Return rows that stand in order from a place on, the first of which has a known rank."""
    places = _numbered(rows, place=place, rank=rank)
    seen = Counter(rank for rank, _row in places)
    return [Placed(rank, row, seen[rank] > 1) for rank, row in places]


def _numbered(rows: Iterable[Row], *, place: int, rank: int) -> list[tuple[int, Row]]:
    found: list[tuple[int, Row]] = []
    for at, row in enumerate(rows, start=place):
        if found and _merit(found[-1][1]) != _merit(row):
            rank = at
        found.append((rank, row))
    return found


def ranked_teams(
    rows: Iterable[TeamRow], least_people: int = LEAST_PEOPLE
) -> list[tuple[int | None, TeamRow]]:
    """Return teams by minutes per active person; those too small follow, by code, unplaced."""
    least = max(1, least_people)
    by_code = sorted(rows, key=lambda row: row.team_code)
    placed = sorted((row for row in by_code if row.people >= least), key=cmp_to_key(_compare_teams))
    found: list[tuple[int | None, TeamRow]] = []
    for place, row in enumerate(placed, start=1):
        is_tied = bool(found) and _compare_teams(found[-1][1], row) == 0
        found.append((found[-1][0] if is_tied else place, row))
    return found + [(None, row) for row in by_code if row.people < least]


def canonical_csv(ranking: Sequence[tuple[int, Row]]) -> bytes:
    """Return the bytes that are hashed: UTF-8, no BOM, no quotes, every line ended by LF."""
    lines = [CSV_HEADER, *(_csv_line(rank, row) for rank, row in ranking)]
    return "".join(f"{line}\n" for line in lines).encode()


def sha256_of(csv: bytes) -> str:
    """Return the SHA-256 of a canonical CSV, in lower-case hex."""
    return hashlib.sha256(csv).hexdigest()


def _merit(row: Row) -> tuple[int, int, int]:
    return row.minutes, row.dates, row.service_days


def _order(row: Row) -> tuple[int, int, int, str]:
    return -row.minutes, -row.dates, -row.service_days, row.volunteer_no


def _compare_teams(one: TeamRow, other: TeamRow) -> int:
    """Compare minutes per person without dividing; negative when `one` comes first."""
    return other.minutes * one.people - one.minutes * other.people


def _csv_line(rank: int, row: Row) -> str:
    # The canonical form has no quotes, so a number that needs them has no canonical form.
    if _NEEDS_QUOTES.intersection(row.volunteer_no):
        raise ValueError(f"volunteer number {row.volunteer_no!r} cannot stand in the canonical CSV")
    points = format_hundredths(row.points_hundredths)
    return f"{rank},{row.volunteer_no},{row.minutes},{row.dates},{row.service_days},{points}"
