"""What people agreed to for each purpose, as their last words say at this moment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from app.people.models import Login, PurposeConsent, Volunteer
from app.people.queries.naming import has_guardian
from app.people.queries.volunteers import chunks
from app.people.rules.purposes import LastWord, Shown, may_show_photos


class PurposeRow(NamedTuple):
    """One word on a purpose, as pages show it; `recorder` entered it."""

    purpose: str
    is_given: bool
    version: str | None
    given_by: str
    signed_by: str
    guardian: str | None
    recorder: str | None
    given_at: datetime


def purposes_of(session: Session, volunteer_id: int) -> list[PurposeRow]:
    """Return each word somebody said on any purpose, the last first."""
    guardian = aliased(Volunteer)
    rows = session.execute(
        select(
            PurposeConsent.purpose, PurposeConsent.is_given, PurposeConsent.version,
            PurposeConsent.given_by, PurposeConsent.signed_by, guardian.name,
            Login.display_name, PurposeConsent.given_at,
        )
        .outerjoin(guardian, guardian.id == PurposeConsent.guardian_id)
        .outerjoin(Login, Login.id == PurposeConsent.recorded_by_id)
        .where(PurposeConsent.volunteer_id == volunteer_id)
        .order_by(PurposeConsent.id.desc())
    )  # fmt: skip
    return [PurposeRow(*row) for row in rows]


def last_word(session: Session, volunteer_id: int, purpose: str) -> PurposeConsent | None:
    """Return the word on a purpose that counts, or None where nothing was said."""
    return session.scalar(
        select(PurposeConsent)
        .where(PurposeConsent.volunteer_id == volunteer_id, PurposeConsent.purpose == purpose)
        .order_by(PurposeConsent.id.desc())
        .limit(1)
    )


def whose_photos_show(session: Session, volunteer_ids: Collection[int], on: date) -> set[int]:
    """Return whose photos may be seen by whoever checks their hours: one statement."""
    last = (
        select(func.max(PurposeConsent.id))
        .where(PurposeConsent.volunteer_id == Volunteer.id, PurposeConsent.purpose == "photos")
        .correlate(Volunteer)
        .scalar_subquery()
    )
    query = select(
        Volunteer.id, Volunteer.born_on, has_guardian(on), PurposeConsent.is_given,
        PurposeConsent.signed_by,
    ).outerjoin(PurposeConsent, and_(PurposeConsent.id == last))  # fmt: skip
    shown: set[int] = set()
    for chunk in chunks(sorted(set(volunteer_ids))):
        for one, born_on, guarded, given, signed_by in session.execute(
            query.where(Volunteer.id.in_(chunk))
        ):
            word = None if given is None else LastWord(given, signed_by == "guardian")
            if may_show_photos(Shown(born_on, guarded, word), on):
                shown.add(one)
    return shown


def photos_show(session: Session, volunteer_id: int, on: date) -> bool:
    """Tell whether one person's photos may be seen by whoever checks their hours."""
    return volunteer_id in whose_photos_show(session, [volunteer_id], on)
