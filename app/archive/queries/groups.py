"""The rows of each group of the national record, of one person or of thousands.

What was withdrawn is left out; of service only what counts. Rows come person by person in the
order of the numbers, a block of people at a time: a large sheet is held by nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, optional_day
from app.certificates.rules import payload_from
from app.service.queries.evidence import evidence_shown

PEOPLE_A_BLOCK = 500


class Span(NamedTuple):
    """The dates whose service and evaluations are asked for, both included."""

    from_on: date = date(1900, 1, 1)
    until_on: date = date(2999, 12, 31)


class PersonLine(NamedTuple):
    """Who somebody is; the ID number still sealed."""

    volunteer_id: int
    number: str
    name: str
    sex: str | None
    born_on: date | None
    phone: str | None
    kind: str
    organisation: str
    residence_area: str
    skills: str
    service_category: str
    document_kind: str | None
    document_sealed: str | None


class ServiceLine(NamedTuple):
    """One record that counts."""

    number: str
    name: str
    service_on: date
    minutes: int
    starts_minute: int | None
    activity: str
    content: str
    place: str
    team: str
    colour: str
    organisation: str
    evidence: str
    recorder: str
    approver: str


class TrainingLine(NamedTuple):
    """A course that stands."""

    number: str
    name: str
    course: str
    minutes: int
    held_on: date
    organiser: str


class CommendationLine(NamedTuple):
    """An honour that stands."""

    number: str
    name: str
    title: str
    given_by: str
    given_on: date
    is_elsewhere: bool
    note: str


class EvaluationLine(NamedTuple):
    """What was said of an activity at which somebody served; by whom is not told."""

    number: str
    name: str
    service_on: date
    activity: str
    team: str
    rater: str
    stars: int
    word: str


class ComplaintLine(NamedTuple):
    """A complaint that stands, and what came of it."""

    number: str
    name: str
    received_on: date
    content: str
    outcome: str
    answered_on: date | None


# Whoever waits for confirmation has no number and no archive.
_IN = "v.organisation_id IN ?ids AND v.state IN ('active', 'left')"
_WITHIN = "r.state = 'approved' AND r.service_on >= ? AND r.service_on <= ?"
_BY_NUMBER = f"SELECT v.id FROM volunteers v WHERE {_IN} ORDER BY v.number"
# Of whom an export in full hands out a number.
_IN_FULL = f"""
SELECT v.id, v.organisation_id FROM volunteers v
  LEFT JOIN person_details d ON d.volunteer_id = v.id
WHERE {_IN} AND (v.phone IS NOT NULL OR d.id_document_encrypted IS NOT NULL) ORDER BY v.id
"""
_HOW_MANY = f"""
SELECT
  (SELECT count(*) FROM volunteers v WHERE {_IN}),
  (SELECT count(*) FROM volunteers v JOIN service_records r ON r.volunteer_id = v.id
    WHERE {_IN} AND {_WITHIN})
"""
_YEARS = "SELECT DISTINCT year FROM service_totals WHERE organisation_id IN ?ids ORDER BY year DESC"
_PEOPLE = """
SELECT v.id, v.number, v.name, v.sex, v.born_on, v.phone, v.kind, o.name,
  coalesce(d.residence_area, ''), coalesce(d.skills, ''), coalesce(d.service_category, ''),
  d.id_document_kind, d.id_document_encrypted
FROM volunteers v JOIN organisations o ON o.id = v.organisation_id
  LEFT JOIN person_details d ON d.volunteer_id = v.id
WHERE v.id IN ?ids ORDER BY v.number
"""
_SERVICE = f"""
SELECT v.number, v.name, r.service_on, r.minutes, r.starts_minute, coalesce(a.title, ''),
  r.content, coalesce(r.place, ''), t.name, c.name, o.name, {evidence_shown("r")},
  recorder.display_name, coalesce(approver.display_name, '')
FROM volunteers v JOIN service_records r ON r.volunteer_id = v.id
  JOIN teams t ON t.id = r.team_id JOIN colours c ON c.id = r.colour_id
  JOIN organisations o ON o.id = r.organisation_id
  JOIN logins recorder ON recorder.id = r.recorder_id
  LEFT JOIN logins approver ON approver.id = r.approver_id
  LEFT JOIN activities a ON a.id = r.activity_id
WHERE v.id IN ?ids AND {_WITHIN} ORDER BY v.number, r.service_on, r.id
"""
_ENTERED = """
SELECT v.number, v.name, {columns} FROM volunteers v JOIN {table} e ON e.volunteer_id = v.id
WHERE v.id IN ?ids AND e.state <> 'withdrawn' ORDER BY v.number, {on}, e.id
"""
_TRAININGS = _ENTERED.format(
    table="trainings", columns="e.course, e.minutes, e.held_on, e.organiser", on="e.held_on"
)
_COMMENDATIONS = _ENTERED.format(
    table="commendations",
    columns="e.title, e.given_by, e.given_on, e.is_elsewhere, e.note",
    on="e.given_on",
)
# Our own awards stand in certificates, as long as these hold.
_AWARDED = """
SELECT v.number, v.name, c.payload, c.number
FROM volunteers v JOIN certificates c ON c.volunteer_id = v.id
WHERE v.id IN ?ids AND c.kind = 'award'
  AND NOT EXISTS (SELECT 1 FROM certificate_revocations r WHERE r.certificate_id = c.id)
