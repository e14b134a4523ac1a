"""Who agreed to which version of the privacy notice, when, and in whose words."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.people.models import Consent
from app.people.queries import get_volunteer
from app.people.rules.consent import PRIVACY_VERSION
from app.trail.operations import note


def give_consent(
    session: Session,
    volunteer_id: int,
    *,
    given_by: str,
    guardian_id: int | None = None,
    actor_id: int | None,
    now: datetime,
    on_behalf_of_id: int | None = None,
) -> Consent:
    """Keep that somebody agreed to the privacy notice as it stands today.

    `given_by`: self, guardian (then who), or paper, as an organiser saw it.
    """
    consent = keep_consent(
        session,
        volunteer_id,
        version=PRIVACY_VERSION,
        given_by=given_by,
        given_at=now,
        guardian_id=guardian_id,
        recorded_by_id=actor_id,
    )
    note(
        session,
        operation="give_consent",
        actor_id=actor_id,
        at=now,
        subject_kind="volunteer",
        subject_id=volunteer_id,
        organisation_id=get_volunteer(session, volunteer_id).organisation_id,
        on_behalf_of_id=on_behalf_of_id,
        after={"version": consent.version, "given_by": given_by, "guardian_id": guardian_id},
    )
    return consent


def keep_consent(
    session: Session,
    volunteer_id: int,
    *,
    version: str,
    given_by: str,
    given_at: datetime,
    guardian_id: int | None = None,
    recorded_by_id: int | None = None,
) -> Consent:
    """Insert a consent's row as part of another operation, which writes the trail row."""
    consent = Consent(
        volunteer_id=volunteer_id,
        version=version,
        given_at=given_at,
        given_by=given_by,
        guardian_id=guardian_id,
        recorded_by_id=recorded_by_id,
    )
    session.add(consent)
    session.flush()
    return consent
