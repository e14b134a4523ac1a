"""Make, keep and act on previews: the two halves of an import in the browser, each run by a job."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.errors import RuleBroken
from app.imports.models import Upload
from app.imports.operations.reading import ReadFile
from app.imports.operations.suggesting import suggest
from app.imports.operations.uploads import enqueue_look, forget_cells, locked_upload
from app.imports.rules.causes import Cause, grouped
from app.imports.rules.fixes import LeftOut
from app.imports.rules.report import Report
from app.imports.rules.told import kept_figures
from app.sheets.cells import shown
from app.teams.rules import Actor

_SAID = (
    *("number", "name", "phone", "service_on", "team", "duration", "start", "end"),
    *("points", "as_of_on"),
)


def shown_preview(
    session: Session, file: ReadFile, report: Report, *, actor: Actor, today: date
) -> dict[str, Any]:
    """Return what the page shows of a report: counts, causes with ways out, what to confirm."""
    refused = [each for each in report.refused if each.code != LeftOut.code]
    causes = grouped(refused)
    _say_rows(file, causes)
    suggest(session, file, causes, actor=actor, today=today)
    return {
        "sheet": file.sheet.name,
        "counts": report.counts | {"refused": len(refused)},
        "left_out": len(report.refused) - len(refused),
        "waiting": report.waiting,
        "minutes": report.minutes,
        "points_hundredths": report.points_hundredths,
        "people": report.people,
        "causes": [cause.as_json() for cause in causes],
        "notes": [note.as_json() for note in report.notes],
        "changes": _counted(report),
    }


def keep_preview(
    session: Session,
    upload_id: int,
    revision: int,
    preview: dict[str, Any],
    digest: str,
    mend: bytes | None,
) -> bool:
    """Show a preview, unless the file has been mended further meanwhile."""
    upload = locked_upload(session, upload_id)
    if not _is_awaited(upload, revision):
        return False
    upload.state = "ready"
    upload.preview = json.dumps(preview, ensure_ascii=False)
    upload.preview_revision = revision
    upload.digest = digest
    upload.mend = mend
    upload.refusal_message = upload.refusal_figures = None
    session.flush()
    return True


def keep_unreadable(session: Session, upload_id: int, revision: int, refusal: RuleBroken) -> bool:
    """Keep why a file as a whole cannot be read."""
    upload = locked_upload(session, upload_id)
    if not _is_awaited(upload, revision):
        return False
    upload.state = "unreadable"
    upload.preview = upload.digest = upload.mend = None
    upload.refusal_message = refusal.message
    upload.refusal_figures = json.dumps(kept_figures(refusal.figures), ensure_ascii=False)
    session.flush()
    return True


def settle_commit(
    session: Session, upload_id: int, report: Report, *, actor: Actor, now: datetime
) -> dict[str, Any]:
    """Keep what became of a commit: the batch, or that another preview has to be made first."""
    upload = locked_upload(session, upload_id)
    if report.is_stale:
        upload.state = "waiting"
        enqueue_look(session, upload, actor.login_id, now, has_changed=True)
        session.flush()
        return {"stale": True}
    upload.state = "committed"
    upload.batch_id = report.batch_id
    upload.committed_by_id, upload.committed_at = actor.login_id, now
    forget_cells(upload)
    session.flush()
    return {"batch": report.batch_id}


def _is_awaited(upload: Upload, revision: int) -> bool:
    return upload.state == "waiting" and upload.revision == revision


def _counted(report: Report) -> dict[str, int]:
    """Return how often each column of the roster changes."""
    told: dict[str, int] = {}
    for columns in report.changes.values():
        for column in columns:
            told[column] = told.get(column, 0) + 1
    return told


def _say_rows(file: ReadFile, causes: list[Cause]) -> None:
    """Let each case show what else its first row says."""
    index = {key: at for key, at in file.headers.index.items() if key in _SAID}
    for cause in causes:
        for case in cause.cases.values():
            at = case.sample.row
            if at <= file.headers.row:
                continue
            cells = file.sheet.rows[at - 1]
            said = {key: shown(cells[column]) for key, column in index.items()}
            case.said = {key: text for key, text in said.items() if text}
