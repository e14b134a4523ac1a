"""A report's figures, added up by the database: one statement for its lines, one for the total.

Each measure is read where it happened; the parts stand below each other and are added by line.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.db import is_postgresql
from app.opening.queries import LIVE_MINUTES
from app.reports.questions import LONG_ROWS, MEASURES, Measure, Question

# How an address names the line of what belongs to no activity.
NO_ACTIVITY = 0
KEYS = tuple(measure.key for measure in MEASURES)


class Scope(NamedTuple):
    """Where and when is asked: an organisation, all below it, and the dates."""

    organisation_id: int
    ids: tuple[int, ...]
    from_on: date
    until_on: date


class Line(NamedTuple):
    """One line's figures by measure; `key` is an id, a month (202603) or a weekday (Sunday 0)."""

    key: int | None
    figures: dict[str, int]


class Lines(NamedTuple):
    """Some lines, and how many there are in all."""

    lines: list[Line]
    in_all: int


class Behind(NamedTuple):
    """Some of the records behind a figure; how many there are in all, and their minutes."""

    ids: list[int]
    in_all: int
    minutes: int


class _Part(NamedTuple):
    """One select over one source: what it adds to which measures, from where, bounded how."""

    adds: dict[str, str]
    select_from: str
    where: str
    values: list[Any]
    # How its rows name the things lines are made of.
    on: str
    columns: dict[str, str]


# A team's index bears its dates; a record's organisation is the one its team had on the date.
_RECORDS = """service_records r"""
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
# Each organisation directly below with all below it, and the asked one by itself.
_BRANCHES = """
(WITH RECURSIVE branch (top_id, id) AS (
  SELECT o.id, o.id FROM organisations o WHERE o.parent_id = ?
  UNION ALL SELECT b.top_id, o.id FROM branch b JOIN organisations o ON o.parent_id = b.id
) SELECT top_id, id FROM branch UNION ALL SELECT o.id, o.id FROM organisations o WHERE o.id = ?) h
"""


def lines_of(
    session: Session,
    question: Question,
    scope: Scope,
    *,
    limit: int | None = None,
    offset: int = 0,
) -> Lines:
    """Return a report's lines, those with most of the first figure first."""
    parts = [_grouped(session, part, question, scope) for part in _parts(question, scope)]
    asked = question.answered
    if not parts or not asked:
        return Lines([], 0)
    body = " UNION ALL ".join(query for query, _values in parts)
    values = [value for _query, given in parts for value in given]
    sums = ", ".join(f"CAST(sum(parts.{measure.key}) AS bigint)" for measure in asked)
    # Who comes first does not depend on a collation: ids part what is equal.
    query = (
        f"SELECT parts.line, count(*) OVER (), {sums} FROM ({body}) AS parts "
        f"GROUP BY parts.line ORDER BY 3 DESC, parts.line"
    )
    if limit is not None:
        query += " LIMIT ? OFFSET ?"
        values += [limit, offset]
    rows = fetch(session, query, *values)
    return Lines([_line(row, asked) for row in rows], rows[0][1] if rows else 0)


def total_of(session: Session, question: Question, scope: Scope) -> dict[str, int]:
    """Return the last line: everything together, each person and date once."""
    return totals_of(session, question, [scope])[0]


def totals_of(
    session: Session, question: Question, scopes: Sequence[Scope]
) -> list[dict[str, int]]:
    """Return the last line of each of several scopes, in one statement."""
    asked = question.answered
    parts = [
        _selected(part, str(place))
        for place, scope in enumerate(scopes)
        for part in _parts(question, scope)
    ]
    if not parts:
        return [{} for _scope in scopes]
    body = " UNION ALL ".join(query for query, _values in parts)
    values = [value for _query, given in parts for value in given]
    sums = ", ".join(f"CAST(sum(parts.{measure.key}) AS bigint)" for measure in asked)
    query = f"SELECT parts.line, {sums} FROM ({body}) AS parts GROUP BY parts.line ORDER BY 1"
    return [
        {measure.key: value for measure, value in zip(asked, row[1:], strict=True)}
        for row in fetch(session, query, *values)
    ]


def records_behind(
    session: Session, question: Question, scope: Scope, line: int | None, *, limit: int, offset: int
) -> Behind:
    """Return a page of the records behind a line's hours (None: the total), the latest first."""
    where, values = _narrowed_records(question, scope)
    if line is not None:
        condition, given = _on_line(session, question, scope, line)
        where, values = f"{where} AND {condition}", [*values, *given]
    bounded = f"FROM {_RECORDS} WHERE {where}"
    sums = f"SELECT count(*), CAST(coalesce(sum(r.minutes), 0) AS bigint) {bounded}"
    page = f"SELECT r.id {bounded} ORDER BY r.service_on DESC, r.id DESC LIMIT ? OFFSET ?"
    (told,) = fetch(session, sums, *values)
    rows = fetch(session, page, *values, limit, offset)
    return Behind([row[0] for row in rows], *told)


def _on_line(
    session: Session, question: Question, scope: Scope, line: int
) -> tuple[str, list[Any]]:
    if question.rows == "branch":
        below = f"r.organisation_id IN (SELECT h.id FROM {_BRANCHES} WHERE h.top_id = ?)"
        return below, [scope.organisation_id, scope.organisation_id, line]
    if question.rows == "activity" and line == NO_ACTIVITY:
        return "r.activity_id IS NULL", []
    part = _Part({}, "", "", [], "r.service_on", _RECORD_COLUMNS)
    return f"{_line_of(session, part, question.rows)} = ?", [line]


