"""Read a file into rows, before anything is asked of the database."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from app.imports.rules.columns import ALTERNATIVES, COLUMNS, SIGNIN_LABELS, Kind
from app.imports.rules.refusals import CellRefused, Refusal
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
from app.sheets.cells import Sheet
from app.sheets.headers import Headers, Unit, find_headers
from app.sheets.labels import Labelled, read_labels
from app.sheets.limits import Limits
from app.sheets.reading import DEFAULT_LIMITS, read_sheet


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
    roster: RosterRead | None = None
    service: Read | None = None
    labels: dict[str, Labelled] | None = None
    top: Top | None = None
    top_refused: Refusal | None = None

    @property
    def rows(self) -> int:
        """Return how many rows there are from the one below the header to the last used."""
        return len(self.sheet.rows) - self.headers.row


def read_file(
    kind: Kind,
    source: Path | bytes,
    name: str,
    *,
    duration_unit: Unit | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> ReadFile:
    """Return the rows of a file; raises SheetUnreadable when the file cannot be judged."""
    content = source if isinstance(source, bytes) else _bytes_of(source, limits)
    sheet = read_sheet(content, name, limits)
    headers = find_headers(sheet, COLUMNS[kind], ALTERNATIVES[kind])
    sha256 = hashlib.sha256(content).hexdigest()
    if kind == "roster":
        roster = read_roster_rows(sheet, headers)
        return ReadFile(kind, name, sha256, sheet, headers, roster=roster)
    if kind == "service":
        service = read_service_rows(sheet, headers, duration_unit)
        return ReadFile(kind, name, sha256, sheet, headers, service=service)
    return _read_signin(name, sha256, sheet, headers)


def _bytes_of(path: Path, limits: Limits) -> bytes:
    with path.open("rb") as stream:
        return stream.read(limits.file_bytes + 1)


def _read_signin(name: str, sha256: str, sheet: Sheet, headers: Headers) -> ReadFile:
    labels = read_labels(sheet, headers, SIGNIN_LABELS)
    try:
        top = read_top(labels)
    except CellRefused as refused:
        blank = count_blank(sheet, headers)
        return ReadFile(
            "signin",
            name,
            sha256,
            sheet,
            headers,
            service=Read([], [], blank),
            labels=labels,
            top_refused=top_refusal(labels, refused.key, refused.broken),
        )
    service = read_signin_rows(sheet, headers, top)
    return ReadFile("signin", name, sha256, sheet, headers, service=service, labels=labels, top=top)
