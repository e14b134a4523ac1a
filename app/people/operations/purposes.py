"""A yes or a no to one purpose: kept, and acted upon in the same commit."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.people.models import PurposeConsent, Volunteer
from app.people.operations.acting import end_acting
from app.people.operations.naming import NamingWord, check_guardian, decide_naming
from app.people.queries import get_volunteer, helpers_of
from app.people.queries.purposes import last_word
from app.people.rules.purposes import MINORS_VERSION
from app.trail.operations import note


class PurposeWord(NamedTuple):
    """A word on a purpose; `given_by`, `signed_by`, `guardian_id` as of a NamingWord."""

    is_given: bool
    given_by: str
    signed_by: str = "person"
    guardian_id: int | None = None


class Deciding(NamedTuple):
    """Who says or writes down a word, when, and for whom if they act for somebody."""

    actor_id: int
    now: datetime
    today: date
    on_behalf_of_id: int | None = None


def decide_purpose(
    session: Session, volunteer_id: int, purpose: str, word: PurposeWord, deciding: Deciding
) -> bool:
    """Keep a word on a purpose and let it act at once; return whether it is a new one.

    For a child only a guardian says yes; no may be said by anybody who acts for the person.
    """
    volunteer = get_volunteer(session, volunteer_id)
    # Locked first: two taps may arrive at once.
    session.refresh(volunteer, with_for_update={"key_share": True})
    check_guardian(
        session,
        volunteer,
        is_yes=word.is_given,
        signed_by=word.signed_by,
        guardian_id=word.guardian_id,
        today=deciding.today,
    )
    if _stands(session, volunteer_id, purpose, word):
        return False
    keep_purpose(
        session,
        volunteer_id,
        purpose,
        word,
        given_at=deciding.now,
        recorded_by_id=deciding.actor_id,
    )
    _note(session, volunteer, purpose, word, deciding)
    if not word.is_given:
        _act_on_no(session, volunteer_id, purpose, word, deciding)
    return True


def keep_purpose(
    session: Session,
    volunteer_id: int,
    purpose: str,
    word: PurposeWord,
    *,
    given_at: datetime,
    recorded_by_id: int | None,
    version: str | None = None,
) -> None:
    """Insert a word's row as part of another operation, which writes the trail row."""
    is_agreed = purpose == "minors" and word.is_given
    session.add(
        PurposeConsent(
            volunteer_id=volunteer_id,
            purpose=purpose,
            version=(version or MINORS_VERSION) if is_agreed else None,
            given_at=given_at,
            recorded_by_id=recorded_by_id,
            **word._asdict(),
        )
    )
    session.flush()


def _stands(session: Session, volunteer_id: int, purpose: str, word: PurposeWord) -> bool:
    """Tell whether the last word says just this: a second tap writes nothing."""
    last = last_word(session, volunteer_id, purpose)
    if last is None or last.is_given != word.is_given:
        # Nobody acts and nothing was agreed: there is nothing to take back but photos.
        return False
    if purpose == "minors" and word.is_given and last.version != MINORS_VERSION:
        return False
    return not word.is_given or last.signed_by == word.signed_by


def _note(
    session: Session, volunteer: Volunteer, purpose: str, word: PurposeWord, deciding: Deciding
) -> None:
    after = {"purpose": purpose, **word._asdict()}
    if purpose == "minors" and word.is_given:
        after["version"] = MINORS_VERSION
    note(
        session,
        operation=f"{'agree_to' if word.is_given else 'end'}_{purpose}",
        actor_id=deciding.actor_id,
        at=deciding.now,
        subject_kind="volunteer",
        subject_id=volunteer.id,
        organisation_id=volunteer.organisation_id,
        on_behalf_of_id=deciding.on_behalf_of_id,
        after=after,
    )


def _act_on_no(
    session: Session, volunteer_id: int, purpose: str, word: PurposeWord, deciding: Deciding
) -> None:
    """End what the word no longer allows; photos are asked about each time they are shown."""
    if purpose == "helpers":
        _end_helping(session, volunteer_id, deciding)
    if purpose == "minors":
        decide_purpose(session, volunteer_id, "photos", word, deciding)
        decide_naming(
            session,
            volunteer_id,
            NamingWord(False, *word[1:]),
            actor_id=deciding.actor_id,
            now=deciding.now,
            today=deciding.today,
            on_behalf_of_id=deciding.on_behalf_of_id,
        )


def _end_helping(session: Session, volunteer_id: int, deciding: Deciding) -> None:
    """End every helper's acting, a guardian's not: the law gave them that."""
    for one in helpers_of(session, volunteer_id, deciding.today):
        if one.kind == "helper":
            end_acting(
                session,
                one.id,
                actor_id=deciding.actor_id,
                now=deciding.now,
                today=deciding.today,
                on_behalf_of_id=deciding.on_behalf_of_id,
            )
