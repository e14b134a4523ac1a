"""What a reader may do about a line they find wrong, and how far its dispute has come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from flask import url_for
from sqlalchemy.orm import Session

from app.disputes.queries import MarkRow, marks_of
from app.disputes.rules import OPEN_STATES
from app.disputes.showing import Tag, claim_url, state_tag
from app.passbook.queries import Line, Record


class Disputing(NamedTuple):
    """Of one line: the latest dispute's state and page, and where the reader raises one.

    `claim_url`: hours that were taken back are no record to dispute; they are claimed anew.
    """

    tag: Tag | None
    url: str | None
    raise_url: str | None
    claim_url: str | None = None


def disputing_of(
    session: Session, volunteer_id: int, lines: Iterable[Line], *, may_raise: bool
) -> dict[int, Disputing]:
    """Return by entry what stands beside the lines about service; one statement for all."""
    marks = marks_of(session, volunteer_id)
    said: dict[int, Disputing] = {}
    for line in lines:
        if line.record is None:
            continue
        mark = marks.get(line.record.id)
        if line.kind == "service":
            said[line.entry_id] = _disputing(line.record, mark, may_raise)
        elif line.kind == "reversal" and may_raise and _is_gone(line.record, mark):
            said[line.entry_id] = Disputing(None, None, None, claim_url())
    return said


def _is_gone(record: Record, mark: MarkRow | None) -> bool:
    """Tell whether nothing took the place of hours taken back, and nobody asked for that."""
    return record.corrected_by_entry_id is None and not (mark and mark.state == "corrected")


def _disputing(record: Record, mark: MarkRow | None, may_raise: bool) -> Disputing:
    is_open = mark is not None and mark.state in OPEN_STATES
    is_free = may_raise and record.reversal_entry_id is None and not is_open
    return Disputing(
        state_tag(mark.state) if mark else None,
        url_for("disputes.one", dispute_id=mark.dispute_id) if mark else None,
        url_for("own_disputes.raise_one", record_id=record.id) if is_free else None,
    )