def is_long(question: Question) -> bool:
    """Tell whether a report may have very many lines."""
    return question.rows in LONG_ROWS


def _line(row: Sequence[Any], asked: Sequence[Measure]) -> Line:
    return Line(row[0], {measure.key: value for measure, value in zip(asked, row[2:], strict=True)})


# ── the parts ─────────────────────────────────────────────────────────────────────────────


def _parts(question: Question, scope: Scope) -> list[_Part]:
    sources = {measure.source for measure in question.answered}
    makers = {
        "records": _records,
        "firsts": _firsts,
        "no_shows": _no_shows,
        "redemptions": _redemptions,
    }
    return [make(question, scope) for source, make in makers.items() if source in sources]


def _records(question: Question, scope: Scope) -> _Part:
    where, values = _narrowed_records(question, scope)
    adds = {
        "minutes": "coalesce(sum(r.minutes), 0)",
        "records": "count(*)",
        "people": "count(DISTINCT r.volunteer_id)",
        "dates": "count(DISTINCT r.service_on)",
        "credited": "coalesce(sum(r.points_hundredths), 0)",
    }
    wanted = {key: add for key, add in adds.items() if key in question.measures}
    return _Part(wanted, _RECORDS, where, values, "r.service_on", _RECORD_COLUMNS)


def _firsts(question: Question, scope: Scope) -> _Part:
    where, values = _narrowed_records(question, scope)
    years = [scope.from_on.year, scope.until_on.year]
    given = [*years, list(scope.ids), years[0], scope.from_on, scope.until_on]
    return _Part(
        {"firsts": "count(DISTINCT r.volunteer_id)"},
        f"{_FIRSTS} JOIN {_RECORDS} ON r.volunteer_id = f.volunteer_id"
        " AND r.service_on = f.first_on",
        f"{_NO_BOOK} AND {where}",
        given + values,
        "r.service_on",
        _RECORD_COLUMNS,
    )


def _no_shows(question: Question, scope: Scope) -> _Part:
    where, values = _OF_MISSED, [scope.from_on, scope.until_on, list(scope.ids)]
    where, values = _narrowed(question, where, values, "a.team_id", "q.colour_id", "u.volunteer_id")
    columns = {
        "team": "a.team_id",
        "colour": "q.colour_id",
        "person": "u.volunteer_id",
        "activity": "a.id",
        "organisation": "q.organisation_id",
    }
    return _Part({"no_shows": "count(*)"}, _MISSED, where, values, "a.service_on", columns)


def _redemptions(question: Question, scope: Scope) -> _Part:
    where, values = _OF_REDEMPTIONS, [list(scope.ids), scope.from_on, scope.until_on]
    where, values = _narrowed(question, where, values, "", "", "d.volunteer_id")
    adds = {"redemptions": "count(*)", "redeemed": "coalesce(sum(d.cost_hundredths), 0)"}
    wanted = {key: add for key, add in adds.items() if key in question.measures}
    columns = {"person": "d.volunteer_id", "organisation": "d.organisation_id"}
    return _Part(wanted, "redemptions d", where, values, "d.redeemed_on", columns)


_RECORD_COLUMNS = {
    "team": "r.team_id",
    "colour": "r.colour_id",
    "person": "r.volunteer_id",
    "activity": "r.activity_id",
    "organisation": "r.organisation_id",
}


def _narrowed_records(question: Question, scope: Scope) -> tuple[str, list[Any]]:
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


# ── as statements ─────────────────────────────────────────────────────────────────────────


def _selected(part: _Part, line: str = "NULL", joined: str = "") -> tuple[str, list[Any]]:
    figures = ", ".join(f"{part.adds.get(key, '0')} AS {key}" for key in KEYS)
    query = f"SELECT {line} AS line, {figures} FROM {part.select_from} {joined} WHERE {part.where}"
    return query, part.values


def _grouped(
    session: Session, part: _Part, question: Question, scope: Scope
) -> tuple[str, list[Any]]:
    if question.rows == "branch":
        joined = f"JOIN {_BRANCHES} ON h.id = {part.columns['organisation']}"
        query, values = _selected(part, "h.top_id", joined)
        # What stands in the FROM before the join comes before it.
        before = part.select_from.count("?")
        ids = [scope.organisation_id, scope.organisation_id]
        return f"{query} GROUP BY 1", [*values[:before], *ids, *values[before:]]
    query, values = _selected(part, _line_of(session, part, question.rows))
    return f"{query} GROUP BY 1", values


def _line_of(session: Session, part: _Part, rows: str) -> str:
    if rows == "month":
        if is_postgresql(session):
            return (
                f"CAST(extract(year FROM {part.on}) * 100 + extract(month FROM {part.on})"
                " AS integer)"
            )
        return f"CAST(substr({part.on}, 1, 4) || substr({part.on}, 6, 2) AS integer)"
    if rows == "weekday":
        if is_postgresql(session):
            return f"CAST(extract(dow FROM {part.on}) AS integer)"
        return f"CAST(strftime('%w', {part.on}) AS integer)"
    return part.columns[rows]
