"""The sign-in sheet of an activity, filled in as far as it is known; the import reads it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from app.imports.showing import column_titles, label_titles
from app.sheets.cells import Cell
from app.sheets.writing import write_xlsx

# For those who come without having signed up; an import passes over what stays empty.
EMPTY_ROWS = 10
_WIDTHS = {"number": 12, "name": 12, "phone": 14, "start": 10, "end": 10, "note": 24}


class Listed(NamedTuple):
    """Somebody who may come."""

    number: str
    name: str


class Head(NamedTuple):
    """What stands above the table."""

    title: str
    service_on: date
    place: str
    # As the import knows the team: its name, or its code where another bears the name.
    team: str
    leader: str


def top_lines(head: Head, language: str) -> list[tuple[str, Cell]]:
    """Return the lines above the table, in the words an import reads."""
    said: dict[str, Cell] = {
        "content": head.title,
        "service_on": head.service_on,
        "place": head.place,
        "team": head.team,
        "person_in_charge": head.leader,
    }
    return [(title, said[key]) for key, title in label_titles(language)]


def workbook(head: Head, people: Sequence[Listed], language: str) -> bytes:
    """Return the sheet as a workbook whose times are to be typed in."""
    columns = column_titles("signin", language)
    (first, value), *lines = top_lines(head, language)
    rows: list[list[Cell | None]] = [[title, cell] for title, cell in lines]
    rows.append([title for _key, title in columns])
    for one in people:
        known = {"number": one.number, "name": one.name}
        rows.append([known.get(key) for key, _title in columns])
    widths = [_WIDTHS[key] for key, _title in columns]
    return write_xlsx([first, str(value)], rows, widths=widths)
