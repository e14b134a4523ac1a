"""Leaders and organisers answer: take in, match, refuse; asks of volunteers; helpers."""

from __future__ import annotations

from datetime import date

import pytest

from app.clock import today_in
from app.db import db, transaction
from app.people.models import Consent, Helper, Volunteer
from app.people.operations import add_volunteer
from app.teams.models import JoinRequest, JoinWish, Membership, Team, TeamAsk
from app.teams.queries import actor_of, asks_for, count_asked, helper_asks_for, requests_for
from app.trail.models import TrailRow
from app.trail.queries import trail_about
from tests.teams.conftest import NOW, TODAY, queries_of

PHONE = "13800000071"


@pytest.fixture
def ask(app, cast):
    """Return a maker of requests to TX, beside those of the cast."""

    def make(name: str = "秋分", *codes: str, **more: object) -> int:
        with transaction() as session:
            teams = [session.query(Team).filter_by(code=code).one() for code in codes]
            home = session.query(Team).filter_by(code="TX-red").one().organisation_id
            given = {"phone": PHONE, "consent_by": "self", "organisation_id": home, **more}
            row = JoinRequest(
                name=name, wants_advice=not codes, privacy_version="2026-11", asked_at=NOW, **given
            )
            session.add(row)
            session.flush()
            session.add_all(JoinWish(request_id=row.id, team_id=team.id) for team in teams)
            return row.id

    return make


def team(code: str = "TX-red") -> int:
    return db.session.query(Team).filter_by(code=code).one().id


def request_of(request_id: int) -> JoinRequest:
    db.session.expire_all()
    return db.session.get_one(JoinRequest, request_id)


def person(name: str) -> Volunteer:
    return db.session.query(Volunteer).filter_by(name=name).one()


def operations() -> list[str]:
    return [row.operation for row in db.session.query(TrailRow).order_by(TrailRow.id)]


# ── take in ───────────────────────────────────────────────────────────────────────────────


def test_a_leader_takes_somebody_in_and_hands_out_a_slip(browser, ask):
    request_id, leader = ask("秋分", "TX-red"), browser("leader")
    assert "秋分" in leader.get("/joining").text
    page = leader.get(f"/joining/{request_id}").text
    assert "138****0071" in page
    assert PHONE not in page
    sent = leader.post(f"/joining/{request_id}/accept", data={"team": team()})
    assert sent.location == f"/joining/{request_id}"
    added = person("秋分")
    assert (added.state, added.phone, request_of(request_id).volunteer_id) == (
        "active", PHONE, added.id,
    )  # fmt: skip
    held = db.session.query(Membership).filter_by(volunteer_id=added.id).one()
    slip = f"/teams/TX-red/members/{held.id}/code"
    assert f'href="{slip}"' in leader.get(f"/joining/{request_id}").text
    assert leader.post(slip).status_code == 303


def test_the_consent_goes_along_with_its_version_and_date(browser, ask):
    request_id = ask("秋分", "TX-red")
    browser("leader").post(f"/joining/{request_id}/accept", data={"team": team()})
    (consent,) = db.session.query(Consent)
    assert (consent.version, consent.given_at, consent.given_by) == ("2026-11", NOW, "self")
    assert "accepted_request" in operations()


def test_other_wishes_become_questions_to_their_leaders(browser, ask):
    request_id = ask("秋分", "TX-red", "TX-blue")
    browser("leader").post(f"/joining/{request_id}/accept", data={"team": team()})
    (left,) = db.session.query(TeamAsk).filter_by(volunteer_id=person("秋分").id)
    assert (left.team_id, left.kind, left.state) == (team("TX-blue"), "join", "open")


def test_a_leader_answers_for_the_own_team_only(browser, ask):
    request_id, leader = ask("秋分", "TX-red", "TX-blue"), browser("leader")
    refused = leader.post(f"/joining/{request_id}/accept", data={"team": team("TX-blue")})
    assert refused.status_code == 422
    only_blue = ask("大寒", "TX-blue", phone="13800000073")
    for path in ("", "/accept", "/match", "/refuse", "/phone"):
        method = leader.post if path else leader.get
        assert method(f"/joining/{only_blue}{path}", data={}).status_code == 404
    assert "大寒" not in leader.get("/joining").text


def test_an_organiser_may_take_in_whoever_wants_advice_without_a_team(browser, ask):
    request_id = ask("秋分")
    browser("organiser").post(f"/joining/{request_id}/accept", data={"team": "0"})
    assert request_of(request_id).state == "accepted"
    assert db.session.query(Membership).filter_by(volunteer_id=person("秋分").id).count() == 0


def test_answered_twice_it_is_done_once(browser, ask):
    request_id, leader = ask("秋分", "TX-red"), browser("leader")
    for expected in (303, 422):
        sent = leader.post(f"/joining/{request_id}/accept", data={"team": team()})
        assert sent.status_code == expected
    assert db.session.query(Volunteer).filter_by(name="秋分").count() == 1


# ── a child ───────────────────────────────────────────────────────────────────────────────


