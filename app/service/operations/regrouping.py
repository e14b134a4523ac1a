"""Hang an organisation under another one, with what it stands for in the rankings above it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.ledger.operations import wait_out_postings
from app.organisations import operations as organisations
from app.organisations.queries import ancestors_of
from app.service.standings import recount_standings


def regroup(
    session: Session, organisation_id: int, *, parent_id: int, actor_id: int | None, now: datetime
) -> None:
    """Move an organisation with all below it; those it leaves and joins are counted anew."""
    before = ancestors_of(session, organisation_id)
    organisations.move_organisation(
        session, organisation_id, parent_id=parent_id, actor_id=actor_id, now=now
    )
    # Whoever posts meanwhile has read the tree as it was.
    wait_out_postings(session)
    after = ancestors_of(session, organisation_id)
    recount_standings(session, set(before) ^ set(after))
