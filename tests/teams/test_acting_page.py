"""Acting for somebody (亲情代办): whose pages one sees, what is marked, and what it never opens."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.clock import today_in
from app.db import db, transaction
from app.errors import NotFound
from app.people.models import Consent, Helper, NamingConsent, SignInSession, Volunteer
from app.people.operations import NamingWord, decide_naming
from app.teams.models import HelperAsk, Membership, Team, TeamAsk
from app.teams.operations import accept_request
from app.teams.queries import actor_of
from app.trail.models import TrailRow
from tests.teams.conftest import NOW, TODAY

SINCE = date(2020, 1, 1)


def person(name: str) -> Volunteer:
    db.session.expire_all()
    return db.session.query(Volunteer).filter_by(name=name).one()


@pytest.fixture
def ward(cast) -> int:
    """谷雨, for whom the volunteer 立春 acts as a helper."""
    return let_act("谷雨", "立春", "helper")


def let_act(name: str, helper: str, kind: str, *, born_on: date | None = None) -> int:
    with transaction() as session:
        one, other = (session.query(Volunteer).filter_by(name=n).one() for n in (name, helper))
        session.query(Helper).filter_by(volunteer_id=one.id).delete()
        one.born_on = born_on
        session.add(Helper(volunteer_id=one.id, helper_id=other.id, kind=kind, from_on=SINCE))
        return one.id


@pytest.fixture
def acting(browser, ward):
    """The volunteer's browser, in which they act for their ward."""
    client = browser("volunteer")
    assert client.post(f"/me/acting/{ward}/begin").location == "/me"
    return client


def rows(operation: str) -> list[TrailRow]:
    db.session.expire_all()
    return db.session.query(TrailRow).filter_by(operation=operation).all()


# ── whose pages ───────────────────────────────────────────────────────────────────────────


def test_own_pages_become_the_ward_s_and_every_page_says_so(acting):
    for page in ("/me", "/me/ledger", "/me/teams", "/me/acting", "/ranking"):
        text = acting.get(page, follow_redirects=True).text
        assert "You act for 谷雨" in text, page
    assert "TX00001" in acting.get("/me").text
    assert acting.get("/").location == "/me"


def test_one_tap_leads_back(acting, ward):
    assert acting.post("/me/acting/stop").status_code == 303
    assert "You act for 谷雨" not in acting.get("/me").text
    assert [row.on_behalf_of_id for row in rows("stop_acting")] == [ward]
    acting.post("/me/acting/stop")
    assert len(rows("stop_acting")) == 1


def test_once_it_ends_the_next_page_is_one_s_own_again(acting, ward):
    with transaction() as session:
        session.query(Helper).filter_by(volunteer_id=ward).one().until_on = SINCE
    page = acting.get("/me").text
    assert "You act for" not in page
    assert person("立春").number in page


def test_nobody_acts_for_whom_they_may_not(browser, cast):
    client, stranger = browser("volunteer"), person("芒种").id
    assert client.post(f"/me/acting/{stranger}/begin").status_code == 404
    assert db.session.query(SignInSession).filter_by(acting_for_id=stranger).count() == 0


def test_from_a_later_day_on_means_not_yet(browser, ward):
    with transaction() as session:
        session.query(Helper).filter_by(volunteer_id=ward).one().from_on = date(2999, 1, 1)
    assert browser("volunteer").post(f"/me/acting/{ward}/begin").status_code == 404


def test_another_device_is_still_one_s_own(acting, browser):
    assert "You act for" not in browser("volunteer").get("/me").text


# ── what one does for them ────────────────────────────────────────────────────────────────


def test_asking_for_the_ward_is_marked(acting, ward):
    with transaction() as session:
        session.query(TeamAsk).delete()
        blue = session.query(Team).filter_by(code="TX-blue").one().id
    assert acting.post("/me/teams/ask", data={"team": blue}).status_code == 303
    (row,) = rows("ask_to_join_team")
    assert (row.on_behalf_of_id, row.subject_id) == (ward, ward)
    assert db.session.query(TeamAsk).one().volunteer_id == ward


