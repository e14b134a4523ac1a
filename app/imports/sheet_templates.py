"""Sheets to fill in: the columns, and example rows that an import passes over."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from app.imports.rules.columns import Kind
from app.imports.showing import column_titles, label_titles
from app.sheets.cells import EXAMPLE, Cell
from app.sheets.writing import write_csv, write_xlsx

_EXAMPLES: dict[str, Sequence[dict[str, str]]] = {
    "roster": (
        {
            "number": "TX00001",
            "name": "顾立春",
            "sex": "女",
            "born_on": "1958-02-04",
            "phone": "13800000001",
            "kind": "居民",
            "role": "队员",
            "joined_on": "2024-03-01",
        },
        {"number": "", "name": "贺夏至", "sex": "男", "phone": "13800000002", "role": "队长"},
    ),
    "service": (
        {
            "number": "TX00001",
            "name": "顾立春",
            "service_on": "2026-01-28",
            "duration": "2.5小时",
            "content": "清扫楼道",
        },
        {
            "number": "",
            "name": "贺夏至",
            "phone": "13800000002",
            "service_on": "2026-01-28",
            "start": "08:30",
            "end": "11:00",
            "content": "巡逻",
        },
    ),
    "signin": (
        {"number": "TX00001", "name": "顾立春", "start": "08:30", "end": "11:00"},
        {"number": "", "name": "贺夏至", "start": "08:40", "end": "11:00"},
    ),
    "opening": (
        {
            "number": "TX00001",
            "name": "顾立春",
            "points": "120.5",
            "duration": "386.5小时",
            "as_of_on": "2025-12-31",
            "note": "旧存折第12号",
        },
        {
            "number": "",
            "name": "贺夏至",
            "phone": "13800000002",
            "duration": "40小时",
            "as_of_on": "2025-12-31",
        },
    ),
}


def template(kind: Kind, language: str, *, team: str, organisation: str, as_csv: bool) -> bytes:
    """Return a sheet with its header and two examples, which count as blank rows."""
    columns = column_titles(kind, language)
    known = {"team": team, "organisation": organisation}
    rows: list[list[Cell]] = []
    if kind == "signin":
        labels = {"service_on": "2026-01-28", "team": team, "content": "清扫楼道"}
        rows += [[title, labels.get(key, "")] for key, title in label_titles(language)]
        rows.append([title for _key, title in columns])
    for example in _EXAMPLES[kind]:
        said = {**known, **example}
        cells: list[Cell] = [said.get(key, "") for key, _title in columns]
        cells[0] = EXAMPLE + str(cells[0] or _("may be left empty"))
        rows.append(cells)
    header = [title for _key, title in columns]
    if kind == "signin":
        first, rows = rows[0], rows[1:]
        header = [str(cell) for cell in first]
    return write_csv(header, rows) if as_csv else write_xlsx(header, rows)
