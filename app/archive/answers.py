"""An archive to take along: a workbook with one sheet a group, or a PDF to print and file."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any, NamedTuple

from flask import Response, render_template
from sqlalchemy.orm import Session

from app.archive.access import document_key
from app.archive.queries import letterhead_of, years_by_colour
from app.archive.queries.groups import Span
from app.archive.showing import ShownYear, shown_years
from app.archive.tables import Asked, Table, sheets_of, tables_of
from app.clock import now
from app.db import snapshot
from app.papers.making import pdf_of
from app.people.models import Volunteer
from app.sheets.cells import Cell
from app.sheets.writing import XLSX, write_sheets
from app.teams.access import today
from app.web.filters import clock_time, day, instant, number

# A printed archive shows so many rows of a group and says so; the sheet has them all.
MOST_PRINTED = 200
# Whose each row is stands above it once, and a sheet's width holds seven columns of service.
_PRINTED: Mapping[str, Sequence[int]] = {"service": (2, 3, 4, 7, 8, 9, 13)}
_WHOSE = 2


class PrintedGroup(NamedTuple):
    """One group as it is printed."""

    group: str
    name: str
    header: Sequence[str]
    rows: list[list[str]]
    is_cut: bool


def workbook(person: Volunteer) -> Response:
    """Answer with somebody's archive as a workbook; ID number and phone masked."""
    name = f"archive-{person.number}-{today():%Y-%m-%d}.xlsx"
    asked = _asked(person.id)
    with snapshot() as session:
        body = write_sheets(sheets_of(tables_of(session, asked)))
    return _file(body, XLSX, name)


def paper(person: Volunteer) -> Response:
    """Answer with somebody's archive as a PDF."""
    name = f"archive-{person.number}-{today():%Y-%m-%d}.pdf"
    return _file(pdf_of(paper_html(person.id)), "application/pdf", name)


def paper_html(volunteer_id: int) -> str:
    """Return somebody's archive as the page a PDF is made of."""
    return render_template("archive/paper.html", for_pdf=True, **paper_content(volunteer_id))


def paper_content(volunteer_id: int) -> dict[str, Any]:
    """Return what the page shows: a job renders it outside a request."""
    with snapshot() as session:
        whose = letterhead_of(session, volunteer_id)
        tables = tables_of(session, _asked(volunteer_id))
        return {
            "person_name": whose.name,
            "person_number": whose.number,
            "organisation_name": whose.organisation,
            "made_at": instant(now()),
            "facts": _facts(tables[0]),
            "years": _years(session, volunteer_id),
            "groups": [_printed(table) for table in tables[1:]],
            "most": MOST_PRINTED,
        }


def _asked(volunteer_id: int) -> Asked:
    return Asked([volunteer_id], Span(), False, document_key())


def _years(session: Session, volunteer_id: int) -> list[ShownYear]:
    return shown_years(years_by_colour(session, volunteer_id))


def _facts(table: Table) -> list[tuple[str, str]]:
    row = next(iter(table.rows))
    return [(title, _text(cell)) for title, cell in zip(table.header, row, strict=True)]


def _printed(table: Table) -> PrintedGroup:
    places = _PRINTED.get(table.group, range(_WHOSE, len(table.header)))
    last = deque(table.rows, MOST_PRINTED + 1)
    is_cut = len(last) > MOST_PRINTED
    return PrintedGroup(
        table.group,
        table.name,
        [table.header[at] for at in places],
        [[_text(row[at]) for at in places] for row in list(last)[is_cut:]],
        is_cut,
    )


def _text(cell: Cell | None) -> str:
    """Return a cell as a reader of paper expects it."""
    if cell is None or cell == "":
        return "—"
    if isinstance(cell, date):
        return day(cell, with_year=True)
    if isinstance(cell, time):
        return clock_time(cell.hour * 60 + cell.minute)
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    return number(cell) if isinstance(cell, int) else str(cell)


def _file(body: bytes, kind: str, name: str) -> Response:
    answer = Response(body, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
