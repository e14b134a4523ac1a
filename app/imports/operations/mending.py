"""The refused rows as a sheet to mend: as they came, with the reason beside each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from app.imports.operations.reading import ReadFile
from app.imports.rules.refusals import Refusal
from app.sheets.cells import Cell, text_of
from app.sheets.writing import write_csv, write_xlsx


def sheet_to_mend(
    file: ReadFile,
    refused: Sequence[Refusal],
    *,
    reason_title: str,
    reason_of: Callable[[Refusal], str],
    as_csv: bool = False,
) -> bytes:
    """Return the lines above, the header and the refused rows, which import again once mended.

    A sheet refused at a top line comes back whole.
    """
    header_row, rows = file.headers.row, file.sheet.rows
    at = _reason_column(file, reason_title)
    reasons = {refusal.row: reason_of(refusal) for refusal in refused}
    wanted: Iterable[int] = reasons
    if any(number < header_row for number in reasons):
        wanted = range(header_row + 1, len(rows) + 1)
    numbers = [*range(1, header_row + 1), *sorted(n for n in wanted if n > header_row)]
    reasons[header_row] = reason_title
    lines = [_with_reason(rows[number - 1], at, reasons.get(number, "")) for number in numbers]
    first = [text_of(cell) for cell in lines[0]]
    return write_csv(first, lines[1:]) if as_csv else write_xlsx(first, lines[1:])


def _reason_column(file: ReadFile, title: str) -> int:
    """Return where the reason stands: in the column of an earlier mending, else a new one."""
    header = file.sheet.rows[file.headers.row - 1]
    earlier = [at for at, cell in enumerate(header) if cell == title]
    return earlier[0] if earlier else len(header)


def _with_reason(row: Sequence[Cell], at: int, reason: str) -> list[Cell]:
    return [*row[:at], reason, *row[at + 1 :]]
