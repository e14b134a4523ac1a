"""Which certificates somebody sees, and for whom they may issue: what lies outside is 404."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.certificates.queries.certificates import CertificateRow, find_certificate
from app.people.models import Volunteer
from app.people.queries import volunteer_by_number
from app.people.queries.merged import standing_for
from app.teams.rules import Actor
from app.web.policy import not_found


def own_certificate(session: Session, actor: Actor, certificate_id: int) -> CertificateRow:
    """Return a certificate of one's own, or of somebody one acts for."""
    found = find_certificate(session, certificate_id)
    if found is None or found.volunteer_id is None:
        not_found()
    # One issued for an old number of theirs is their own, too.
    if not actor.benefits(standing_for(session, found.volunteer_id)):
        not_found()
    return found


def desk_reach(actor: Actor) -> frozenset[int]:
    """Return the organisations whose certificates somebody reads."""
    return (actor.organises | actor.audits) or not_found()


def read_certificate(session: Session, actor: Actor, certificate_id: int) -> CertificateRow:
    """Return a certificate that a desk reads."""
    found = find_certificate(session, certificate_id)
    if found is None or found.organisation_id not in desk_reach(actor):
        not_found()
    return found


def organised_certificate(session: Session, actor: Actor, certificate_id: int) -> CertificateRow:
    """Return a certificate that an organiser may take back."""
    found = find_certificate(session, certificate_id)
    if found is None or found.organisation_id not in actor.organises:
        not_found()
    return found


def issuable_volunteer(session: Session, actor: Actor, number: str) -> Volunteer:
    """Return somebody for whom an organiser may issue a certificate."""
    found = volunteer_by_number(session, number)
    if found is None or found.organisation_id not in actor.organises:
        not_found()
    return found
