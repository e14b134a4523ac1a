"""The jobs of an import: look at a file, import what was agreed to.

Parsing happens in a process of its own, before any transaction begins.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bulk import allow_long_statements, uncollected
from app.clock import now, today_in
from app.db import db, snapshot
from app.errors import RuleBroken
from app.imports.access import may_reach
from app.imports.models import Upload
from app.imports.operations import Look, ReadFile, Report, commit, preview, read_file, sheet_to_mend
from app.imports.operations.previewing import (
    keep_preview,
    keep_unreadable,
    settle_commit,
    shown_preview,
)
from app.imports.operations.uploads import COMMIT, PREVIEW, content_of, locked_upload
from app.imports.rules.columns import Kind
from app.imports.rules.fixes import Fixes, LeftOut, fixes_from_json
from app.imports.rules.uploads import NotOpen
from app.jobs.handling import Handle, Run
from app.organisations.queries import find_site
from app.organisations.rules import Settings
from app.sheets.apart import read_sheet_apart
from app.sheets.headers import Unit
from app.sheets.refusals import SheetUnreadable
from app.trail.operations import current_request_id
from app.web.policy import allow
from app.web.saying import say

READING, CHECKING, WRITING = "reading", "checking", "writing"


class _Taken(NamedTuple):
    """An upload as a job finds it."""

    id: int
    kind: Kind
    file_name: str
    unit: str | None
    language: str
    state: str
    revision: int
    fixes: Fixes
    organisation_id: int
    team_id: int | None
    actor_id: int


@allow("import.preview")
def look_at_upload(run: Run) -> None:
    """Read a file, judge it without writing, and keep what the page will show."""
    with _at_work(run):
        taken = _take(run)
        revision = int(run.job.payload["revision"])
        if taken.state != "waiting" or taken.revision != revision:
            run.end(lambda _session: None, lambda _none: {})
            return
        run.at(READING)
        try:
            file = _read(taken)
        except SheetUnreadable as refusal:
            _keep_unreadable(run, taken, refusal)
            return
        run.at(CHECKING, 0, file.rows)
        report, shown = _look(run, file)
        shown["has_changed"] = bool(run.job.payload.get("has_changed"))
        mend = _mend(file, report, taken.language)
        run.end(
            lambda session: keep_preview(session, taken.id, revision, shown, report.digest, mend),
            lambda kept: {"kept": kept},
        )


@allow("import.commit")
def import_upload(run: Run) -> None:
    """Import exactly what was agreed to, or have it shown anew."""
    with _at_work(run):
        taken = _take(run)
        if taken.state != "committing":
            run.end(lambda _session: None, lambda _none: {})
            return
        run.at(READING)
        file = _read(taken, spares_room=True)
        run.at(WRITING, 0, file.rows)
        agreed = Look(agreed=str(run.job.payload["digest"]))
        run.end(lambda session: _commit(session, run, taken, file, agreed), lambda told: told)


def _commit(
    session: Session, run: Run, taken: _Taken, file: ReadFile, agreed: Look
) -> Mapping[str, Any]:
    upload = locked_upload(session, taken.id)
    if upload.state != "committing":
        return {"batch": upload.batch_id}
    allow_long_statements(session)
    at = now()
    report = commit(
        session,
        # Only another try after a lost race finds the rows let go of.
        _read(taken) if file.is_spent else file,
        actor=run.actor,
        now=at,
        today=today_in(_zone(session), at),
        skip_refused=True,
        look=agreed,
    )
    return settle_commit(session, taken.id, report, actor=run.actor, now=at)


def _look(run: Run, file: ReadFile) -> tuple[Report, dict[str, Any]]:
    with snapshot() as session:
        allow_long_statements(session)
        at = now()
        today = today_in(_zone(session), at)
        report = preview(
            session, file, actor=run.actor, now=at, today=today, skip_refused=True, look=Look()
        )
        return report, shown_preview(session, file, report, actor=run.actor, today=today)


def _keep_unreadable(run: Run, taken: _Taken, refusal: RuleBroken) -> None:
    run.end(
        lambda session: keep_unreadable(session, taken.id, taken.revision, refusal),
        lambda kept: {"kept": kept},
    )


def _mend(file: ReadFile, report: Report, language: str) -> bytes | None:
    """Return the refused rows as a workbook, its reasons in the uploader's language."""
    refused = [each for each in report.refused if each.code != LeftOut.code]
    if not refused:
        return None
    with force_locale(language):
        return sheet_to_mend(
            file,
            refused,
            reason_title=_("Reason"),
            reason_of=lambda refusal: say(refusal.broken),
        )


def _read(taken: _Taken, *, spares_room: bool = False) -> ReadFile:
    with snapshot() as session:
        content = content_of(session, taken.id)
    return read_file(
        taken.kind,
        content,
        taken.file_name,
        duration_unit=cast("Unit | None", taken.unit),
        fixes=taken.fixes,
        reader=read_sheet_apart,
        spares_room=spares_room,
    )


def _take(run: Run) -> _Taken:
    """Return the upload, which whoever asked must still reach."""
    wanted = select(
        Upload.id,
        Upload.kind,
        Upload.file_name,
        Upload.unit,
        Upload.language,
        Upload.state,
        Upload.revision,
        Upload.fixes,
        Upload.organisation_id,
        Upload.team_id,
        Upload.actor_id,
    ).where(Upload.id == run.job.subject_id)
    with snapshot() as session:
        row = session.execute(wanted).first()
    if row is None:
        raise NotOpen
    fixes = Fixes(fixes_from_json(json.loads(row.fixes)))
    taken = _Taken._make(row)._replace(fixes=fixes)
    if not may_reach(run.actor, taken.organisation_id, taken.team_id, taken.actor_id):
        raise NotOpen
    return taken


def _zone(session: Session) -> str:
    site = find_site(session)
    return site[2] if site else Settings().time_zone


@contextmanager
def _at_work(run: Run) -> Iterator[None]:
    """Name the job in the trail."""
    token = current_request_id.set(f"job {run.job.id}")
    try:
        with uncollected():
            yield
    finally:
        current_request_id.reset(token)
        db.session.rollback()


HANDLERS: Mapping[str, Handle] = {PREVIEW: look_at_upload, COMMIT: import_upload}
