"""A month of an organisation in figures, beside the month before and the same a year ago."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.reports.figure_queries import Scope, lines_of, total_of
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
    figures, before, year_ago = (total_of(session, _TOTAL, scope) for scope in scopes)
    by_colour = [
        {line.key: line.figures for line in lines_of(session, _BY_COLOUR, scope).lines}
        for scope in scopes
    ]
    listed = sorted({key for found in by_colour for key in found if key is not None})
    given, now = list(ids), scopes[0]
    (open_now,) = fetch(session, _OPEN, given, now.from_on, now.until_on, given, given)
    return Month(
        first_on,
        figures,
        before,
        year_ago,
        [_colour(colour_id, *by_colour) for colour_id in listed],
        *open_now,
    )


def _colour(colour_id: int, *months: dict[int | None, dict[str, int]]) -> ColourMonth:
    now, before, year_ago = (month.get(colour_id, {}) for month in months)
    return ColourMonth(
        colour_id,
        now.get("minutes", 0),
        now.get("people", 0),
        before.get("minutes", 0),
        year_ago.get("minutes", 0),
    )


def _scope(organisation_id: int, ids: Sequence[int], first_on: date) -> Scope:
    last_on = months_on(first_on, 1) - timedelta(days=1)
    return Scope(organisation_id, tuple(ids), first_on, last_on)
