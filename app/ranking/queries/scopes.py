"""What a ranking is asked for: a year, an organisation with all below it, a colour or a team."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.errors import N_, NotFound
from app.organisations.queries import (
    ancestors_of,
    find_organisation,
    subtree_ids,
)
from app.organisations.rules import OrganisationUnknown
from app.service.models import EVERY_COLOUR
from app.teams.queries import ColourRow, colours_of, team_by_code
from app.teams.queries import TeamRow as Team

FIRST_YEAR = 1900
LAST_YEAR = 9999


class ColourUnknown(NotFound):
    """The organisation has no such colour."""

    message = N_("%(organisation)s has no colour %(colour)s.")


class TeamUnknown(NotFound):
    """The organisation has no such team, nor one below it."""

    message = N_("%(organisation)s has no team %(team)s.")


class NoSuchYear(NotFound):
    """The year is none."""

    message = N_("%(year)s is no year a ranking could be of.")


@dataclass(frozen=True)
class Scope:
    """What is ranked: an organisation with all below it, or one colour or team of it."""

    year: int
    organisation_id: int
    organisation_code: str
    organisation_name: str
    organisation_ids: tuple[int, ...]
    colour: ColourRow | None = None
    team: Team | None = None


def scope_of(
    session: Session,
    year: int,
    organisation_code: str,
    *,
    colour_key: str | None = None,
    team_code: str | None = None,
) -> Scope:
    """Return what the words of a request or a command mean, or say which of them means nothing."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NoSuchYear(year=year)
    organisation = find_organisation(session, organisation_code)
    if organisation is None:
        raise OrganisationUnknown(organisation=organisation_code)
    below = tuple(subtree_ids(session, organisation.id))
    whole = Scope(year, organisation.id, organisation.code, organisation.name, below)
    colour = _colour(session, whole, colour_key) if colour_key else None
    team = _team(session, whole, team_code) if team_code else None
    return Scope(year, organisation.id, organisation.code, organisation.name, below, colour, team)


def _colour(session: Session, scope: Scope, key: str) -> ColourRow:
    root_id = ancestors_of(session, scope.organisation_id)[-1]
    for colour in colours_of(session, root_id):
        if colour.key == key:
            return colour
    raise ColourUnknown(organisation=scope.organisation_name, colour=key)


def _team(session: Session, scope: Scope, code: str) -> Team:
    team = team_by_code(session, code)
    if team is None or team.organisation_id not in scope.organisation_ids:
        raise TeamUnknown(organisation=scope.organisation_name, team=code)
    return team


# The index leads from year to year, however many people each has.
_YEARS = f"""
WITH RECURSIVE years (organisation_id, year) AS (
  SELECT o.id, (
    SELECT max(s.year) FROM standings s
    WHERE s.organisation_id = o.id AND s.colour_id = {EVERY_COLOUR}
  ) FROM organisations o WHERE o.id IN ?ids
  UNION ALL
  SELECT y.organisation_id, (
    SELECT max(s.year) FROM standings s
    WHERE s.organisation_id = y.organisation_id AND s.colour_id = {EVERY_COLOUR} AND s.year < y.year
  ) FROM years y WHERE y.year IS NOT NULL
)
SELECT DISTINCT {{columns}} FROM years WHERE year IS NOT NULL ORDER BY year DESC
"""


def years_of(session: Session, organisation_ids: Collection[int]) -> list[int]:
    """Return the years there is a record of, in these organisations or below, newest first."""
    query = _YEARS.format(columns="year")
    return [row[0] for row in fetch(session, query, list(organisation_ids))]


def years_by_organisation(
    session: Session, organisation_ids: Collection[int]
) -> list[tuple[int, int]]:
    """Return (organisation, year) of whatever there is a record of, newest first."""
    query = _YEARS.format(columns="organisation_id, year")
    return [(row[0], row[1]) for row in fetch(session, query, list(organisation_ids))]


def narrowed_to(scope: Scope) -> tuple[str, list[int]]:
    """Return the condition that leaves only the colour or the team of the scope."""
    condition, values = "", []
    if scope.colour is not None:
        condition += "AND s.colour_id = ? "
        values.append(scope.colour.id)
    if scope.team is not None:
        condition += "AND s.team_id = ? "
        values.append(scope.team.id)
    return condition, values
