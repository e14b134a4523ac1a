"""What every change of the tree takes: its lock, an organisation that is in service, the trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.db import is_postgresql
from app.organisations import rules
from app.organisations.models import Organisation
from app.trail.operations import note


def lock_tree(session: Session) -> None:
    """Two moves at once could close a circle, two settings cross: one waits for the other."""
    if is_postgresql(session):
        session.execute(text("SELECT pg_advisory_xact_lock(7104, 3)"))


def held_organisation(session: Session, organisation_id: int) -> Organisation:
    """Return an organisation as it is now, held until the commit."""
    found = session.get(
        Organisation, organisation_id, populate_existing=True, with_for_update={"key_share": True}
    )
    if found is None:
        raise rules.OrganisationUnknown(organisation=organisation_id)
    return found


def check_in_service(session: Session, organisation_id: int) -> None:
    """Refuse a retired organisation; nobody retires one before the commit."""
    # Beside others who do the same, but not beside a merge that empties it.
    held = select(Organisation.name, Organisation.retired_on)
    held = held.where(Organisation.id == organisation_id).with_for_update(read=True)
    found = session.execute(held).first()
    if found is None:
        raise rules.OrganisationUnknown(organisation=organisation_id)
    if found.retired_on is not None:
        raise rules.OrganisationRetired(name=found.name, retired_on=found.retired_on)


def note_organisation(
    session: Session,
    operation: str,
    organisation_id: int,
    actor_id: int | None,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Write the trail row of what was done to an organisation."""
    note(
        session,
        operation=operation,
        actor_id=actor_id,
        at=now,
        subject_kind="organisation",
        subject_id=organisation_id,
        organisation_id=organisation_id,
        before=before,
        after=after,
        reason=reason,
    )
