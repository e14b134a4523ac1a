"""Uploads and imported batches as pages list them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.imports.models import Upload
from app.imports.rules.fixes import Fix, fixes_from_json
from app.imports.rules.told import Told, read_figures
from app.imports.rules.uploads import OPEN_STATES
from app.opening.queries import sums_of_batch as opening_sums
from app.people.models import Login, Volunteer
from app.service.models import Batch, ServiceRecord
from app.service.queries import BatchRow, batch_rows
from app.teams.rules import Actor

MOST_OPEN = 50
# What no leader brings in; a former organiser who leads a team does not see it any more.
_OF_ORGANISERS = ("roster", "opening")


class UploadLine(NamedTuple):
    """An upload without its cells."""

    id: int
    kind: str
    organisation_id: int
    team_id: int | None
    actor_id: int
    actor_name: str
    uploaded_at: datetime
    expires_at: datetime
    file_name: str
    file_sha256: str
    file_bytes: int
    state: str
    revision: int
    digest: str | None
    has_mend: bool
    refusal_message: str | None
    refusal_figures: str | None
    batch_id: int | None
    committed_at: datetime | None
    seen_at: datetime | None

    @property
    def refusal(self) -> Told | None:
        """Why the file as a whole cannot be read."""
        if self.refusal_message is None:
            return None
        return Told(self.refusal_message, read_figures(json.loads(self.refusal_figures or "{}")))


def find_upload(session: Session, upload_id: int) -> UploadLine | None:
    """Return an upload by its id, without its cells."""
    found = session.execute(_uploads().where(Upload.id == upload_id)).first()
    return None if found is None else UploadLine(*found)


def open_uploads(session: Session, actor: Actor) -> list[UploadLine]:
    """Return the files still on their way that somebody may work on, newest first."""
    mine = [Upload.actor_id == actor.login_id]
    if actor.organises:
        mine.append(Upload.organisation_id.in_(actor.organises))
    wanted = (
        _uploads()
        .where(or_(*mine), Upload.state.in_(OPEN_STATES))
        .order_by(Upload.id.desc())
        .limit(MOST_OPEN)
    )
    return [UploadLine(*row) for row in session.execute(wanted)]


def unseen_uploads(session: Session, actor: Actor) -> list[UploadLine]:
    """Return what was imported since its uploader looked last."""
    wanted = (
        _uploads()
        .where(
            Upload.actor_id == actor.login_id,
            Upload.state == "committed",
            Upload.seen_at.is_(None),
        )
        .order_by(Upload.id.desc())
        .limit(MOST_OPEN)
    )
    return [UploadLine(*row) for row in session.execute(wanted)]


def preview_of(session: Session, upload_id: int) -> dict[str, Any] | None:
    """Return the preview a page shows, or None."""
    found = session.scalar(select(Upload.preview).where(Upload.id == upload_id))
    return None if found is None else dict(json.loads(found))


def fixes_of(session: Session, upload_id: int) -> list[Fix]:
    """Return what was mended of a file, oldest first."""
    found = session.scalar(select(Upload.fixes).where(Upload.id == upload_id))
    return fixes_from_json(json.loads(found or "[]"))


def mend_of(session: Session, upload_id: int) -> bytes | None:
    """Return the refused rows as a workbook, or None."""
    return session.scalar(select(Upload.mend).where(Upload.id == upload_id))


def upload_of_batch(session: Session, batch_id: int) -> UploadLine | None:
    """Return the file a batch came from, where it came by the browser."""
    found = session.execute(_uploads().where(Upload.batch_id == batch_id)).first()
    return None if found is None else UploadLine(*found)


def imported_before(session: Session, actor: Actor, upload: UploadLine) -> BatchRow | None:
    """Return the batch that the very same file was imported as, if it still stands."""
    wanted = (
        _batches(actor)
        .where(Batch.file_sha256 == upload.file_sha256, Batch.undone_at.is_(None))
        .order_by(Batch.id.desc())
        .limit(1)
    )
    found = session.execute(wanted).first()
    return None if found is None else BatchRow(*found)


def imported_batches(
    session: Session, actor: Actor, *, offset: int = 0, limit: int = 20
) -> list[BatchRow]:
    """Return imports the actor may see, newest first."""
    wanted = _batches(actor).order_by(Batch.id.desc()).offset(offset).limit(limit)
    return [BatchRow(*row) for row in session.execute(wanted)]


class BatchSums(NamedTuple):
    """What stands of a batch's service or opening balances now."""

    records: int
    people: int
    minutes: int
    waiting: int
    points_hundredths: int = 0


def count_batches(session: Session, actor: Actor) -> int:
    """Return how many imports the actor may see."""
    listed = _batches(actor).subquery()
    return session.scalar(select(func.count()).select_from(listed)) or 0


def sums_of_batch(session: Session, batch: BatchRow) -> BatchSums:
    """Return how much of a batch stands, and how much waits."""
    if batch.kind == "opening":
        sums = opening_sums(session, batch.id)
        return BatchSums(sums.people, sums.people, sums.minutes, 0, sums.points_hundredths)
    approved = ServiceRecord.state == "approved"
    row = session.execute(
        select(
            func.count(case((approved, 1))),
            func.count(func.distinct(case((approved, ServiceRecord.volunteer_id)))),
            func.coalesce(func.sum(case((approved, ServiceRecord.minutes), else_=0)), 0),
            func.count(case((ServiceRecord.state == "submitted", 1))),
        ).where(ServiceRecord.batch_id == batch.id)
    ).one()
    return BatchSums(*map(int, row))


def names_of(session: Session, volunteer_ids: Iterable[int]) -> list[str]:
    """Return the names of people, sorted."""
    wanted = select(Volunteer.name).where(Volunteer.id.in_(list(volunteer_ids)))
    return sorted(session.scalars(wanted))


def find_reached_batch(session: Session, actor: Actor, batch_id: int) -> BatchRow | None:
    """Return an import by its id, when the actor may see it."""
    found = session.execute(_batches(actor).where(Batch.id == batch_id)).first()
    return None if found is None else BatchRow(*found)


def _uploads() -> Any:
    uploader = aliased(Login)
    return select(
        Upload.id,
        Upload.kind,
        Upload.organisation_id,
        Upload.team_id,
        Upload.actor_id,
        uploader.display_name,
        Upload.uploaded_at,
        Upload.expires_at,
        Upload.file_name,
        Upload.file_sha256,
        Upload.file_bytes,
        Upload.state,
        Upload.revision,
        Upload.digest,
        Upload.mend.is_not(None),
        Upload.refusal_message,
        Upload.refusal_figures,
        Upload.batch_id,
        Upload.committed_at,
        Upload.seen_at,
    ).join(uploader, uploader.id == Upload.actor_id)


def _batches(actor: Actor) -> Any:
    """Below what somebody organises, of a team they lead, or their own of several such teams."""
    mine: list[ColumnElement[bool]] = [Batch.organisation_id.in_(actor.organises)]
    if actor.leads:
        beyond = select(ServiceRecord.id).where(
            ServiceRecord.batch_id == Batch.id, ServiceRecord.team_id.not_in(actor.leads)
        )
        own = and_(
            Batch.actor_id == actor.login_id,
            Batch.kind.not_in(_OF_ORGANISERS),
            ~beyond.exists(),
        )
        mine += [Batch.team_id.in_(actor.leads), own]
    return batch_rows().where(or_(*mine), Batch.kind != "day")
