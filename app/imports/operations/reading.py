"""Read a file into rows, before anything is asked of the database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from app.imports.rules.columns import ALTERNATIVES, COLUMNS, SIGNIN_LABELS, Kind
from app.imports.rules.fixes import NONE, Fixes
from app.imports.rules.mixups import LOOKS_LIKE, other_kind
from app.imports.rules.opening_rows import OpeningRead, read_opening_rows
from app.imports.rules.refusals import CellRefused, Refusal
from app.imports.rules.report import Report
from app.imports.rules.roster_rows import RosterRead, read_roster_rows
from app.imports.rules.service_rows import (
    Read,
    Top,
    count_blank,
    read_service_rows,
    read_signin_rows,
    read_top,
    top_refusal,
)
from app.sheets.cells import Sheet, shown
from app.sheets.headers import Headers, Unit, find_headers
from app.sheets.labels import Labelled, read_labels
from app.sheets.limits import Limits
from app.sheets.reading import DEFAULT_LIMITS, read_sheet

LONG_ROWS = 5_000
Reader = Callable[[bytes, str, Limits], Sheet]


@dataclass(frozen=True)
class ReadFile:
    """One file, read: its sheet, its headers and what its rows say.

    `top_refused`: a top line of a sign-in sheet cannot be used, so no row of it is judged.
    """

    kind: Kind
    name: str
    sha256: str
    sheet: Sheet
    headers: Headers
    last_row: int
    roster: RosterRead | None = None
    service: Read | None = None
    opening: OpeningRead | None = None
    labels: dict[str, Labelled] | None = None
    top: Top | None = None
    top_refused: Refusal | None = None
    fixes: Fixes = NONE
    has_cells: bool = True

    @property
    def rows(self) -> int:
        """Return how many rows there are from the one below the header to the last used."""
        return self.last_row - self.headers.row

    @property
    def is_spent(self) -> bool:
        """Tell whether the rows were let go of, so that another try has to read the file anew."""
        return not self.sheet.rows

    def let_go(self) -> None:
        """Forget the rows: they are planned by now, and writing 100,000 needs the room."""
        self.sheet.rows.clear()
        if self.service is not None:
            self.service.rows.clear()


def read_file(
    kind: Kind,
    source: Path | bytes,
    name: str,
    *,
    duration_unit: Unit | None = None,
    limits: Limits = DEFAULT_LIMITS,
    fixes: Fixes = NONE,
    reader: Reader = read_sheet,
    spares_room: bool = False,
) -> ReadFile:
    """Return the rows of a file; raises SheetUnreadable when the file cannot be judged.

    Whoever takes files from people gives `read_sheet_apart` as the reader. `spares_room`: a long
    service list is kept without its cells, which `with_cells` finds again.
    """
    content = source if isinstance(source, bytes) else _bytes_of(source, limits)
    sheet = reader(content, name, limits)
    headers = _headers(kind, sheet, name)
    sha256 = hashlib.sha256(content).hexdigest()
    found = ReadFile(kind, name, sha256, sheet, headers, len(sheet.rows), fixes=fixes)
    if kind == "roster":
        return replace(found, roster=read_roster_rows(sheet, headers, fixes))
    unit = cast("Unit | None", fixes.unit) or duration_unit
    if kind == "opening":
        return replace(found, opening=read_opening_rows(sheet, headers, unit, fixes))
    if kind == "service":
        keeps_cells = not spares_room or len(sheet.rows) <= LONG_ROWS
        rows = read_service_rows(sheet, headers, unit, fixes, keeps_cells=keeps_cells)
        return replace(found, service=rows, has_cells=keeps_cells)
    return _read_signin(found)


def with_cells(report: Report, file: ReadFile) -> Report:
    """Return a report whose refusals show their cells, out of a file read with them."""
    refused = [
        each._replace(cell=shown(file.headers.cell(file.sheet.rows[each.row - 1], each.key)))
        for each in report.refused
    ]
    return replace(report, refused=refused)


def _headers(kind: Kind, sheet: Sheet, name: str) -> Headers:
    """Return the header row; a whole sheet of another kind is named as what it is."""
    other = other_kind(kind, sheet)
    if other is not None:
        raise LOOKS_LIKE[other](file=name)
    return find_headers(sheet, COLUMNS[kind], ALTERNATIVES[kind])


def _bytes_of(path: Path, limits: Limits) -> bytes:
    with path.open("rb") as stream:
        return stream.read(limits.file_bytes + 1)


def _read_signin(found: ReadFile) -> ReadFile:
    sheet, headers, fixes = found.sheet, found.headers, found.fixes
    labels = read_labels(sheet, headers, SIGNIN_LABELS)
    found = replace(found, labels=labels)
    try:
        top = read_top(labels, fixes)
    except CellRefused as refused:
        return replace(
            found,
            service=Read([], [], count_blank(sheet, headers)),
            top_refused=top_refusal(labels, refused.key, refused.broken),
        )
    return replace(found, service=read_signin_rows(sheet, headers, top, fixes), top=top)