"""
_COMPLAINTS = _ENTERED.format(
    table="complaints",
    columns="e.received_on, e.content, e.outcome, e.answered_on",
    on="e.received_on",
)
_EVALUATIONS = f"""
SELECT v.number, v.name, a.service_on, a.title, t.name, e.rater, e.stars, e.word
FROM volunteers v JOIN activities a ON EXISTS (
    SELECT 1 FROM service_records r
    WHERE r.volunteer_id = v.id AND r.activity_id = a.id AND {_WITHIN})
  JOIN teams t ON t.id = a.team_id
  JOIN evaluations e ON e.activity_id = a.id
WHERE v.id IN ?ids ORDER BY v.number, a.service_on, e.id
"""


def people_by_number(session: Session, organisation_ids: Collection[int]) -> list[int]:
    """Return who belongs to these organisations today, in the order of the numbers."""
    return [row[0] for row in fetch(session, _BY_NUMBER, sorted(organisation_ids))]


def how_many(session: Session, organisation_ids: Collection[int], span: Span) -> tuple[int, int]:
    """Return how many people and how many records an export would hold."""
    ids = sorted(organisation_ids)
    people, records = fetch(session, _HOW_MANY, ids, ids, *span)[0]
    return people, records


def years_on_record(session: Session, organisation_ids: Collection[int]) -> list[int]:
    """Return the years in which these organisations served, the newest first."""
    return [row[0] for row in fetch(session, _YEARS, sorted(organisation_ids))]


def people_in_full(session: Session, organisation_ids: Collection[int]) -> list[tuple[int, int]]:
    """Return, with their organisations, the people of whom a full number is kept."""
    rows = fetch(session, _IN_FULL, sorted(organisation_ids))
    return [(row[0], row[1]) for row in rows]


def person_lines(session: Session, people: Sequence[int]) -> Iterator[PersonLine]:
    """Return who these people are."""
    for row in _blocks(session, _PEOPLE, people):
        yield PersonLine._make((*row[:4], optional_day(row[4]), *row[5:]))


def service_lines(session: Session, people: Sequence[int], span: Span) -> Iterator[ServiceLine]:
    """Return the records of these people that count."""
    for row in _blocks(session, _SERVICE, people, *span):
        yield ServiceLine._make((*row[:2], day_of(row[2]), *row[3:]))


def training_lines(session: Session, people: Sequence[int]) -> Iterator[TrainingLine]:
    """Return the courses these people took."""
    for row in _blocks(session, _TRAININGS, people):
        yield TrainingLine._make((*row[:4], day_of(row[4]), row[5]))


def commendation_lines(session: Session, people: Sequence[int]) -> Iterator[CommendationLine]:
    """Return the honours these people were given: entered ones, and our own certificates."""
    for block in _parted(people):
        entered = [
            CommendationLine._make((*row[:4], day_of(row[4]), bool(row[5]), row[6]))
            for row in fetch(session, _COMMENDATIONS, block)
        ]
        awarded = [_awarded(*row) for row in fetch(session, _AWARDED, block)]
        yield from sorted(entered + awarded, key=lambda one: (one.number, one.given_on))


def _awarded(number: str, name: str, payload: str, certificate: str) -> CommendationLine:
    says = payload_from(payload)
    return CommendationLine(
        number, name, says.title, says.issuer_name, says.issued_on, False, certificate
    )


def evaluation_lines(
    session: Session, people: Sequence[int], span: Span
) -> Iterator[EvaluationLine]:
    """Return what was said of the activities at which these people served."""
    for block in _parted(people):
        for row in fetch(session, _EVALUATIONS, *span, block):
            yield EvaluationLine._make((*row[:2], day_of(row[2]), *row[3:]))


def complaint_lines(session: Session, people: Sequence[int]) -> Iterator[ComplaintLine]:
    """Return the complaints about these people."""
    for row in _blocks(session, _COMPLAINTS, people):
        yield ComplaintLine._make((*row[:2], day_of(row[2]), *row[3:5], optional_day(row[5])))


def _blocks(session: Session, query: str, people: Sequence[int], *values: Any) -> Iterator[Any]:
    for block in _parted(people):
        yield from fetch(session, query, block, *values)


def _parted(people: Sequence[int]) -> Iterator[list[int]]:
    for first in range(0, len(people), PEOPLE_A_BLOCK):
        yield list(people[first : first + PEOPLE_A_BLOCK])
