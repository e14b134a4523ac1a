"""Who agreed to be named on public pages, or no longer, when, and whose word it was."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.errors import NotFound
from app.people.models import NamingConsent, Volunteer
from app.people.queries import get_volunteer, helpers_of
from app.people.queries.naming import nameable
from app.people.rules.consent import GuardianNeeded
from app.people.rules.naming import needs_guardian
from app.trail.operations import note


class NamingWord(NamedTuple):
    """A word on somebody's being named. `given_by` self: whoever writes it down for them, in
    their own words; guardian: then which; paper: with who signed it, a guardian known here or
    not, or the person.
    """

    is_named: bool
    given_by: str
    signed_by: str = "person"
    guardian_id: int | None = None


def decide_naming(
    session: Session,
    volunteer_id: int,
    word: NamingWord,
    *,
    actor_id: int,
    now: datetime,
    today: date,
    on_behalf_of_id: int | None = None,
) -> bool:
    """Keep a word on being named and let it count at once; return whether it is a new one.

    For a child only a guardian says yes; no may be said by anybody who acts for the person.
    """
    volunteer = get_volunteer(session, volunteer_id)
    # Locked first: two taps may arrive at once.
    session.refresh(volunteer, with_for_update={"key_share": True})
    check_guardian(
        session,
        volunteer,
        is_yes=word.is_named,
        signed_by=word.signed_by,
        guardian_id=word.guardian_id,
        today=today,
    )
    if _stands(session, volunteer, word, today):
        return False
    before = {"is_named": volunteer.is_named}
    session.add(
        NamingConsent(
            volunteer_id=volunteer_id, recorded_by_id=actor_id, given_at=now, **word._asdict()
        )
    )
    volunteer.is_named = word.is_named
    session.flush()
    note(
        session,
        operation="agree_to_be_named" if word.is_named else "end_being_named",
        actor_id=actor_id,
        at=now,
        subject_kind="volunteer",
        subject_id=volunteer_id,
        organisation_id=volunteer.organisation_id,
        on_behalf_of_id=on_behalf_of_id,
        before=before,
        after=word._asdict(),
    )
    return True


def check_guardian(
    session: Session,
    volunteer: Volunteer,
    *,
    is_yes: bool,
    signed_by: str,
    guardian_id: int | None,
    today: date,
) -> None:
    """Refuse a yes that is not a guardian's where one is needed, and a guardian who is none."""
    guardians = {
        one.helper_id
        for one in helpers_of(session, volunteer.id, today)
        if one.kind == "guardian" and one.from_on <= today
    }
    if guardian_id is not None and guardian_id not in guardians:
        raise NotFound
    is_needed = needs_guardian(volunteer.born_on, today, has_guardian=bool(guardians))
    if is_yes and signed_by != "guardian" and is_needed:
        raise GuardianNeeded


def _stands(session: Session, volunteer: Volunteer, word: NamingWord, today: date) -> bool:
    """Tell whether the last word says just this: a second tap writes nothing."""
    if volunteer.is_named != word.is_named:
        return False
    person = nameable(session, volunteer.id, today)
    return not word.is_named or person.is_guardian_agreed == (word.signed_by == "guardian")
