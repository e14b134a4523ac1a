"""Hold an organisation's year, so that what is decided about it stands in line."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bulk import fetch
from app.db import is_postgresql
from app.organisations.queries import get_organisation
from app.ranking.models import RankingFreeze
from app.ranking.rules.stages import RankingUnknown
from app.second_person.queries import today_of
from app.second_person.rules import Matter

_LOCK = "SELECT pg_advisory_xact_lock(7105, hashint8(?)::integer # ?)"


def hold_year(session: Session, organisation_id: int, year: int) -> None:
    """Let one decide at a time; on SQLite the writer is the only one anyway."""
    get_organisation(session, organisation_id)
    if is_postgresql(session):
        fetch(session, _LOCK, organisation_id, year)


def hold_freeze(session: Session, freeze_id: int) -> RankingFreeze:
    """Return a question as it stands, held until the commit: answers to it stand in line."""
    query = select(RankingFreeze).where(RankingFreeze.id == freeze_id).with_for_update()
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise RankingUnknown
    return found


def matter_of(organisation_id: int) -> Matter:
    """Return what two people decide on: nobody's figures, so that nobody is a beneficiary.

    A ranking is reckoned, not granted; in a community of ten everybody stands in it.
    """
    return Matter(frozenset({organisation_id}), frozenset())


def today_at(session: Session, organisation_id: int, now: datetime) -> date:
    """Return the civil date where the organisation is."""
    return today_of(session, [organisation_id], now)
