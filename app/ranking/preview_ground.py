"""What a preview is of: a scheme, saved or about to be, on the live lists of one year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from flask import request
from sqlalchemy.orm import Session

from app.ranking.award_access import Closing, closing_of
from app.ranking.queries.around import Around, around
from app.ranking.queries.schemes import scheme_until, scheme_version
from app.ranking.rules.schemes import Scheme
from app.ranking.scheme_views import default_scheme
from app.teams.queries import ColourRow
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
    around: Around

    @property
    def below(self) -> Sequence[int]:
        """Return the organisation and those below it."""
        return self.closing.below

    @property
    def colours(self) -> Sequence[ColourRow]:
        """Return the colours in their order."""
        return self.around.colours

    @property
    def query(self) -> str:
        """Return what an address beside this one needs to be of the same scheme and year."""
        given = {name: request.args[name] for name in ("year", "version") if request.args.get(name)}
        return f"?{urlencode(given)}" if given else ""

    @property
    def by_colour(self) -> dict[int, ColourRow]:
        """Return the colours by id."""
        return self.around.by_colour


def ground_of(session: Session, code: str, year: int) -> Ground:
    """Return what the address of a preview names."""
    closing = closing_of(session, current_actor(), code, year)
    here = around(session, closing.organisation_id)
    return Ground(closing, _chosen(session, closing, here), _year_asked(closing), here)


def _chosen(session: Session, closing: Closing, here: Around) -> Chosen:
    """Return the version the address names, else the newest, else what a first one begins with."""
    of_year = closing.organisation_id, closing.year
    if request.args.get("version"):
        found = scheme_version(session, *of_year, _version_asked()) or not_found()
        return Chosen(found.scheme, found.version)
    kept = scheme_until(session, *of_year)
    if kept is None:
        return Chosen(default_scheme(here.settings), 0)
    return Chosen(kept.scheme, kept.version if kept.year == closing.year else 0)


def _version_asked() -> int:
    """Return the version the address names, written as we write it."""
    given = request.args["version"]
    fits = given.isascii() and given.isdigit() and len(given) < 10
    return int(given) if fits and str(int(given)) == given else not_found()


def _year_asked(closing: Closing) -> int:
    """Return the year whose lists the scheme is tried on."""
    given = request.args.get("year", "")
    fits = given.isascii() and given.isdigit() and len(given) == 4
    return min(int(given), closing.today.year) if fits else closing.year
