"""Places as the page shows them: every figure made text here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, islice
from typing import Any, NamedTuple

from flask_babel import gettext as _

from app.ranking.queries import MainTeam, PlacedTeam
from app.ranking.rules import Placed, Row
from app.web.filters import hours, number, points

PODIUM_STEPS = 3
MOST_ON_A_STEP = 3


class Dot(NamedTuple):
    """A colour as its glyph is drawn."""

    key: str
    glyph: str


class ShownRow(NamedTuple):
    """One person of the table."""

    rank: int
    is_tied: bool
    name: str
    volunteer_no: str
    team_name: str
    colour: Dot | None
    hours: str
    dates: str
    service_days: str
    points: str


class ShownTeam(NamedTuple):
    """One team among the teams."""

    rank: str
    is_tied: bool
    name: str
    code: str
    colour: Dot
    hours: str
    people: str
    per_person: str


def tied_ranks(places: Iterable[tuple[int | None, object]]) -> frozenset[int]:
    """Return the ranks that more than one shares."""
    seen: dict[int, int] = {}
    for rank, _row in places:
        if rank is not None:
            seen[rank] = seen.get(rank, 0) + 1
    return frozenset(rank for rank, count in seen.items() if count > 1)


def shown_rows(places: Iterable[Placed], teams: Mapping[str, MainTeam]) -> list[ShownRow]:
    """Return the rows of the table."""
    return [_shown_row(place, teams.get(place.row.volunteer_no)) for place in places]


def _shown_row(place: Placed, team: MainTeam | None) -> ShownRow:
    row = place.row
    return ShownRow(
        rank=place.rank,
        is_tied=place.is_tied,
        name=row.name,
        volunteer_no=row.volunteer_no,
        team_name=team.team_name if team else "",
        colour=Dot(team.colour_key, team.colour_glyph) if team else None,
        hours=hours(row.minutes),
        dates=number(row.dates),
        service_days=number(row.service_days),
        points=points(row.points_hundredths),
    )


def podium(places: Sequence[Placed], teams: Mapping[str, MainTeam]) -> list[dict[str, Any]]:
    """Return the steps for the first three; none when a step would be too crowded."""
    by_rank = groupby(places, key=lambda place: place.rank)
    steps = [
        (rank, list(islice(tied, MOST_ON_A_STEP + 1)))
        for rank, tied in islice(by_rank, PODIUM_STEPS)
        if rank <= PODIUM_STEPS
    ]
    if any(len(tied) > MOST_ON_A_STEP for _rank, tied in steps):
        return []
    return [
        {
            "rank": rank,
            "note": _("%(hours)s hours", hours=hours(tied[0].row.minutes)),
            "people": [_on_step(place.row, teams.get(place.row.volunteer_no)) for place in tied],
        }
        for rank, tied in steps
    ]


def _on_step(row: Row, team: MainTeam | None) -> dict[str, Any]:
    colour = Dot(team.colour_key, team.colour_glyph) if team else None
    return {"name": row.name, "initial": row.name[:1], "colour": colour}


def shown_teams(teams: Sequence[PlacedTeam]) -> list[ShownTeam]:
    """Return the rows of the table of teams."""
    tied = tied_ranks((team.rank, team) for team in teams)
    return [
        ShownTeam(
            rank="—" if team.rank is None else str(team.rank),
            is_tied=team.rank in tied,
            name=team.row.name,
            code=team.row.team_code,
            colour=Dot(team.colour_key, team.colour_glyph),
            hours=hours(team.row.minutes),
            people=number(team.row.people),
            # Only shown: the order compares by cross-multiplication.
            per_person=hours(team.row.minutes // max(1, team.row.people), fixed=True),
        )
        for team in teams
    ]
