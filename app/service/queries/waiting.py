"""What waits for somebody to approve it, and how much."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, case, false, func, or_, select
from sqlalchemy.orm import Session

from app.people.models import Volunteer
from app.service.models import ServiceRecord
from app.service.queries.records import MOST_LISTED, RecordRow, record_rows, records_by_id, rows_of
from app.teams.models import Colour, Team
from app.teams.queries import asked_counts
from app.teams.rules import Actor

# What a leader of the team may see waiting, but only an organiser may settle.
FOR_ORGANISERS = frozenset({"late", "over_limit", "new_person"})

_REASON = case(
    (Volunteer.state == "proposed", "new_person"),
    else_=func.coalesce(ServiceRecord.waits_reason, ""),
)


class WaitingRow(NamedTuple):
    """One thing that waits: both halves of a night are one, and one decision settles them."""

    record: RecordRow
    records: tuple[RecordRow, ...]
    record_ids: tuple[int, ...]
    minutes: int
    points_hundredths: int
    # Only an organiser may settle it; somebody else than the actor has to; the actor may.
    needs_organiser: bool
    needs_another: bool
    may_decide: bool
    # Whoever approves says why.
    needs_reason: bool
    # What a proposed correction would reverse.
    corrects: RecordRow | None

    @property
    def reason(self) -> str:
        """Why it waits; of a new friend's hours first of all for the person."""
        is_new = self.record.volunteer_state == "proposed"
        return "new_person" if is_new else self.record.waits_reason or ""


class Tally(NamedTuple):
    """How much waits for one reason in one team."""

    reason: str
    team_code: str
    team_name: str
    colour_key: str
    colour_glyph: str
    things: int


def tallies_for(session: Session, actor: Actor) -> list[Tally]:
    """Return how much waits for the actor, by reason and team; what there is none of is left out.

    A new friend's hours wait for the person to be confirmed, whatever else is the matter.
    """
    waiting = _waiting_for(actor)
    if waiting is None:
        return []
    columns = (_REASON, Team.code, Team.name, Colour.key, Colour.glyph)
    query = (
        select(*columns, func.count())
        .select_from(ServiceRecord)
        .join(Team, Team.id == ServiceRecord.team_id)
        .join(Colour, Colour.id == Team.colour_id)
        .join(Volunteer, Volunteer.id == ServiceRecord.volunteer_id)
        .where(waiting)
        .group_by(*columns)
        .order_by(Team.code)
    )
    return [Tally._make(row) for row in session.execute(query)]


def waiting_for(
    session: Session,
    actor: Actor,
    *,
    reason: str | None = None,
    team_code: str | None = None,
    offset: int = 0,
    limit: int = MOST_LISTED,
) -> list[WaitingRow]:
    """Return what waits in the actor's teams and organisations, oldest first.

    Never rows of the actor's own or of people they act for: nobody approves for themselves.
    """
    waiting = _waiting_for(actor)
    if waiting is None:
        return []
    first = (
        select(ServiceRecord.id, ServiceRecord.team_id, Team.organisation_id)
        .join(Team, Team.id == ServiceRecord.team_id)
        .where(waiting)
        .order_by(ServiceRecord.id)
        .offset(offset)
        .limit(limit)
    )
    if team_code is not None:
        first = first.where(Team.code == team_code)
    if reason is not None:
        first = first.join(Volunteer, Volunteer.id == ServiceRecord.volunteer_id)
        first = first.where(_REASON.in_([reason]))
    found = session.execute(first).all()
    organised = {team_id for _id, team_id, home in found if home in actor.organises}
    return _rows(session, actor, [row[0] for row in found], organised)


def _rows(
    session: Session, actor: Actor, first_ids: Sequence[int], organised: Collection[int]
) -> list[WaitingRow]:
    """Return what waits by its first records; the other halves of nights come with them."""
    if not first_ids:
        return []
    whole = ServiceRecord.id.in_(first_ids) | ServiceRecord.first_part_id.in_(first_ids)
    query = record_rows.where(whole, ServiceRecord.state == "submitted").order_by(ServiceRecord.id)
    groups: dict[int, list[RecordRow]] = {}
    for record in rows_of(session, query):
        groups.setdefault(record.first_part_id or record.id, []).append(record)
    old = records_by_id(
        session, [group[0].corrects_id for group in groups.values() if group[0].corrects_id]
    )
    return [_waiting(group, actor, organised, old) for group in groups.values()]


