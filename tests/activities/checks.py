"""What the tests of check-in have in common: an announced activity, codes, people who scan."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app.activities import operations
from app.activities.models import Activity
from app.activities.operations.checking_in import Checked, Proof, check
from app.activities.rules import Plan, paper_code, read_token, screen_code
from app.db import db, transaction
from app.teams.rules import Actor
from tests.service.community import NOW, Community

# In the community's zone 8:30 to 11:30 on 4 February 2026.
BEGINS_AT = datetime.fromisoformat("2026-02-04T08:30:00+08:00")
ENDS_AT = BEGINS_AT + timedelta(hours=3)
ON = BEGINS_AT.date()
PLAN = Plan("楼道清扫", ON, 510, 180, place="东门")


def done(work: Any, *arguments: Any, **given: Any) -> Any:
    """Carry out one operation in a transaction of its own."""
    with transaction() as session:
        return work(session, *arguments, **{"now": BEGINS_AT, **given})


def announced(community: Community, *, publish: bool = True, **more: Any) -> int:
    plan, actor = PLAN._replace(**more), community.actor("leader")
    return int(
        done(
            operations.create_activity,
            community.red_id,
            plan,
            actor=actor,
            publish=publish,
            now=NOW,
        )
    )


def codes(activity_id: int, at: datetime = BEGINS_AT) -> tuple[str, str]:
    """Return the token on the leader's screen at an instant, and the one on paper."""
    db.session.rollback()
    found = db.session.get_one(Activity, activity_id)
    screen = screen_code(activity_id, found.screen_secret, at).token
    return screen, paper_code(activity_id, found.paper_secret).token


def as_volunteer(community: Community, place: int, *wards: int) -> Actor:
    return Actor(
        login_id=community.actor("leader").login_id,
        volunteer_id=community.volunteers[place],
        name="",
        acts_for=frozenset(community.volunteers[ward] for ward in wards),
    )


def proof(token: str, at: datetime = BEGINS_AT, device: str | None = "phone") -> Proof:
    return Proof(read_token(token), at, device)


def checked(
    community: Community,
    token: str,
    place: int = 3,
    wants: Any = "in",
    at: datetime = BEGINS_AT,
    **more: Any,
) -> Checked:
    """Let a volunteer check themselves in or out with a code scanned at an instant."""
    given = {"actor": as_volunteer(community, place), "now": at, **more}
    device = given.pop("device", f"phone {place}")
    person = community.volunteers[given.pop("person", place)]
    result: Checked = done(check, proof(token, at, device), person, wants, **given)
    return result
