"""CSV as offices write it: UTF-8 with or without BOM, else GB18030; comma, tab or semicolon."""

from __future__ import annotations

import csv
import io
import re
from pathlib import PurePath

from app.sheets.cells import Cell, Sheet, trimmed
from app.sheets.limits import Limits
from app.sheets.quoting import unprotect
from app.sheets.refusals import FileEmpty, NotText, QuotesUnbalanced

_QUOTED = re.compile(r'"[^"]*"')
_DELIMITERS = (",", "\t", ";")
_HEADERS_WITHIN = 1_000_000


def read_csv(content: bytes, filename: str, limits: Limits) -> Sheet:
    text = _decoded(content, filename)
    rows = trimmed(_records(text, filename, limits))
    if not rows:
        raise FileEmpty(file=filename)
    width = max(map(len, rows))
    if not limits.allow(len(rows), width):
        raise limits.too_many(filename)
    for row in rows:
        row.extend([""] * (width - len(row)))
    return Sheet(name=PurePath(filename).stem, rows=rows)


def _decoded(content: bytes, filename: str) -> str:
    if b"\0" in content:
        raise NotText(file=filename)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotText(file=filename)


def _delimiter(text: str) -> str:
    """Return the separator of the first line that has one: headers hold no free text."""
    for line in text[:_HEADERS_WITHIN].splitlines():
        bare = _QUOTED.sub("", line)
        best = max(_DELIMITERS, key=bare.count)
        if best in bare:
            return best
    return ","


def _records(text: str, filename: str, limits: Limits) -> list[list[Cell]]:
    # Strict: a lenient reader lets one stray quote swallow all rows to the end of the file.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    rows: list[list[Cell]] = []
    try:
        for record in reader:
            if len(rows) > limits.rows:
                raise limits.too_many(filename)
            rows.append([unprotect(cell) if cell[:1] == "'" else cell for cell in record])
    except csv.Error:
        raise QuotesUnbalanced(file=filename, line=reader.line_num) from None
    return rows
