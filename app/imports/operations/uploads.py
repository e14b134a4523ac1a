"""Take a file in, mend it by taps, ask for its import, put it aside; the work itself is a job."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app.errors import NotFound
from app.imports.models import Upload
from app.imports.rules.fixes import (
    Fix,
    FixUnfit,
    checked_fix,
    fixes_as_json,
    fixes_from_json,
    with_fix,
)
from app.imports.rules.uploads import (
    OPEN_STATES,
    ContentGone,
    NotOpen,
    StillWorking,
    short_file_name,
)
from app.jobs.operations import enqueue
from app.organisations.queries import settings_of
from app.trail.operations import note, remember, remembered

SUBJECT = "upload"
PREVIEW = "import.preview"
COMMIT = "import.commit"


def take_upload(
    session: Session,
    *,
    kind: str,
    content: bytes,
    file_name: str,
    organisation_id: int,
    team_id: int | None,
    unit: str | None,
    language: str,
    actor_id: int,
    now: datetime,
    key: str | None = None,
) -> int:
    """Keep a file for a while and let a job look at it; return the upload's id.

    Nothing of it is read here: what it holds may be anything.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    asked = {"kind": kind, "content": sha256, "name": file_name, "unit": unit}
    before = remembered(session, actor_id, key, asked) if key else None
    if before is not None:
        return int(before["upload_id"])
    kept_days = settings_of(session, organisation_id).import_kept_days
    upload = Upload(
        kind=kind,
        organisation_id=organisation_id,
        team_id=team_id,
        actor_id=actor_id,
        uploaded_at=now,
        expires_at=now + timedelta(days=kept_days),
        file_name=short_file_name(file_name),
        file_sha256=sha256,
        file_bytes=len(content),
        content=content,
        unit=unit,
        language=language,
        state="waiting",
        revision=1,
        fixes="[]",
    )
    session.add(upload)
    session.flush()
    _look_again(session, upload, actor_id, now)
    about = {"kind": kind, "bytes": len(content)}
    _note(session, upload, "import.upload", actor_id, now, about)
    if key:
        remember(session, actor_id, key, asked, {"upload_id": upload.id}, now)
    return upload.id


def add_fix(session: Session, upload_id: int, fix: Fix, *, actor_id: int, now: datetime) -> None:
    """Mend something of a file and look at it again."""
    upload = open_upload(session, upload_id)
    fix = checked_fix(upload.kind, fix)  # type: ignore[arg-type]
    fixes = with_fix(fixes_from_json(json.loads(upload.fixes)), fix)
    _change(session, upload, fixes, actor_id, now, {"do": fix.do, "column": fix.column})


def take_back_fix(
    session: Session, upload_id: int, place: int, *, actor_id: int, now: datetime
) -> None:
    """Undo one of the changes and look at the file again."""
    upload = open_upload(session, upload_id)
    fixes = fixes_from_json(json.loads(upload.fixes))
    if not 0 <= place < len(fixes):
        raise FixUnfit
    taken = fixes.pop(place)
    _change(session, upload, fixes, actor_id, now, {"undo": taken.do, "column": taken.column})


def look_again(session: Session, upload_id: int, *, actor_id: int, now: datetime) -> None:
    """Make the preview anew: somebody added people, or the work had failed."""
    upload = open_upload(session, upload_id, also_busy=True)
    _look_again(session, upload, actor_id, now)
    _note(session, upload, "import.look_again", actor_id, now, {})


def ask_commit(
    session: Session, upload_id: int, *, digest: str, actor_id: int, now: datetime
) -> bool:
    """Let a job do exactly what was shown; False when another preview stands there by now.

    Asked twice, or by two people, it is done once.
    """
    upload = locked_upload(session, upload_id)
    if upload.state in {"committing", "committed"}:
        return True
    if upload.state != "ready" or upload.digest != digest:
        return False
    _check_content(upload)
    upload.state = "committing"
    enqueue(
        session,
        kind=COMMIT,
        subject_kind=SUBJECT,
        subject_id=upload.id,
        actor_id=actor_id,
        now=now,
        payload={"digest": digest},
    )
    session.flush()
    _note(session, upload, "import.ask_commit", actor_id, now, {})
    return True


def drop_upload(session: Session, upload_id: int, *, actor_id: int, now: datetime) -> None:
    """Put a file aside for good: its cells are deleted at once."""
    upload = open_upload(session, upload_id)
    upload.state = "dropped"
    forget_cells(upload)
    upload.mend = None
    session.flush()
    _note(session, upload, "import.drop", actor_id, now, {})


def see_upload(session: Session, upload_id: int, *, now: datetime) -> None:
    """Note that the uploader has seen what became of it."""
    upload = locked_upload(session, upload_id)
    upload.seen_at = upload.seen_at or now
    session.flush()


def forget_cells(upload: Upload) -> None:
    """Delete what a file said, but not the refused rows that are still to be mended."""
    upload.content = None
    upload.preview = None
    upload.fixes = "[]"


def open_upload(session: Session, upload_id: int, *, also_busy: bool = False) -> Upload:
    """Return a file that can still be worked on, locked; else say why not."""
    upload = locked_upload(session, upload_id)
    if upload.state not in OPEN_STATES:
        raise NotOpen
    if upload.state == "committing" and not also_busy:
        raise StillWorking
    _check_content(upload)
    return upload


def locked_upload(session: Session, upload_id: int) -> Upload:
    """Return an upload nobody else changes until the commit."""
    wanted = (
        select(Upload)
        .where(Upload.id == upload_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = session.scalar(wanted)
    if found is None:
        raise NotFound
    return found


def content_of(session: Session, upload_id: int) -> bytes:
    """Return a file's bytes."""
    wanted = select(Upload).where(Upload.id == upload_id).options(undefer(Upload.content))
    found = session.scalar(wanted)
    if found is None or found.content is None:
        raise ContentGone
    return found.content


def enqueue_look(
    session: Session, upload: Upload, actor_id: int, now: datetime, *, has_changed: bool = False
) -> None:
    """Queue the job that makes the preview of an upload's present revision."""
    payload = {"revision": upload.revision, "has_changed": has_changed}
    enqueue(
        session,
        kind=PREVIEW,
        subject_kind=SUBJECT,
        subject_id=upload.id,
        actor_id=actor_id,
        now=now,
        payload=payload,
    )


def _check_content(upload: Upload) -> None:
    if upload.content is None:
        raise ContentGone


def _look_again(session: Session, upload: Upload, actor_id: int, now: datetime) -> None:
    upload.state = "waiting"
    enqueue_look(session, upload, actor_id, now)
    session.flush()


def _change(
    session: Session,
    upload: Upload,
    fixes: Sequence[Fix],
    actor_id: int,
    now: datetime,
    about: dict[str, Any],
) -> None:
    upload.fixes = json.dumps(fixes_as_json(fixes), ensure_ascii=False)
    upload.revision += 1
    _look_again(session, upload, actor_id, now)
    _note(session, upload, "import.fix", actor_id, now, about)


def _note(
    session: Session,
    upload: Upload,
    operation: str,
    actor_id: int,
    now: datetime,
    after: dict[str, Any],
) -> None:
    note(
        session,
        operation=operation,
        actor_id=actor_id,
        at=now,
        subject_kind=SUBJECT,
        subject_id=upload.id,
        organisation_id=upload.organisation_id,
        after=after,
    )
