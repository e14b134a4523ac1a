"""A year's ranking from the kept totals; only who has several of them is counted again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.errors import N_, NotFound
from app.organisations.queries import (
    ancestors_of,
    find_organisation,
    setting,
    subtree_ids,
)
from app.organisations.rules import OrganisationUnknown
from app.ranking.rules import Row, TeamRow, ranked, ranked_teams
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


class PlacedTeam(NamedTuple):
    """A team in the order of teams; too small a one has no rank."""

    rank: int | None
    row: TeamRow
    colour_key: str
    colour_glyph: str


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


# ── people ────────────────────────────────────────────────────────────────────────────────

# Whoever has one row of totals in the scope has their distinct dates in it; the greatest of
# several would be too few and their sum too many.
_PEOPLE = """
SELECT s.volunteer_id, v.number, v.name, CAST(sum(s.minutes) AS bigint),
  min(s.dates), min(s.service_days), CAST(sum(s.points_hundredths) AS bigint), count(*)
FROM service_totals s JOIN volunteers v ON v.id = s.volunteer_id
WHERE s.year = ? AND s.organisation_id IN ?ids AND s.records > 0 {narrowed}
GROUP BY s.volunteer_id, v.number, v.name
"""
_DATES_AGAIN = """
SELECT s.volunteer_id, count(DISTINCT s.service_on),
  count(DISTINCT CASE WHEN s.is_service_day THEN s.service_on END)
FROM service_records s
WHERE s.volunteer_id IN ?ids AND s.state = 'approved' AND s.service_on BETWEEN ? AND ?
  AND s.organisation_id IN ?ids {narrowed}
GROUP BY s.volunteer_id
"""


def preview(session: Session, scope: Scope) -> list[tuple[int, Row]]:
    """Return everyone with a record in the scope, in the default order."""
    narrowed, values = _narrowed(scope)
    below = list(scope.organisation_ids)
    rows = fetch(session, _PEOPLE.format(narrowed=narrowed), scope.year, below, *values)
    again = _dates_again(session, scope, [row[0] for row in rows if row[7] > 1])
    return ranked(_row(row, again.get(row[0])) for row in rows)


def _row(row: Any, again: tuple[int, int] | None) -> Row:
    _, number, name, minutes, dates, service_days, points_hundredths, _ = row
    dates, service_days = again or (dates, service_days)
    return Row(number or "", name, minutes, dates, service_days, points_hundredths)


def _dates_again(
    session: Session, scope: Scope, volunteer_ids: list[int]
) -> dict[int, tuple[int, int]]:
    """Count the distinct dates and service days of these people from their own records."""
    if not volunteer_ids:
        return {}
    narrowed, values = _narrowed(scope)
    rows = fetch(
        session,
        _DATES_AGAIN.format(narrowed=narrowed),
        volunteer_ids,
        date(scope.year, 1, 1),
        date(scope.year, 12, 31),
        list(scope.organisation_ids),
        *values,
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _narrowed(scope: Scope) -> tuple[str, list[int]]:
    """Return the condition that leaves only the colour or the team of the scope."""
    condition, values = "", []
    if scope.colour is not None:
        condition += "AND s.colour_id = ? "
        values.append(scope.colour.id)
    if scope.team is not None:
        condition += "AND s.team_id = ? "
        values.append(scope.team.id)
    return condition, values


# ── teams ─────────────────────────────────────────────────────────────────────────────────

_TEAMS = """
SELECT t.code, t.name, CAST(sum(s.minutes) AS bigint), count(DISTINCT s.volunteer_id),
  c.key, c.glyph
FROM service_totals s JOIN teams t ON t.id = s.team_id JOIN colours c ON c.id = t.colour_id
WHERE s.year = ? AND s.organisation_id IN ?ids AND s.records > 0 {narrowed}
GROUP BY t.code, t.name, c.key, c.glyph
"""


def teams_preview(session: Session, scope: Scope) -> list[PlacedTeam]:
    """Return the teams of the scope among themselves, by minutes per active person."""
    narrowed, values = _narrowed(scope)
    below = list(scope.organisation_ids)
    rows = fetch(session, _TEAMS.format(narrowed=narrowed), scope.year, below, *values)
    colours = {row[0]: (row[4], row[5]) for row in rows}
    least = setting(session, scope.organisation_id, "ranking_least_people")
    assert isinstance(least, int)
    return [
        PlacedTeam(rank, row, *colours[row.team_code])
        for rank, row in ranked_teams((TeamRow(*row[:4]) for row in rows), least)
    ]


# ── around them ───────────────────────────────────────────────────────────────────────────

_YEARS = """
SELECT DISTINCT year FROM service_totals WHERE organisation_id IN ?ids AND records > 0
ORDER BY year DESC
"""
_MAIN_COLOURS = """
SELECT v.number, c.key, c.glyph, CAST(sum(s.minutes) AS bigint) AS minutes, t.name
FROM service_totals s JOIN volunteers v ON v.id = s.volunteer_id
  JOIN colours c ON c.id = s.colour_id JOIN teams t ON t.id = s.team_id
WHERE s.year = ? AND s.organisation_id IN ?ids AND v.number IN ?words AND s.records > 0 {narrowed}
GROUP BY v.number, c.key, c.glyph, t.name ORDER BY minutes, t.name DESC
"""


class MainTeam(NamedTuple):
    """With whom somebody served most in the scope."""

    team_name: str
    colour_key: str
    colour_glyph: str


def years_of(session: Session, organisation_ids: Collection[int]) -> list[int]:
    """Return the years there is a record of, newest first."""
    return [row[0] for row in fetch(session, _YEARS, list(organisation_ids))]


def main_teams(
    session: Session, scope: Scope, volunteer_numbers: Collection[str]
) -> dict[str, MainTeam]:
    """Return with which team each of these people served most, by number."""
    narrowed, values = _narrowed(scope)
    rows = fetch(
        session,
        _MAIN_COLOURS.format(narrowed=narrowed),
        scope.year,
        list(scope.organisation_ids),
        list(volunteer_numbers),
        *values,
    )
    # Ordered by minutes, so the greatest is the last one kept.
    return {row[0]: MainTeam(row[4], row[1], row[2]) for row in rows}
