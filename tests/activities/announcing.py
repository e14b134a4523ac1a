"""Activities around today, and who signs up, for the tests of the pages and the feeds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert

from app.activities import operations
from app.activities.models import Activity
from app.activities.rules import Plan
from app.clock import now, today_in
from app.db import transaction
from app.teams.rules import Actor
from tests.service.community import Community

ZONE = "Asia/Shanghai"
PLAN = Plan("楼道清扫", date(2026, 1, 1), 510, 180, place="东门", content="一起打扫", bring="手套")


def today() -> date:
    return today_in(ZONE)


def in_days(count: int) -> date:
    return today() + timedelta(days=count)


def announced(community: Community, *, publish: bool = True, **more: Any) -> int:
    """Announce an activity of the red team, in a week unless said otherwise."""
    plan = PLAN._replace(**{"service_on": in_days(7), **more})
    actor = community.actor("leader")
    with transaction() as session:
        return operations.create_activity(
            session, community.red_id, plan, actor=actor, now=now(), publish=publish
        )


def person(community: Community, place: int) -> Actor:
    login_id = community.actor("leader").login_id
    return Actor(login_id=login_id, volunteer_id=community.volunteers[place], name="")


def signed_up(community: Community, activity_id: int, place: int = 3) -> None:
    actor = person(community, place)
    who = community.volunteers[place]
    with transaction() as session:
        operations.sign_up(session, activity_id, who, actor=actor, now=now())


def cancelled(community: Community, activity_id: int, reason: str = "大雨") -> None:
    actor = community.actor("leader")
    with transaction() as session:
        operations.cancel_activity(session, activity_id, reason=reason, actor=actor, now=now())


def changed(activity_id: int, **columns: Any) -> None:
    """Set what only time or its leader would: a beginning that has come, a state."""
    with transaction() as session:
        activity = session.get_one(Activity, activity_id)
        for name, value in columns.items():
            setattr(activity, name, value)


def crowd(community: Community, count: int, first: date) -> None:
    """Announce very many activities, a few each day, with one statement."""
    row = {
        **PLAN._asdict(),
        "team_id": community.red_id,
        "state": "published",
        "is_proposed": False,
        "taken": 0,
        "version": 1,
        "screen_secret": "00",
        "paper_secret": "11",
        "made_by_id": community.actor("leader").login_id,
        "made_at": now(),
    }
    rows = [{**row, "service_on": first + timedelta(days=i % 60)} for i in range(count)]
    with transaction() as session:
        session.execute(insert(Activity), rows)