def test_leaving_for_the_ward_is_marked_and_takes_back(acting, ward):
    held = db.session.query(Membership).filter_by(volunteer_id=ward).one().id
    last = (today_in("Asia/Shanghai") + timedelta(days=9)).isoformat()
    assert acting.post(f"/me/teams/{held}/leave", data={"last_on": last}).status_code == 303
    assert rows("leave_team")[0].on_behalf_of_id == ward
    ask_id = db.session.query(TeamAsk).filter_by(kind="leave").one().id
    assert acting.post(f"/me/teams/asks/{ask_id}/withdraw").status_code == 303


def test_nobody_leads_less_by_another_s_hand(browser, cast):
    let_act("雨水", "立春", "helper")
    client, leader = browser("volunteer"), person("雨水").id
    client.post(f"/me/acting/{leader}/begin")
    held = db.session.query(Membership).filter_by(volunteer_id=leader).one().id
    sent = {"last_on": today_in("Asia/Shanghai").isoformat()}
    assert client.post(f"/me/teams/{held}/leave", data=sent).status_code == 422


def test_a_helper_names_no_further_helper(acting):
    sent = {"number": "TX00002", "name": "小满"}
    assert acting.post("/me/acting/ask", data=sent).status_code == 404
    assert rows("ask_for_helper") == []


def test_acting_for_somebody_approves_nothing_and_leads_nothing(acting, cast, ward):
    actor = actor_of(db.session(), cast.logins["volunteer"], TODAY)
    assert (actor.leads, actor.organises) == (frozenset(), frozenset())
    assert actor.benefits(ward)
    assert acting.get("/joining").status_code == 404


# ── asked for and confirmed ───────────────────────────────────────────────────────────────


def ask(client) -> int:
    with transaction() as session:
        session.query(HelperAsk).delete()
        session.query(Helper).delete()
    sent = {"number": person("小满").number, "name": "小满"}
    assert client.post("/me/acting/ask", data=sent).status_code == 303
    return db.session.query(HelperAsk).one().id


def test_a_volunteer_asks_and_the_leader_confirms(browser, cast):
    volunteer = browser("volunteer")
    ask_id = ask(volunteer)
    assert db.session.query(Helper).count() == 0
    leader = browser("leader")
    assert "小满" in leader.get("/joining").text
    assert leader.post(f"/joining/helpers/{ask_id}", data={"do": "accept"}).status_code == 303
    made = db.session.query(Helper).one()
    assert (made.volunteer_id, made.helper_id) == (person("立春").id, person("小满").id)
    assert "小满" in volunteer.get("/me/acting").text


def test_the_volunteer_ends_it_at_any_time(browser, cast):
    volunteer = browser("volunteer")
    ask_id = ask(volunteer)
    browser("organiser").post(f"/joining/helpers/{ask_id}", data={"do": "accept"})
    made = db.session.query(Helper).one().id
    assert volunteer.post(f"/me/acting/{made}/end").status_code == 303
    db.session.expire_all()
    assert (db.session.get_one(Helper, made).until_on or date.max) < today_in("Asia/Shanghai")
    assert volunteer.post(f"/me/acting/{made}/end").status_code == 404


@pytest.mark.parametrize(
    "sent", [{"number": "TX99999"}, {"name": "大雪"}, {"number": ""}, {"name": ""}]
)
def test_number_and_name_must_belong_together(browser, cast, sent):
    with transaction() as session:
        session.query(HelperAsk).delete()
    given = {"number": person("小满").number, "name": "小满"} | sent
    assert browser("volunteer").post("/me/acting/ask", data=given).status_code == 422
    assert db.session.query(HelperAsk).count() == 0


def test_nobody_confirms_themselves_as_the_helper(browser, cast):
    with transaction() as session:
        session.query(HelperAsk).delete()
        session.query(Helper).delete()
    sent = {"number": person("雨水").number, "name": "雨水"}
    browser("volunteer").post("/me/acting/ask", data=sent)
    ask_id = db.session.query(HelperAsk).one().id
    leader = browser("leader")
    assert f"/joining/helpers/{ask_id}" not in leader.get("/joining").text
    assert leader.post(f"/joining/helpers/{ask_id}", data={"do": "accept"}).status_code == 422
    assert db.session.query(Helper).count() == 0


# ── a child ───────────────────────────────────────────────────────────────────────────────


