"""What pages show of service: what waits, a team's day, one person's service, the totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Row, Select, cast, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.organisations.models import Organisation
from app.organisations.queries import settings_of, substitute_days
from app.people.models import Login, Volunteer
from app.service.models import Batch, ServiceRecord, ServiceTotal
from app.service.rules import COUNTED_STATES
from app.teams.models import Colour, Team
from app.teams.rules import Actor

# What a leader of the team may see waiting, but only an organiser may settle.
FOR_ORGANISERS = frozenset({"late", "over_limit", "new_person"})
MOST_LISTED = 500
_Recorder = aliased(Login)
_Approver = aliased(Login)


class RecordRow(NamedTuple):
    """One service record with the names a page shows."""

    id: int
    volunteer_id: int
    volunteer_name: str
    volunteer_number: str | None
    volunteer_state: str
    team_id: int
    team_code: str
    team_name: str
    organisation_id: int
    organisation_name: str
    colour_id: int
    colour_key: str
    colour_glyph: str
    service_on: date
    minutes: int
    starts_minute: int | None
    content: str
    place: str | None
    note: str | None
    evidence: str
    external_id: str | None
    part: int
    first_part_id: int | None
    state: str
    waits_reason: str | None
    is_guest: bool
    is_service_day: bool
    is_service_month: bool
    earns_points: bool
    daily_limit_minutes: int
    points_hundredths: int
    recorder_id: int
    recorder_name: str
    recorded_at: datetime
    approver_id: int | None
    approver_name: str | None
    decided_at: datetime | None
    reason: str | None
    corrects_id: int | None
    batch_id: int | None
    award_entry_id: int | None
    reversal_entry_id: int | None

    @property
    def ends_minute(self) -> int | None:
        """Return the minute of the day the service ended at, where its start is known."""
        return None if self.starts_minute is None else self.starts_minute + self.minutes


class WaitingRow(NamedTuple):
    """One thing that waits: both halves of a night are one, and one decision settles them."""

    record: RecordRow
    record_ids: tuple[int, ...]
    minutes: int
    points_hundredths: int
    # Only an organiser may settle it; the actor may.
    needs_organiser: bool
    may_decide: bool
    # Whoever approves says why.
    needs_reason: bool
    # What a proposed correction would reverse.
    corrects: RecordRow | None


class LastDay(NamedTuple):
    """A team's last day with records: the proposal of "same as last time"."""

    service_on: date
    # The minutes most people had.
    minutes: int
    content: str
    place: str | None
    starts_minute: int | None
    minutes_by_volunteer: dict[int, int]


class BatchRow(NamedTuple):
    """A batch as its result page shows it."""

    id: int
    kind: str
    organisation_id: int
    team_id: int | None
    team_name: str | None
    service_on: date | None
    actor_id: int
    actor_name: str
    made_at: datetime
    file_name: str | None
    rows: int
    created: int
    updated: int
    duplicates: int
    refused: int
    blank: int
    undone_at: datetime | None


class TotalRow(NamedTuple):
    """What one person served with one team in one year."""

    year: int
    team_id: int
    team_name: str
    colour_key: str
    records: int
    minutes: int
    points_hundredths: int
    dates: int
    service_days: int


class Sums(NamedTuple):
    """What some organisations served together."""

    minutes: int
    records: int
    people: int