def child(ask) -> int:
    return ask(
        "秋分", "TX-red", born_on=date(2018, 5, 1), consent_by="guardian",
        guardian_name="白露", guardian_phone="13800000072",
    )  # fmt: skip


def test_a_child_comes_with_the_guardian_who_agreed(browser, ask):
    request_id = child(ask)
    browser("leader").post(f"/joining/{request_id}/accept", data={"team": team()})
    guardian = person("白露")
    acting = db.session.query(Helper).filter_by(volunteer_id=person("秋分").id).one()
    assert (acting.helper_id, acting.kind) == (guardian.id, "guardian")
    consent = db.session.query(Consent).one()
    assert (consent.given_by, consent.guardian_id) == ("guardian", guardian.id)


def test_a_guardian_who_is_known_is_not_added_again(browser, ask, cast):
    request_id = child(ask)
    known = add("白露", "13800000072")
    browser("leader").post(f"/joining/{request_id}/accept", data={"team": team()})
    acting = db.session.query(Helper).filter_by(volunteer_id=person("秋分").id).one()
    assert acting.helper_id == known


def add(name: str, phone: str) -> int:
    with transaction() as session:
        home = session.query(Team).filter_by(code="TX-red").one().organisation_id
        made = add_volunteer(
            session, organisation_id=home, name=name, phone=phone, actor_id=None, now=NOW
        )
        return made.id


def test_nobody_answers_for_their_own_child(browser, ask, cast):
    request_id = child(ask)
    with transaction() as session:
        row = session.get_one(JoinRequest, request_id)
        leader = session.query(Volunteer).filter_by(name="雨水").one()
        row.guardian_name, leader.phone = "雨水", "13800000072"
    answer = browser("leader").post(f"/joining/{request_id}/accept", data={"team": team()})
    assert answer.status_code == 422
    assert "Somebody else has to answer" in answer.text
    assert request_of(request_id).state == "open"


# ── known already ─────────────────────────────────────────────────────────────────────────


def test_whoever_is_known_is_suggested_and_never_merged_silently(browser, ask):
    known, request_id, leader = add("秋分", PHONE), ask("秋分", "TX-red"), browser("leader")
    refused = leader.post(f"/joining/{request_id}/accept", data={"team": team()})
    assert refused.status_code == 422
    assert "is a volunteer already" in refused.text
    number = db.session.get_one(Volunteer, known).number
    assert f'value="{number}"' in leader.get(f"/joining/{request_id}").text
    again = {"team": team(), "is_another": "y"}
    assert leader.post(f"/joining/{request_id}/accept", data=again).status_code == 303
    assert db.session.query(Volunteer).filter_by(name="秋分").count() == 2


def test_matched_nobody_is_added_and_the_team_is_joined(browser, ask):
    known, request_id = add("秋分", PHONE), ask("秋分", "TX-red")
    number = db.session.get_one(Volunteer, known).number
    sent = {"number": number, "team": team()}
    assert browser("leader").post(f"/joining/{request_id}/match", data=sent).status_code == 303
    assert (request_of(request_id).state, request_of(request_id).volunteer_id) == ("matched", known)
    held = db.session.query(Membership).filter_by(volunteer_id=known).one()
    assert held.team_id == team()


def test_a_leader_learns_from_a_phone_whose_it_is_only_with_the_name(browser, ask):
    add("大雪", PHONE)
    request_id = ask("秋分", "TX-red")
    assert "大雪" not in browser("leader").get(f"/joining/{request_id}").text
    assert "大雪" in browser("organiser").get(f"/joining/{request_id}").text


def test_who_sounds_alike_is_suggested_at_the_desk(browser, ask):
    request_id = ask("古雨", "TX-red")
    assert "谷雨" in browser("organiser").get(f"/joining/{request_id}").text


def test_a_leader_matches_nobody_of_another_name(browser, ask):
    other = add("大雪", PHONE)
    number = db.session.get_one(Volunteer, other).number
    request_id = ask("秋分", "TX-red")
    sent = {"number": number, "team": team()}
    answer = browser("leader").post(f"/joining/{request_id}/match", data=sent)
    assert answer.status_code == 422
    assert db.session.query(Membership).filter_by(volunteer_id=other).count() == 0


# ── refuse, look at a phone ───────────────────────────────────────────────────────────────


def test_a_leader_s_refusal_leaves_the_other_teams_their_answer(browser, ask):
    request_id = ask("秋分", "TX-red", "TX-blue")
    browser("leader").post(f"/joining/{request_id}/refuse", data={"no-reason": "人满了"})
    assert request_of(request_id).state == "open"
    assert "秋分" not in browser("leader").get("/joining").text
    browser("organiser").post(f"/joining/{request_id}/refuse", data={"no-reason": "不合适"})
    assert (request_of(request_id).state, request_of(request_id).reason) == ("refused", "不合适")


def test_a_refusal_needs_a_reason(browser, ask):
    request_id = ask("秋分", "TX-red")
    answer = browser("leader").post(f"/joining/{request_id}/refuse", data={"no-reason": " "})
    assert answer.status_code == 422
    assert request_of(request_id).state == "open"