def test_a_child_ends_no_guardian_but_an_organiser_does(browser, cast):
    let_act("立春", "小满", "guardian", born_on=date(2018, 1, 1))
    made = db.session.query(Helper).filter_by(volunteer_id=person("立春").id).one().id
    assert browser("volunteer").post(f"/me/acting/{made}/end").status_code == 403
    one = person("立春").id
    answer = browser("organiser").post(f"/admin/people/{one}/acting/{made}/end")
    assert answer.status_code == 303


def test_only_the_guardian_agrees_for_a_child(browser, cast):
    child = let_act("谷雨", "立春", "guardian", born_on=date(2018, 1, 1))
    guardian = browser("volunteer")
    guardian.post(f"/me/acting/{child}/begin")
    assert guardian.post("/me/consent").status_code == 303
    assert guardian.post("/me/named", data={"is_named": "y"}).status_code == 303
    consent = db.session.query(Consent).one()
    assert (consent.given_by, consent.guardian_id) == ("guardian", person("立春").id)
    assert person("谷雨").is_named
    assert rows("agree_to_be_named")[0].on_behalf_of_id == child


def test_a_helper_agrees_for_nobody(acting):
    assert acting.post("/me/consent").status_code == 422
    assert acting.post("/me/named", data={"is_named": "y"}).status_code == 422
    assert db.session.query(Consent).count() == 0


def test_a_child_agrees_to_nothing_alone(browser, cast):
    let_act("立春", "小满", "guardian", born_on=date(2018, 1, 1))
    assert browser("volunteer").post("/me/named", data={"is_named": "y"}).status_code == 422
    assert not person("立春").is_named


# ── at the desk ───────────────────────────────────────────────────────────────────────────


def test_an_organiser_lets_somebody_act_and_notes_the_consent(browser, cast):
    one, desk = person("小满").id, browser("organiser")
    sent = {
        "number": person("谷雨").number, "name": "谷雨", "kind": "helper",
        "from_on": TODAY.isoformat(), "consent": "在办公室说过",
    }  # fmt: skip
    with transaction() as session:
        session.query(Helper).delete()
    assert desk.post(f"/admin/people/{one}/acting", data=sent).status_code == 303
    assert "在办公室说过" in desk.get(f"/admin/people/{one}/acting").text
    assert desk.post(f"/admin/people/{one}/acting", data=sent).status_code == 422
    for missing in ("consent", "name", "from_on"):
        bad = sent | {missing: "", "number": person("立春").number}
        assert desk.post(f"/admin/people/{one}/acting", data=bad).status_code == 422


def test_what_was_typed_is_shown_as_typed(browser, cast):
    with transaction() as session:
        session.query(Helper).delete()
    one, desk = person("小满").id, browser("organiser")
    sent = {
        "number": person("谷雨").number, "name": "谷雨", "kind": "helper",
        "from_on": TODAY.isoformat(), "consent": "<b>100% %s %(name)s",
    }  # fmt: skip
    desk.post(f"/admin/people/{one}/acting", data=sent)
    page = desk.get(f"/admin/people/{one}/acting").text
    assert "&lt;b&gt;100% %s %(name)s" in page


def test_paper_consent_names_who_wrote_it_down(browser, cast):
    one, desk = person("谷雨").id, browser("organiser")
    desk.post(f"/admin/people/{one}/consent")
    consent = db.session.query(Consent).one()
    assert (consent.given_by, consent.recorded_by_id) == ("paper", cast.logins["organiser"])
    assert "夏至" in desk.get(f"/admin/people/{one}/acting").text


def test_a_consent_is_never_changed(app, cast, browser):
    browser("volunteer").post("/me/consent")
    with pytest.raises(Exception, match="only added to"), transaction() as session:
        session.query(Consent).one().version = "other"


def test_taking_in_asks_for_what_the_request_is(app, cast):
    """The core refuses too: a request out of reach does not exist."""
    actor = actor_of(db.session(), cast.logins["leader"], TODAY)
    there = int(cast.subjects["request_id"]["other_organisation"])
    with pytest.raises(Exception, match="not find"), transaction() as session:
        accept_request(session, there, team_id=None, actor=actor, now=NOW, today=TODAY)


# ── named in public ───────────────────────────────────────────────────────────────────────


