"""What waits for somebody to approve it, and how much."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, or_, select
from sqlalchemy.orm import Session

from app.service.models import ServiceRecord
from app.service.queries.records import MOST_LISTED, RecordRow, record_rows, records_by_id, rows_of
from app.teams.models import Team
from app.teams.queries import asked_counts
from app.teams.rules import Actor

# What a leader of the team may see waiting, but only an organiser may settle.
FOR_ORGANISERS = frozenset({"late", "over_limit", "new_person"})


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


def waiting_for(session: Session, actor: Actor, *, limit: int = MOST_LISTED) -> list[WaitingRow]:
    """Return what waits in the actor's teams and organisations, oldest first.

    Never rows of the actor's own or of people they act for: nobody approves for themselves.
    """
    within = _within_reach(actor)
    if within is None:
        return []
    query = (
        record_rows.where(ServiceRecord.state == "submitted", within)
        .order_by(ServiceRecord.id)
        .limit(limit)
    )
    groups: dict[int, list[RecordRow]] = {}
    for record in rows_of(session, query):
        if not actor.benefits(record.volunteer_id):
            groups.setdefault(record.first_part_id or record.id, []).append(record)
    organised = _organised_teams(session, actor, {group[0].team_id for group in groups.values()})
    old = records_by_id(
        session, [group[0].corrects_id for group in groups.values() if group[0].corrects_id]
    )
    return [_waiting(group, organised, old) for group in groups.values()]


def count_waiting_for(session: Session, actor: Actor) -> int:
    """Return how many records wait for the actor."""
    counting = _counting(actor)
    return 0 if counting is None else session.scalar(counting) or 0


def badges_for(
    session: Session, actor: Actor, on: date, unread: ScalarSelect[int]
) -> tuple[int, int, int]:
    """Return how many records and questions wait for the actor, and what is unread, in one go."""
    counting = _counting(actor)
    if counting is None:
        return 0, 0, session.scalar(select(unread)) or 0
    asked = asked_counts(actor, on)
    found = session.execute(select(unread, counting.scalar_subquery(), *asked)).one()
    unread_count, records, *questions = found
    return records, sum(questions), unread_count


def _counting(actor: Actor) -> Select[int] | None:
    within = _within_reach(actor)
    if within is None:
        return None
    own = {*actor.acts_for, *([actor.volunteer_id] if actor.volunteer_id else [])}
    return (
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
