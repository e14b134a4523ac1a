"""Take a certificate back with a reason, or put another one in its place."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.certificates.models import Certificate, CertificateRevocation
from app.certificates.operations.issuing import Asked, issuer_of, service_draft
from app.certificates.operations.telling import tell_holder
from app.certificates.operations.writing import Draft, Holder, Issuer, desk_of, write
from app.certificates.queries.served import find_person
from app.certificates.rules import SUBJECT, CertificateUnknown, Figures, payload_from
from app.certificates.rules.refusals import NoReason, RevokedAlready
from app.db import is_postgresql
from app.organisations.queries import get_organisation
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered

_lock = text("SELECT pg_advisory_xact_lock(7121, :id)")


def revoke(
    session: Session,
    certificate_id: int,
    *,
    category: str,
    reason: str,
    actor: Actor,
    now: datetime,
    key: str,
) -> None:
    """Take a certificate back: from now on its page says so."""
    content = {
        "operation": "certificate.revoke",
        "certificate_id": certificate_id,
        "category": category,
        "reason": reason,
    }
    held = _hold(session, certificate_id, actor)
    if remembered(session, actor.login_id, key, content) is not None:
        return
    _revoke(session, held, category, reason, actor, now)
    tell_holder(session, "revoked", held, actor=actor, now=now, reason=reason)
    remember(session, actor.login_id, key, content, {}, now)


def reissue(
    session: Session,
    certificate_id: int,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    key: str,
    secret: str,
) -> int:
    """Issue another certificate in the place of one, as names and records stand now."""
    content = {
        "operation": "certificate.reissue",
        "certificate_id": certificate_id,
        "reason": reason,
    }
    held = _hold(session, certificate_id, actor)
    kept = remembered(session, actor.login_id, key, content)
    if kept is not None:
        return int(kept["certificate_id"])
    _revoke(session, held, "replaced", reason, actor, now)
    organisation = get_organisation(session, held.organisation_id)
    issuer = Issuer(organisation.id, organisation.code, organisation.name)
    draft = _again(session, held)
    if held.kind == "service":
        # Whoever moved away is certified by where they belong now.
        person = find_person(session, held.volunteer_id or 0)
        if person is not None and person.organisation_id in actor.organises:
            issuer = issuer_of(person)
    made = write(session, desk_of(session, issuer, actor=actor, now=now, secret=secret), draft)
    tell_holder(session, "replaced", held, actor=actor, now=now, reason=reason, leads_to=made)
    remember(session, actor.login_id, key, content, {"certificate_id": made}, now)
    return made


def _hold(session: Session, certificate_id: int, actor: Actor) -> Certificate:
    """Return a certificate of the actor's organisations, held: two answers stand in line."""
    if is_postgresql(session):
        # No row lock: whoever may not change a row may not lock it either.
        session.execute(_lock, {"id": certificate_id % 2**31})
    found = session.get(Certificate, certificate_id)
    if found is None or found.organisation_id not in actor.organises:
        raise CertificateUnknown
    return found


def _revoke(
    session: Session, held: Certificate, category: str, reason: str, actor: Actor, now: datetime
) -> None:
    if not reason.strip():
        raise NoReason
    taken_back = select(CertificateRevocation.id).where(
        CertificateRevocation.certificate_id == held.id
    )
    if session.scalar(taken_back) is not None:
        raise RevokedAlready
    session.add(
        CertificateRevocation(
            certificate_id=held.id,
            category=category,
            reason=reason.strip(),
            revoked_at=now,
            revoked_by_id=actor.login_id,
        )
    )
    session.flush()
    note(
        session,
        operation="certificate.revoke",
        actor_id=actor.login_id,
        at=now,
        subject_kind=SUBJECT,
        subject_id=held.id,
        organisation_id=held.organisation_id,
        before={"state": "valid"},
        after={"state": category, "number": held.number, "volunteer": held.volunteer_id},
        reason=reason.strip(),
    )


def _again(session: Session, held: Certificate) -> Draft:
    """Return what takes a certificate's place: new figures of a span, an award as it was won."""
    said = payload_from(held.payload)
    if held.kind == "service":
        person = find_person(session, held.volunteer_id or 0)
        assert person is not None, "a certificate refers to its holder"
        asked = Asked(person.id, held.from_on, held.until_on, said.title)
        return service_draft(session, person, asked, replaces_id=held.id, replaces=held.number)
    figures = Figures(*(getattr(said, name) for name in Figures._fields))
    person = find_person(session, held.volunteer_id) if held.volunteer_id else None
    name, number = (person.name, person.number or "") if person else (said.name, said.holder_number)
    return Draft(
        kind=held.kind,
        title=said.title,
        holder=Holder(held.volunteer_id, held.team_id, name, number),
        year=held.year,
        from_on=held.from_on,
        until_on=held.until_on,
        figures=figures,
        rank=said.rank,
        is_tied=said.is_tied,
        award_id=held.award_id,
        edition=held.edition + 1,
        replaces_id=held.id,
        replaces=held.number,
    )
