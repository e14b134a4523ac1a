"""The trail of organisations: narrowed by person, actor, subject, kind and date; and its names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from app.activities.models import Activity
from app.organisations.models import Organisation
from app.people.models import Login, Volunteer
from app.service.models import ServiceRecord
from app.teams.models import Team
from app.trail.models import TrailPersonal, TrailRow
from app.trail.queries import TrailLine, told, with_personal

PAGE = 50
# People or accounts of one name.
MOST_ALIKE = 20


class Question(NamedTuple):
    """Which rows are wanted; `organisation_ids` None means all, those of no organisation too."""

    organisation_ids: frozenset[int] | None
    operations: frozenset[str] | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None
    person_ids: tuple[int, ...] | None = None
    actor_ids: tuple[int, ...] | None = None
    subject: tuple[str, int] | None = None
    # Where the reader sees what rows say of people; None: everywhere.
    personal_in: frozenset[int] | None = None


class Named(NamedTuple):
    """Somebody by whom rows may be narrowed."""

    id: int
    name: str
    number: str | None


def lines_of(
    session: Session, question: Question, *, before_id: int | None = None, limit: int = PAGE
) -> list[TrailLine]:
    """Return rows newest first, of which none is as new as `before_id`."""
    wanted = _narrowed(with_personal(), question).order_by(TrailRow.id.desc()).limit(limit)
    if before_id is not None:
        wanted = wanted.where(TrailRow.id < before_id)
    seen = question.personal_in
    return [
        told(row, shows_personal=seen is None or row.organisation_id in seen)
        for row in session.execute(wanted)
    ]


def _narrowed(query: Select[Any], asked: Question) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = []
    if asked.organisation_ids is not None:
        conditions.append(TrailRow.organisation_id.in_(sorted(asked.organisation_ids)))
    if asked.operations is not None:
        conditions.append(TrailRow.operation.in_(sorted(asked.operations)))
    if asked.from_at is not None:
        conditions.append(TrailRow.at >= asked.from_at)
    if asked.until_at is not None:
        conditions.append(TrailRow.at < asked.until_at)
    if asked.actor_ids is not None:
        conditions.append(TrailRow.actor_id.in_(asked.actor_ids))
    if asked.subject is not None:
        conditions += [
            TrailRow.subject_kind == asked.subject[0],
            TrailRow.subject_id == asked.subject[1],
        ]
    if asked.person_ids is not None:
        conditions.append(_about(asked.person_ids))
    return query.where(*conditions)


def _about(person_ids: Collection[int]) -> ColumnElement[bool]:
    """Rows about people, about their records, done for them, or saying something of theirs."""
    records = select(ServiceRecord.id).where(ServiceRecord.volunteer_id.in_(person_ids))
    beside = select(TrailPersonal.trail_id).where(TrailPersonal.volunteer_id.in_(person_ids))
    return or_(
        (TrailRow.subject_kind == "volunteer") & TrailRow.subject_id.in_(person_ids),
        (TrailRow.subject_kind == "service_record") & TrailRow.subject_id.in_(records),
        TrailRow.on_behalf_of_id.in_(person_ids),
        TrailRow.id.in_(beside),
    )


# ── who is meant ──────────────────────────────────────────────────────────────────────────


def people_called(
    session: Session, organisation_ids: frozenset[int] | None, typed: str
) -> list[Named]:
    """Return people by number, name, or the beginning of it in pinyin or its initials."""
    word = typed.strip().lower()
    ways = [func.lower(Volunteer.number) == word, func.lower(Volunteer.name) == word]
    if word.isascii():
        # Each of a name's keys begins behind a space.
        ways.append((" " + Volunteer.name_keys).contains(f" {word}", autoescape=True))
    query = select(Volunteer.id, Volunteer.name, Volunteer.number).where(or_(*ways))
    if organisation_ids is not None:
        query = query.where(Volunteer.organisation_id.in_(sorted(organisation_ids)))
    rows = session.execute(query.order_by(Volunteer.name_keys, Volunteer.id).limit(MOST_ALIKE))
    return [Named(*row) for row in rows]


def with_formers(session: Session, person_ids: Collection[int]) -> tuple[int, ...]:
    """Return people and everybody in the books who became them by a joining of numbers."""
    known = select(Volunteer.id.label("id")).where(Volunteer.id.in_(person_ids))
    line = known.cte("line", recursive=True)
    became = select(Volunteer.id).join(line, Volunteer.matched_to_id == line.c.id)
    return tuple(session.scalars(select(line.union(became).c.id)))


def actors_called(
    session: Session, organisation_ids: frozenset[int] | None, typed: str
) -> list[int]:
    """Return the accounts of a name that did something in these organisations."""
    word = typed.strip()
    fits = or_(Login.display_name == word, func.lower(Login.name) == word.lower())
    acted = select(TrailRow.id).where(TrailRow.actor_id == Login.id)
    if organisation_ids is not None:
        acted = acted.where(TrailRow.organisation_id.in_(sorted(organisation_ids)))
    query = select(Login.id).where(fits, acted.exists()).order_by(Login.id).limit(MOST_ALIKE)
    return list(session.scalars(query))


# ── names beside the rows ─────────────────────────────────────────────────────────────────


class Names(NamedTuple):
    """What the rows of a page speak of, by id."""

    actors: Mapping[int, str]
    volunteers: Mapping[int, tuple[str, str]]
    organisations: Mapping[int, str]
    teams: Mapping[int, tuple[str, str]]
    activities: Mapping[int, str]


def names_in(session: Session, lines: Iterable[TrailLine]) -> Names:
    """Return the names for a page of rows, a statement for each kind."""
    rows = list(lines)
    logins = {one.actor_id for one in rows} | _subjects(rows, "login")
    people = {one.on_behalf_of_id for one in rows} | _subjects(rows, "volunteer")
    places = {one.organisation_id for one in rows} | _subjects(rows, "organisation")
    people_rows = _rows(session, people, Volunteer.id, Volunteer.number, Volunteer.name)
    team_rows = _rows(session, _subjects(rows, "team"), Team.id, Team.code, Team.name)
    return Names(
        dict(map(tuple, _rows(session, logins, Login.id, Login.display_name))),
        {row[0]: (row[1] or "", row[2]) for row in people_rows},
        dict(map(tuple, _rows(session, places, Organisation.id, Organisation.name))),
        {row[0]: (row[1], row[2]) for row in team_rows},
        dict(map(tuple, _rows(session, _subjects(rows, "activity"), Activity.id, Activity.title))),
    )


def _subjects(rows: Iterable[TrailLine], kind: str) -> set[int | None]:
    return {one.subject_id for one in rows if one.subject_kind == kind}


def _rows(session: Session, ids: Collection[int | None], *columns: Any) -> list[Any]:
    wanted = sorted(one for one in ids if one is not None)
    if not wanted:
        return []
    return list(session.execute(select(*columns).where(columns[0].in_(wanted))))
