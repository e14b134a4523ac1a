"""Where a report's figures are read: a part for each source, added up by line elsewhere.

What is kept of each day and year (I-25) answers what asks for no person's kind and no evidence;
everything else is read from the records themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from app.opening.queries import LIVE_MINUTES
from app.reports.questions import Question


class Scope(NamedTuple):
    """Where and when is asked: an organisation, all below it, and the dates."""

    organisation_id: int
    ids: tuple[int, ...]
    from_on: date
    until_on: date


class Part(NamedTuple):
    """One select over one source: what it adds to which measures, from where, bounded how."""

    adds: dict[str, str]
    select_from: str
    where: str
    values: list[Any]
    # How its rows name the things lines are made of.
    on: str
    columns: dict[str, str]


# A team's index bears its dates; a record's organisation is the one its team had on the date.
RECORDS = "service_records r"
_OF_SCOPE = """
r.state = 'approved' AND r.service_on >= ? AND r.service_on <= ? AND r.organisation_id IN ?ids
AND r.team_id IN (SELECT p.team_id FROM team_placements p WHERE p.organisation_id IN ?ids)
"""
# Whoever served in an earlier year needs no look at their records.
_FIRSTS = """
(SELECT e.volunteer_id, min(e.service_on) AS first_on FROM service_records e
  WHERE e.state = 'approved' AND e.volunteer_id IN (
    SELECT s.volunteer_id FROM service_totals s
    WHERE s.year >= ? AND s.year <= ? AND s.organisation_id IN ?ids AND s.records > 0
      AND NOT EXISTS (SELECT 1 FROM service_totals b
        WHERE b.volunteer_id = s.volunteer_id AND b.year < ? AND b.records > 0))
  GROUP BY e.volunteer_id HAVING min(e.service_on) >= ? AND min(e.service_on) <= ?) f
