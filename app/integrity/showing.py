"""The figures of a list as people read them, and as a sheet takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from flask import url_for
from flask_babel import gettext as _

from app.integrity.ground import Cell, Column, Listed, Row
from app.integrity.rules import percent
from app.integrity.team_lists import TeamShares
from app.service.queries.evidence import SHOWN_EVIDENCE, SIGNED_IN
from app.service.queries.records import RecordRow
from app.service.showing import Chip, what_and_when
from app.sheets.cells import Cell as SheetCell
from app.teams.queries import TeamRow
from app.web.filters import day, hours, number


class ShownRow(NamedTuple):
    """One row of a list, with the way to the records behind it."""

    name: str
    about: str
    team: TeamRow | None
    # Text, heading, whether it is a figure.
    cells: list[tuple[str, str, bool]]
    url: str


class ShownRecord(NamedTuple):
    """One of the records behind a figure."""

    id: int
    name: str
    what: str
    about: str
    hours: str
    state: str
    colour: Chip


def evidence_labels() -> dict[str, str]:
    """Return how service was recorded, in a word."""
    return {
        "signed_in": str(_("Signed in by code")),
        "signed_in_weak": str(_("Paper code")),
        "signed_in_paper": str(_("Signed in (paper)")),
        "entered": str(_("Entered")),
        "claimed": str(_("Claimed")),
        "imported": str(_("Imported")),
    }


def shown_rows(listed: Listed, common: Mapping[str, Any]) -> list[ShownRow]:
    """Return the rows of a list; `common` is what every address of the page bears."""
    return [_shown_row(row, listed.columns, common) for row in listed.rows]


def _shown_row(row: Row, columns: Sequence[Column], common: Mapping[str, Any]) -> ShownRow:
    cells = [
        (_text(cell, column.kind), column.title, column.kind != "text")
        for cell, column in zip(row.cells, columns, strict=True)
    ]
    url = url_for("integrity.records", **{**common, **row.behind})
    return ShownRow(row.name, row.about, row.team, cells, url)


def _text(cell: Cell, kind: str) -> str:
    return _TEXTS[kind](cell)


_TEXTS: Mapping[str, Callable[[Any], str]] = {
    "text": str,
    "count": number,
    "minutes": hours,
    "percent": lambda share: f"{share}%",
    "day": lambda on: day(on, with_year=True),
}


def sheet_of(title: str, listed: Listed) -> tuple[list[str], list[list[SheetCell | None]]]:
    """Return heading and rows of a list as a sheet takes them: hours with two places."""
    header = [title, _("About"), *(column.title for column in listed.columns)]
    rows = [
        [row.name, row.about or None, *map(_sheet_cell, row.cells, _kinds(listed))]
        for row in listed.rows
    ]
    return header, rows


def _kinds(listed: Listed) -> Iterable[str]:
    return [column.kind for column in listed.columns]


def _sheet_cell(cell: Cell, kind: str) -> SheetCell | None:
    if kind == "minutes" and isinstance(cell, int):
        return (Decimal(cell) / Decimal(60)).quantize(Decimal("0.01"))
    if kind == "day" and isinstance(cell, date):
        return cell
    return cell


# ── the overview ──────────────────────────────────────────────────────────────────────────


def tiles_of(shares: Sequence[TeamShares]) -> list[dict[str, str]]:
    """Return for each way of recording its share of all records."""
    labels = evidence_labels()
    whole = sum(share.records for share in shares)
    found = []
    for evidence in SHOWN_EVIDENCE:
        part = sum(share.by_evidence.get(evidence, 0) for share in shares)
        if not part and evidence in SIGNED_IN[1:]:
            continue
        note = _("%(count)s records", count=number(part))
        value = f"{percent(part, whole)}%"
        found.append({"label": labels[evidence], "value": value, "note": note})
    return found


def share_text(share: TeamShares) -> str:
    """Return what of a team's records came otherwise than by signing in."""
    labels = evidence_labels()
    parts = [
        f"{labels[evidence]} {share.percent(evidence)}%"
        for evidence in SHOWN_EVIDENCE[1:]
        if share.by_evidence.get(evidence)
    ]
    return " · ".join(parts)


def shown_record(record: RecordRow) -> ShownRecord:
    """Return one of the records behind a figure."""
    labels = evidence_labels()
    by = _("recorded by %(name)s", name=record.recorder_name)
    return ShownRecord(
        record.id,
        record.volunteer_name,
        what_and_when(record),
        f"{labels[record.evidence]} · {by}",
        _("%(hours)s hours", hours=hours(record.minutes)),
        record.state,
        Chip(record.colour_key, record.colour_glyph),
    )
