"""People get another organisation: their number, accounts and past stay with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.people.models import Volunteer
from app.people.queries.volunteers import chunks
from app.trail.operations import note_each


def give_home(
    session: Session,
    volunteer_ids: Collection[int],
    *,
    from_id: int,
    organisation_id: int,
    actor_id: int,
    now: datetime,
    reason: str,
    terms: Mapping[str, Any] | None = None,
) -> list[int]:
    """Let people of one organisation belong to another; return whom it moved.

    `terms`: what is another figure for them from now on, told with each of them.
    The caller has made sure that the organisation is in service and of the same root.
    """
    moved: list[int] = []
    for chunk in chunks(sorted(volunteer_ids)):
        here = (
            Volunteer.id.in_(chunk),
            Volunteer.organisation_id == from_id,
            Volunteer.state != "matched",
        )
        held = select(Volunteer.id).where(*here).order_by(Volunteer.id)
        ids = list(session.scalars(held.with_for_update(key_share=True)))
        session.execute(
            update(Volunteer)
            .where(Volunteer.id.in_(ids))
            .values(organisation_id=organisation_id)
            .execution_options(synchronize_session="fetch")
        )
        moved += ids
    way = (from_id, organisation_id)
    note_homes(session, moved, way, actor_id=actor_id, now=now, reason=reason, terms=terms)
    return moved


def note_homes(
    session: Session,
    volunteer_ids: Iterable[int],
    way: tuple[int, int],
    *,
    actor_id: int,
    now: datetime,
    reason: str,
    terms: Mapping[str, Any] | None = None,
) -> None:
    """Tell in the trail that people belong to the second of two organisations from now on."""
    from_id, into_id = way
    note_each(
        session,
        [(one, into_id) for one in volunteer_ids],
        operation="move_person",
        actor_id=actor_id,
        at=now,
        subject_kind="volunteer",
        reason=reason,
        before={"organisation_id": from_id},
        after={"organisation_id": into_id, **(terms or {})},
    )


def everybody_of(session: Session, organisation_id: int) -> list[int]:
    """Return all who belong to an organisation; whoever became somebody else is nobody's."""
    here = (Volunteer.organisation_id == organisation_id, Volunteer.state != "matched")
    return list(session.scalars(select(Volunteer.id).where(*here).order_by(Volunteer.id)))
