"""An organisation's year in figures, without anybody's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.opening.queries import LIVE_MINUTES
from app.organisations.rules import Settings
from app.service.queries import Span, honours_of


class Served(NamedTuple):
    """What was served, by how many, of whom for the first time."""

    minutes: int
    records: int
    people: int
    first_timers: int
    # A team on a date with service: what was held, whether or not it was announced before.
    team_days: int


class ColourYear(NamedTuple):
    """One colour's year."""

    key: str
    glyph: str
    hex: str
    name: str
    minutes: int
    people: int


class TeamYear(NamedTuple):
    """One team's year."""

    code: str
    name: str
    key: str
    glyph: str
    minutes: int
    people: int


class Certified(NamedTuple):
    """Certificates that hold."""

    awards: int
    records: int


class Redeemed(NamedTuple):
    """What was redeemed and has not been given back."""

    times: int
    people: int
    hundredths: int


class Annual(NamedTuple):
    """One organisation's year, with all below it."""

    served: Served
    activities: int
    colours: list[ColourYear]
    teams: list[TeamYear]
    # People by the level they reached in the year, the highest of each.
    stars: dict[int, int]
    certificates: Certified
    redeemed: Redeemed

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to report."""
        return not (self.served.records or self.activities or self.redeemed.times)


_SERVED = f"""
SELECT CAST(coalesce(sum(s.minutes), 0) AS bigint), CAST(coalesce(sum(s.records), 0) AS bigint),
  count(DISTINCT s.volunteer_id),
  (SELECT count(DISTINCT n.volunteer_id) FROM service_totals n
    WHERE n.year = ? AND n.organisation_id IN ?ids AND n.records > 0
      AND NOT EXISTS (SELECT 1 FROM service_totals e
        WHERE e.volunteer_id = n.volunteer_id AND e.year < ? AND e.records > 0)
      AND n.volunteer_id NOT IN (SELECT book.volunteer_id FROM ({LIVE_MINUTES}) AS book)),
  (SELECT count(*) FROM (SELECT DISTINCT r.team_id, r.service_on FROM service_records r
    WHERE r.organisation_id IN ?ids AND r.state = 'approved'
      AND r.service_on >= ? AND r.service_on <= ?) AS days)
FROM service_totals s WHERE s.year = ? AND s.organisation_id IN ?ids AND s.records > 0
"""
# Activities where the team stood on the date, as its records have it. An award counts in the year
# it is of, a service record in the year it was issued; what was revoked holds no more.
_BESIDE = """
SELECT
  (SELECT count(*) FROM activities a JOIN team_placements p ON p.team_id = a.team_id
      AND p.from_on <= a.service_on AND (p.until_on IS NULL OR p.until_on >= a.service_on)
    WHERE a.state = 'closed' AND a.service_on >= ? AND a.service_on <= ?
      AND p.organisation_id IN ?ids),
  (SELECT count(*) FROM certificates c WHERE c.organisation_id IN ?ids AND c.year = ?
    AND c.kind = 'award'
    AND NOT EXISTS (SELECT 1 FROM certificate_revocations r WHERE r.certificate_id = c.id)),
  (SELECT count(*) FROM certificates c WHERE c.organisation_id IN ?ids AND c.year = ?
    AND c.kind = 'service'
    AND NOT EXISTS (SELECT 1 FROM certificate_revocations r WHERE r.certificate_id = c.id)),
  count(*), count(DISTINCT d.volunteer_id), CAST(coalesce(sum(d.cost_hundredths), 0) AS bigint)
FROM redemptions d WHERE d.organisation_id IN ?ids AND d.redeemed_on >= ? AND d.redeemed_on <= ?
  AND d.state NOT IN ('cancelled', 'expired')
"""
_COLOURS = """
SELECT c.key, c.glyph, c.hex, c.name, CAST(sum(s.minutes) AS bigint), count(DISTINCT s.volunteer_id)
FROM service_totals s JOIN colours c ON c.id = s.colour_id
WHERE s.year = ? AND s.organisation_id IN ?ids AND s.records > 0
GROUP BY c.id, c.key, c.glyph, c.hex, c.name, c.position ORDER BY c.position, c.id
"""
_TEAMS = """
SELECT t.code, t.name, c.key, c.glyph, CAST(sum(s.minutes) AS bigint),
  count(DISTINCT s.volunteer_id)
FROM service_totals s JOIN teams t ON t.id = s.team_id JOIN colours c ON c.id = t.colour_id
WHERE s.year = ? AND s.organisation_id IN ?ids AND s.records > 0
GROUP BY t.id, t.code, t.name, c.key, c.glyph ORDER BY 5 DESC, t.code
"""
_YEARS = """
SELECT DISTINCT year FROM service_totals
WHERE organisation_id IN ?ids AND records > 0 ORDER BY year DESC
"""


def annual_of(session: Session, places: Mapping[int, Settings], year: int, today: date) -> Annual:
    """Return the year of these organisations, given with their settings.

    A year that still runs is told as far as it has come.
    """
    ids = sorted(places)
    first, last = date(year, 1, 1), date(year, 12, 31)
    served = fetch(session, _SERVED, year, ids, year, ids, first, last, year, ids)[0]
    beside = fetch(session, _BESIDE, first, last, ids, ids, year, ids, year, ids, first, last)[0]
    activities, awards, records, *redeemed = beside
    return Annual(
        Served(*served),
        activities,
        [ColourYear(*row) for row in fetch(session, _COLOURS, year, ids)],
        [TeamYear(*row) for row in fetch(session, _TEAMS, year, ids)],
        _stars(session, places, Span(first, last, today)),
        Certified(awards, records),
        Redeemed(*redeemed),
    )


def years_to_report(session: Session, organisation_ids: Iterable[int]) -> list[int]:
    """Return the years with service, the newest first."""
    return [row[0] for row in fetch(session, _YEARS, sorted(organisation_ids))]


def _stars(session: Session, places: Mapping[int, Settings], span: Span) -> dict[int, int]:
    levels = Counter(honour.level for honour in honours_of(session, places, span))
    return dict(sorted(levels.items(), reverse=True))
