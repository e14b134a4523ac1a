"""What is kept about minors below some organisations, who agreed to it and who looked at it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.archive.models import PersonDetails
from app.claims.models import Claim
from app.organisations.models import Organisation
from app.people.models import Login, NamingConsent, PurposeConsent, Volunteer
from app.people.queries.volunteers import chunks
from app.people.rules.purposes import MINORS_VERSION
from app.privacy.rules.looking import ABOUT_ONE, LISTS
from app.privacy.rules.minors import Agreement, Minor, agreement_of, first_birth
from app.service.models import ServiceRecord
from app.trail.models import TrailRow

COUNTED = ("active", "proposed", "left")


class Span(NamedTuple):
    """A year as instants: from its first until before the next one's."""

    from_at: datetime
    until_at: datetime


class Kept(NamedTuple):
    """Of how many minors something is kept."""

    phone: int
    document: int
    photo: int
    named: int


class Report(NamedTuple):
    """One organisation's year, with all below it."""

    on: date
    minors: list[Minor]
    agreements: dict[int, Agreement]
    unknown_age: int
    kept: Kept
    # By name of who looked, and by what was done, how often.
    looks: list[tuple[str, str, int]]
    lists: list[tuple[str, int]]
    ended: list[tuple[str, int]]

    @property
    def children(self) -> list[Minor]:
        """Those under 14."""
        return [one for one in self.minors if one.is_child(self.on)]

    def agreed(self, how: Agreement) -> list[Minor]:
        """Return the children whose guardian's word stands so."""
        return [one for one in self.children if self.agreements[one.id] == how]


def report_of(session: Session, scope: Collection[int], on: date, span: Span) -> Report:
    """Return what a year's report says."""
    minors = minors_of(session, scope, on, span)
    ids = [one.id for one in minors]
    words = _guardians_words(session, ids, span.until_at)
    return Report(
        on,
        minors,
        {one: agreement_of(words.get(one), MINORS_VERSION) for one in ids},
        _unknown(session, scope, span),
        _kept(session, ids),
        _looks(session, ids, span),
        _lists(session, scope, span),
        _ended(session, ids, span),
    )


def minors_of(session: Session, scope: Collection[int], on: date, span: Span) -> list[Minor]:
    """Return the minors who were known by the end of a year, by number."""
    query = (
        select(Volunteer.id, Volunteer.name, Volunteer.number, Volunteer.born_on, Organisation.name)
        .join(Organisation, Organisation.id == Volunteer.organisation_id)
        .where(
            Volunteer.organisation_id.in_(scope),
            Volunteer.state.in_(COUNTED),
            Volunteer.born_on > first_birth(on),
            Volunteer.born_on <= on,
            Volunteer.created_at < span.until_at,
        )
        .order_by(Volunteer.number, Volunteer.id)
    )
    return [
        Minor(one, name, number, born_on, place)
        for one, name, number, born_on, place in session.execute(query)
        if born_on is not None
    ]


def _unknown(session: Session, scope: Collection[int], span: Span) -> int:
    query = select(func.count()).where(
        Volunteer.organisation_id.in_(scope),
        Volunteer.state.in_(COUNTED),
        Volunteer.born_on.is_(None),
        Volunteer.created_at < span.until_at,
    )
    return session.scalar(query) or 0


def _guardians_words(
    session: Session, ids: Sequence[int], until_at: datetime
) -> dict[int, tuple[bool, str | None]]:
    query = (
        select(PurposeConsent.volunteer_id, PurposeConsent.is_given, PurposeConsent.version)
        .where(PurposeConsent.purpose == "minors", PurposeConsent.given_at < until_at)
        .order_by(PurposeConsent.id)
    )
    # The last one of each stays.
    return {
        row[0]: (row[1], row[2]) for row in _of(session, query, PurposeConsent.volunteer_id, ids)
    }


def _kept(session: Session, ids: Sequence[int]) -> Kept:
    def counted(*where: Any) -> int:
        query = select(Volunteer.id).where(*where)
        return len({row[0] for row in _of(session, query, Volunteer.id, ids)})

    photos = (
        select(Claim.id)
        .join(ServiceRecord, ServiceRecord.id == Claim.record_id)
        .where(Claim.picture_id.is_not(None), ServiceRecord.volunteer_id == Volunteer.id)
    )
    documents = select(PersonDetails.volunteer_id).where(
        PersonDetails.volunteer_id == Volunteer.id, PersonDetails.id_document_kind.is_not(None)
    )
    return Kept(
        counted(Volunteer.phone.is_not(None)),
        counted(documents.exists()),
        counted(photos.exists()),
        counted(Volunteer.is_named),
    )


def _looks(session: Session, ids: Sequence[int], span: Span) -> list[tuple[str, str, int]]:
    query = (
        select(Login.display_name, TrailRow.operation)
        .join(Login, Login.id == TrailRow.actor_id)
        .where(TrailRow.subject_kind == "volunteer", TrailRow.operation.in_(ABOUT_ONE), *_in(span))
    )
    found = Counter((row[0], row[1]) for row in _of(session, query, TrailRow.subject_id, ids))
    return sorted((name, operation, count) for (name, operation), count in found.items())


def _lists(session: Session, scope: Collection[int], span: Span) -> list[tuple[str, int]]:
    query = (
        select(TrailRow.operation, func.count())
        .where(TrailRow.operation.in_(LISTS), TrailRow.organisation_id.in_(scope), *_in(span))
        .group_by(TrailRow.operation)
        .order_by(TrailRow.operation)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def _ended(session: Session, ids: Sequence[int], span: Span) -> list[tuple[str, int]]:
    """Return how often a consent was taken back, by purpose."""
    words = select(PurposeConsent.purpose).where(
        ~PurposeConsent.is_given,
        PurposeConsent.given_at >= span.from_at,
        PurposeConsent.given_at < span.until_at,
    )
    naming = select(NamingConsent.id).where(
        ~NamingConsent.is_named,
        NamingConsent.given_at >= span.from_at,
        NamingConsent.given_at < span.until_at,
    )
    found = Counter(row[0] for row in _of(session, words, PurposeConsent.volunteer_id, ids))
    found["boards"] += len(_of(session, naming, NamingConsent.volunteer_id, ids))
    return sorted((purpose, count) for purpose, count in found.items() if count)


def _in(span: Span) -> tuple[Any, Any]:
    return TrailRow.at >= span.from_at, TrailRow.at < span.until_at


def _of(session: Session, query: Any, whose: Any, ids: Sequence[int]) -> list[Any]:
    """Return the rows about some people, however many they are."""
    return [row for chunk in chunks(ids) for row in session.execute(query.where(whose.in_(chunk)))]
