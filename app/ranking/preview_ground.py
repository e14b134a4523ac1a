"""What a preview is of: a scheme, saved or about to be, on the live lists of one year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from flask import request
from sqlalchemy.orm import Session

from app.organisations.queries import root_id_of, subtree_ids
from app.ranking.award_access import Closing, closing_of
from app.ranking.queries.schemes import latest_scheme, scheme_by_id, versions_of
from app.ranking.rules.schemes import Scheme
from app.ranking.scheme_views import first_scheme
from app.teams.queries import ColourRow, colours_of
from app.web.actor import current_actor
from app.web.policy import not_found


class Chosen(NamedTuple):
    """A scheme with its version (0: not saved yet)."""

    scheme: Scheme
    version: int


@dataclass(frozen=True)
class Ground:
    """What a preview is of: a scheme, applied to one year's live lists."""

    closing: Closing
    chosen: Chosen
    year: int
    below: Sequence[int]
    colours: Sequence[ColourRow]

    @property
    def query(self) -> str:
        """Return what an address beside this one needs to be of the same scheme and year."""
        given = {name: request.args[name] for name in ("year", "version") if request.args.get(name)}
        return f"?{urlencode(given)}" if given else ""

    @property
    def by_colour(self) -> dict[int, ColourRow]:
        """Return the colours by id."""
        return {colour.id: colour for colour in self.colours}


def ground_of(session: Session, code: str, year: int) -> Ground:
    """Return what the address of a preview names."""
    closing = closing_of(session, current_actor(), code, year)
    chosen = _chosen(session, closing)
    tried = _year_asked(closing)
    below = subtree_ids(session, closing.organisation_id)
    colours = colours_of(session, root_id_of(session, closing.organisation_id))
    return Ground(closing, chosen, tried, below, colours)


def _chosen(session: Session, closing: Closing) -> Chosen:
    """Return the version the address names, else the newest, else what a first one begins with."""
    asked = request.args.get("version", "")
    if asked:
        versions = versions_of(session, closing.organisation_id, closing.year)
        found = next((one for one in versions if str(one.version) == asked), None) or not_found()
        return Chosen(scheme_by_id(session, found.id).scheme, found.version)
    kept = latest_scheme(session, closing.organisation_id, closing.year)
    if kept is not None:
        return Chosen(kept.scheme, kept.version)
    return Chosen(first_scheme(session, closing), 0)


def _year_asked(closing: Closing) -> int:
    """Return the year whose lists the scheme is tried on."""
    given = request.args.get("year", "")
    fits = given.isascii() and given.isdigit() and len(given) == 4
    return min(int(given), closing.today.year) if fits else closing.year
