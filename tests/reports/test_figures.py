"""Every measure by every kind of line equals what counting row by row finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from itertools import product
from typing import Any

import pytest

from app.db import db
from app.organisations.queries import subtree_ids
from app.reports.figure_queries import Scope, lines_of, total_of
from app.reports.questions import MEASURES, ROWS, Question
from tests.reports import lived
from tests.service.conftest import Town

SPANS = ((date(2025, 11, 1), date(2026, 2, 28)), (date(2026, 1, 1), date(2026, 1, 31)))
# Whole years are answered from what is kept of each year.
YEARS = ((date(2025, 1, 1), date(2025, 12, 31)), (date(2025, 1, 1), date(2026, 12, 31)))
ALL = tuple(measure.key for measure in MEASURES)


def scope(top: int, span: tuple[date, date]) -> Scope:
    found = Scope(top, tuple(subtree_ids(db.session(), top)), *span)
    db.session.rollback()
    return found


def line_of(one: Any, rows: str, asked: Scope, parents: dict[int, int | None]) -> Any:
    """Return the line a thing belongs to."""
    on = next(getattr(one, name) for name in ("service_on", "redeemed_on") if hasattr(one, name))
    if rows == "month":
        return on.year * 100 + on.month
    if rows == "weekday":
        return on.isoweekday() % 7
    if rows == "branch":
        at = one.organisation_id
        while at != asked.organisation_id and parents[at] != asked.organisation_id:
            at = parents[at]
        return at
    name = {"person": "volunteer_id"}.get(rows, f"{rows}_id")
    return getattr(one, name)


def counted(question: Question, asked: Scope) -> tuple[dict[Any, dict[str, int]], dict[str, int]]:
    """Return the lines and the total, counted row by row."""
    every = lived.records()
    firsts: dict[int, date] = {}
    for one in every:
        firsts[one.volunteer_id] = min(one.service_on, firsts.get(one.volunteer_id, date.max))
    with_a_book = lived.with_a_book()
    kinds = dict(map(tuple, lived.rows("SELECT id, kind FROM volunteers")))
    parents = dict(map(tuple, lived.rows("SELECT id, parent_id FROM organisations")))

    def fits(one: Any) -> bool:
        on = getattr(one, "service_on", None) or one.redeemed_on
        return (
            one.organisation_id in asked.ids
            and asked.from_on <= on <= asked.until_on
            and question.team_id in {None, getattr(one, "team_id", None)}
            and question.colour_id in {None, getattr(one, "colour_id", None)}
            and question.kind in {None, kinds[one.volunteer_id]}
            and question.evidence in {None, getattr(one, "evidence", None)}
        )

    records = [one for one in every if fits(one)]
    missed = [one for one in lived.missed() if question.can_answer("no_shows") and fits(one)]
    taken = [one for one in lived.taken() if question.can_answer("redemptions") and fits(one)]

    def figures(belongs: Callable[[Any], bool]) -> dict[str, int]:
        own = list(filter(belongs, records))
        away, gone = list(filter(belongs, missed)), list(filter(belongs, taken))
        return {
            "minutes": sum(one.minutes for one in own),
            "records": len(own),
            "people": len({one.volunteer_id for one in own}),
            "dates": len({one.service_on for one in own}),
            "firsts": len(
                {
                    one.volunteer_id
                    for one in own
                    if one.service_on == firsts[one.volunteer_id]
                    and one.volunteer_id not in with_a_book
                }
            ),
            "no_shows": len(away),
            "credited": sum(one.hundredths for one in own),
            "redemptions": len(gone),
            "redeemed": sum(one.hundredths for one in gone),
        }

    def place(one: Any) -> Any:
        return line_of(one, question.rows, asked, parents)

    def at(key: Any) -> Callable[[Any], bool]:
        return lambda one: bool(place(one) == key)

    keys = {place(one) for one in _all(records, missed, taken)}
    answered = {measure.key for measure in question.answered}

    def cut(found: dict[str, int]) -> dict[str, int]:
        return {key: value for key, value in found.items() if key in answered}

    lines = {key: cut(figures(at(key))) for key in keys}
    return lines, cut(figures(lambda _one: True))


def _all(*lists: Iterable[Any]) -> list[Any]:
    return [one for each in lists for one in each]


def check(question: Question, asked: Scope) -> None:
    lines, total = counted(question, asked)
    found = lines_of(db.session(), question, asked)
    assert {line.key: line.figures for line in found.lines} == lines, question
    assert found.in_all == len(lines)
    assert total_of(db.session(), question, asked) == total, question
    db.session.rollback()


@pytest.fixture(params=[1, 2])
def lived_in(town: Town, request: pytest.FixtureRequest) -> Town:
    lived.live(town.community, request.param)
    return town


def test_every_line_and_total_is_right(lived_in: Town) -> None:
    community = lived_in.community
    tops = (community.root_id, community.estate_id)
    for rows, top, span in product(ROWS, tops, (*SPANS, *YEARS)):
        check(Question(rows=rows, measures=ALL), scope(top, span))


def test_filters_narrow_lines_and_total_alike(lived_in: Town) -> None:
    community = lived_in.community
    colours = [row[0] for row in lived.rows("SELECT id FROM colours ORDER BY id")]
    filters: list[dict[str, Any]] = [
        {"team_id": community.green_id},
        *({"colour_id": colour} for colour in colours),
        {"kind": "party"},
        {"kind": "resident", "team_id": community.red_id},
        *({"evidence": word} for word in ("entered", "signed_in")),
    ]
    for given, rows, span in product(filters, ("team", "person", "month"), (SPANS[0], YEARS[1])):
        check(Question(rows=rows, measures=ALL, **given), scope(community.root_id, span))


def test_a_page_of_lines_is_a_part_of_them(lived_in: Town) -> None:
    asked = scope(lived_in.community.root_id, SPANS[0])
    question = Question(rows="person", measures=ALL)
    whole = lines_of(db.session(), question, asked)
    parts = [lines_of(db.session(), question, asked, limit=3, offset=at) for at in (0, 3, 6)]
    assert [line for part in parts for line in part.lines] == whole.lines
    assert {part.in_all for part in parts} == {whole.in_all}
    db.session.rollback()


def test_each_measure_alone_is_the_same(lived_in: Town) -> None:
    asked = scope(lived_in.community.root_id, YEARS[1])
    whole = total_of(db.session(), Question(rows="person", measures=ALL), asked)
    for key, value in whole.items():
        alone = Question(rows="person", measures=(key,))
        assert total_of(db.session(), alone, asked) == {key: value}
        assert (
            sum(line.figures[key] for line in lines_of(db.session(), alone, asked).lines) >= value
        )
    db.session.rollback()


def test_the_people_are_no_sum(lived_in: Town) -> None:
    asked = scope(lived_in.community.root_id, SPANS[0])
    question = Question(rows="team", measures=("people",))
    lines = lines_of(db.session(), question, asked).lines
    total = total_of(db.session(), question, asked)["people"]
    assert total < sum(line.figures["people"] for line in lines)
    db.session.rollback()
