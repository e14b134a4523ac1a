"""People's places: pages and single places along an index of the standings, never from records.

A team's ranking is small and read whole: from the totals, where only who has several of them
is counted again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bulk import fetch
from app.people.models import Volunteer
from app.people.queries import matches
from app.ranking.queries.scopes import Scope, narrowed_to
from app.ranking.rules import Placed, Row, placed_from, ranked
from app.service.models import EVERY_COLOUR, ServiceTotal, Standing

_SCOPE = "s.organisation_id = ? AND s.colour_id = ? AND s.year = ?"


class Size(NamedTuple):
    """How many people a ranking holds, and what they served together."""

    people: int
    minutes: int


class OwnPlace(NamedTuple):
    """Where somebody stands in one organisation, in one colour or in all of them (None)."""

    organisation_id: int
    colour_id: int | None
    rank: int
    tied_with: int
    row: Row


def _scope_values(scope: Scope) -> tuple[int, int, int]:
    colour_id = scope.colour.id if scope.colour else EVERY_COLOUR
    return scope.organisation_id, colour_id, scope.year


# ── the whole ─────────────────────────────────────────────────────────────────────────────

_ALL = f"""
SELECT s.number, v.name, s.minutes, s.dates, s.service_days, s.points_hundredths
FROM standings s JOIN volunteers v ON v.id = s.volunteer_id WHERE {_SCOPE}
"""
# Whoever has one row of totals in the scope has their distinct dates in it; the greatest of
# several would be too few and their sum too many.
_OF_A_TEAM = """
SELECT s.volunteer_id, v.number, v.name, CAST(sum(s.minutes) AS bigint),
  min(s.dates), min(s.service_days), CAST(sum(s.points_hundredths) AS bigint), count(*)
FROM service_totals s JOIN volunteers v ON v.id = s.volunteer_id
WHERE s.year = ? AND s.records > 0 {narrowed}
  AND s.organisation_id IN (SELECT p.organisation_id FROM team_placements p WHERE p.team_id = ?)
  AND s.organisation_id IN ?ids
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
    if scope.team is not None:
        return _team_preview(session, scope, scope.team.id)
    return ranked(map(Row._make, fetch(session, _ALL, *_scope_values(scope))))


def _team_preview(session: Session, scope: Scope, team_id: int) -> list[tuple[int, Row]]:
    narrowed, values = narrowed_to(scope)
    below = list(scope.organisation_ids)
    query = _OF_A_TEAM.format(narrowed=narrowed)
    rows = fetch(session, query, scope.year, *values, team_id, below)
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
    narrowed, values = narrowed_to(scope)
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


# ── a page of it, and its size ────────────────────────────────────────────────────────────

# The minutes stand in the upper bits of the key, so that the index alone answers.
_SIZE = f"""
SELECT count(*), CAST(coalesce(sum((-s.order_key) >> 18), 0) AS bigint)
FROM standings s WHERE {_SCOPE}
"""
# Of those who share the first row's rank some may stand on the page before.
_PAGE = f"""
WITH page AS (
  SELECT s.volunteer_id, s.order_key, s.number FROM standings s WHERE {_SCOPE}
  ORDER BY s.order_key, s.number LIMIT ? OFFSET ?
), first_row AS (
  SELECT order_key, number FROM page ORDER BY order_key, number LIMIT 1
)
SELECT s.number, v.name, s.minutes, s.dates, s.service_days, s.points_hundredths,
  (SELECT count(*) FROM standings s, first_row f
    WHERE {_SCOPE} AND s.order_key = f.order_key AND s.number < f.number)
FROM page p JOIN volunteers v ON v.id = p.volunteer_id
  JOIN standings s ON s.volunteer_id = p.volunteer_id AND {_SCOPE}
ORDER BY p.order_key, p.number
"""


def size_of(session: Session, scope: Scope) -> Size:
    """Return how many people an organisation or a colour of it ranks, and their minutes."""
    return Size(*fetch(session, _SIZE, *_scope_values(scope))[0])


def page_of_places(session: Session, scope: Scope, *, offset: int, size: int) -> list[Placed]:
    """Return the places after the first `offset` ones, of an organisation or a colour of it."""
    # One more on each side tells whether the outermost rows are tied.
    first = max(0, offset - 1)
    here = _scope_values(scope)
    rows = fetch(session, _PAGE, *here, offset - first + size + 1, first, *here, *here)
    rank = first + 1 - rows[0][6] if rows else 1
    places = placed_from((Row._make(row[:6]) for row in rows), place=first + 1, rank=rank)
    return places[offset - first :][:size]


