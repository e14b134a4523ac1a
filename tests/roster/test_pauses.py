"""Rest, leave, come back: at the desk, by oneself, in bulk; what changes and what does not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from app.activities.models import Activity, SignUp
from app.clock import now, today_in
from app.db import db, transaction
from app.notices.models import Notice
from app.people.models import Helper, Login, Pause, Role, Volunteer
from app.service.roster import roster_of
from app.teams.models import Membership, Team
from app.teams.queries import members_on
from app.trail.models import TrailRow
from tests.web.cast import Cast, sign_in_as

ON = today_in("Asia/Shanghai")
REST = {"kind": "dormant", "from_on": ON.isoformat(), "reason": "带孙子"}
LEAVE = REST | {"kind": "left", "reason": "搬走了"}


@pytest.fixture
def desk(app, cast: Cast) -> FlaskClient:
    return in_english(sign_in_as(app, cast, "organiser"))


@pytest.fixture
def volunteer(app, cast: Cast) -> FlaskClient:
    return in_english(sign_in_as(app, cast, "volunteer"))


def in_english(client: FlaskClient) -> FlaskClient:
    client.set_cookie("qicai_language", "en")
    return client


@pytest.fixture
def person(cast: Cast) -> int:
    return int(cast.subjects["volunteer_id"]["same_team"])


def paused(person: int) -> list[Pause]:
    db.session.expire_all()
    return db.session.query(Pause).filter_by(volunteer_id=person).order_by(Pause.id).all()


def state(person: int) -> str:
    db.session.expire_all()
    return db.session.get_one(Volunteer, person).state


def told(person: int) -> list[str]:
    rows = db.session.query(Notice).filter_by(volunteer_id=person, subject_kind="volunteer")
    return [row.kind for row in rows.order_by(Notice.id)]


def expected(person: int) -> bool:
    """Tell whether somebody stands on the form of the team's day."""
    team = db.session.query(Team).filter_by(code="TX-red").one()
    return person in roster_of(db.session(), team.id, ON).ids


def signed_up(person: int, days: int) -> int:
    """Sign somebody up for an activity that is so many days ahead; return the sign-up."""
    with transaction() as session:
        made = session.query(SignUp).filter_by(volunteer_id=person).order_by(SignUp.id).first()
        if made is None:
            pytest.fail("the cast has no sign-up")
        activity = session.get_one(Activity, made.activity_id)
        activity.service_on, activity.state = ON + timedelta(days=days), "published"
        if made.state != "placed":
            made.state, made.ended_at, made.ended_by_id = "placed", None, None
            activity.taken += 1
        return made.id


# ── at the desk ───────────────────────────────────────────────────────────────────────────


def test_who_rests_stays_in_the_team_and_off_the_form_of_its_day(desk, person) -> None:
    assert expected(person)
    assert desk.post(f"/admin/people/{person}/pause", data=REST).status_code == 303
    assert not expected(person)
    assert state(person) == "active"
    team = db.session.query(Team).filter_by(code="TX-red").one()
    (member,) = [one for one in members_on(db.session(), team.id, ON) if one.volunteer_id == person]
    assert member.is_dormant
    assert told(person)[0] == "person.rests"
    assert "Rests since" in desk.get(f"/admin/people/{person}").text
    trail = db.session.query(TrailRow).filter_by(operation="rest").one()
    assert (trail.subject_kind, trail.subject_id) == ("volunteer", person)


def test_a_rest_of_the_past_is_over_by_itself(desk, person) -> None:
    until = {"until_on": (ON + timedelta(days=3)).isoformat()}
    desk.post(f"/admin/people/{person}/pause", data=REST | until)
    team = db.session.query(Team).filter_by(code="TX-red").one().id
    after = ON + timedelta(days=4)
    assert not expected(person)
    assert person in roster_of(db.session(), team, after).ids


def test_who_is_back_is_on_the_form_again(desk, person) -> None:
    desk.post(f"/admin/people/{person}/pause", data=REST)
    assert desk.post(f"/admin/people/{person}/pause/end").status_code == 303
    assert expected(person)
    (row,) = paused(person)
    assert (row.until_on, bool(row.ended_at)) == (ON - timedelta(days=1), True)
    assert told(person)[-1] == "person.back"
    assert desk.post(f"/admin/people/{person}/pause/end").status_code == 422


