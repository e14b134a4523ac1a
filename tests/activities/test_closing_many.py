"""The closing page with two hundred people who signed up and checked in: no statement more."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.activities.models import Activity, CheckIn, SignUp
from app.clock import now
from app.db import transaction
from tests.activities.checks import BEGINS_AT, PLAN, announced
from tests.service.community import NOW, check_books
from tests.service.conftest import MakeTown, Town, key_in, statements
from tests.service.conftest import make_town as make_town

# The day of the town's present, from 8:30; it is 17:00 now.
TODAY = NOW.date()
IN_AT = BEGINS_AT.replace(day=TODAY.day)


def came(town: Town, title: str, places: range) -> int:
    """Announce an activity of today, to which these people signed up and checked in."""
    activity_id = announced(town.community, title=title, service_on=TODAY)
    by = town.community.actor("leader").login_id
    who = [{"activity_id": activity_id, "volunteer_id": town.people[each]} for each in places]
    signed = {"state": "placed", "made_by_id": by, "made_at": now(), "placed_at": now()}
    stay = {"in_at": IN_AT, "in_by": "code", "in_actor_id": by}
    with transaction() as session:
        session.execute(insert(SignUp), [{**each, **signed} for each in who])
        session.execute(insert(CheckIn), [{**each, **stay} for each in who])
        found = session.get_one(Activity, activity_id)
        found.state, found.taken = "under_way", len(who)
    return activity_id


def close(town: Town, leader: FlaskClient, activity_id: int, places: range) -> tuple[int, int]:
    """Show the page and send it; return how many statements each took."""
    path = f"/activities/{activity_id}/close"
    with statements() as reading:
        page = leader.get(path)
    people = [town.people[each] for each in places]
    form = {"key": key_in(page.text), "do": "record", "hours": "3", "content": PLAN.title}
    with statements() as writing:
        done = leader.post(path, data={**form, "present": people})
    assert done.status_code == 303, done.text[:4000]
    return len(reading), len(writing)


def test_two_hundred_on_the_page_take_as_many_statements_as_two(
    make_town: MakeTown, db_session: Session
) -> None:
    town = make_town(people=220)
    leader, counts = town.browser("leader"), []
    # Guests all of them. The first one also reads what is kept of the organisation from then on.
    for title, places in (("一", range(210, 212)), ("二", range(6, 8)), ("三", range(8, 208))):
        activity_id = came(town, title, places)
        counts.append(close(town, leader, activity_id, places))
        assert town.count(f"activity_id = {activity_id} AND evidence = 'signed_in'") == len(places)
    assert counts[1] == counts[2]
    assert max(counts[2]) < 50
    check_books(db_session)
