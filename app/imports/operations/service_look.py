"""What a preview of service shows beside the refusals, and the digest of what it would do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from app.imports.operations.reading import ReadFile
from app.imports.rules.digests import digest_of
from app.imports.rules.notes import LONG_MINUTES, Noted, Notes
from app.imports.rules.refusals import Refusal
from app.imports.rules.report import Report
from app.imports.rules.service_rows import ServiceRow
from app.service.operations import Line, Outcome, Plan, PlannedRecord
from app.service.operations.lines import DayKey

_SHOWN_COLUMNS = ("number", "name", "service_on", "team", "duration", "start", "end", "content")


class Found(NamedTuple):
    """The rows whose person and team are known, as lines; and those refused so far."""

    rows: list[ServiceRow]
    lines: list[Line]
    refused: list[Refusal]


def looked_at(report: Report, file: ReadFile, found: Found, plan: Plan, *, now: datetime) -> Report:
    """Return the report with its notes, its sums and its digest."""
    accepted = [
        place
        for place, outcome in enumerate(plan.outcomes)
        if outcome.status in {"approved", "waiting"}
    ]
    return replace(
        report,
        notes=list(_notes(found, plan, now).filled()),
        minutes=sum(found.lines[place].minutes for place in accepted),
        people=len({found.lines[place].volunteer_id for place in accepted}),
        digest=digest_of(file.sha256, file.fixes, _effects(report, found, plan)),
    )


def _effects(report: Report, found: Found, plan: Plan) -> Iterator[str]:
    """Yield, line by line, everything a commit would do and everything it would not."""
    for row, line, outcome in zip(found.rows, found.lines, plan.outcomes, strict=True):
        if outcome.status == "refused":
            continue
        yield (
            f"{row.row.number} {outcome.status} {line.volunteer_id} {line.team_id} "
            f"{line.service_on} {line.minutes} {line.starts_minute} "
            f"{outcome.points_hundredths} {outcome.waits_reason} {outcome.is_guest}"
        )
    for refusal in report.refused:
        yield f"{refusal.row} {refusal.code} {refusal.key}"
    yield f"settles {sorted(plan.settles)}"


def _notes(found: Found, plan: Plan, now: datetime) -> Notes:
    notes = Notes()
    records = _first_records(plan)
    for place, (row, outcome) in enumerate(zip(found.rows, plan.outcomes, strict=True)):
        for code in _codes(found.lines[place], outcome, records.get(place), plan, now):
            note = notes[code]
            note.add(_noted(row, outcome) if note.has_room else None)
    return notes


def _codes(
    line: Line, outcome: Outcome, record: PlannedRecord | None, plan: Plan, now: datetime
) -> Iterator[str]:
    if outcome.status == "repeat":
        yield "repeat" if outcome.collides_with is None else "twice"
    if outcome.status not in {"approved", "waiting"} or record is None:
        return
    if outcome.status == "waiting":
        yield "waiting"
    if record.reason is not None:
        yield "over_limit"
    if outcome.is_guest:
        yield "guest"
    if line.minutes >= LONG_MINUTES:
        yield "long"
    if line.service_on.year < now.year - (now.month == 1):
        yield "earlier_year"
    day = DayKey(
        line.volunteer_id, line.team_id, record.organisation_id, record.colour_id, line.service_on
    )
    before = plan.days_before.get(day)
    if before is not None and before.records:
        yield "same_day"


def _first_records(plan: Plan) -> dict[int, PlannedRecord]:
    """Return the first record of each line that makes any."""
    found: dict[int, PlannedRecord] = {}
    for record, owner in zip(plan.records, plan.owners, strict=True):
        found.setdefault(owner, record)
    return found


def _noted(row: ServiceRow, outcome: Outcome) -> Noted:
    may_keep = (
        outcome.status == "repeat" and row.external_id is None and row.span.starts_minute is None
    )
    found = {"waits": outcome.waits_reason} if outcome.waits_reason else {}
    return Noted(row.row.number, said_by(row), found, may_keep)


def said_by(row: ServiceRow) -> dict[str, str]:
    """Return what a row says, as short texts by column."""
    said = {key: row.row.shown(key) for key in _SHOWN_COLUMNS if key in row.row.headers.index}
    return {key: text for key, text in said.items() if text}


__all__ = ["Found", "looked_at", "said_by"]