def count_waiting_for(session: Session, actor: Actor) -> int:
    """Return how many records wait for the actor."""
    counting = _counting(actor)
    return 0 if counting is None else session.scalar(counting) or 0


def waiting_count(actor: Actor) -> ScalarSelect[int]:
    """Return the count of what waits for the actor, for a statement of others' too."""
    return _of_waiting(func.count(), actor)


def oldest_waiting(actor: Actor) -> ScalarSelect[datetime]:
    """Return since when the oldest of it waits, for a statement of others' too."""
    return _of_waiting(func.min(ServiceRecord.recorded_at), actor)


def _of_waiting(figure: Any, actor: Actor) -> ScalarSelect[Any]:
    waiting = _waiting_for(actor)
    return (
        select(figure)
        .select_from(ServiceRecord)
        .join(Team, Team.id == ServiceRecord.team_id)
        .where(false() if waiting is None else waiting)
        .scalar_subquery()
    )


def badges_for(
    session: Session,
    actor: Actor,
    on: date,
    unread: ScalarSelect[int],
    disputes: ScalarSelect[int],
) -> tuple[int, int, int, int]:
    """Return how many records, questions and disputes wait for the actor, and what is unread.

    In the order of `Counts`: records, questions, unread, disputes; asked in one go.
    """
    counting = _counting(actor)
    if counting is None:
        return 0, 0, session.scalar(select(unread)) or 0, 0
    asked = asked_counts(actor, on)
    found = session.execute(select(unread, disputes, counting.scalar_subquery(), *asked)).one()
    unread_count, dispute_count, records, *questions = found
    return records, sum(questions), unread_count, dispute_count


def _counting(actor: Actor) -> Select[int] | None:
    waiting = _waiting_for(actor)
    if waiting is None:
        return None
    return (
        select(func.count())
        .select_from(ServiceRecord)
        .join(Team, Team.id == ServiceRecord.team_id)
        .where(waiting)
    )


def _waiting_for(actor: Actor) -> ColumnElement[bool] | None:
    """One thing each: of a night the half before midnight; never what is the actor's own."""
    within = _within_reach(actor)
    if within is None:
        return None
    own = {*actor.acts_for, *([actor.volunteer_id] if actor.volunteer_id else [])}
    return and_(
        ServiceRecord.state == "submitted",
        ServiceRecord.part == 1,
        ServiceRecord.volunteer_id.not_in(own),
        within,
    )


def _within_reach(actor: Actor) -> ColumnElement[bool] | None:
    reach = []
    if actor.leads:
        reach.append(ServiceRecord.team_id.in_(actor.leads))
    if actor.organises:
        reach.append(Team.organisation_id.in_(actor.organises))
    return or_(*reach) if reach else None


def _waiting(
    group: Sequence[RecordRow],
    actor: Actor,
    organised: Collection[int],
    old: dict[int, RecordRow],
) -> WaitingRow:
    first = group[0]
    needs_organiser = first.waits_reason in FOR_ORGANISERS
    needs_another = (
        first.waits_reason == "two_people" and first.recorder_id == actor.login_id
    ) or actor.needs_another(first.volunteer_id)
    return WaitingRow(
        record=first,
        records=tuple(group),
        record_ids=tuple(record.id for record in group),
        minutes=sum(record.minutes for record in group),
        points_hundredths=sum(record.points_hundredths for record in group),
        needs_organiser=needs_organiser,
        needs_another=needs_another,
        may_decide=not needs_another and (not needs_organiser or first.team_id in organised),
        needs_reason=first.waits_reason == "over_limit",
        corrects=old.get(first.corrects_id) if first.corrects_id else None,
    )
