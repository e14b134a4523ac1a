"""A sign-in that is nobody's says who it is: rights only ever go by it (I-12)."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.audit.reading import open_reading
from app.audit.report import audit
from app.db import db, transaction
from app.people.models import Login, Volunteer
from app.people.operations import login_for
from app.teams import operations, queries
from app.teams.models import Membership, Team
from app.teams.rules import HasSignIn, LeadsElsewhere, NobodyOfThisName
from tests.teams.conftest import NOW, TODAY

PERSON = {"number": "TX00001", "name": "谷雨"}


def actor(cast, who="organiser"):
    return queries.actor_of(db.session(), cast.logins[who], TODAY)


def own_login(cast, who="organiser") -> Login:
    db.session.rollback()
    return db.session.get_one(Login, cast.logins[who])


def test_it_is_asked_again_before_it_is_kept(cast, browser):
    desk = browser("organiser")
    assert "/me/volunteer" in desk.get("/me/account").text
    page = desk.post("/me/volunteer", data=PERSON).text
    assert "Are you 谷雨?" in page
    assert own_login(cast).volunteer_id is None
    assert desk.post("/me/volunteer", data=PERSON | {"confirmed": "yes"}).status_code == 303
    login = own_login(cast)
    assert (login.volunteer_id, login.display_name) == (actor(cast).volunteer_id, "谷雨")
    trail = text("SELECT count(*) FROM trail WHERE operation = 'link_volunteer'")
    assert db.session.execute(trail).scalar_one() == 1


def test_it_cannot_be_undone_by_oneself(cast, browser):
    desk = browser("organiser")
    desk.post("/me/volunteer", data=PERSON | {"confirmed": "yes"})
    assert desk.get("/me/volunteer").status_code == 404
    other = {"number": "TX00002", "name": "小满", "confirmed": "yes"}
    assert desk.post("/me/volunteer", data=other).status_code == 404
    assert own_login(cast).display_name == "谷雨"


@pytest.mark.parametrize(
    "typed",
    [{"name": "小满"}, {"number": "TX99999"}, {"number": "BY00001", "name": "芒种"}, {"name": ""}],
)
def test_number_and_name_must_be_one_person_within_reach(cast, browser, typed):
    answer = browser("organiser").post("/me/volunteer", data=PERSON | {"confirmed": "y"} | typed)
    assert answer.status_code == 422
    assert own_login(cast).volunteer_id is None


def test_nobody_takes_a_person_who_signs_in_themselves(cast):
    with transaction() as session:
        person = session.query(Volunteer).filter_by(name="谷雨").one().id
        login_for(session, person, actor_id=None, now=NOW)
    with transaction() as session, pytest.raises(HasSignIn):
        operations.link_oneself(session, person, actor=actor(cast), now=NOW, today=TODAY)


def test_no_leadership_comes_along(cast):
    person = db.session.query(Volunteer).filter_by(name="谷雨").one().id
    team = db.session.query(Team).filter_by(code="TX-red").one().id
    with transaction() as session:
        session.query(Membership).filter_by(volunteer_id=person, team_id=team).update(
            {"role": "leader"}
        )
    with transaction() as session, pytest.raises(LeadsElsewhere):
        operations.link_oneself(session, person, actor=actor(cast, "admin"), now=NOW, today=TODAY)
    with transaction() as session, pytest.raises(NobodyOfThisName):
        operations.link_oneself(session, person, actor=_outside(cast), now=NOW, today=TODAY)


def _outside(cast):
    from dataclasses import replace

    return replace(actor(cast), organises=frozenset())


def test_writing_down_one_s_own_name_asks_whether_it_is_oneself(cast, browser):
    desk = browser("organiser")
    home = db.session.query(Team).filter_by(code="TX-red").one().organisation_id
    form = {"name": "夏至", "kind": "resident", "sex": "", "organisation": home, "team": 0}
    answer = desk.post("/admin/people/add", data=form)
    assert answer.status_code == 422
    assert 'name="is_me"' in answer.text
    assert db.session.query(Volunteer).filter_by(name="夏至").count() == 0
    assert desk.post("/admin/people/add", data=form | {"is_me": "yes"}).status_code == 303
    made = db.session.query(Volunteer).filter_by(name="夏至").one().id
    assert own_login(cast).volunteer_id == made


def test_the_other_answer_adds_another_person(cast, browser):
    home = db.session.query(Team).filter_by(code="TX-red").one().organisation_id
    form = {"name": "夏至", "kind": "resident", "sex": "", "organisation": home, "team": 0}
    desk = browser("organiser")
    assert desk.post("/admin/people/add", data=form | {"is_me": "no"}).status_code == 303
    assert own_login(cast).volunteer_id is None


def test_whoever_approves_and_is_nobody_is_asked_to_say_who_they_are(cast, browser):
    desk, one = browser("organiser"), db.session.query(Volunteer).filter_by(name="谷雨").one().id
    for path in ("/waiting", f"/admin/people/{one}"):
        assert "/me/volunteer" in desk.get(path).text
    desk.post("/me/volunteer", data=PERSON | {"confirmed": "yes"})
    assert "/me/volunteer" not in desk.get("/waiting").text
    assert "/me/volunteer" not in browser("auditor").get(f"/admin/people/{one}").text


def test_what_one_approved_before_is_shown_and_named_by_the_audit(app, cast, browser):
    from app.service.models import ServiceRecord
    from app.service.operations import approve, reverse_record

    with transaction() as session:
        person = session.query(Volunteer).filter_by(name="谷雨").one().id
        waiting = session.query(ServiceRecord).filter_by(volunteer_id=person, waits_reason="late")
        record = waiting.one().id
        _rule(session, cast)
        approve(session, [record], actor=actor(cast), now=NOW)
    desk = browser("organiser")
    page = desk.post("/me/volunteer", data=PERSON).text
    assert "You approved 1 of this person" in page
    desk.post("/me/volunteer", data=PERSON | {"confirmed": "yes"})
    assert f"/records/{record}" in desk.get(f"/admin/people/{person}").text
    assert _named(app) == ["approved_own"]
    with transaction() as session:
        reverse_record(session, record, actor=actor(cast), now=NOW, reason="一人办理")
    assert _named(app) == []


def _rule(session, cast):
    from app.organisations.models import Organisation
    from app.points.operations import create_first_rule_version

    root = session.query(Organisation).filter_by(code="JD").one().id
    create_first_rule_version(session, root, cast.logins["organiser"], NOW)


def _named(app) -> list[str]:
    db.session.rollback()
    with open_reading(app.config["DATABASE_URL"]) as reading:
        found = {result.id: result for result in audit(reading).results}["I-12"]
    return [sample["what"] for sample in found.samples]
