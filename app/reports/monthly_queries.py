"""A month of an organisation in figures, beside the month before and the same a year ago."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.reports.figure_queries import Scope, lines_of, totals_of
from app.reports.questions import MEASURES, Question
from app.reports.rules import months_on

_TOTAL = Question(rows="month", measures=tuple(measure.key for measure in MEASURES))
_BY_COLOUR = Question(rows="colour", measures=("minutes", "people"))
# What waits of the month's service, and what is disputed of these organisations' records.
_OPEN = """
SELECT
  (SELECT count(*) FROM service_records r
    WHERE r.state = 'submitted' AND r.organisation_id IN ?ids
      AND r.service_on >= ? AND r.service_on <= ?
      AND r.team_id IN (SELECT p.team_id FROM team_placements p WHERE p.organisation_id IN ?ids)),
  (SELECT count(*) FROM disputes d JOIN service_records r ON r.id = d.record_id
    WHERE d.state IN ('open', 'passed_on') AND r.organisation_id IN ?ids)
"""
_EARLIER = """
SELECT colour_id,
  CAST(sum(CASE WHEN service_on BETWEEN ? AND ? THEN minutes ELSE 0 END) AS bigint),
  CAST(sum(CASE WHEN service_on BETWEEN ? AND ? THEN minutes ELSE 0 END) AS bigint)
FROM day_totals
WHERE organisation_id IN ?ids AND (service_on BETWEEN ? AND ? OR service_on BETWEEN ? AND ?)
GROUP BY colour_id
"""


class ColourMonth(NamedTuple):
    """One colour's month: minutes of the month, of the one before, and a year ago."""

    colour_id: int
    minutes: int
    people: int
    minutes_before: int
    minutes_year_ago: int


class Month(NamedTuple):
    """A month's figures by measure, beside two others."""

    first_on: date
    figures: dict[str, int]
    before: dict[str, int]
    year_ago: dict[str, int]
    colours: list[ColourMonth]
    waiting: int
    disputes: int

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to report at all."""
        return not (any(self.figures.values()) or self.waiting or self.disputes)


def month_report(
    session: Session, organisation_id: int, ids: Sequence[int], first_on: date
) -> Month:
    """Return the figures of an organisation with all below it in a month."""
    scopes = [_scope(organisation_id, ids, months_on(first_on, back)) for back in (0, -1, -12)]
    figures, before, year_ago = totals_of(session, _TOTAL, scopes)
    given, now = list(ids), scopes[0]
    (open_now,) = fetch(session, _OPEN, given, now.from_on, now.until_on, given, given)
    return Month(
        first_on,
        figures,
        before,
        year_ago,
        _colours(session, given, scopes),
        *open_now,
    )


def _colours(session: Session, ids: list[int], scopes: Sequence[Scope]) -> list[ColourMonth]:
    """Return each colour's month, and its minutes in the two others from the days kept."""
    now, before, year_ago = scopes
    served = {line.key: line.figures for line in lines_of(session, _BY_COLOUR, now).lines}
    spans = (before.from_on, before.until_on, year_ago.from_on, year_ago.until_on)
    earlier = {row[0]: row[1:] for row in fetch(session, _EARLIER, *spans, ids, *spans)}
    listed = sorted({*earlier, *(key for key in served if key is not None)})
    return [
        ColourMonth(
            colour_id,
            served.get(colour_id, {}).get("minutes", 0),
            served.get(colour_id, {}).get("people", 0),
            *earlier.get(colour_id, (0, 0)),
        )
        for colour_id in listed
    ]


def _scope(organisation_id: int, ids: Sequence[int], first_on: date) -> Scope:
    last_on = months_on(first_on, 1) - timedelta(days=1)
    return Scope(organisation_id, tuple(ids), first_on, last_on)