_rows = (
    select(
        ServiceRecord.id,
        ServiceRecord.volunteer_id,
        Volunteer.name,
        Volunteer.number,
        Volunteer.state,
        ServiceRecord.team_id,
        Team.code,
        Team.name,
        ServiceRecord.organisation_id,
        Organisation.name,
        ServiceRecord.colour_id,
        Colour.key,
        Colour.glyph,
        ServiceRecord.service_on,
        ServiceRecord.minutes,
        ServiceRecord.starts_minute,
        ServiceRecord.content,
        ServiceRecord.place,
        ServiceRecord.note,
        ServiceRecord.evidence,
        ServiceRecord.external_id,
        ServiceRecord.part,
        ServiceRecord.first_part_id,
        ServiceRecord.state,
        ServiceRecord.waits_reason,
        ServiceRecord.is_guest,
        ServiceRecord.is_service_day,
        ServiceRecord.is_service_month,
        ServiceRecord.earns_points,
        ServiceRecord.daily_limit_minutes,
        ServiceRecord.points_hundredths,
        ServiceRecord.recorder_id,
        _Recorder.display_name,
        ServiceRecord.recorded_at,
        ServiceRecord.approver_id,
        _Approver.display_name,
        ServiceRecord.decided_at,
        ServiceRecord.reason,
        ServiceRecord.corrects_id,
        ServiceRecord.batch_id,
        ServiceRecord.award_entry_id,
        ServiceRecord.reversal_entry_id,
    )
    .join(Volunteer, Volunteer.id == ServiceRecord.volunteer_id)
    .join(Team, Team.id == ServiceRecord.team_id)
    .join(Organisation, Organisation.id == ServiceRecord.organisation_id)
    .join(Colour, Colour.id == ServiceRecord.colour_id)
    .join(_Recorder, _Recorder.id == ServiceRecord.recorder_id)
    .outerjoin(_Approver, _Approver.id == ServiceRecord.approver_id)
)


def _records(session: Session, query: Select[*tuple[object, ...]]) -> list[RecordRow]:
    return [RecordRow._make(row) for row in session.execute(query)]


# ── what waits ────────────────────────────────────────────────────────────────────────────


def waiting_for(session: Session, actor: Actor, *, limit: int = MOST_LISTED) -> list[WaitingRow]:
    """Return what waits in the actor's teams and organisations, oldest first.

    Never rows of the actor's own or of people they act for: nobody approves for themselves.
    """
    within = _within_reach(actor)
    if within is None:
        return []
    query = (
        _rows.where(ServiceRecord.state == "submitted", within)
        .order_by(ServiceRecord.id)
        .limit(limit)
    )
    groups: dict[int, list[RecordRow]] = {}
    for record in _records(session, query):
        if not actor.benefits(record.volunteer_id):
            groups.setdefault(record.first_part_id or record.id, []).append(record)
    organised = _organised_teams(session, actor, {group[0].team_id for group in groups.values()})
    old = records_by_id(
        session, [group[0].corrects_id for group in groups.values() if group[0].corrects_id]
    )
    return [_waiting(group, organised, old) for group in groups.values()]


def count_waiting_for(session: Session, actor: Actor) -> int:
    """Return how many records wait for the actor, for a badge in the navigation."""
    within = _within_reach(actor)
    if within is None:
        return 0
    own = {*actor.acts_for, *([actor.volunteer_id] if actor.volunteer_id else [])}
    query = (
        select(func.count())
        .select_from(ServiceRecord)
        .join(Team, Team.id == ServiceRecord.team_id)
        .where(
            ServiceRecord.state == "submitted",
            ServiceRecord.part == 1,
            ServiceRecord.volunteer_id.not_in(own),
            within,
        )
    )
    return session.scalar(query) or 0


def _within_reach(actor: Actor) -> ColumnElement[bool] | None:
    reach = []
    if actor.leads:
        reach.append(ServiceRecord.team_id.in_(actor.leads))
    if actor.organises:
        reach.append(Team.organisation_id.in_(actor.organises))
    return or_(*reach) if reach else None


def _organised_teams(session: Session, actor: Actor, team_ids: Collection[int]) -> set[int]:
    if not (actor.organises and team_ids):
        return set()
    query = select(Team.id).where(Team.id.in_(team_ids), Team.organisation_id.in_(actor.organises))
    return set(session.scalars(query))


def _waiting(
    group: Sequence[RecordRow], organised: Collection[int], old: dict[int, RecordRow]
) -> WaitingRow:
    first = group[0]
    needs_organiser = first.waits_reason in FOR_ORGANISERS
    return WaitingRow(
        record=first,
        record_ids=tuple(record.id for record in group),
        minutes=sum(record.minutes for record in group),
        points_hundredths=sum(record.points_hundredths for record in group),
        needs_organiser=needs_organiser,
        may_decide=not needs_organiser or first.team_id in organised,
        needs_reason=first.waits_reason == "over_limit",
        corrects=old.get(first.corrects_id) if first.corrects_id else None,
    )


# ── a team's day ──────────────────────────────────────────────────────────────────────────