# ── single places ─────────────────────────────────────────────────────────────────────────

# From the people, who are few: the plus keeps the engines from walking a whole organisation.
_PLACES = """
SELECT s.organisation_id, s.colour_id,
  1 + (SELECT count(*) FROM standings b WHERE b.organisation_id = s.organisation_id
    AND b.colour_id = s.colour_id AND b.year = s.year AND b.order_key < s.order_key),
  (SELECT count(*) - 1 FROM standings b WHERE b.organisation_id = s.organisation_id
    AND b.colour_id = s.colour_id AND b.year = s.year AND b.order_key = s.order_key),
  s.number, v.name, s.minutes, s.dates, s.service_days, s.points_hundredths
FROM standings s JOIN volunteers v ON v.id = s.volunteer_id
WHERE s.year = ? AND s.volunteer_id IN ?ids
  AND +s.organisation_id IN ?ids AND +s.colour_id IN ?ids
ORDER BY s.order_key, s.number
"""


def own_places(
    session: Session,
    volunteer_id: int,
    year: int,
    organisation_ids: Collection[int],
    colour_ids: Collection[int] = (),
) -> list[OwnPlace]:
    """Return where somebody stands: in every colour together, and in these colours."""
    return _places(session, year, [volunteer_id], organisation_ids, [EVERY_COLOUR, *colour_ids])


def find_places(session: Session, scope: Scope, text: str, *, most: int) -> list[Placed]:
    """Return the first places of those a search means, in an organisation or a colour of it."""
    organisation_id, colour_id, year = _scope_values(scope)
    found = session.scalars(
        select(Standing.volunteer_id)
        .join(Volunteer, Volunteer.id == Standing.volunteer_id)
        .where(
            Standing.organisation_id == organisation_id,
            Standing.colour_id == colour_id,
            Standing.year == year,
            matches(text),
        )
        .order_by(Standing.order_key, Standing.number)
        .limit(most)
    )
    places = _places(session, year, list(found), [organisation_id], [colour_id])
    return [Placed(place.rank, place.row, place.tied_with > 0) for place in places]


def meant_in_team(session: Session, team_id: int, year: int, text: str) -> set[str]:
    """Return the numbers of those a search means among who served with a team in a year."""
    served = select(ServiceTotal.volunteer_id).where(
        ServiceTotal.team_id == team_id, ServiceTotal.year == year
    )
    found = session.scalars(select(Volunteer.number).where(Volunteer.id.in_(served), matches(text)))
    return {number for number in found if number is not None}


def _places(
    session: Session,
    year: int,
    volunteer_ids: list[int],
    organisation_ids: Collection[int],
    colour_ids: Collection[int],
) -> list[OwnPlace]:
    if not volunteer_ids:
        return []
    asked = volunteer_ids, list(organisation_ids), list(colour_ids)
    return [
        OwnPlace(row[0], row[1] or None, row[2], row[3], Row._make(row[4:]))
        for row in fetch(session, _PLACES, year, *asked)
    ]


# ── around them ───────────────────────────────────────────────────────────────────────────

# From the people shown, as SQLite keeps the order of a cross join.
_MAIN_COLOURS = """
SELECT v.number, c.key, c.glyph, CAST(sum(s.minutes) AS bigint) AS minutes, t.name
FROM volunteers v CROSS JOIN service_totals s
  JOIN colours c ON c.id = s.colour_id JOIN teams t ON t.id = s.team_id
WHERE v.number IN ?words AND s.volunteer_id = v.id AND s.year = ?
  AND +s.organisation_id IN ?ids AND s.records > 0 {narrowed}
GROUP BY v.number, c.key, c.glyph, t.name ORDER BY minutes, t.name DESC
"""


class MainTeam(NamedTuple):
    """With whom somebody served most in the scope."""

    team_name: str
    colour_key: str
    colour_glyph: str


def main_teams(
    session: Session, scope: Scope, volunteer_numbers: Collection[str]
) -> dict[str, MainTeam]:
    """Return with which team each of these people served most, by number."""
    narrowed, values = narrowed_to(scope)
    rows = fetch(
        session,
        _MAIN_COLOURS.format(narrowed=narrowed),
        list(volunteer_numbers),
        scope.year,
        list(scope.organisation_ids),
        *values,
    )
    # Ordered by minutes, so the greatest is the last one kept.
    return {row[0]: MainTeam(row[4], row[1], row[2]) for row in rows}