"""
_NO_BOOK = f"f.volunteer_id NOT IN (SELECT book.volunteer_id FROM ({LIVE_MINUTES}) AS book)"
_MISSED = """sign_ups u JOIN activities a ON a.id = u.activity_id
JOIN team_placements q ON q.team_id = a.team_id AND q.from_on <= a.service_on
  AND (q.until_on IS NULL OR q.until_on >= a.service_on)"""
_OF_MISSED = """
u.attendance = 'no_show' AND a.state = 'closed' AND a.service_on >= ? AND a.service_on <= ?
AND q.organisation_id IN ?ids
"""
_OF_REDEMPTIONS = """
d.organisation_id IN ?ids AND d.redeemed_on >= ? AND d.redeemed_on <= ?
AND d.state NOT IN ('cancelled', 'expired')
"""
_OF_DAYS = "r.service_on >= ? AND r.service_on <= ? AND r.organisation_id IN ?ids AND r.records > 0"
_OF_YEARS = "r.year >= ? AND r.year <= ? AND r.organisation_id IN ?ids AND r.records > 0"
# What each source adds; a person's dates with two teams are no sum, so no year knows them.
_FROM_RECORDS = {
    "minutes": "coalesce(sum(r.minutes), 0)",
    "records": "count(*)",
    "people": "count(DISTINCT r.volunteer_id)",
    "dates": "count(DISTINCT r.service_on)",
    "credited": "coalesce(sum(r.points_hundredths), 0)",
}
_FROM_DAYS = {
    "minutes": "coalesce(sum(r.minutes), 0)",
    "records": "coalesce(sum(r.records), 0)",
    "dates": "count(DISTINCT r.service_on)",
}
_FROM_YEARS = {
    "minutes": "coalesce(sum(r.minutes), 0)",
    "records": "coalesce(sum(r.records), 0)",
    "people": "count(DISTINCT r.volunteer_id)",
    "credited": "coalesce(sum(r.points_hundredths), 0)",
}
# None stands for the total.
_ROWS_OF_DAYS = frozenset({"team", "colour", "organisation", "branch", "month", "weekday", None})
_ROWS_OF_YEARS = frozenset({"team", "colour", "organisation", "branch", "person", None})


def parts_of(question: Question, scope: Scope, rows: str | None) -> list[Part]:
    """Return the parts whose sum answers a question by these rows, or in total (None)."""
    sources = {measure.source for measure in question.answered}
    makers = {"firsts": _firsts, "no_shows": _no_shows, "redemptions": _redemptions}
    others = [make(question, scope) for source, make in makers.items() if source in sources]
    return [*_served(question, scope, rows), *others]


def _served(question: Question, scope: Scope, rows: str | None) -> list[Part]:
    """Return what was served, each figure from the least that knows it."""
    left = [key for key in _FROM_RECORDS if key in question.measures]
    parts = []
    for adds, part in _ways(question, scope, rows):
        if wanted := {key: adds[key] for key in left if key in adds}:
            parts.append(part._replace(adds=wanted))
            left = [key for key in left if key not in wanted]
    return parts


def _ways(
    question: Question, scope: Scope, rows: str | None
) -> Iterator[tuple[Mapping[str, str], Part]]:
    """Yield where what was served may be read, with what is known there, the cheapest first."""
    is_of_all = question.kind is None and question.evidence is None
    if is_of_all and rows in _ROWS_OF_DAYS:
        yield _FROM_DAYS, _kept("day_totals r", _OF_DAYS, question, scope)
    if is_of_all and rows in _ROWS_OF_YEARS and _is_whole_years(scope):
        yield _FROM_YEARS, _kept("service_totals r", _OF_YEARS, question, scope)
    where, values = narrowed_records(question, scope)
    yield _FROM_RECORDS, Part({}, RECORDS, where, values, "r.service_on", RECORD_COLUMNS)


def _kept(table: str, where: str, question: Question, scope: Scope) -> Part:
    first, last = scope.from_on, scope.until_on
    span = [first, last] if where == _OF_DAYS else [first.year, last.year]
    columns = ("r.team_id", "r.colour_id", "")
    where, values = _narrowed(question, where, [*span, list(scope.ids)], *columns)
    return Part({}, table, where, values, "r.service_on", RECORD_COLUMNS)


def _is_whole_years(scope: Scope) -> bool:
    first, last = scope.from_on, scope.until_on
    return (first.month, first.day) == (1, 1) and (last.month, last.day) == (12, 31)


def _firsts(question: Question, scope: Scope) -> Part:
    where, values = narrowed_records(question, scope)
    years = [scope.from_on.year, scope.until_on.year]
    given = [*years, list(scope.ids), years[0], scope.from_on, scope.until_on]
    return Part(
        {"firsts": "count(DISTINCT r.volunteer_id)"},
        f"{_FIRSTS} JOIN {RECORDS} ON r.volunteer_id = f.volunteer_id"
        " AND r.service_on = f.first_on",
        f"{_NO_BOOK} AND {where}",
        given + values,
        "r.service_on",
        RECORD_COLUMNS,
    )


def _no_shows(question: Question, scope: Scope) -> Part:
    where, values = _OF_MISSED, [scope.from_on, scope.until_on, list(scope.ids)]
    where, values = _narrowed(question, where, values, "a.team_id", "q.colour_id", "u.volunteer_id")
    columns = {
        "team": "a.team_id",
        "colour": "q.colour_id",
        "person": "u.volunteer_id",
        "activity": "a.id",
        "organisation": "q.organisation_id",
    }
    return Part({"no_shows": "count(*)"}, _MISSED, where, values, "a.service_on", columns)


def _redemptions(question: Question, scope: Scope) -> Part:
    where, values = _OF_REDEMPTIONS, [list(scope.ids), scope.from_on, scope.until_on]
    where, values = _narrowed(question, where, values, "", "", "d.volunteer_id")
    adds = {"redemptions": "count(*)", "redeemed": "coalesce(sum(d.cost_hundredths), 0)"}
    wanted = {key: add for key, add in adds.items() if key in question.measures}
    columns = {"person": "d.volunteer_id", "organisation": "d.organisation_id"}
    return Part(wanted, "redemptions d", where, values, "d.redeemed_on", columns)


RECORD_COLUMNS = {
    "team": "r.team_id",
    "colour": "r.colour_id",
    "person": "r.volunteer_id",
    "activity": "r.activity_id",
    "organisation": "r.organisation_id",
}


def narrowed_records(question: Question, scope: Scope) -> tuple[str, list[Any]]:
    """Return the condition on the records a question counts, and its values."""
    ids = list(scope.ids)
    where, values = _OF_SCOPE, [scope.from_on, scope.until_on, ids, ids]
    columns = ("r.team_id", "r.colour_id", "r.volunteer_id")
    where, values = _narrowed(question, where, values, *columns)
    if question.evidence is not None:
        where, values = f"{where} AND r.evidence = ?", [*values, question.evidence]
    return where, values


def _narrowed(
    question: Question, where: str, values: list[Any], team: str, colour: str, person: str
) -> tuple[str, list[Any]]:
    if question.team_id is not None:
        where, values = f"{where} AND {team} = ?", [*values, question.team_id]
    if question.colour_id is not None:
        where, values = f"{where} AND {colour} = ?", [*values, question.colour_id]
    if question.kind is not None:
        where += f" AND {person} IN (SELECT v.id FROM volunteers v WHERE v.kind = ?)"
        values = [*values, question.kind]
    return where, values
