"""What a preview of a roster shows beside the refusals, and the digest of what it would do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.imports.operations.reading import ReadFile
from app.imports.queries import people_with_phones
from app.imports.rules.digests import digest_of
from app.imports.rules.notes import Noted, Notes
from app.imports.rules.reach import folded
from app.imports.rules.report import Report
from app.imports.rules.roster_books import RosterBooks
from app.imports.rules.roster_people import Entry, membership_changes
from app.imports.rules.roster_rows import RosterRow

_SHOWN_COLUMNS = ("number", "name", "sex", "born_on", "phone", "team", "role")


class Judged(NamedTuple):
    """The rows that were not refused, with what became of each."""

    rows: list[RosterRow]
    statuses: list[str]


def looked_at(
    session: Session, report: Report, file: ReadFile, books: RosterBooks, judged: Judged
) -> Report:
    """Return the report with its notes and its digest."""
    return replace(
        report,
        notes=list(_notes(session, books, judged).filled()),
        people=report.created + report.updated,
        digest=digest_of(file.sha256, file.fixes, _effects(report, books, judged)),
    )


def _effects(report: Report, books: RosterBooks, judged: Judged) -> Iterator[str]:
    for row, status in zip(judged.rows, judged.statuses, strict=True):
        yield f"{row.row.number} {status}"
    for refusal in report.refused:
        yield f"{refusal.row} {refusal.code} {refusal.key}"
    for entry in books.entries:
        changes = membership_changes(entry)
        if entry.known is None or entry.is_changed or any(changes):
            yield f"{entry.id} {entry.known} {entry.card()} {changes}"


def _notes(session: Session, books: RosterBooks, judged: Judged) -> Notes:
    """Point out new people who may be on the list already, by phone or by name."""
    notes = Notes()
    new = [
        row for row, status in zip(judged.rows, judged.statuses, strict=True) if status == "created"
    ]
    holders = people_with_phones(session, books.reach, {row.phone for row in new if row.phone})
    named = _by_name(books.entries)
    for row in new:
        holder = holders.get(row.phone or "")
        others = [each for each in named.get(folded(row.name), ()) if each.known is not None]
        if holder is not None and folded(holder.name) != folded(row.name):
            notes["same_phone"].add(_noted(row, holder.name, holder.number))
        elif others:
            notes["namesake"].add(_noted(row, others[0].name, others[0].number))
    return notes


def _by_name(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(folded(entry.name), []).append(entry)
    return found


def _noted(row: RosterRow, name: str, number: str | None) -> Noted:
    said = {key: row.row.shown(key) for key in _SHOWN_COLUMNS if key in row.row.headers.index}
    return Noted(row.row.number, said, {"name": name, "number": number or "—"})