def words_on(name: str) -> list[tuple[bool, str, str, int | None]]:
    """Return each word on somebody's being named, the first first."""
    db.session.expire_all()
    found = db.session.query(NamingConsent).filter_by(volunteer_id=person(name).id)
    kept = found.order_by(NamingConsent.id)
    return [(one.is_named, one.given_by, one.signed_by, one.guardian_id) for one in kept]


def test_one_agrees_and_takes_it_back_with_a_tap_each(browser, cast):
    volunteer = browser("volunteer")
    assert "立*" in volunteer.get("/me/consent").text
    for _twice in range(2):
        volunteer.post("/me/named", data={"is_named": "y"})
    assert "No longer in full" in volunteer.get("/me/consent").text
    for _twice in range(2):
        assert volunteer.post("/me/named", data={"is_named": "n"}).status_code == 303
    assert words_on("立春") == [(True, "self", "person", None), (False, "self", "person", None)]
    assert not person("立春").is_named
    assert len(rows("agree_to_be_named") + rows("end_being_named")) == 2


def test_a_helper_passes_on_a_no(acting, ward):
    with transaction() as session:
        decide_naming(
            session, ward, NamingWord(is_named=True, given_by="self"),
            actor_id=1, now=NOW, today=TODAY,
        )  # fmt: skip
    assert acting.post("/me/named", data={"is_named": "n"}).status_code == 303
    assert words_on("谷雨")[-1] == (False, "self", "person", None)
    assert rows("end_being_named")[0].on_behalf_of_id == ward


def test_a_child_takes_back_what_the_guardian_agreed_to(browser, cast):
    let_act("立春", "小满", "guardian", born_on=date(2018, 1, 1))
    one, guardian = person("立春").id, person("小满").id
    desk, child = browser("organiser"), browser("volunteer")
    assert desk.post(f"/admin/people/{one}/named", data={"signed": guardian}).status_code == 303
    assert "<b>立春</b>" in child.get("/me/consent").text
    assert child.post("/me/named", data={"is_named": "n"}).status_code == 303
    assert "<b>立*</b>" in child.get("/me/consent").text
    assert words_on("立春")[0] == (True, "paper", "guardian", guardian)


@pytest.mark.parametrize(
    ("signed", "expected"),
    [
        ("guardian", [(True, "paper", "guardian", None)]),
        # A child's own hand, nobody, and somebody who is no guardian of the child.
        ("person", []),
        ("", []),
        ("1", []),
        ("x", []),
    ],
)
def test_who_signed_for_a_child(browser, cast, signed, expected):
    with transaction() as session:
        session.query(Helper).delete()
        session.query(Volunteer).filter_by(name="谷雨").one().born_on = date(2018, 1, 1)
    one = person("谷雨").id
    answer = browser("organiser").post(f"/admin/people/{one}/named", data={"signed": signed})
    assert answer.status_code == (303 if expected else 422)
    assert words_on("谷雨") == expected
    assert person("谷雨").is_named is bool(expected)


def test_who_is_no_guardian_any_more_signs_nothing(browser, cast):
    let_act("谷雨", "小满", "helper", born_on=date(2018, 1, 1))
    word = NamingWord(True, "paper", "guardian", person("小满").id)
    one = person("谷雨").id
    with pytest.raises(NotFound), transaction() as session:
        decide_naming(session, one, word, actor_id=1, now=NOW, today=TODAY)
    assert words_on("谷雨") == []


def test_the_desk_ends_it_on_the_person_s_word(browser, cast):
    one, desk = person("谷雨").id, browser("organiser")
    desk.post(f"/admin/people/{one}/named", data={"signed": "person"})
    page = desk.get(f"/admin/people/{one}/acting").text
    assert "on paper, signed by the person" in page
    assert "written down by 夏至" in page
    assert desk.post(f"/admin/people/{one}/named/end").status_code == 303
    assert words_on("谷雨") == [(True, "paper", "person", None), (False, "self", "person", None)]


def test_a_word_that_does_not_count_is_said_to_be_so(browser, cast):
    volunteer = browser("volunteer")
    volunteer.post("/me/named", data={"is_named": "y"})
    let_act("立春", "小满", "guardian", born_on=date(2018, 1, 1))
    page = volunteer.get("/me/consent").text
    assert "<b>立*</b>" in page
    assert "a guardian has to agree" in page
    assert "No longer in full" in page
    assert "Show the full name" not in page