def day_of_team(session: Session, team_id: int, on: date) -> list[RecordRow]:
    """Return the submitted and approved records of a team's date; claims are among them."""
    query = _rows.where(
        ServiceRecord.team_id == team_id,
        ServiceRecord.service_on == on,
        ServiceRecord.state.in_(COUNTED_STATES),
    ).order_by(ServiceRecord.id)
    return _records(session, query)


def recorded_already(session: Session, team_id: int, on: date) -> dict[int, list[RecordRow]]:
    """Return what entitled people recorded for that team and date, by person (已登记)."""
    found: dict[int, list[RecordRow]] = {}
    for record in day_of_team(session, team_id, on):
        if record.evidence != "claimed" or record.state == "approved":
            found.setdefault(record.volunteer_id, []).append(record)
    return found


def pending_claims(session: Session, team_id: int, on: date) -> dict[int, list[RecordRow]]:
    """Return the claims that entering this day would settle, by person."""
    query = _rows.where(
        ServiceRecord.team_id == team_id,
        ServiceRecord.service_on == on,
        ServiceRecord.evidence == "claimed",
        ServiceRecord.state.in_(("draft", "submitted")),
    ).order_by(ServiceRecord.id)
    found: dict[int, list[RecordRow]] = {}
    for record in _records(session, query):
        found.setdefault(record.volunteer_id, []).append(record)
    return found


def last_day_of_team(session: Session, team_id: int, before: date) -> LastDay | None:
    """Return the team's last date with records before this one, for "same as last time"."""
    last = session.scalar(
        select(func.max(ServiceRecord.service_on)).where(
            ServiceRecord.team_id == team_id,
            ServiceRecord.service_on < before,
            ServiceRecord.state.in_(COUNTED_STATES),
        )
    )
    if last is None:
        return None
    rows = session.execute(
        select(
            ServiceRecord.volunteer_id,
            ServiceRecord.minutes,
            ServiceRecord.content,
            ServiceRecord.place,
            ServiceRecord.starts_minute,
        )
        .where(
            ServiceRecord.team_id == team_id,
            ServiceRecord.service_on == last,
            ServiceRecord.state.in_(COUNTED_STATES),
        )
        .order_by(ServiceRecord.id)
    ).all()
    return _last_day(last, rows)


def _last_day(
    service_on: date, rows: Sequence[Row[int, int, str, str | None, int | None]]
) -> LastDay:
    by_volunteer: Counter[int] = Counter()
    for row in rows:
        by_volunteer[row.volunteer_id] += row.minutes
    # Of equally common ones the first recorded, so that the answer does not depend on chance.
    minutes = Counter(by_volunteer.values()).most_common(1)[0][0]
    content, place, starts = Counter(
        (row.content, row.place, row.starts_minute) for row in rows
    ).most_common(1)[0][0]
    return LastDay(service_on, minutes, content, place, starts, dict(by_volunteer))


def latest_service_day(session: Session, organisation_id: int, today: date) -> date:
    """Return the last service day up to today, a substitute included."""
    return max(on for on in _service_days(session, organisation_id, today) if on <= today)


def next_service_day(session: Session, organisation_id: int, today: date) -> date:
    """Return the next service day from today on, a substitute included."""
    return min(on for on in _service_days(session, organisation_id, today) if on >= today)


def _service_days(session: Session, organisation_id: int, today: date) -> list[date]:
    """Return the service days of last month, this one and the next."""
    this = today.replace(day=1)
    months = [(this - timedelta(days=1)).replace(day=1), this, _month_after(this)]
    settings = settings_of(session, organisation_id)
    substitutes = substitute_days(session, organisation_id)
    days = [month.replace(day=settings.service_day) for month in months]
    return days + [
        substitutes[month.year, month.month]
        for month in months
        if (month.year, month.month) in substitutes
    ]


