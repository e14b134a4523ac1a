"""Hang organisations under other ones, with what they stand for in the rankings above them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    regroup_all(session, {organisation_id: parent_id}, actor_id=actor_id, now=now)


def regroup_all(
    session: Session, parents: Mapping[int, int], *, actor_id: int | None, now: datetime
) -> set[int]:
    """Move organisations below others; return those that gained or lost some, counted anew."""
    before = _lines(session, parents)
    for organisation_id, parent_id in parents.items():
        organisations.move_organisation(
            session, organisation_id, parent_id=parent_id, actor_id=actor_id, now=now
        )
    # Whoever posts meanwhile has read the tree as it was.
    wait_out_postings(session)
    after = _lines(session, parents)
    changed = {each for one in parents for each in before[one] ^ after[one]}
    recount_standings(session, changed)
    return changed


def _lines(session: Session, organisation_ids: Iterable[int]) -> dict[int, set[int]]:
    return {each: set(ancestors_of(session, each)) for each in organisation_ids}
