"""Import balances of paper books: find the people, judge the books, post them as one batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.errors import RuleBroken
from app.imports.operations.batches import open_batch
from app.imports.operations.reading import ReadFile
from app.imports.queries import first_served_on, people_meant, reach_of
from app.imports.rules.digests import digest_of
from app.imports.rules.fixes import LeftOut
from app.imports.rules.notes import Noted, Notes
from app.imports.rules.opening_rows import OpeningRow
from app.imports.rules.reach import People
from app.imports.rules.refusals import CellRefused, Refusal, SecondBookInRow
from app.imports.rules.report import Look, Report
from app.opening.operations import Outcome, Plan, plan_openings, take_over
from app.opening.rules import OpeningLine
from app.teams.rules import Actor

_SHOWN_COLUMNS = ("number", "name", "points", "duration", "as_of_on", "note")


@dataclass
class _Found:
    """The rows whose person is known, as lines; and those refused so far."""

    rows: list[OpeningRow]
    lines: list[OpeningLine]
    refused: list[Refusal]


def import_opening(
    session: Session,
    file: ReadFile,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    skip_refused: bool,
    commits: bool,
    look: Look | None = None,
) -> Report:
    """Judge all rows in file order and, when it commits, post the good ones as one batch."""
    assert file.opening is not None
    reach = reach_of(session, actor)
    found = _found(people_meant(session, reach, (row.who for row in file.opening.rows)), file)
    plan = plan_openings(session, found.lines, actor=actor, today=today, locks=commits)
    report = _report(file, found, plan, skip_refused)
    if look is not None:
        report = _looked_at(session, report, file, found, plan)
        if commits and look.agreed is not None and look.agreed != report.digest:
            return replace(report, is_stale=True)
    if not commits or not report.writes:
        return report
    scope = reach.common(plan.homes[line.volunteer_id] for line in plan.new)
    batch_id = open_batch(session, file, report, scope, actor, now)
    take_over(
        session,
        plan,
        actor=actor,
        now=now,
        batch_id=batch_id,
        organisation_id=scope,
        counts={"file": file.name, **report.counts},
    )
    return replace(report, batch_id=batch_id)


def _found(people: People, file: ReadFile) -> _Found:
    assert file.opening is not None
    found = _Found([], [], [])
    for row in file.opening.rows:
        try:
            line = _line(people, row)
        except CellRefused as refused:
            found.refused.append(row.row.refusal(refused.key, refused.broken))
        else:
            found.rows.append(row)
            found.lines.append(line)
    return found


def _line(people: People, row: OpeningRow) -> OpeningLine:
    """Find who it is first; then what was wrong with date and figures is said."""
    volunteer_id = people.find(row.who)
    if row.refused is not None:
        raise row.refused
    return OpeningLine(volunteer_id, row.as_of_on, row.minutes, row.points_hundredths, row.note)


def _report(file: ReadFile, found: _Found, plan: Plan, skip_refused: bool) -> Report:
    assert file.opening is not None
    judged = [
        _refusal(found, place, outcome)
        for place, outcome in enumerate(plan.outcomes)
        if outcome.refusal is not None
    ]
    refused = sorted([*file.opening.refused, *found.refused, *judged], key=lambda each: each.row)
    is_refused = not skip_refused and any(each.code != LeftOut.code for each in refused)
    return Report(
        kind=file.kind,
        rows=file.rows,
        created=0 if is_refused else plan.count("created"),
        updated=0,
        duplicates=plan.count("repeat"),
        blank=file.opening.blank,
        refused=refused,
        is_refused=is_refused,
        duplicate_rows=[
            found.rows[place].row.number
            for place, outcome in enumerate(plan.outcomes)
            if outcome.status == "repeat"
        ],
    )


def _refusal(found: _Found, place: int, outcome: Outcome) -> Refusal:
    """Return why a row is refused; what it collides with in its own file is named by its row."""
    broken, row = outcome.refusal, found.rows[place].row
    assert broken is not None
    if broken.code == "conflict" and outcome.place is not None:
        broken = SecondBookInRow(row=found.rows[outcome.place].row.number)
    return row.refusal(_column(row.headers.index, broken), broken)


def _column(known: dict[str, int], broken: RuleBroken) -> str:
    if broken.code in {"future_date", "conflict"}:
        return "as_of_on"
    return "number" if "number" in known else "name"


# ── what a preview shows besides ──────────────────────────────────────────────────────────


def _looked_at(
    session: Session, report: Report, file: ReadFile, found: _Found, plan: Plan
) -> Report:
    new = plan.new
    return replace(
        report,
        notes=list(_notes(session, found, plan).filled()),
        minutes=sum(line.minutes for line in new),
        points_hundredths=sum(line.points_hundredths for line in new),
        people=len(new),
        digest=digest_of(file.sha256, file.fixes, _effects(report, found, plan)),
    )


def _effects(report: Report, found: _Found, plan: Plan) -> Iterator[str]:
    """Yield, line by line, everything a commit would do and everything it would not."""
    for row, line, outcome in zip(found.rows, found.lines, plan.outcomes, strict=True):
        if outcome.status != "refused":
            yield f"{row.row.number} {outcome.status} {line[:4]}"
    for refusal in report.refused:
        yield f"{refusal.row} {refusal.code} {refusal.key}"


def _notes(session: Session, found: _Found, plan: Plan) -> Notes:
    """Say what repeats, and whose recorded service the book may hold already."""
    notes = Notes()
    first_on = first_served_on(session, {line.volunteer_id for line in plan.new})
    for row, line, outcome in zip(found.rows, found.lines, plan.outcomes, strict=True):
        code = ""
        if outcome.status == "repeat":
            code = "repeat" if outcome.place is None else "twice"
        elif outcome.status == "created":
            on = first_on.get(line.volunteer_id)
            code = "served_before" if on is not None and on <= line.as_of_on else ""
        if code:
            note = notes[code]
            note.add(Noted(row.row.number, _said_by(row), {}) if note.has_room else None)
    return notes


def _said_by(row: OpeningRow) -> dict[str, str]:
    said = {key: row.row.shown(key) for key in _SHOWN_COLUMNS if key in row.row.headers.index}
    return {key: text for key, text in said.items() if text}
