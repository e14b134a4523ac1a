"""What became of organisations: those in service, what they were merged into or split into."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from app.organisations.models import Organisation, OrganisationChange


class Past(NamedTuple):
    """Something that became of an organisation, and into which it was merged or split."""

    kind: str
    organisation_id: int
    organisation_name: str
    organisation_code: str
    into_id: int | None
    into_name: str | None
    into_code: str | None
    on: date
    reason: str


_into = aliased(Organisation)
_past = (
    select(
        OrganisationChange.kind, Organisation.id, Organisation.name, Organisation.code,
        _into.id, _into.name, _into.code, OrganisationChange.changed_on, OrganisationChange.reason,
    )
    .join(Organisation, Organisation.id == OrganisationChange.organisation_id)
    .outerjoin(_into, _into.id == OrganisationChange.into_id)
    .order_by(OrganisationChange.id.desc())
)  # fmt: skip


def past_of(session: Session, organisation_ids: Collection[int]) -> list[Past]:
    """Return what became of organisations, and what became part of them, the newest first."""
    about = OrganisationChange.organisation_id.in_(organisation_ids)
    into = OrganisationChange.into_id.in_(organisation_ids)
    return [Past(*row) for row in session.execute(_past.where(about | into))]


def in_service_ids(session: Session, organisation_ids: Iterable[int]) -> set[int]:
    """Return those of some organisations at which something new may be made."""
    here = Organisation.id.in_(sorted(organisation_ids))
    return set(session.scalars(select(Organisation.id).where(here, in_service())))


def names_in_service(
    session: Session, organisation_ids: Iterable[int] | None = None
) -> dict[int, str]:
    """Return the names of organisations in service, of some or of all, by id."""
    query = select(Organisation.id, Organisation.name).where(in_service())
    if organisation_ids is not None:
        query = query.where(Organisation.id.in_(sorted(organisation_ids)))
    rows = session.execute(query.order_by(Organisation.id))
    return {each: name for each, name in rows}  # noqa: C416


def in_service() -> ColumnElement[bool]:
    """Return the condition that something new may be made at an organisation."""
    return Organisation.retired_on.is_(None)


def heir_of(session: Session, organisation: Organisation) -> Organisation | None:
    """Return who goes on for an organisation: itself, or what it was merged into; else None."""
    seen: set[int] = set()
    found: Organisation | None = organisation
    while found is not None and found.retired_on is not None and found.id not in seen:
        seen.add(found.id)
        last = (
            select(OrganisationChange.into_id)
            .where(OrganisationChange.organisation_id == found.id)
            .where(OrganisationChange.kind != "split")
            .order_by(OrganisationChange.id.desc())
            .limit(1)
        )
        into_id = session.scalar(last)
        found = None if into_id is None else session.get(Organisation, into_id)
    return None if found is None or found.retired_on is not None else found
