"""Activities as everybody reads them, and signing up for oneself or for whom one acts."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.activities.models import SignUp
from app.activities.operations import create_activity
from app.clock import now
from app.db import transaction
from app.people.models import Helper, Volunteer
from app.people.operations import NamingWord, decide_naming
from tests.activities.announcing import (
    PLAN,
    announced,
    cancelled,
    changed,
    crowd,
    in_days,
    person,
    signed_up,
    today,
)
from tests.passbook.reader import assemble, browser_of, statements
from tests.service.community import Community

BUDGET = 18
READER = 3


@pytest.fixture
def community(app: Flask, db_session: Session) -> Community:
    return assemble(db_session)


@pytest.fixture
def volunteer(app: Flask, community: Community) -> FlaskClient:
    client = browser_of(app, community, "volunteer")
    client.set_cookie("qicai_language", "en")
    return client


def read(client: FlaskClient, path: str, status: int = 200) -> str:
    joint = "&" if "?" in path else "?"
    answer = client.get(f"{path}{joint}language=en")
    assert answer.status_code == status
    return answer.text


def press(client: FlaskClient, community: Community, activity_id: int, what: str) -> str:
    """Press a button as the page offers it to the reader, and read the page that follows."""
    sent = {"volunteer": community.volunteers[READER]}
    answer = client.post(f"/activities/{activity_id}/{what}", data=sent, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def places(session: Session, activity_id: int) -> list[tuple[int, str]]:
    session.rollback()
    query = select(SignUp.volunteer_id, SignUp.state).where(SignUp.activity_id == activity_id)
    return [(row[0], row[1]) for row in session.execute(query.order_by(SignUp.id))]


# ── the list ──────────────────────────────────────────────────────────────────────────────


def test_a_visitor_sees_what_comes_and_never_a_draft(
    client: FlaskClient, community: Community
) -> None:
    announced(community, title="楼道清扫", service_on=today())
    announced(community, title="还没定", publish=False)
    announced(community, title="上周的", service_on=in_days(-7))
    page = read(client, "/activities")
    assert "楼道清扫" in page
    assert "还没定" not in page
    assert "上周的" not in page
    assert "上周的" in read(client, "/activities/past")


def test_nothing_planned_says_so(client: FlaskClient, community: Community) -> None:
    assert "Nothing is planned yet" in read(client, "/activities")
    assert "Nothing was held yet" in read(client, "/activities/past")
    assert "Nothing fits this choice" in read(client, "/activities?colour=red")


def test_last_night_s_that_reaches_into_today_still_comes(
    client: FlaskClient, community: Community
) -> None:
    announced(community, title="夜巡", service_on=in_days(-1), starts_minute=1320, minutes=240)
    assert "22:00—2:00 the next day" in read(client, "/activities")
    assert "夜巡" not in read(client, "/activities/past")


def test_the_list_is_narrowed_by_colour_team_organisation_and_date(
    client: FlaskClient, community: Community
) -> None:
    announced(community, title="楼道清扫")
    for path in ("?colour=red", "?team=TX-red", "?org=TX", f"?on={in_days(7)}"):
        assert "楼道清扫" in read(client, f"/activities{path}"), path
    for path in ("?colour=green", "?team=TX-green", "?org=TX1", f"?on={in_days(8)}"):
        assert "楼道清扫" not in read(client, f"/activities{path}"), path


def two_teams_of_a_month(community: Community) -> str:
    """Announce one of each team in the same month, long ago; return that month."""
    for title, team_id, by in (
        ("红队扫楼道", community.red_id, "leader"),
        ("绿队种树苗", community.green_id, "green_leader"),
    ):
        plan = PLAN._replace(title=title, service_on=date(2026, 1, 14))
        with transaction() as session:
            create_activity(
                session,
                team_id,
                plan,
                actor=community.actor(by),
                now=datetime(2026, 1, 2, 1, tzinfo=UTC),
                publish=True,
            )
    return "2026-01"


@pytest.mark.parametrize("page", ["past", "calendar"])
@pytest.mark.parametrize(
    ("choice", "shows"),
    [
        ("", "红绿"),
        ("team=TX-red", "红"),
        ("team=TX-green", "绿"),
        ("colour=red", "红"),
        ("colour=green", "绿"),
        ("colour=red&team=TX-green", ""),
        # The green team belongs to the estate below the community.
        ("org=TX", "红绿"),
        ("org=TX1", "绿"),
        ("org=TX1&colour=red", ""),
        ("colour=nothing", ""),
    ],
)
def test_calendar_and_past_are_narrowed_as_the_list_is(
    client: FlaskClient, community: Community, page: str, choice: str, shows: str
) -> None:
    month = two_teams_of_a_month(community)
    shown = read(client, f"/activities/{page}?month={month}&{choice}")
    for mark, title in (("红", "红队扫楼道"), ("绿", "绿队种树苗")):
        assert (title in shown) == (mark in shows), title


def test_a_choice_goes_along_from_one_view_to_the_next(
    client: FlaskClient, community: Community
) -> None:
    month = two_teams_of_a_month(community)
    shown = read(client, f"/activities/calendar?month={month}&org=TX1&colour=green").replace(
        "&amp;", "&"
    )
    for view in ("/activities", "/activities/past"):
        assert re.search(rf'href="{view}\?(?=[^"]*org=TX1)(?=[^"]*colour=green)', shown), view
    # Another month of the same choice.
    assert re.search(r'href="[^"]*(?=[^"]*month=2025-12)(?=[^"]*org=TX1)', shown)


@pytest.mark.parametrize("page", ["", "/past", "/calendar"])
@pytest.mark.parametrize("path", ["?team=nobody", "?org=NO"])
def test_what_it_cannot_be_narrowed_to_is_not_found(
    client: FlaskClient, community: Community, page: str, path: str
) -> None:
    read(client, f"/activities{page}{path}", 404)


def test_mine_are_my_teams_and_my_sign_ups(
    app: Flask, volunteer: FlaskClient, community: Community
) -> None:
    with transaction() as session:
        session.execute(
            text("DELETE FROM memberships WHERE volunteer_id = :id"),
            {"id": community.volunteers[READER]},
        )
    first = announced(community, title="报了名的")
    announced(community, title="没报名的")
    signed_up(community, first)
    page = read(volunteer, "/activities?mine=1")
    assert "报了名的" in page
    assert "Signed up" in page
    assert "没报名的" not in page
    # Whoever is not signed in has none of their own: all are shown.
    assert "没报名的" in read(app.test_client(), "/activities?mine=1")


def test_a_cancelled_one_stays_and_says_so(client: FlaskClient, community: Community) -> None:
    activity_id = announced(community)
    cancelled(community, activity_id, "大雨，改天")
    assert "Cancelled" in read(client, "/activities")
    page = read(client, f"/activities/{activity_id}")
    assert "大雨，改天" in page
    assert "Sign in to sign up" not in page


# ── the month ─────────────────────────────────────────────────────────────────────────────


def test_the_month_frames_the_service_day_and_marks_the_service_month(
    client: FlaskClient, community: Community
) -> None:
    page = read(client, "/activities/calendar?month=2026-03")
    assert page.count("q-cal__day--service") == 1
    assert "Mar 2026" in page
    assert "This is the service month" in page
    assert "This is the service month" not in read(client, "/activities/calendar?month=2026-04")


def test_the_month_shows_a_few_of_a_date_and_how_many_more(
    client: FlaskClient, community: Community
) -> None:
    on = in_days(7)
    for number in range(5):
        announced(community, title=f"第{number}个", service_on=on)
    page = read(client, f"/activities/calendar?month={on:%Y-%m}")
    assert "2 more" in page
    assert "第2个" in page
    assert "第3个" not in page


@pytest.mark.parametrize("month", ["", "2026-13", "0001-01", "9999-12", "２０２６-03", "x" * 9000])
def test_a_month_that_is_none_is_this_one(
    client: FlaskClient, community: Community, month: str
) -> None:
    answer = client.get("/activities/calendar", query_string={"month": month})
    assert answer.status_code == 200
    assert "q-cal__day--today" in answer.text


# ── one activity ──────────────────────────────────────────────────────────────────────────


def test_a_visitor_reads_everything_but_names(client: FlaskClient, community: Community) -> None:
    activity_id = announced(community, places=5, in_charge_id=community.volunteers[READER])
    signed_up(community, activity_id, 4)
    changed(activity_id, least_age=16)
    page = read(client, f"/activities/{activity_id}")
    for said in ("东门", "手套", "一起打扫", "4 of 5 left", "16", "8:30—11:30", "春*"):
        assert said in page, said
    assert "春分" not in page
    assert "清明" not in page
    assert "Sign in to sign up" in page


def test_who_agreed_is_named(client: FlaskClient, community: Community) -> None:
    with transaction() as session:
        decide_naming(
            session,
            community.volunteers[READER],
            NamingWord(is_named=True, given_by="self"),
            actor_id=community.actor("organiser").login_id,
            now=now(),
            today=today(),
        )
    activity_id = announced(community, in_charge_id=community.volunteers[READER])
    assert "春分" in read(client, f"/activities/{activity_id}")


def test_a_draft_is_seen_by_who_runs_the_team_only(app: Flask, community: Community) -> None:
    activity_id = announced(community, publish=False)
    path = f"/activities/{activity_id}"
    assert "Draft" in read(browser_of(app, community, "leader"), path)
    read(browser_of(app, community, "volunteer"), path, 404)
    read(app.test_client(), path, 404)


@pytest.mark.parametrize("activity_id", ["0", "999999", "9" * 30])
def test_what_there_is_not_is_not_found(
    client: FlaskClient, community: Community, activity_id: str
) -> None:
    read(client, f"/activities/{activity_id}", 404)


def test_a_wild_title_stays_text(client: FlaskClient, community: Community) -> None:
    wild = "<script>alert(1)</script>%s{{7}}"
    activity_id = announced(community, title=wild)
    for path in ("/activities", f"/activities/{activity_id}", "/activities/calendar"):
        assert "<script>alert" not in read(client, path)


# ── signing up ────────────────────────────────────────────────────────────────────────────


def test_signing_up_gives_a_place_and_a_second_tap_changes_nothing(
    volunteer: FlaskClient, community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    assert "You have a place." in press(volunteer, community, activity_id, "sign-up")
    page = press(volunteer, community, activity_id, "sign-up")
    assert "signed up for this activity already" in page
    assert places(db_session, activity_id) == [(community.volunteers[READER], "placed")]
    assert "You are no longer signed up." in press(volunteer, community, activity_id, "withdraw")
    assert "is not signed up" in press(volunteer, community, activity_id, "withdraw")


def test_when_the_last_place_went_meanwhile_one_waits_and_is_told(
    volunteer: FlaskClient, community: Community
) -> None:
    activity_id = announced(community, places=1)
    assert "Sign up" in read(volunteer, f"/activities/{activity_id}")
    signed_up(community, activity_id, 4)
    signed_up(community, activity_id, 5)
    page = press(volunteer, community, activity_id, "sign-up")
    assert "All places are taken; you are number 2 in the line." in page
    assert "Leave the line" in page


def test_a_place_others_wait_for_is_asked_about_first(
    volunteer: FlaskClient, community: Community
) -> None:
    activity_id = announced(community, places=1)
    signed_up(community, activity_id)
    assert f'/activities/{activity_id}/withdraw"' in read(volunteer, f"/activities/{activity_id}")
    signed_up(community, activity_id, 4)
    page = read(volunteer, f"/activities/{activity_id}/withdraw")
    assert "Give the place back?" in page
    answer = volunteer.get(f"/activities/{announced(community)}/withdraw")
    assert answer.status_code == 303


def test_cancelled_or_begun_meanwhile_is_said_and_nothing_done(
    volunteer: FlaskClient, community: Community, db_session: Session
) -> None:
    gone, begun = announced(community), announced(community, title="别的")
    cancelled(community, gone)
    assert "This activity was cancelled." in press(volunteer, community, gone, "sign-up")
    changed(begun, service_on=today(), starts_minute=0, minutes=1440)
    page = press(volunteer, community, begun, "sign-up")
    assert "This activity has begun" in page
    assert "It has begun; its leader can still add you" in page
    assert places(db_session, gone) + places(db_session, begun) == []


def test_after_its_end_there_is_a_sentence_and_no_button(
    volunteer: FlaskClient, community: Community
) -> None:
    activity_id = announced(community, service_on=in_days(-1), starts_minute=0, minutes=60)
    page = read(volunteer, f"/activities/{activity_id}")
    assert "Its planned time is over" in page
    assert f"/activities/{activity_id}/sign-up" not in page


def test_what_lies_at_the_same_time_is_told_with_its_address(
    volunteer: FlaskClient, community: Community
) -> None:
    first = announced(community)
    second = announced(community, title="送餐", starts_minute=600)
    signed_up(community, first)
    page = press(volunteer, community, second, "sign-up")
    assert "At the same time" in page
    assert f'href="/activities/{first}"' in page


def test_while_it_admits_people_whoever_has_a_place_is_led_to_check_in(
    volunteer: FlaskClient, community: Community
) -> None:
    activity_id = announced(community)
    signed_up(community, activity_id)
    path = f"/activities/{activity_id}"
    assert 'href="/in"' not in read(volunteer, path)
    changed(activity_id, service_on=today(), starts_minute=0, minutes=1440)
    page = read(volunteer, path)
    assert 'href="/in"' in page
    assert "Withdraw" not in page


def test_who_runs_it_is_led_to_its_people(app: Flask, community: Community) -> None:
    activity_id = announced(community)
    path, people = f"/activities/{activity_id}", f'href="/activities/{activity_id}/people"'
    assert people in read(browser_of(app, community, "leader"), path)
    assert people not in read(browser_of(app, community, "green_leader"), path)


def test_too_young_or_unknown_is_said_beforehand(
    volunteer: FlaskClient, community: Community
) -> None:
    activity_id = announced(community, least_age=16)
    path = f"/activities/{activity_id}"
    assert "no birth date is on record" in read(volunteer, path)
    with transaction() as session:
        born_on = in_days(-4000)
        session.get_one(Volunteer, community.volunteers[READER]).born_on = born_on
    assert "It is for people of 16 and older." in read(volunteer, path)
    assert "for people of 16 and older" in press(volunteer, community, activity_id, "sign-up")


def test_one_acts_for_a_ward_and_the_page_must_name_them(
    app: Flask, volunteer: FlaskClient, community: Community, db_session: Session
) -> None:
    me, ward = community.volunteers[READER], community.volunteers[6]
    with transaction() as session:
        session.add(Helper(volunteer_id=ward, helper_id=me, kind="helper", from_on=in_days(-10)))
    activity_id = announced(community)
    volunteer.post(f"/me/acting/{ward}/begin")
    path = f"/activities/{activity_id}/sign-up"
    # A page read before acting for the ward began still names oneself.
    answer = volunteer.post(path, data={"volunteer": me}, follow_redirects=True)
    assert "Nothing was done" in answer.text
    assert places(db_session, activity_id) == []
    answer = volunteer.post(path, data={"volunteer": ward}, follow_redirects=True)
    assert "立夏 has a place." in answer.text
    assert places(db_session, activity_id) == [(ward, "placed")]
    given_back = f"/activities/{activity_id}/withdraw"
    assert volunteer.post(given_back, data={"volunteer": ward}).status_code == 303
    assert places(db_session, activity_id) == [(ward, "withdrawn")]
    # Coming and going alike the trail names whom it was done for.
    query = (
        "SELECT operation, on_behalf_of_id FROM trail"
        " WHERE operation IN ('activity.sign_up', 'activity.withdraw') ORDER BY id"
    )
    noted = [tuple(row) for row in db_session.execute(text(query))]
    assert noted == [("activity.sign_up", ward), ("activity.withdraw", ward)]


def test_nobody_signs_up_whom_they_do_not_act_for(
    volunteer: FlaskClient, community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    volunteer.post(
        f"/activities/{activity_id}/sign-up", data={"volunteer": community.volunteers[5]}
    )
    assert places(db_session, activity_id) == []


# ── one's own ─────────────────────────────────────────────────────────────────────────────


def test_one_s_own_stand_by_what_became_of_them(
    volunteer: FlaskClient, community: Community
) -> None:
    ahead, full = (
        announced(community, title="要去的"),
        announced(community, title="排队的", places=1),
    )
    signed_up(community, ahead)
    signed_up(community, full, 4)
    signed_up(community, full)
    was = announced(community, title="去过的", service_on=in_days(7))
    signed_up(community, was)
    changed(was, service_on=in_days(-3))
    page = read(volunteer, "/me/activities")
    assert page.index("要去的") < page.index("排队的") < page.index("去过的")
    assert "Number 1 in the line" in page
    assert "Its leader has not closed it yet." in page
    changed(was, state="closed", closed_at=now())
    assert "You are not on the list of those who were there." in read(volunteer, "/me/activities")


def test_nothing_of_one_s_own_says_so(volunteer: FlaskClient, community: Community) -> None:
    assert "Signed up for nothing at the moment" in read(volunteer, "/me/activities")


def test_the_own_page_shows_what_comes_next(volunteer: FlaskClient, community: Community) -> None:
    announced(community, title="队里的", service_on=in_days(1))
    assert "Next in my teams" in read(volunteer, "/me")
    signed_up(community, announced(community, title="我的", service_on=in_days(2)))
    page = read(volunteer, "/me")
    assert "My next activity" in page
    assert "我的" in page
    assert "队里的" not in page


# ── what it costs ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["", "volunteer", "leader", "organiser"])
def test_thousands_of_activities_take_no_more_statements(
    app: Flask, community: Community, name: str
) -> None:
    crowd(community, 3000, today() - timedelta(days=30))
    activity_id = announced(community)
    signed_up(community, activity_id)
    client = browser_of(app, community, name) if name else app.test_client()
    month = f"/activities/calendar?month={today():%Y-%m}"
    paths = ["/activities?colour=red", "/activities/past", month, f"/activities/{activity_id}"]
    if name == "volunteer":
        paths += ["/me/activities", "/activities?mine=1"]
    for path in paths:
        with statements() as sent:
            assert client.get(path).status_code == 200
        assert len(sent) <= BUDGET, path


def test_the_turn_of_somebody_else_is_their_own(community: Community, app: Flask) -> None:
    activity_id = announced(community, places=1)
    for place in (4, 5, READER):
        signed_up(community, activity_id, place)
    page = read(browser_of(app, community, "volunteer"), f"/activities/{activity_id}")
    assert "is number 2 in the line" in page
    assert person(community, READER).volunteer_id == community.volunteers[READER]
