"""What of a ranking is listed: one page of it, or those a search means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.ranking.queries import (
    Scope,
    Size,
    find_places,
    meant_in_team,
    page_of_places,
    preview,
    size_of,
)
from app.ranking.rules import Placed, placed_from
from app.web.kept import kept_if_dear
from app.web.pagination import Page, page_of

PAGE_SIZE = 100
MOST_FOUND = 20


class Listing(NamedTuple):
    """The rows shown, and the figures of the whole."""

    rows: Sequence[Placed]
    people: int
    minutes: int
    page: Page
    searched: str = ""
    # More were meant than are listed.
    is_cut: bool = False

    @property
    def is_from_the_top(self) -> bool:
        """Tell whether the list begins with the first place."""
        return self.page.number == 1 and not self.searched


def listing_of(session: Session, scope: Scope, searched: str) -> Listing:
    """Return what is listed of a scope: a team's ranking is read whole, a larger one by pages."""
    if scope.team is not None:
        return _of_a_team(session, scope, scope.team.id, searched)
    key = ("size", scope.organisation_ids, scope.colour, scope.year)
    size = kept_if_dear(key, lambda: size_of(session, scope))
    page = page_of(size.people, size=PAGE_SIZE)
    if searched:
        found = find_places(session, scope, searched, most=MOST_FOUND + 1)
        return _found(found, size, page, searched)
    rows = page_of_places(session, scope, offset=page.offset, size=page.size)
    return Listing(rows, size.people, size.minutes, page)


def _of_a_team(session: Session, scope: Scope, team_id: int, searched: str) -> Listing:
    rows = [row for _rank, row in preview(session, scope)]
    places = placed_from(rows, place=1, rank=1)
    size = Size(len(rows), sum(row.minutes for row in rows))
    page = page_of(size.people, size=PAGE_SIZE)
    if searched:
        meant = meant_in_team(session, team_id, scope.year, searched)
        found = [place for place in places if place.row.volunteer_no in meant]
        return _found(found[: MOST_FOUND + 1], size, page, searched)
    return Listing(places[page.offset :][: page.size], size.people, size.minutes, page)


def _found(found: Sequence[Placed], size: Size, page: Page, searched: str) -> Listing:
    is_cut = len(found) > MOST_FOUND
    return Listing(found[:MOST_FOUND], size.people, size.minutes, page, searched, is_cut)
