"""Who has not served for as many months as their organisation has set."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, false, or_
from sqlalchemy.orm import Session

from app.organisations.queries import settings_of_many
from app.people.models import Volunteer
from app.roster.queries.people import Scope, joined_before, people_where, served_since
from app.roster.rules.filters import Filters, months_before

ONE_DAY = timedelta(days=1)


def quiet_where(session: Session, scope: Scope) -> ColumnElement[bool]:
    """Return the condition that an active person joined and last served long enough ago."""
    active = people_where(Filters(state="active"), scope)
    since = _since(session, scope.organisation_ids, scope.on)
    quiet = [
        and_(
            Volunteer.organisation_id.in_(sorted(ids)),
            joined_before(from_on, scope.zone),
            ~served_since(from_on),
        )
        for from_on, ids in since.items()
    ]
    return and_(active, or_(*quiet) if quiet else false())


def _since(session: Session, ids: Collection[int], on: date) -> dict[date, list[int]]:
    """Return the first day of the quiet time, with the organisations for which it is that."""
    found: dict[date, list[int]] = {}
    for one, settings in settings_of_many(session, ids).items():
        from_on = months_before(on, settings.dormant_after_months) + ONE_DAY
        found.setdefault(from_on, []).append(one)
    return found
