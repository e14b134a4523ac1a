"""Retire an organisation, take it into service again, and keep what became of it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.organisations import rules
from app.organisations.models import Organisation, OrganisationChange
from app.organisations.operations.holding import held_organisation


def checked_reason(reason: str) -> str:
    """Return a reason without the spaces around it; refuse none at all."""
    kept = " ".join(reason.split())
    if not kept:
        raise rules.ReasonMissing
    return kept


def keep_change(
    session: Session,
    kind: str,
    organisation_id: int,
    *,
    into_id: int | None = None,
    on: date,
    actor_id: int,
    now: datetime,
    reason: str,
) -> None:
    """Keep that an organisation was merged, split, retired or taken into service again."""
    session.add(
        OrganisationChange(
            kind=kind,
            organisation_id=organisation_id,
            into_id=into_id,
            changed_on=on,
            made_at=now,
            made_by_id=actor_id,
            reason=reason,
        )
    )
    session.flush()


def close_organisation(session: Session, organisation_id: int, *, on: date) -> Organisation:
    """Let nothing new be made at an organisation from now on."""
    organisation = held_organisation(session, organisation_id)
    if organisation.retired_on is not None:
        raise rules.OrganisationRetired(name=organisation.name, retired_on=organisation.retired_on)
    organisation.retired_on = on
    session.flush()
    return organisation


def open_organisation(session: Session, organisation_id: int) -> date:
    """Let an organisation be used again; return since when it was not."""
    organisation = held_organisation(session, organisation_id)
    if organisation.retired_on is None:
        raise rules.InService(name=organisation.name)
    retired_on, organisation.retired_on = organisation.retired_on, None
    session.flush()
    return retired_on
