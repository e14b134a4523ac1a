"""Write certificates: each gets the next number of its organisation and year, and is signed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.certificates.models import Certificate
from app.certificates.operations.keys import Signing, signing_with
from app.certificates.rules import SUBJECT, Figures, Payload, payload_text
from app.certificates.rules.files import payload_signature
from app.certificates.rules.numbers import new_verify_code, number_of
from app.clock import today_in
from app.db import is_postgresql
from app.ledger.queries import last_entry_id
from app.organisations.queries import settings_of
from app.organisations.rules import Settings
from app.teams.rules import Actor
from app.trail.operations import note

_lock = text("SELECT pg_advisory_xact_lock(7120, :organisation_id)")


class Issuer(NamedTuple):
    """The organisation that issues, with what its certificates say of it."""

    id: int
    code: str
    name: str


class Holder(NamedTuple):
    """Whom a certificate is for: a volunteer or a team."""

    volunteer_id: int | None
    team_id: int | None
    name: str
    number: str


class Draft(NamedTuple):
    """A certificate before it has a number."""

    kind: str
    title: str
    holder: Holder
    # Of the number; None: the year of the issue.
    year: int | None
    from_on: date | None
    until_on: date | None
    figures: Figures
    rank: int | None = None
    is_tied: bool = False
    award_id: int | None = None
    edition: int = 1
    replaces_id: int | None = None
    replaces: str | None = None


class Desk(NamedTuple):
    """Who issues, when, under which settings, signed with which key."""

    issuer: Issuer
    actor: Actor
    now: datetime
    settings: Settings
    signing: Signing

    @property
    def today(self) -> date:
        return today_in(self.settings.time_zone, self.now)


def desk_of(session: Session, issuer: Issuer, *, actor: Actor, now: datetime, secret: str) -> Desk:
    """Return everything that issuing takes."""
    signing = signing_with(session, secret, now=now)
    return Desk(issuer, actor, now, settings_of(session, issuer.id), signing)


def payload_of(
    issuer: Issuer, settings: Settings, draft: Draft, today: date, number: str, verify_code: str
) -> Payload:
    """Return what a certificate will say."""
    return Payload(
        kind=draft.kind,
        number=number,
        title=draft.title,
        issuer_code=issuer.code,
        issuer_name=issuer.name,
        name=draft.holder.name,
        holder_number=draft.holder.number,
        is_team=draft.holder.team_id is not None,
        rank=draft.rank,
        is_tied=draft.is_tied,
        year=draft.year or today.year,
        from_on=draft.from_on,
        until_on=draft.until_on,
        **draft.figures._asdict(),
        in_charge=settings.certificate_contact_person,
        contact=settings.certificate_contact,
        issued_on=today,
        reported_nationally=settings.reported_nationally,
        verify_code=verify_code,
        replaces=draft.replaces,
    )


def write(session: Session, desk: Desk, draft: Draft) -> int:
    """Write one certificate and its trail row; return its id."""
    hold_numbers(session, desk.issuer.id)
    entry_id = last_entry_id(session)
    row = write_row(session, desk, draft, entry_id, next_sequence(session, desk, draft))
    note_issue(session, desk, row.id, {"number": row.number, "kind": row.kind}, row)
    return row.id


def write_row(
    session: Session, desk: Desk, draft: Draft, entry_id: int, sequence: int
) -> Certificate:
    """Write one certificate with its number; its trail row is the caller's."""
    year = draft.year or desk.today.year
    number = number_of(desk.issuer.code, year, sequence)
    code = new_verify_code()
    said = payload_text(payload_of(desk.issuer, desk.settings, draft, desk.today, number, code))
    row = Certificate(
        organisation_id=desk.issuer.id,
        year=year,
        sequence=sequence,
        number=number,
        kind=draft.kind,
        volunteer_id=draft.holder.volunteer_id,
        team_id=draft.holder.team_id,
        award_id=draft.award_id,
        edition=draft.edition,
        name=draft.holder.name,
        from_on=draft.from_on,
        until_on=draft.until_on,
        payload=said,
        signature=payload_signature(said, desk.signing.signer),
        signing_key_id=desk.signing.id,
        verify_code=code,
        last_entry_id=entry_id,
        issued_at=desk.now,
        issued_by_id=desk.actor.login_id,
        on_behalf_of_id=desk.actor.on_behalf_of_id,
        replaces_id=draft.replaces_id,
    )
    session.add(row)
    session.flush()
    return row


def hold_numbers(session: Session, organisation_id: int) -> None:
    """Let one at a time give an organisation's numbers: none is left out, none given twice."""
    if is_postgresql(session):
        session.execute(_lock, {"organisation_id": organisation_id % 2**31})


def next_sequence(session: Session, desk: Desk, draft: Draft) -> int:
    """Return the next number of the year, under `hold_numbers`."""
    year = draft.year or desk.today.year
    last = session.scalar(
        select(func.max(Certificate.sequence)).where(
            Certificate.organisation_id == desk.issuer.id, Certificate.year == year
        )
    )
    return (last or 0) + 1


def note_issue(
    session: Session,
    desk: Desk,
    subject_id: int | None,
    after: Mapping[str, Any],
    row: Certificate | None = None,
) -> None:
    """Leave the trail row of an issue."""
    note(
        session,
        operation="certificate.issue",
        actor_id=desk.actor.login_id,
        at=desk.now,
        subject_kind=SUBJECT,
        subject_id=subject_id,
        organisation_id=desk.issuer.id,
        on_behalf_of_id=desk.actor.on_behalf_of_id,
        after={**after, "volunteer": row.volunteer_id} if row is not None else after,
    )
