"""Import a sheet: read it, preview what it would do, commit it.

`read_file` parses and judges cells and needs no database. `preview` tells what a commit would
do; `commit` does it, inside transaction().
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.imports.operations.mending import sheet_to_mend
from app.imports.operations.opening import import_opening
from app.imports.operations.reading import ReadFile, read_file, with_cells
from app.imports.operations.roster import import_roster
from app.imports.operations.service import import_service
from app.imports.rules.report import Look, Report
from app.teams.rules import Actor

__all__ = [
    "Look",
    "ReadFile",
    "Report",
    "commit",
    "preview",
    "read_file",
    "sheet_to_mend",
    "with_cells",
]


def preview(
    session: Session,
    file: ReadFile,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    skip_refused: bool = False,
    look: Look | None = None,
) -> Report:
    """Return what committing the file would do; nothing is locked or written."""
    return _import(session, file, actor, now, today, skip_refused, look, commits=False)


def commit(
    session: Session,
    file: ReadFile,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    skip_refused: bool = False,
    look: Look | None = None,
) -> Report:
    """Write what the file says, all or nothing unless refused rows are left out."""
    return _import(session, file, actor, now, today, skip_refused, look, commits=True)


def _import(
    session: Session,
    file: ReadFile,
    actor: Actor,
    now: datetime,
    today: date,
    skip_refused: bool,
    look: Look | None,
    *,
    commits: bool,
) -> Report:
    if file.kind in {"roster", "opening"}:
        by_kind = import_roster if file.kind == "roster" else import_opening
        return by_kind(
            session,
            file,
            actor=actor,
            now=now,
            today=today,
            skip_refused=skip_refused,
            commits=commits,
            look=look,
        )
    return import_service(
        session, file, actor=actor, now=now, skip_refused=skip_refused, commits=commits, look=look
    )