def test_an_organiser_sees_the_phone_once_with_a_reason(browser, ask):
    request_id, desk = ask("秋分", "TX-red"), browser("organiser")
    assert desk.post(f"/joining/{request_id}/phone", data={}).status_code == 422
    shown = desk.post(f"/joining/{request_id}/phone", data={"phone-reason": "电话通知"})
    assert PHONE in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    assert PHONE not in desk.get(f"/joining/{request_id}").text
    row = trail_about(db.session(), "join_request", request_id, limit=1)[0]
    assert (row.reason, row.operation) == ("电话通知", "show_phone")


# ── volunteers and their teams ────────────────────────────────────────────────────────────


def test_a_volunteer_asks_and_the_leader_takes_them_in(browser, cast):
    asker = person("小满")
    ask_id = db.session.query(TeamAsk).filter_by(volunteer_id=asker.id).one().id
    leader = browser("leader")
    assert "would like to join TX-red" in leader.get("/joining").text
    assert leader.post(f"/joining/teams/{ask_id}", data={"do": "accept"}).status_code == 303
    assert leader.post(f"/joining/teams/{ask_id}", data={"do": "accept"}).status_code == 422
    held = db.session.query(Membership).filter_by(volunteer_id=asker.id, team_id=team())
    assert held.count() == 1


def test_a_refused_ask_tells_why(browser, cast):
    volunteer, desk = browser("volunteer"), browser("organiser")
    db.session.query(TeamAsk).delete()
    db.session.commit()
    assert volunteer.post("/me/teams/ask", data={"team": team("TX-blue")}).status_code == 303
    assert volunteer.post("/me/teams/ask", data={"team": team("TX-blue")}).status_code == 422
    ask_id = db.session.query(TeamAsk).one().id
    sent = {"do": "refuse", "reason": "本队只收会电工的人"}
    assert desk.post(f"/joining/teams/{ask_id}", data=sent).status_code == 303
    assert "本队只收会电工的人" in volunteer.get("/me/teams").text


def membership_of(name: str) -> Membership:
    db.session.expire_all()
    return db.session.query(Membership).filter_by(volunteer_id=person(name).id).one()


def test_leaving_takes_effect_without_anybody_and_can_be_taken_back(browser, cast):
    volunteer, held = browser("volunteer"), membership_of("立春").id
    last = today_in("Asia/Shanghai").isoformat()
    sent = volunteer.post(f"/me/teams/{held}/leave", data={"last_on": last})
    assert sent.status_code == 303
    assert membership_of("立春").until_on is not None
    assert "leaves TX-red" in browser("leader").get("/joining").text
    ask_id = db.session.query(TeamAsk).filter_by(kind="leave").one().id
    browser("leader").post(f"/joining/teams/{ask_id}", data={"do": "accept"})
    assert volunteer.post(f"/me/teams/asks/{ask_id}/withdraw").status_code == 303
    assert membership_of("立春").until_on is None
    assert volunteer.post(f"/me/teams/asks/{ask_id}/withdraw").status_code == 422


def test_a_leader_cannot_refuse_that_somebody_leaves(browser, cast):
    held = membership_of("立春").id
    last = today_in("Asia/Shanghai").isoformat()
    browser("volunteer").post(f"/me/teams/{held}/leave", data={"last_on": last})
    ask_id = db.session.query(TeamAsk).filter_by(kind="leave").one().id
    browser("leader").post(f"/joining/teams/{ask_id}", data={"do": "refuse", "reason": "不行"})
    db.session.expire_all()
    assert db.session.get_one(TeamAsk, ask_id).state == "accepted"
    assert membership_of("立春").until_on is not None


def test_nobody_answers_what_is_their_own(browser, cast):
    ask_id = db.session.query(TeamAsk).filter_by(volunteer_id=person("雨水").id).one().id
    with transaction() as session:
        session.get_one(TeamAsk, ask_id).team_id = team()
    answer = browser("leader").post(f"/joining/teams/{ask_id}", data={"do": "accept"})
    assert answer.status_code == 422
    assert "Nobody answers what they asked themselves" in answer.text


# ── the badge ─────────────────────────────────────────────────────────────────────────────


def test_the_badge_counts_what_waits_in_one_statement(app, cast):
    leader = actor_of(db.session(), cast.logins["leader"], TODAY)
    session = db.session()
    requests, asks = requests_for(session, leader), asks_for(session, leader)
    helpers = helper_asks_for(session, leader, TODAY)
    assert min(len(requests), len(asks), len(helpers)) > 0
    assert count_asked(session, leader, TODAY) == len(requests) + len(asks) + len(helpers)
    assert queries_of(lambda: count_asked(db.session(), leader, TODAY)) == 1


def test_the_list_takes_as_many_queries_for_many(browser, ask):
    leader = browser("leader")
    leader.get("/joining")
    few = queries_of(lambda: leader.get("/joining"))
    for n in range(12):
        ask(f"秋分{n}", "TX-red", phone=f"138000002{n:02}")
    assert queries_of(lambda: leader.get("/joining")) <= few + 1
