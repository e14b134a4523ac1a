"""What a frozen ranking is made of, in the one form in which it is hashed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from app.ranking.rules.awarding import Award, Candidate, Rankings
from app.ranking.rules.ordering import Row, canonical_csv, sha256_of

# One encoder for all the lines: `json.dumps` makes a new one for each.
_in_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Sums(NamedTuple):
    """The SHA-256 of each list of a frozen ranking; the first is of the canonical CSV."""

    people: str
    colours: str
    teams: str
    awards: str


def csv_of(rows: Sequence[Candidate]) -> bytes:
    """Return the canonical CSV of people in their order."""
    return canonical_csv([(one.rank, _row(one)) for one in rows])


def sums_of(rankings: Rankings, awards: Sequence[Award], csv: bytes) -> Sums:
    """Return the sums of every list; `csv` is the canonical one of everybody."""
    numbers = {one.volunteer_id: one.number for one in rankings.everyone}
    return Sums(
        sha256_of(csv),
        _sum_of([colour_id, *_figures(one)] for colour_id, one in _coloured(rankings)),
        _sum_of([team.rank, team.team_id, team.minutes, team.people] for team in rankings.teams),
        _sum_of(_award(award, numbers) for award in awards),
    )


def _row(one: Candidate) -> Row:
    return Row(one.number, "", *one[3:7])


def _coloured(rankings: Rankings) -> Iterable[tuple[int, Candidate]]:
    return (
        (colour_id, one) for colour_id, rows in sorted(rankings.by_colour.items()) for one in rows
    )


def _figures(one: Candidate) -> Sequence[int | str]:
    return one.rank, *one[2:7]


def _award(award: Award, numbers: Mapping[int, str]) -> list[object]:
    # A person by number, as everywhere in the canonical forms; a team by its id. Whoever stands
    # in no list has no number, which is how a planted title shows.
    whose = award.team_id if award.volunteer_id is None else numbers.get(award.volunteer_id)
    return [award.position, award.category, award.title, award.colour_id, award.kind, whose,
            award.rank, award.is_tied]  # fmt: skip


def _sum_of(rows: Iterable[Sequence[object]]) -> str:
    return sha256_of("".join(f"{_in_json(row)}\n" for row in rows).encode())
