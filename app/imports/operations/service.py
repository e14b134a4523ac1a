"""Import a service list or a sign-in sheet: find people and teams, judge the lines, post them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.clock import today_in
from app.errors import RuleBroken
from app.imports.operations.batches import open_batch
from app.imports.operations.reading import ReadFile
from app.imports.operations.service_look import Found, looked_at
from app.imports.queries import people_meant, reach_of
from app.imports.rules.fixes import LeftOut
from app.imports.rules.reach import People, Reach, TeamNode
from app.imports.rules.refusals import CellRefused, Refusal, about_row
from app.imports.rules.report import Look, Report
from app.imports.rules.service_rows import ServiceRow, top_refusal
from app.organisations.queries import settings_of
from app.service.operations import Line, Outcome, Plan, carry_out, plan_lines
from app.service.rules import FutureDate
from app.teams.rules import Actor

_COLUMN_OF_CODE = {
    "unknown_team": "team",
    "not_allowed": "team",
    "future_date": "service_on",
    "bad_date": "service_on",
    "bad_time": "start",
    "overlap": "start",
    "bad_duration": "duration",
    "daily_limit": "duration",
    "conflict": "external_id",
}


def import_service(
    session: Session,
    file: ReadFile,
    *,
    actor: Actor,
    now: datetime,
    skip_refused: bool,
    commits: bool,
    look: Look | None = None,
) -> Report:
    """Judge all rows in file order and, when it commits, post the good ones as one batch.

    A file that is written is spent: see ReadFile.let_go.
    """
    reach = reach_of(session, actor)
    top_refused = file.top_refused or _judge_top(session, reach, file, now)
    if top_refused is not None or file.service is None:
        return _refused_at_top(file, top_refused)
    found = _found(session, reach, file)
    plan = plan_lines(
        session,
        found.lines,
        actor=actor,
        enters_as=None,
        evidence="signed_in" if file.kind == "signin" else "imported",
        now=now,
        own_rows="refuse",
        over_limit_reason=file.fixes.accept_reason,
    )
    report = _report(file, found, plan, skip_refused)
    if look is not None:
        report = looked_at(report, file, found, plan, now=now)
        if commits and look.agreed is not None and look.agreed != report.digest:
            return replace(report, is_stale=True)
    if not commits or not report.writes:
        return report
    found = Found([], [], [])
    plan.lines.clear()
    file.let_go()
    scope = _scope(reach, plan)
    team_ids = {record.team_id for record in plan.records}
    team_id = team_ids.pop() if len(team_ids) == 1 else None
    batch_id = open_batch(session, file, report, scope, actor, now, team_id=team_id)
    carry_out(
        session,
        plan,
        actor=actor,
        now=now,
        batch_id=batch_id,
        key=None,
        organisation_id=scope,
        operation=f"import.{file.kind}",
        counts={"file": file.name, **report.counts},
        names_records=False,
    )
    return replace(report, batch_id=batch_id)


def _judge_top(session: Session, reach: Reach, file: ReadFile, now: datetime) -> Refusal | None:
    """Refuse a sign-in sheet whose team or date cannot be taken."""
    top, labels = file.top, file.labels
    if top is None or labels is None:
        return None
    try:
        team = reach.team(top.team)
    except RuleBroken as broken:
        return top_refusal(labels, "team", broken)
    today = today_in(settings_of(session, team.organisation_id).time_zone, now)
    if top.service_on > today:
        future = FutureDate(service_on=top.service_on, today=today)
        return top_refusal(labels, "service_on", future)
    return None


def _refused_at_top(file: ReadFile, refusal: Refusal | None) -> Report:
    return Report(
        kind=file.kind,
        rows=file.rows,
        created=0,
        updated=0,
        duplicates=0,
        blank=file.service.blank if file.service else 0,
        refused=[refusal] if refusal else [],
        is_refused=refusal is not None,
    )


def _found(session: Session, reach: Reach, file: ReadFile) -> Found:
    assert file.service is not None
    rows, kept = file.service.rows, file.fixes.kept_rows
    people = people_meant(session, reach, (row.who for row in rows))
    found = Found([], [], [])
    for row in rows:
        try:
            line = _line(reach, people, row, row.row.number in kept)
        except CellRefused as refused:
            found.refused.append(row.row.refusal(refused.key, refused.broken))
        else:
            found.rows.append(row)
            found.lines.append(line)
    return found


def _line(reach: Reach, people: People, row: ServiceRow, keep_both: bool) -> Line:
    """Find who and which team first; then what was wrong with date and time is said."""
    volunteer_id = people.find(row.who)
    team = _team(reach, row)
    if row.refused is not None:
        raise row.refused
    return Line(
        volunteer_id,
        team.id,
        row.service_on,
        row.span.minutes,
        row.span.starts_minute,
        row.content,
        row.place,
        row.note,
        row.external_id,
        keep_both,
    )


def _team(reach: Reach, row: ServiceRow) -> TeamNode:
    try:
        return reach.team(row.team)
    except RuleBroken as broken:
        raise CellRefused("team", broken) from None


def _report(file: ReadFile, found: Found, plan: Plan, skip_refused: bool) -> Report:
    service = file.service
    assert service is not None
    judged = [
        _refusal(found, place, outcome)
        for place, outcome in enumerate(plan.outcomes)
        if outcome.status == "refused"
    ]
    refused = sorted([*service.refused, *found.refused, *judged], key=lambda each: each.row)
    is_refused = not skip_refused and any(each.code != LeftOut.code for each in refused)
    return Report(
        kind=file.kind,
        rows=file.rows,
        created=0 if is_refused else plan.created,
        updated=0,
        duplicates=plan.count("repeat"),
        blank=service.blank,
        refused=refused,
        waiting=0 if is_refused else plan.count("waiting"),
        is_refused=is_refused,
        duplicate_rows=[
            found.rows[place].row.number
            for place, outcome in enumerate(plan.outcomes)
            if outcome.status == "repeat"
        ],
    )


def _refusal(found: Found, place: int, outcome: Outcome) -> Refusal:
    """Return why a line is refused, in the words of its sheet: a row, not a record unwritten."""
    broken = outcome.refusal
    assert broken is not None
    if outcome.collides_with is not None:
        broken = about_row(broken, found.rows[outcome.collides_with].row.number)
    row = found.rows[place].row
    return row.refusal(_column(row.headers.index, broken.code), broken)


def _column(known: Iterable[str], code: str) -> str:
    """Return the column a refusal is about, or one like it that the sheet has."""
    key = _COLUMN_OF_CODE.get(code, "number")
    for each in (key, {"start": "duration", "duration": "end", "number": "name"}.get(key, key)):
        if each in known:
            return each
    return key


def _scope(reach: Reach, plan: Plan) -> int:
    """Return the lowest organisation above all teams of the batch."""
    return reach.common(reach.teams[record.team_id].organisation_id for record in plan.records)