def test_who_leaves_leaves_the_teams_and_keeps_the_rest(desk, person) -> None:
    desk.post(f"/admin/people/{person}/pause", data=LEAVE)
    assert state(person) == "left"
    (membership,) = db.session.query(Membership).filter_by(volunteer_id=person)
    assert membership.until_on == ON - timedelta(days=1)
    assert told(person)[0] == "person.left"
    number = db.session.get_one(Volunteer, person).number
    assert desk.get(f"/volunteers/{number}/passbook").status_code == 200
    assert desk.post(f"/admin/people/{person}/pause", data=REST).status_code == 422


def test_who_comes_back_joins_teams_anew(desk, person) -> None:
    desk.post(f"/admin/people/{person}/pause", data=LEAVE)
    desk.post(f"/admin/people/{person}/pause/end")
    assert state(person) == "active"
    assert not expected(person)
    team = db.session.query(Team).filter_by(code="TX-red").one().id
    joined = {"team": team, "role": "member", "from_on": ON.isoformat()}
    assert desk.post(f"/admin/people/{person}/memberships", data=joined).status_code == 303
    assert expected(person)


def test_a_goodbye_ends_a_rest(desk, person) -> None:
    desk.post(f"/admin/people/{person}/pause", data=REST)
    desk.post(f"/admin/people/{person}/pause", data=LEAVE)
    rest, left = paused(person)
    assert (rest.until_on, left.kind, left.until_on) == (ON - timedelta(days=1), "left", None)


@pytest.mark.parametrize("kind", [REST, LEAVE])
def test_places_ahead_are_given_back_and_told(desk, cast, kind) -> None:
    person = int(cast.own["volunteer"]["volunteer_id"])
    held = signed_up(person, 5)
    desk.post(f"/admin/people/{person}/pause", data=kind)
    db.session.expire_all()
    assert db.session.get_one(SignUp, held).state == "removed"
    assert told(person)[-1] == "person.places_given_back"


def test_a_place_after_the_rest_stays(desk, cast) -> None:
    person = int(cast.own["volunteer"]["volunteer_id"])
    held = signed_up(person, 9)
    until = {"until_on": (ON + timedelta(days=8)).isoformat()}
    desk.post(f"/admin/people/{person}/pause", data=REST | until)
    db.session.expire_all()
    assert db.session.get_one(SignUp, held).state == "placed"


@pytest.mark.parametrize(
    "change",
    [
        {"from_on": ""}, {"from_on": "0001-01-01"}, {"from_on": "soon"}, {"reason": " "},
        {"kind": "king"}, {"until_on": (ON - timedelta(days=1)).isoformat()},
        {"kind": "left", "from_on": (ON + timedelta(days=1)).isoformat()},
        {"kind": "left", "from_on": "0001-01-01"},
    ],
)  # fmt: skip
def test_what_does_not_fit_changes_nothing(desk, person, change) -> None:
    answer = desk.post(f"/admin/people/{person}/pause", data=REST | change)
    assert answer.status_code == 422
    assert "<title>Error" in answer.text
    assert (paused(person), told(person)) == ([], [])


def test_two_rests_do_not_meet(desk, person) -> None:
    desk.post(f"/admin/people/{person}/pause", data=REST)
    answer = desk.post(f"/admin/people/{person}/pause", data=REST)
    assert answer.status_code == 422
    assert "rests from" in answer.text
    assert len(paused(person)) == 1


def test_who_holds_a_role_does_not_leave_with_it(desk, cast) -> None:
    leader = int(cast.own["leader"]["volunteer_id"])
    with transaction() as session:
        home = session.get_one(Volunteer, leader).organisation_id
        session.add(
            Role(login_id=cast.logins["leader"], role="auditor", organisation_id=home, from_on=ON)
        )
    answer = desk.post(f"/admin/people/{leader}/pause", data=LEAVE)
    assert answer.status_code == 422
    assert "holds a role" in answer.text
    assert state(leader) == "active"


def test_elsewhere_and_new_friends_are_not_found(desk, cast, person) -> None:
    far = cast.subjects["volunteer_id"]["other_organisation"]
    with transaction() as session:
        friend = session.get_one(Volunteer, person)
        friend.state = "proposed"
    for one in (far, person, 999999):
        assert desk.get(f"/admin/people/{one}/pause").status_code == 404
        assert desk.post(f"/admin/people/{one}/pause", data=REST).status_code == 404
        assert desk.post(f"/admin/people/{one}/pause/end").status_code == 404


