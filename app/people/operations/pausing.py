"""Write down pauses and their ends; whoever decides on them leaves the trail row."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.people.models import Pause, Volunteer
from app.people.rules.pausing import Kind


def lock_people(session: Session, volunteer_ids: Collection[int]) -> list[Volunteer]:
    """Return people held until the commit, by id, so that two pauses do not cross."""
    rows = (
        select(Volunteer)
        .where(Volunteer.id.in_(volunteer_ids))
        .order_by(Volunteer.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(rows))


def pauses_not_over(
    session: Session, volunteer_ids: Collection[int], on: date
) -> dict[int, list[Pause]]:
    """Return each person's pauses that last on a date or are still to come."""
    rows = select(Pause).where(
        Pause.volunteer_id.in_(volunteer_ids),
        (Pause.until_on.is_(None)) | (Pause.until_on >= on),
    )
    found: dict[int, list[Pause]] = {}
    for row in session.scalars(rows.order_by(Pause.from_on, Pause.id)):
        found.setdefault(row.volunteer_id, []).append(row)
    return found


def begin_pauses(
    session: Session,
    volunteer_ids: Iterable[int],
    *,
    kind: Kind,
    from_on: date,
    until_on: date | None,
    reason: str,
    actor_id: int,
    now: datetime,
) -> None:
    """Write down that people rest or have left."""
    rows = [
        {
            "volunteer_id": one, "kind": kind, "from_on": from_on, "until_on": until_on,
            "reason": reason, "set_by_id": actor_id, "set_at": now,
        }
        for one in volunteer_ids
    ]  # fmt: skip
    if rows:
        session.execute(insert(Pause), rows)


def end_pauses(pauses: Iterable[Pause], *, back_on: date, actor_id: int, now: datetime) -> None:
    """End pauses with the day before somebody is back."""
    for pause in pauses:
        pause.until_on = back_on - timedelta(days=1)
        pause.ended_by_id, pause.ended_at = actor_id, now
