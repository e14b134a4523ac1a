"""Issue a service record certificate: for oneself, a ward, or somebody of one's organisation."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.certificates.models import Certificate
from app.certificates.operations.telling import tell_holder
from app.certificates.operations.writing import Draft, Holder, Issuer, desk_of, payload_of, write
from app.certificates.queries.certificates import count_lately
from app.certificates.queries.served import (
    Person,
    find_person,
    minutes_in_book,
    served_by,
)
from app.certificates.rules import (
    CertificateUnknown,
    Figures,
    Payload,
    check_span,
    figures_of,
)
from app.certificates.rules.refusals import MOST_A_DAY, NoNumberYet, TooManyToday
from app.clock import today_in
from app.organisations.queries import settings_of
from app.teams.rules import Actor
from app.trail.operations import remember, remembered

A_DAY = timedelta(days=1)


class Asked(NamedTuple):
    """Whose service is to be certified, of which span (no dates: a lifetime), under which title."""

    volunteer_id: int
    from_on: date | None
    until_on: date | None
    title: str


def issue_service_record(
    session: Session, asked: Asked, *, actor: Actor, now: datetime, key: str, secret: str
) -> int:
    """Issue a certificate of somebody's service and return its id."""
    content = {"operation": "certificate.issue", **asked._asdict()}
    kept = remembered(session, actor.login_id, key, content)
    if kept is not None:
        return int(kept["certificate_id"])
    person = issuable_person(session, asked.volunteer_id, actor)
    if count_lately(session, person.id, now - A_DAY) >= MOST_A_DAY:
        raise TooManyToday
    desk = desk_of(session, issuer_of(person), actor=actor, now=now, secret=secret)
    check_span(asked.from_on, asked.until_on, desk.today)
    made = write(session, desk, service_draft(session, person, asked))
    tell_holder(session, "issued", session.get_one(Certificate, made), actor=actor, now=now)
    remember(session, actor.login_id, key, content, {"certificate_id": made}, now)
    return made


def preview_service_record(
    session: Session, asked: Asked, *, actor: Actor, now: datetime
) -> Payload:
    """Return what the certificate would say, or refuse as issuing would."""
    person = issuable_person(session, asked.volunteer_id, actor)
    settings = settings_of(session, person.organisation_id)
    today = today_in(settings.time_zone, now)
    check_span(asked.from_on, asked.until_on, today)
    draft = service_draft(session, person, asked)
    return payload_of(issuer_of(person), settings, draft, today, "", "")


def issuable_person(session: Session, volunteer_id: int, actor: Actor) -> Person:
    """Return whose service the actor may certify: their own, a ward's, or as an organiser."""
    person = find_person(session, volunteer_id)
    if person is None or not (
        actor.benefits(volunteer_id) or person.organisation_id in actor.organises
    ):
        raise CertificateUnknown
    if person.number is None:
        raise NoNumberYet
    return person


def service_draft(
    session: Session,
    person: Person,
    asked: Asked,
    *,
    edition: int = 1,
    replaces_id: int | None = None,
    replaces: str | None = None,
) -> Draft:
    """Return the certificate of a span as the records stand now."""
    return Draft(
        kind="service",
        title=asked.title,
        holder=Holder(person.id, None, person.name, person.number or ""),
        year=None,
        from_on=asked.from_on,
        until_on=asked.until_on,
        figures=figures_now(session, person, asked.from_on, asked.until_on),
        edition=edition,
        replaces_id=replaces_id,
        replaces=replaces,
    )


def figures_now(
    session: Session, person: Person, from_on: date | None, until_on: date | None
) -> Figures:
    """Return somebody's figures of a span; a paper book counts in a lifetime only."""
    book = minutes_in_book(session, person.id) if from_on is None else 0
    records = served_by(session, person.id, from_on, until_on)
    return figures_of(records, before_minutes=book, issuer_name=person.organisation_name)


def issuer_of(person: Person) -> Issuer:
    """Return the organisation that certifies somebody's service: the one they belong to."""
    return Issuer(person.organisation_id, person.organisation_code, person.organisation_name)
