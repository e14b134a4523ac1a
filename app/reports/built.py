"""One report built: its lines, total and names, read from one state of the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.clock import now
from app.reports.asking import Ground
from app.reports.build_showing import Words, about_rows, in_order, sheet_header, sheet_row
from app.reports.build_showing import sheet_total as total_cells
from app.reports.figure_queries import Line, Lines, Scope, lines_of, total_of
from app.reports.label_queries import names_of
from app.reports.questions import LONG_ROWS, Question
from app.sheets.cells import Cell
from app.sheets.writing import Sheet, write_csv, write_sheets
from app.teams.rules import Actor
from app.web.filters import instant
from app.web.kept import kept_if_dear

PAGE_SIZE = 100
# More lines than this are written by a worker.
MOST_AT_ONCE = 5_000
Cells = list[Cell | None]


class Built(NamedTuple):
    """Lines of one page, and the total of all."""

    lines: Lines
    total: dict[str, int]


def build(session: Session, question: Question, scope: Scope, page: int) -> Built:
    """Return a page of a report; what is dear to add up is kept for a minute."""
    limit = PAGE_SIZE if question.rows in LONG_ROWS else None
    offset = (page - 1) * PAGE_SIZE if limit else 0
    lines = kept_if_dear(
        ("report lines", question, scope, offset),
        lambda: lines_of(session, question, scope, limit=limit, offset=offset),
    )
    total = kept_if_dear(
        ("report total", question, scope), lambda: total_of(session, question, scope)
    )
    return Built(lines, total)


def words_for(
    session: Session, question: Question, ground: Ground, lines: Iterable[Line], actor: Actor
) -> Words:
    """Return what is needed to say these lines."""
    names = (
        names_of(session, question.rows, [line.key for line in lines])
        if question.rows in LONG_ROWS
        else {}
    )
    return Words(question, ground, names, actor)


def sheet_body(
    session: Session, kind: str, question: Question, ground: Ground, scope: Scope, actor: Actor
) -> bytes:
    """Return the whole report as a sheet, its total last."""
    lines = lines_of(session, question, scope)
    plain = Words(question, ground, {}, actor)
    total = total_cells(total_of(session, question, scope), plain)
    header = sheet_header(question)
    rows = _rows(session, in_order(lines.lines, plain), plain, total)
    if kind == "csv":
        return write_csv(header, rows)
    about = about_rows(plain, scope, instant(now()))
    return write_sheets(
        [Sheet(_("Report"), header, rows), Sheet(_("About it"), [_("What"), _("Value")], about)]
    )


def _rows(session: Session, lines: list[Line], plain: Words, total: Cells) -> Iterator[Cells]:
    left = iter(lines)
    while some := list(islice(left, MOST_AT_ONCE)):
        words = words_for(session, plain.question, plain.ground, some, plain.actor)
        for line in some:
            yield sheet_row(line, words)
    yield total
