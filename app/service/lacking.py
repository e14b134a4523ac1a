"""Whose balance is less than what an undo would take back, in one sentence each."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.bulk import fetch
from app.ledger.queries import Lack, lacking
from app.service.queries import RecordRow
from app.web.filters import hours, points

_NAMES = "SELECT id, name FROM volunteers WHERE id IN ?ids"
_AWARDS = "SELECT award_entry_id FROM service_records WHERE batch_id = ? AND state = 'approved'"


def lacks_of_records(session: Session, records: Iterable[RecordRow]) -> list[str]:
    """Say whose balance is too small for these records to be taken back."""
    awards = [one.award_entry_id for one in records if one.state == "approved"]
    return lack_texts(session, lacking(session, [one for one in awards if one is not None]))


def lacks_of_batch(session: Session, batch_id: int) -> list[str]:
    """Say whose balance is too small for a batch to be taken back."""
    return lack_texts(
        session, lacking(session, [row[0] for row in fetch(session, _AWARDS, batch_id)])
    )


def lack_texts(session: Session, lacks: Iterable[Lack]) -> list[str]:
    """Say what each balance is, what would be taken back and what is missing."""
    found = list(lacks)
    names = _names(session, found)
    return [_text(one, names[one.holder_id]) for one in found]


def _names(session: Session, lacks: Iterable[Lack]) -> dict[int, str]:
    wanted = sorted({one.holder_id for one in lacks})
    return {row[0]: row[1] for row in fetch(session, _NAMES, wanted)} if wanted else {}


def _text(lack: Lack, name: str) -> str:
    figures = (lack.balance, lack.needed, lack.missing)
    if lack.unit == "points":
        left, needed, missing = (points(one) for one in figures)
        return str(
            _(
                "%(name)s: %(left)s points are left, %(needed)s would be taken back,"
                " %(missing)s are missing.",
                name=name,
                left=left,
                needed=needed,
                missing=missing,
            )
        )
    left, needed, missing = (hours(one) for one in figures)
    return str(
        _(
            "%(name)s: %(left)s hours are left in the time account, %(needed)s would be taken"
            " back, %(missing)s are missing.",
            name=name,
            left=left,
            needed=needed,
            missing=missing,
        )
    )
