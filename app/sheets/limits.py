"""How much one file may hold before it is even parsed."""

from __future__ import annotations

from dataclasses import dataclass

from app.sheets.refusals import TooManyCells

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    file_bytes: int = 20 * MEGABYTE
    members: int = 2_000
    unpacked_bytes: int = 200 * MEGABYTE
    ratio: int = 300  # judged from `ratio_from_bytes` on: small members pack well by nature
    ratio_from_bytes: int = 4 * MEGABYTE
    text_bytes: int = 200 * MEGABYTE  # shared strings, as often as cells repeat them
    rows: int = 200_000
    columns: int = 1_000
    cells: int = 4_000_000  # rows × columns of the box around all cells

    def allow(self, rows: int, columns: int) -> bool:
        return rows <= self.rows and columns <= self.columns and rows * columns <= self.cells

    def too_many(self, file: str) -> TooManyCells:
        return TooManyCells(file=file, rows=self.rows, columns=self.columns, cells=self.cells)
