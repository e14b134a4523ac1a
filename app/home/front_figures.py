"""The figures of a public page: summed at each visit where that is cheap, else kept a minute.

A county of 100,000 people takes half a second to sum; its home page may be a minute behind.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from flask import current_app
from sqlalchemy.orm import Session

from app.home.queries import ColourHours, Sums, TeamHours, hours_by_colour, hours_by_team, sums_of
from app.ranking.queries import years_of

DEAR_SECONDS = 0.05
KEPT_SECONDS = 60.0
EXTENSION = "qicai_front_figures"


class FrontFigures(NamedTuple):
    """What a community served, and with which teams."""

    year: int
    sums: Sums
    colours: list[ColourHours]
    teams: list[TeamHours]


class _Kept(NamedTuple):
    figures: FrontFigures
    today: date
    until: float


class _Shelf:
    """What was dear to sum, by organisation, in this process."""

    def __init__(self) -> None:
        self.kept: dict[int, _Kept] = {}
        self.lock = threading.Lock()

    def find(self, organisation_id: int, today: date) -> _Kept | None:
        kept = self.kept.get(organisation_id)
        return kept if kept is not None and kept.today == today else None


def front_figures(
    session: Session, organisation_id: int, below: Sequence[int], today: date
) -> FrontFigures:
    """Return the figures of an organisation and those below it."""
    shelf: _Shelf = current_app.extensions.setdefault(EXTENSION, _Shelf())
    kept = shelf.find(organisation_id, today)
    if kept is None:
        return _sum(shelf, session, organisation_id, below, today)
    # Of many visitors one sums anew; the others do not wait for it.
    if time.monotonic() < kept.until or not shelf.lock.acquire(blocking=False):
        return kept.figures
    try:
        return _sum(shelf, session, organisation_id, below, today)
    finally:
        shelf.lock.release()


def _sum(
    shelf: _Shelf, session: Session, organisation_id: int, below: Sequence[int], today: date
) -> FrontFigures:
    begun = time.monotonic()
    year = year_to_show(years_of(session, below), today)
    figures = FrontFigures(
        year,
        sums_of(session, below, year),
        hours_by_colour(session, below, year),
        hours_by_team(session, below, year, today),
    )
    ended = time.monotonic()
    if ended - begun > DEAR_SECONDS:
        shelf.kept[organisation_id] = _Kept(figures, today, ended + KEPT_SECONDS)
    else:
        shelf.kept.pop(organisation_id, None)
    return figures


def year_to_show(years: Sequence[int], today: date) -> int:
    """Return this year once it has hours, else the latest that has."""
    return today.year if today.year in years or not years else years[0]