def _month_after(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


# ── batches and records ───────────────────────────────────────────────────────────────────


def find_batch(session: Session, batch_id: int) -> BatchRow | None:
    """Return a batch with the names its page shows, or None."""
    row = session.execute(
        select(
            Batch.id,
            Batch.kind,
            Batch.organisation_id,
            Batch.team_id,
            Team.name,
            Batch.service_on,
            Batch.actor_id,
            Login.display_name,
            Batch.made_at,
            Batch.file_name,
            Batch.rows,
            Batch.created,
            Batch.updated,
            Batch.duplicates,
            Batch.refused,
            Batch.blank,
            Batch.undone_at,
        )
        .join(Login, Login.id == Batch.actor_id)
        .outerjoin(Team, Team.id == Batch.team_id)
        .where(Batch.id == batch_id)
    ).first()
    return None if row is None else BatchRow._make(row)


def records_of_batch(session: Session, batch_id: int) -> list[RecordRow]:
    """Return the records of a batch in the order they were handed in."""
    query = _rows.where(ServiceRecord.batch_id == batch_id).order_by(ServiceRecord.id)
    return _records(session, query)


def records_by_id(session: Session, record_ids: Iterable[int]) -> dict[int, RecordRow]:
    """Return some records (a page of them) by id."""
    wanted = sorted(set(record_ids))
    if not wanted:
        return {}
    found = _records(session, _rows.where(ServiceRecord.id.in_(wanted)))
    return {record.id: record for record in found}


def find_record(session: Session, record_id: int) -> RecordRow | None:
    """Return one record, or None."""
    return records_by_id(session, [record_id]).get(record_id)


def open_records_of(session: Session, volunteer_id: int) -> list[RecordRow]:
    """Return what of a person's service still waits or was sent back, newest first."""
    query = (
        _rows.where(
            ServiceRecord.volunteer_id == volunteer_id,
            ServiceRecord.state.in_(("draft", "submitted", "rejected")),
        )
        .order_by(ServiceRecord.service_on.desc(), ServiceRecord.id.desc())
        .limit(MOST_LISTED)
    )
    return _records(session, query)


# ── totals ────────────────────────────────────────────────────────────────────────────────


def served_minutes_of(session: Session, volunteer_id: int) -> int:
    """Return a person's served minutes: approved and unreversed, whatever was spent since."""
    query = select(_whole(func.sum(ServiceTotal.minutes))).where(
        ServiceTotal.volunteer_id == volunteer_id
    )
    return session.scalar(query) or 0


def served_minutes_of_many(session: Session, volunteer_ids: Iterable[int]) -> dict[int, int]:
    """Return the served minutes of several people (a page of them)."""
    query = (
        select(ServiceTotal.volunteer_id, _whole(func.sum(ServiceTotal.minutes)))
        .where(ServiceTotal.volunteer_id.in_(sorted(set(volunteer_ids))))
        .group_by(ServiceTotal.volunteer_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def totals_of_volunteer(session: Session, volunteer_id: int) -> list[TotalRow]:
    """Return a person's totals per year and team, the newest year first."""
    query = (
        select(
            ServiceTotal.year,
            ServiceTotal.team_id,
            Team.name,
            Colour.key,
            ServiceTotal.records,
            ServiceTotal.minutes,
            ServiceTotal.points_hundredths,
            ServiceTotal.dates,
            ServiceTotal.service_days,
        )
        .join(Team, Team.id == ServiceTotal.team_id)
        .join(Colour, Colour.id == ServiceTotal.colour_id)
        .where(ServiceTotal.volunteer_id == volunteer_id)
        .order_by(ServiceTotal.year.desc(), ServiceTotal.minutes.desc(), ServiceTotal.id)
    )
    return [TotalRow._make(row) for row in session.execute(query)]


def sums_of(
    session: Session,
    organisation_ids: Collection[int],
    *,
    year: int | None = None,
    team_id: int | None = None,
) -> Sums:
    """Return what these organisations served, in a year or ever, from the kept totals."""
    query = select(
        _whole(func.coalesce(func.sum(ServiceTotal.minutes), 0)),
        _whole(func.coalesce(func.sum(ServiceTotal.records), 0)),
        func.count(ServiceTotal.volunteer_id.distinct()),
    ).where(ServiceTotal.organisation_id.in_(organisation_ids))
    if year is not None:
        query = query.where(ServiceTotal.year == year)
    if team_id is not None:
        query = query.where(ServiceTotal.team_id == team_id)
    return Sums._make(session.execute(query).one())


def _whole(total: ColumnElement[int]) -> ColumnElement[int]:
    """The sum of bigints is a numeric on PostgreSQL; it is a whole number here."""
    return cast(total, BigInteger)
