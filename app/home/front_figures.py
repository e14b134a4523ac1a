"""The figures of a public page: summed at each visit where that is cheap, else kept a minute.

A county of 100,000 people takes half a second to sum; its home page may be a minute behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.home.queries import ColourHours, Sums, TeamHours, hours_by_colour, hours_by_team, sums_of
from app.ranking.queries import years_of
from app.web.kept import kept_if_dear


class FrontFigures(NamedTuple):
    """What a community served, and with which teams."""

    year: int
    sums: Sums
    colours: list[ColourHours]
    teams: list[TeamHours]


def front_figures(
    session: Session, organisation_id: int, below: Sequence[int], today: date
) -> FrontFigures:
    """Return the figures of an organisation and those below it."""

    def summed() -> FrontFigures:
        year = year_to_show(years_of(session, below), today)
        return FrontFigures(
            year,
            sums_of(session, below, year),
            hours_by_colour(session, below, year),
            hours_by_team(session, below, year, today),
        )

    return kept_if_dear(("front figures", organisation_id, tuple(below), today), summed)


def year_to_show(years: Sequence[int], today: date) -> int:
    """Return this year once it has hours, else the latest that has."""
    return today.year if today.year in years or not years else years[0]
