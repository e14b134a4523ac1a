"""Rows of balances from paper books: what each says before anybody is looked up."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from app.imports.rules.cells import Row
from app.imports.rules.fixes import NONE, Fixes
from app.imports.rules.refusals import BalanceMissing, CellRefused, Refusal, WhoseBookMissing
from app.imports.rules.service_rows import Who, who_of
from app.sheets.cells import Sheet, is_total_row
from app.sheets.headers import Headers, Unit, body
from app.sheets.values import parse_date, parse_points, parse_text, parse_total


class OpeningRow(NamedTuple):
    """One book; `refused` is what stood in date or figures, judged after who it is."""

    row: Row
    who: Who
    as_of_on: date
    minutes: int
    points_hundredths: int
    note: str | None
    refused: CellRefused | None


class OpeningRead(NamedTuple):
    """All rows of a table: those to be judged, those refused already, and how many are blank."""

    rows: list[OpeningRow]
    refused: list[Refusal]
    blank: int


def read_opening_rows(
    sheet: Sheet, headers: Headers, unit: Unit | None, fixes: Fixes = NONE
) -> OpeningRead:
    """Return what the rows of a sheet of balances say."""
    rows: list[OpeningRow] = []
    refused: list[Refusal] = []
    blank = 0
    for number, cells in body(sheet, headers):
        row = Row(headers, number, cells, fixes)
        if row.has_nothing() or is_total_row(cells):
            blank += 1
            continue
        try:
            row.refuse_left_out(fixes)
            rows.append(_opening_row(row, headers.units.get("duration"), unit))
        except CellRefused as found:
            refused.append(row.refusal(found.key, found.broken))
    return OpeningRead(rows, refused, blank)


def _opening_row(row: Row, header_unit: Unit | None, unit: Unit | None) -> OpeningRow:
    """What is missing is refused first, then who, and only then date and figures."""
    who = who_of(row, WhoseBookMissing)
    row.refuse_blank("as_of_on")
    if row.is_blank("points") and row.is_blank("duration"):
        raise CellRefused(_amount(row), BalanceMissing())
    note = row.take("note", parse_text) or None
    try:
        as_of_on = row.need("as_of_on", parse_date)
        points = row.take("points", parse_points) or 0
        minutes = row.take("duration", parse_total, header_unit, unit) or 0
        if not points and not minutes:
            raise CellRefused(_amount(row), BalanceMissing())
    except CellRefused as refused:
        return OpeningRow(row, who, date.min, 0, 0, note, refused)
    return OpeningRow(row, who, as_of_on, minutes, points, note, None)


def _amount(row: Row) -> str:
    return "points" if "points" in row.headers.index else "duration"
