"""What the demo's teams have announced: the next service day, one to close, one that is full."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from app.activities.operations import cancel_activity, create_activity, sign_up
from app.activities.operations.desk import tick
from app.activities.rules import Plan, begins_at
from app.demo.calendar import MORNING_MINUTE, SERVICE_DAY, WORK, ZONE
from app.demo.people import TEAMS

if TYPE_CHECKING:
    from app.demo.operations import Cast

ANNOUNCED_BEFORE = timedelta(days=6)
TO_CLOSE = "red"
FULL, FULL_PLACES = "blue", 4
CANCELLED = "purple"
CAME, WENT = 6, 4


def announce(session: Session, cast: Cast, now: datetime, *, volunteer_id: int) -> None:
    """Announce what lies ahead, and leave the first team an activity to close."""
    today = now.astimezone(ZONE).date()
    ahead = next_service_day(today)
    for team in TEAMS:
        plan = plan_of(team, ahead, places=FULL_PLACES if team == FULL else 20)
        activity_id = announced(session, cast, team, plan, now)
        people = members_of(cast, team)
        if team == "green":
            people = [volunteer_id, *(one for one in people if one != volunteer_id)]
        sign_up_all(session, cast, team, activity_id, people[:7], now)
    _draft_and_cancel(session, cast, ahead, now)
    _leave_one_to_close(session, cast, now)


def next_service_day(today: date) -> date:
    """Return the next 28th after today."""
    if today.day < SERVICE_DAY:
        return today.replace(day=SERVICE_DAY)
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first.replace(day=SERVICE_DAY)


def day_to_close(today: date) -> date:
    """Return a day just past that is no service day: those are logged by hand in the demo."""
    yesterday = today - timedelta(days=1)
    return yesterday - timedelta(days=1) if yesterday.day == SERVICE_DAY else yesterday


def plan_of(team: str, on: date, *, places: int | None) -> Plan:
    """Return what a team plans for a day: its work of the service day."""
    work = WORK[team]
    return Plan(
        title=work.service_day,
        service_on=on,
        starts_minute=MORNING_MINUTE,
        minutes=work.usual_minutes,
        content="请提前十分钟到，在签到点扫码。",
        place=work.place,
        bring="水杯，志愿者马甲",
        places=places,
    )


def announced(session: Session, cast: Cast, team: str, plan: Plan, at: datetime) -> int:
    """Announce an activity as the team's leader."""
    return create_activity(
        session, cast.team_ids[team], plan, actor=cast.leaders[team], now=at, publish=True
    )


def members_of(cast: Cast, team: str) -> list[int]:
    """Return a team's members without its leaders."""
    return [
        volunteer_id
        for volunteer_id, person in zip(cast.volunteer_ids, cast.people, strict=True)
        if team in person.teams and not person.is_leader
    ]


def sign_up_all(
    session: Session, cast: Cast, team: str, activity_id: int, people: list[int], at: datetime
) -> None:
    """Let a team's leader put people on the list."""
    for volunteer_id in people:
        sign_up(session, activity_id, volunteer_id, actor=cast.leaders[team], now=at)


def _draft_and_cancel(session: Session, cast: Cast, ahead: date, now: datetime) -> None:
    drafted = plan_of(TO_CLOSE, ahead + timedelta(days=3), places=None)
    drafted = drafted._replace(title=WORK[TO_CLOSE].others[0])
    leaders, team_ids = cast.leaders, cast.team_ids
    create_activity(session, team_ids[TO_CLOSE], drafted, actor=leaders[TO_CLOSE], now=now)
    lecture = plan_of(CANCELLED, ahead - timedelta(days=2), places=30)
    lecture = lecture._replace(title=WORK[CANCELLED].others[0])
    activity_id = announced(session, cast, CANCELLED, lecture, now)
    sign_up_all(session, cast, CANCELLED, activity_id, members_of(cast, CANCELLED)[:3], now)
    leader = leaders[CANCELLED]
    cancel_activity(session, activity_id, reason="讲课的医生临时有事", actor=leader, now=now)


def _leave_one_to_close(session: Session, cast: Cast, now: datetime) -> None:
    """Let people come and go, one forget to check out, and nobody close it yet."""
    on = day_to_close(now.astimezone(ZONE).date())
    plan = plan_of(TO_CLOSE, on, places=12)._replace(title=WORK[TO_CLOSE].others[1])
    announced_at = datetime.combine(on, time(9), ZONE) - ANNOUNCED_BEFORE
    activity_id = announced(session, cast, TO_CLOSE, plan, announced_at)
    people = members_of(cast, TO_CLOSE)[: CAME + 2]
    sign_up_all(session, cast, TO_CLOSE, activity_id, people, announced_at)
    leader = cast.leaders[TO_CLOSE]
    begun = begins_at(on, plan.starts_minute, ZONE.key)
    came_at, left_at = begun - timedelta(minutes=4), begun + timedelta(minutes=plan.minutes - 12)
    tick(session, activity_id, people[:CAME], "in", actor=leader, now=came_at, method="card")
    tick(session, activity_id, people[:WENT], "out", actor=leader, now=left_at, method="card")
