"""A team's day: what is recorded, how it was last time, and which day is a service day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from app.organisations.queries import settings_of, substitute_days
from app.organisations.rules import Settings
from app.service.models import ServiceRecord
from app.service.queries.records import RecordRow, record_rows, rows_of
from app.service.rules import COUNTED_STATES
from app.teams.queries import members_of_teams


class LastDay(NamedTuple):
    """A team's last day with records: the proposal of "same as last time"."""

    service_on: date
    # The minutes most people had.
    minutes: int
    content: str
    place: str | None
    starts_minute: int | None
    minutes_by_volunteer: dict[int, int]


def day_of_team(session: Session, team_id: int, on: date) -> list[RecordRow]:
    """Return the submitted and approved records of a team's date; claims are among them."""
    query = record_rows.where(
        ServiceRecord.team_id == team_id,
        ServiceRecord.service_on == on,
        ServiceRecord.state.in_(COUNTED_STATES),
    ).order_by(ServiceRecord.id)
    return rows_of(session, query)


def recorded_already(session: Session, team_id: int, on: date) -> dict[int, list[RecordRow]]:
    """Return what entitled people recorded for that team and date, by person (已登记)."""
    found: dict[int, list[RecordRow]] = {}
    for record in day_of_team(session, team_id, on):
        if record.evidence != "claimed" or record.state == "approved":
            found.setdefault(record.volunteer_id, []).append(record)
    return found


def pending_claims(session: Session, team_id: int, on: date) -> dict[int, list[RecordRow]]:
    """Return the claims that entering this day would settle, by person."""
    query = record_rows.where(
        ServiceRecord.team_id == team_id,
        ServiceRecord.service_on == on,
        ServiceRecord.evidence == "claimed",
        ServiceRecord.state.in_(("draft", "submitted")),
    ).order_by(ServiceRecord.id)
    found: dict[int, list[RecordRow]] = {}
    for record in rows_of(session, query):
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


def had_people_by(session: Session, team_id: int, on: date) -> bool:
    """Say whether anybody belonged to the team on a date, or was recorded with it by then."""
    recorded = select(ServiceRecord.id).where(
        ServiceRecord.team_id == team_id,
        ServiceRecord.service_on <= on,
        ServiceRecord.state.in_(COUNTED_STATES),
    )
    found = select(or_(members_of_teams([team_id], on).exists(), recorded.exists()))
    return bool(session.scalar(found))


def latest_service_day(session: Session, organisation_id: int, today: date) -> date:
    """Return the last service day up to today, a substitute included."""
    settings = settings_of(session, organisation_id)
    return last_service_day(settings, substitute_days(session, organisation_id), today)


def last_service_day(
    settings: Settings, substitutes: Mapping[tuple[int, int], date], today: date
) -> date:
    """Return the last service day up to today from what is decided, a substitute included."""
    return max(on for on in _service_days(settings, substitutes, today) if on <= today)


def next_service_day(session: Session, organisation_id: int, today: date) -> date:
    """Return the next service day from today on, a substitute included."""
    settings = settings_of(session, organisation_id)
    substitutes = substitute_days(session, organisation_id)
    return min(on for on in _service_days(settings, substitutes, today) if on >= today)


def _service_days(
    settings: Settings, substitutes: Mapping[tuple[int, int], date], today: date
) -> list[date]:
    """Return the service days of last month, this one and the next."""
    this = today.replace(day=1)
    months = [(this - timedelta(days=1)).replace(day=1), this, _month_after(this)]
    days = [month.replace(day=settings.service_day) for month in months]
    return days + [
        substitutes[month.year, month.month]
        for month in months
        if (month.year, month.month) in substitutes
    ]


def _month_after(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
