"""The figures of the dashboard, from the sums kept of each day: never from the records."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch
from app.home.desk_rules import DayServed
from app.home.queries import Colour


class Tiles(NamedTuple):
    """What a community served ever and in a year, and what points its people hold."""

    minutes_ever: int
    minutes: int
    records: int
    people: int
    volunteers: int
    points_hundredths: int
    redeemed_hundredths: int


class DeskColour(NamedTuple):
    """A colour something was served in, with its theme."""

    id: int
    colour: Colour
    name: str


class TeamYear(NamedTuple):
    """What was served with a team in a year, and in the same part of the year before."""

    code: str
    name: str
    colour: Colour
    theme: str
    minutes: int
    before: int


_TILES = """
SELECT
  (SELECT CAST(coalesce(sum(minutes), 0) AS bigint) FROM service_totals
    WHERE organisation_id IN ?ids),
  CAST(coalesce(sum(y.minutes), 0) AS bigint), CAST(coalesce(sum(y.records), 0) AS bigint),
  count(DISTINCT y.volunteer_id),
  (SELECT count(*) FROM volunteers WHERE organisation_id IN ?ids AND state = 'active'),
  (SELECT CAST(coalesce(sum(a.balance), 0) AS bigint)
    FROM accounts a JOIN volunteers v ON v.id = a.holder_id
    WHERE v.organisation_id IN ?ids AND a.unit = 'points'),
  (SELECT CAST(coalesce(sum(r.cost_hundredths), 0) AS bigint)
    FROM redemptions r JOIN volunteers v ON v.id = r.volunteer_id
    WHERE v.organisation_id IN ?ids AND r.redeemed_on BETWEEN ? AND ?
      AND r.state IN ('to_collect', 'collected'))
FROM service_totals y WHERE y.year = ? AND y.organisation_id IN ?ids AND y.records > 0
"""
_DAYS = """
SELECT c.id, c.key, c.glyph, c.name, d.service_on, d.records, d.minutes
FROM (
  SELECT service_on, colour_id, CAST(sum(records) AS bigint) AS records,
    CAST(sum(minutes) AS bigint) AS minutes
  FROM day_totals WHERE organisation_id IN ?ids AND service_on BETWEEN ? AND ?
  GROUP BY service_on, colour_id
) d JOIN colours c ON c.id = d.colour_id
ORDER BY c.position, c.id, d.service_on
"""
_TEAM_YEARS = """
SELECT t.code, t.name, c.key, c.glyph, c.name, coalesce(s.minutes, 0), coalesce(s.before, 0)
FROM teams t JOIN colours c ON c.id = t.colour_id
  LEFT JOIN (
    SELECT team_id,
      CAST(sum(CASE WHEN service_on >= ? THEN minutes ELSE 0 END) AS bigint) AS minutes,
      CAST(sum(CASE WHEN service_on <= ? THEN minutes ELSE 0 END) AS bigint) AS before
    FROM day_totals WHERE organisation_id IN ?ids AND service_on BETWEEN ? AND ?
    GROUP BY team_id
  ) s ON s.team_id = t.id
WHERE s.minutes > 0 OR s.before > 0
  OR (t.organisation_id IN ?ids AND (t.retired_on IS NULL OR t.retired_on > ?))
ORDER BY coalesce(s.minutes, 0) DESC, c.position, t.code
"""


def tiles_of(session: Session, organisation_ids: Collection[int], year: int) -> Tiles:
    """Return the figures of the tiles; points belong to whoever belongs there today."""
    ids, span = list(organisation_ids), _span(year)
    return Tiles(*fetch(session, _TILES, ids, ids, ids, ids, *span, year, ids)[0])


def days_served(
    session: Session, organisation_ids: Collection[int], year: int
) -> tuple[list[DayServed], list[DeskColour]]:
    """Return what was served on each date of a year by colour, and these colours in order."""
    rows = fetch(session, _DAYS, list(organisation_ids), *_span(year))
    colours = {row[0]: DeskColour(row[0], Colour(row[1], row[2]), row[3]) for row in rows}
    days = [
        DayServed(day_of(on), id_, records, minutes) for id_, _, _, _, on, records, minutes in rows
    ]
    return days, list(colours.values())


def teams_served(
    session: Session, organisation_ids: Collection[int], year: int, until: date, today: date
) -> list[TeamYear]:
    """Return the teams there are, and those that served there, the most hours first.

    `until`: up to when the year before counts.
    """
    ids, (first_on, last_on) = list(organisation_ids), _span(year)
    begun = date(year - 1, 1, 1)
    rows = fetch(session, _TEAM_YEARS, first_on, until, ids, begun, last_on, ids, today)
    return [
        TeamYear(code, name, Colour(key, glyph), theme, minutes, before)
        for code, name, key, glyph, theme, minutes, before in rows
    ]


def _span(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 12, 31)