# ── by oneself ────────────────────────────────────────────────────────────────────────────


def test_a_volunteer_rests_and_is_back(volunteer, cast) -> None:
    own = int(cast.own["volunteer"]["volunteer_id"])
    answer = volunteer.post("/me/pause", data={"from_on": ON.isoformat(), "reason": "带孙子"})
    assert answer.location == "/me/pause"
    assert "You are resting" in volunteer.get("/me/pause").text
    assert "person.rests" not in told(own)  # nobody is told what they did themselves
    assert volunteer.post("/me/pause/end").status_code == 303
    assert "You are resting" not in volunteer.get("/me/pause").text
    assert "Came back" in volunteer.get("/me/trail").text


def test_a_helper_rests_for_somebody_and_it_is_marked(app, cast) -> None:
    ward = int(cast.subjects["volunteer_id"]["same_team"])
    own = int(cast.own["volunteer"]["volunteer_id"])
    with transaction() as session:
        session.add(Helper(volunteer_id=ward, helper_id=own, kind="guardian", from_on=ON))
    client = in_english(sign_in_as(app, cast, "volunteer"))
    client.post(f"/me/acting/{ward}/begin")
    client.post("/me/pause", data={"from_on": ON.isoformat(), "reason": "考试"})
    assert [row.kind for row in paused(ward)] == ["dormant"]
    trail = db.session.query(TrailRow).filter_by(operation="rest").one()
    assert trail.on_behalf_of_id == ward


def test_who_has_left_asks_at_the_desk(desk, volunteer, cast) -> None:
    own = int(cast.own["volunteer"]["volunteer_id"])
    desk.post(f"/admin/people/{own}/pause", data=LEAVE)
    assert "asks at the desk" in volunteer.get("/me/pause").text
    assert volunteer.post("/me/pause/end").status_code == 403
    assert volunteer.post("/me/pause", data=REST).status_code == 422
    assert state(own) == "left"


# ── in bulk ───────────────────────────────────────────────────────────────────────────────


def everybody_joined(on: date) -> None:
    with transaction() as session:
        for one in session.query(Membership):
            one.from_on = on


def test_who_has_not_served_for_long_is_proposed_and_rests_when_ticked(desk, person) -> None:
    page = desk.get("/admin/people/quiet").text
    assert f'value="{person}"' in page  # the cast joined in 2020 and never served
    answer = desk.post("/admin/people/quiet", data={"person": [person], "reason": "很久没来"})
    assert answer.status_code == 303
    assert f'value="{person}"' not in desk.get("/admin/people/quiet").text
    assert [row.reason for row in paused(person)] == ["很久没来"]


def test_who_joined_lately_is_not_proposed(desk, person) -> None:
    everybody_joined(ON - timedelta(days=30))
    with transaction() as session:
        for one in session.query(Volunteer):
            one.created_at = now()
    assert f'value="{person}"' not in desk.get("/admin/people/quiet").text


def test_the_months_are_a_setting(desk, person) -> None:
    desk.post("/admin/settings/TX/figures/dormant_after_months", data={"value": "120"})
    assert f'value="{person}"' not in desk.get("/admin/people/quiet").text
    assert "120 months" in desk.get("/admin/settings/TX").text


@pytest.mark.parametrize("ticked", [[], ["999999"], ["x"], ["9" * 30], ["-1"]])
def test_nobody_else_is_ticked(desk, cast, ticked) -> None:
    far = cast.subjects["volunteer_id"]["other_organisation"]
    answer = desk.post("/admin/people/quiet", data={"person": [*ticked, far], "reason": "x"})
    assert answer.status_code == 422
    assert db.session.query(Pause).count() == 0


def test_all_of_a_page_are_ticked_by_a_link(desk) -> None:
    page = desk.get("/admin/people/quiet?all=1").text
    assert page.count(" checked") == page.count('name="person"') > 1


def test_nothing_of_a_pause_is_deleted(desk, person) -> None:
    desk.post(f"/admin/people/{person}/pause", data=REST)
    with pytest.raises(Exception, match="only added to"), transaction() as session:
        session.query(Pause).delete()


def test_the_login_of_the_desk_is_named_in_the_history(desk, person) -> None:
    desk.post(f"/admin/people/{person}/pause", data=REST)
    page = desk.get(f"/admin/people/{person}/pause").text
    assert "带孙子" in page
    assert db.session.get_one(Login, paused(person)[0].set_by_id).display_name == "夏至"
