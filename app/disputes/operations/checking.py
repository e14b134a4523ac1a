"""我已核对: confirm what stands in the books of a year, as it was seen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.clock import today_in
from app.disputes.models import YearCheck
from app.disputes.operations.holding import on_behalf
from app.disputes.queries import books_of, check_of
from app.disputes.rules import (
    ChangedMeanwhile,
    CheckedAlready,
    NothingToCheck,
    check_may_confirm,
    figures_of,
)
from app.errors import NotFound
from app.organisations.queries import settings_of
from app.people.queries import get_volunteer
from app.service.operations.locking import lock_people
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered


def confirm_year(
    session: Session,
    volunteer_id: int,
    year: int,
    *,
    digest: str,
    actor: Actor,
    now: datetime,
    key: str,
) -> int:
    """Confirm a year's books as they were seen (`digest`); return the confirmation.

    The person's books are held meanwhile: whatever is posted after this has a later entry.
    """
    content = {
        "operation": "confirm_year",
        "volunteer_id": volunteer_id,
        "year": year,
        "digest": digest,
    }
    if not actor.benefits(volunteer_id):
        raise NotFound
    lock_people(session, [volunteer_id])
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["check_id"])
    organisation_id = get_volunteer(session, volunteer_id).organisation_id
    check_may_confirm(year, today_in(settings_of(session, organisation_id).time_zone, now))
    books = books_of(session, volunteer_id, year)
    figures = figures_of(books.lines)
    if not books.lines:
        raise NothingToCheck(year=str(year))
    if figures.digest != digest:
        raise ChangedMeanwhile(year=str(year))
    check = check_of(session, volunteer_id, year)
    if check is not None and check.holds:
        raise CheckedAlready(year=str(year))
    row = YearCheck(
        volunteer_id=volunteer_id,
        year=year,
        **figures._asdict(),
        entry_id=books.last_entry_id,
        at=now,
        actor_id=actor.login_id,
        on_behalf_of_id=on_behalf(actor, volunteer_id),
    )
    session.add(row)
    session.flush()
    note(
        session,
        operation="volunteer.confirm_year",
        actor_id=actor.login_id,
        at=now,
        subject_kind="volunteer",
        subject_id=volunteer_id,
        organisation_id=organisation_id,
        on_behalf_of_id=row.on_behalf_of_id,
        after={
            "year": year,
            "records": figures.records,
            "minutes": figures.minutes,
            "points_hundredths": figures.points_hundredths,
        },
    )
    remember(session, actor.login_id, key, content, {"check_id": row.id}, now)
    return row.id
