"""The disputes of records, for the page of one and the list of what waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flask import url_for
from sqlalchemy.orm import Session

from app.disputes.queries import disputed_records, lines_of
from app.disputes.showing import ShownDispute, shown_dispute
from app.disputes.views import calendar_of
from app.teams.access import today
from app.teams.rules import Actor


class RecordDisputes(NamedTuple):
    """Every dispute of a record with its thread, and where the reader raises one."""

    threads: list[ShownDispute]
    raise_url: str | None


def beside(
    session: Session, actor: Actor, record_ids: Sequence[int]
) -> Mapping[int, RecordDisputes]:
    """Return what stands beside records that are disputed, or may be by this reader."""
    records = disputed_records(session, record_ids)
    rows = [row for record in records for row in record.disputes]
    lines = lines_of(session, [row.id for row in rows])
    calendar = calendar_of(session, [row for row in rows if row.is_open])
    found = {}
    for record in records:
        may_raise = (
            record.state == "approved"
            and actor.benefits(record.volunteer_id)
            and not any(row.is_open for row in record.disputes)
        )
        if record.disputes or may_raise:
            found[record.record_id] = RecordDisputes(
                [
                    shown_dispute(row, calendar, today(), lines.get(row.id, ()))
                    for row in record.disputes
                ],
                url_for("own_disputes.raise_one", record_id=record.record_id)
                if may_raise
                else None,
            )
    return found
