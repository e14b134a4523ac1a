"""Activities of the red team and its leader's browser, for the tests of the leader's pages."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import text

from app.activities import operations
from app.activities.models import Activity
from app.activities.rules import Plan
from app.db import db, transaction
from tests.service.community import NOW
from tests.service.conftest import Town, key_in

# Two days after the town's present, a Tuesday.
ON = date(2026, 2, 5)
PLAN = Plan("楼道清扫", ON, 510, 180, place="东门", bring="手套", places=2)
FORM = {
    "title": "送餐",
    "service_on": "2026-02-07",
    "starts": "9:00",
    "ends": "11:00",
    "place": "食堂",
    "content": "",
    "bring": "",
    "places": "",
    "least_age": "",
    "in_charge": "0",
}


def announced(town: Town, *, publish: bool = True, by: str = "leader", **more: Any) -> int:
    """Write down an activity of the red team, announced unless said otherwise."""
    community = town.community
    with transaction() as session:
        return operations.create_activity(
            session,
            community.red_id,
            PLAN._replace(**more),
            actor=community.actor(by),
            now=NOW,
            publish=publish,
        )


def added(town: Town, activity_id: int, *places: int, by: str = "leader") -> None:
    """Let the leader put people on the list."""
    for place in places:
        with transaction() as session:
            operations.sign_up(
                session, activity_id, town.people[place], actor=town.community.actor(by), now=NOW
            )


def activity(activity_id: int) -> Activity:
    db.session.rollback()
    return db.session.get_one(Activity, activity_id)


def activities() -> list[Activity]:
    db.session.rollback()
    return db.session.query(Activity).order_by(Activity.service_on, Activity.id).all()


def trail() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(text("SELECT operation FROM trail ORDER BY id")))


def sent(client: FlaskClient, path: str, **data: Any) -> Any:
    """Send a form with the key and version its page bears."""
    page = client.get(path).text
    found = re.search(r'name="version"[^>]*value="([^"]+)"', page)
    version = {"version": found[1]} if found else {}
    return client.post(path, data={"key": key_in(page), **version, **data})
