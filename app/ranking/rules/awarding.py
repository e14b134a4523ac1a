"""Who receives which title: from the rows of a ranking and its scheme, nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from app.ranking.rules.schemes import Scheme, Title

KINDS = ("party", "social", "resident")


class Candidate(NamedTuple):
    """One person's row of a ranking (colour None: every colour), and what decides on titles."""

    rank: int
    volunteer_id: int
    number: str
    minutes: int
    dates: int
    service_days: int
    points_hundredths: int
    score: int | None
    kind: str
    # The first day of a membership; missing for who only was a guest.
    joined_on: date | None


class TeamCandidate(NamedTuple):
    """One team's row of a ranking; too small a one has no rank."""

    rank: int | None
    team_id: int
    minutes: int
    people: int


class Award(NamedTuple):
    """One title given; the rank is the one of the list it was given by."""

    position: int
    category: str
    title: str
    colour_id: int | None
    kind: str | None
    volunteer_id: int | None
    team_id: int | None
    rank: int
    is_tied: bool


class Rankings(NamedTuple):
    """All lists of one year: everyone, each colour's, the teams'; each in its order."""

    year: int
    everyone: Sequence[Candidate]
    by_colour: dict[int, Sequence[Candidate]]
    teams: Sequence[TeamCandidate]


def why_not(scheme: Scheme, person: Candidate) -> str | None:
    """Return why somebody receives no title: excluded, minimum, member_since; None when fit."""
    if person.volunteer_id in scheme.exclusions:
        return "excluded"
    if person.minutes < scheme.minimum_minutes:
        return "minimum"
    if scheme.member_since is not None and (
        person.joined_on is None or person.joined_on > scheme.member_since
    ):
        return "member_since"
    return None


def awards_of(scheme: Scheme, rankings: Rankings) -> list[Award]:
    """Return every title of the scheme with whoever receives it, title by title in its order."""
    fit = {one.volunteer_id: one for one in rankings.everyone if why_not(scheme, one) is None}
    held: Counter[int] = Counter()
    found: list[Award] = []
    for position, title in enumerate(scheme.titles, start=1):
        if title.category == "team":
            found += _team_awards(position, title, rankings.teams)
            continue
        for colour_id, kind, ranked in _lists(title, rankings):
            free = [
                one
                for one in ranked
                if one.volunteer_id in fit and held[one.volunteer_id] < scheme.titles_per_person
            ]
            given = _first(free, title.places)
            tied = _tied_ranks(ranked)
            held.update(one.volunteer_id for one in given)
            found += [
                Award(position, title.category, title.title, colour_id, kind,
                      one.volunteer_id, None, one.rank, one.rank in tied)
                for one in given
            ]  # fmt: skip
    return found


def given_besides(these: Iterable[Award], those: Iterable[Award]) -> list[Award]:
    """Return the titles some receive here and not there, whatever their ranks."""
    held = {_whose(one) for one in those}
    return [one for one in these if _whose(one) not in held]


def _whose(one: Award) -> tuple[object, ...]:
    return one.category, one.title, one.colour_id, one.kind, one.volunteer_id, one.team_id


def _lists(
    title: Title, rankings: Rankings
) -> Iterable[tuple[int | None, str | None, Sequence[Candidate]]]:
    """Return the lists a title is given by, each with its colour or kind."""
    everyone = rankings.everyone
    if title.category == "overall":
        return [(None, None, everyone)]
    if title.category == "colour":
        return [(colour_id, None, rows) for colour_id, rows in sorted(rankings.by_colour.items())]
    if title.category == "kind":
        return [
            (None, kind, _among_themselves(one for one in everyone if one.kind == kind))
            for kind in KINDS
        ]
    joined = (one for one in everyone if one.joined_on and one.joined_on.year == rankings.year)
    return [(None, None, _among_themselves(joined))]


def _among_themselves(rows: Iterable[Candidate]) -> list[Candidate]:
    """Return some of a list with their places among themselves; who was tied stays tied."""
    found: list[Candidate] = []
    for _rank, tied in groupby(rows, key=lambda one: one.rank):
        place = len(found) + 1
        found += [one._replace(rank=place) for one in tied]
    return found


def _first(free: Sequence[Candidate], places: int) -> list[Candidate]:
    """Return who takes the places; everyone tied at the last one is in."""
    found: list[Candidate] = []
    for _rank, tied in groupby(free, key=lambda one: one.rank):
        if len(found) >= places:
            break
        found += tied
    return found


def _team_awards(position: int, title: Title, teams: Sequence[TeamCandidate]) -> list[Award]:
    tied = _tied_ranks(teams)
    return [
        Award(position, title.category, title.title, None, None,
              None, team.team_id, team.rank, team.rank in tied)
        for team in teams
        if team.rank is not None and team.rank <= title.places
    ]  # fmt: skip


def _tied_ranks(rows: Iterable[Candidate | TeamCandidate]) -> set[int]:
    seen = Counter(row.rank for row in rows if row.rank is not None)
    return {rank for rank, count in seen.items() if count > 1}
