"""A report's figures, added up by the database: one statement for its lines, one for the total.

Each measure is read where it happened; the parts stand below each other and are added by line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.db import is_postgresql
from app.reports.figure_parts import RECORD_COLUMNS, RECORDS, Part, narrowed_records, parts_of
from app.reports.figure_parts import Scope as Scope
from app.reports.questions import LONG_ROWS, MEASURES, Measure, Question

# How an address names the line of what belongs to no activity.
NO_ACTIVITY = 0
KEYS = tuple(measure.key for measure in MEASURES)


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
    parts = [
        _grouped(session, part, question, scope)
        for part in parts_of(question, scope, question.rows)
    ]
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
        for part in parts_of(question, scope, None)
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
    where, values = narrowed_records(question, scope)
    if line is not None:
        condition, given = _on_line(session, question, scope, line)
        where, values = f"{where} AND {condition}", [*values, *given]
    bounded = f"FROM {RECORDS} WHERE {where}"
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
    part = Part({}, "", "", [], "r.service_on", RECORD_COLUMNS)
    return f"{_line_of(session, part, question.rows)} = ?", [line]


def is_long(question: Question) -> bool:
    """Tell whether a report may have very many lines."""
    return question.rows in LONG_ROWS


def _line(row: Sequence[Any], asked: Sequence[Measure]) -> Line:
    return Line(row[0], {measure.key: value for measure, value in zip(asked, row[2:], strict=True)})


# ── as statements ─────────────────────────────────────────────────────────────────────────


def _selected(part: Part, line: str = "NULL", joined: str = "") -> tuple[str, list[Any]]:
    figures = ", ".join(f"{part.adds.get(key, '0')} AS {key}" for key in KEYS)
    query = f"SELECT {line} AS line, {figures} FROM {part.select_from} {joined} WHERE {part.where}"
    return query, part.values


def _grouped(
    session: Session, part: Part, question: Question, scope: Scope
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


def _line_of(session: Session, part: Part, rows: str) -> str:
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
