"""Which years are under public notice."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.service.models import NoticedYear


def is_under_notice(session: Session, years: Collection[tuple[int, int]]) -> bool:
    """Tell whether any of these (organisation, year) is under notice, or was."""
    any_of = [
        and_(NoticedYear.organisation_id == organisation_id, NoticedYear.year == year)
        for organisation_id, year in years
    ]
    return session.scalar(select(NoticedYear.year).where(or_(*any_of)).limit(1)) is not None
