"""Everything a dashboard shows of one year: summed where that is cheap, else kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.home.desk_queries import (
    DeskColour,
    TeamYear,
    Tiles,
    days_served,
    teams_served,
    tiles_of,
)
from app.home.desk_rules import DayServed, same_day_before
from app.web.kept import kept_if_dear


class Figures(NamedTuple):
    """What was served below an organisation in a year, and by which teams."""

    year: int
    today: date
    tiles: Tiles
    days: Sequence[DayServed]
    # In their order; only those something was served in.
    colours: Sequence[DeskColour]
    teams: Sequence[TeamYear]

    @property
    def is_current(self) -> bool:
        """Tell whether the year is not over."""
        return self.year == self.today.year


def figures_of(
    session: Session, organisation_ids: Sequence[int], year: int, today: date
) -> Figures:
    """Return the figures of these organisations."""
    ids = sorted(organisation_ids)

    def summed() -> Figures:
        tiles = tiles_of(session, ids, year)
        # Where nothing was ever served there is nothing to sum.
        days, colours = days_served(session, ids, year) if tiles.minutes_ever else ([], [])
        return Figures(
            year,
            today,
            tiles,
            days,
            colours,
            teams_served(session, ids, year, same_day_before(today, year), today),
        )

    return kept_if_dear(("desk figures", tuple(ids), year, today), summed)
