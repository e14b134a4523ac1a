"""A yes or a no to one purpose: who may say it, and that it acts at the very next request."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.clock import now
from app.db import db, transaction
from app.people.models import Helper, PurposeConsent
from app.people.operations import (
    Deciding,
    NamingWord,
    PurposeWord,
    decide_naming,
    decide_purpose,
    let_act,
)
from app.people.queries.purposes import photos_show
from app.people.rules.consent import GuardianNeeded
from app.people.rules.purposes import (
    MINORS_VERSION,
    ConsentTakenBack,
    LastWord,
    Shown,
    may_show_photos,
)
from app.teams.models import HelperAsk
from app.teams.operations import answer_helper_ask
from app.teams.queries import actor_of
from app.trail.models import TrailRow
from tests.privacy.conftest import let_act as stage_acting
from tests.privacy.conftest import person, today, years_ago


def words(name: str) -> list[tuple[str, bool, str, str]]:
    rows = db.session.query(PurposeConsent).filter_by(volunteer_id=person(name).id)
    said = rows.order_by(PurposeConsent.id).all()
    return [(one.purpose, one.is_given, one.given_by, one.signed_by) for one in said]


def deciding(cast) -> Deciding:
    return Deciding(cast.logins["organiser"], now(), today())


@pytest.mark.parametrize(
    ("born", "guarded", "word", "expected"),
    [
        (None, False, None, True),
        (None, True, None, False),
        (None, True, LastWord(True, True), True),
        (40, False, None, True),
        (40, False, LastWord(False, False), False),
        (9, True, None, False),
        (9, True, LastWord(True, False), False),
        (9, True, LastWord(True, True), True),
        (9, True, LastWord(False, True), False),
        # Grown up since: the guardian's yes stays until it is taken back.
        (15, True, LastWord(True, True), True),
    ],
)
def test_whose_photos_are_seen(born, guarded, word, expected):
    shown = Shown(years_ago(born) if born else None, guarded, word)
    assert may_show_photos(shown, today()) is expected


@pytest.mark.parametrize("role", ["leader", "organiser", "auditor"])
def test_a_photo_is_gone_for_others_at_the_next_request(cast, browser, role):
    path = f"/pictures/{cast.own['volunteer']['picture_id']}/small"
    own, other = browser("volunteer"), browser(role)
    assert other.get(path).status_code == 200
    own.post("/me/consent/photos", data={"given": "n"})
    assert (other.get(path).status_code, own.get(path).status_code) == (404, 200)
    own.post("/me/consent/photos", data={"given": "y"})
    assert other.get(path).status_code == 200
    assert [one[1] for one in words("立春")] == [False, True]


def test_the_record_says_that_there_is_a_photo_nobody_may_see(cast, browser):
    record = cast.own["volunteer"]["claim_id"]
    browser("volunteer").post("/me/consent/photos", data={"given": "n"})
    page = browser("organiser").get(f"/records/{record}").text
    assert "only the volunteer sees it" in page
    assert "/pictures/" not in page
    assert "/pictures/" in browser("volunteer").get(f"/records/{record}").text


def test_a_childs_own_word_does_not_count(cast, browser):
    stage_acting("立春", "谷雨", "guardian", born_on=years_ago(9))
    path = f"/pictures/{cast.own['volunteer']['picture_id']}/small"
    assert browser("organiser").get(path).status_code == 404
    answer = browser("volunteer").post("/me/consent/photos", data={"given": "y"})
    assert answer.status_code == 422
    assert words("立春") == []


def test_a_guardian_agrees_for_the_child(cast, browser):
    ward = stage_acting("谷雨", "立春", "guardian", born_on=years_ago(9))
    client = browser("volunteer")
    client.post(f"/me/acting/{ward}/begin")
    assert "guardian" in client.get("/me/consent").text
    for purpose in ("photos", "minors"):
        assert client.post(f"/me/consent/{purpose}", data={"given": "y"}).status_code == 303
    assert words("谷雨") == [
        ("photos", True, "guardian", "guardian"),
        ("minors", True, "guardian", "guardian"),
    ]
    path = f"/pictures/{cast.subjects['picture_id']['same_team']}/small"
    assert browser("organiser").get(path).status_code == 200


def test_a_helper_says_no_for_somebody_and_never_yes(cast, browser):
    ward = stage_acting("谷雨", "立春", "helper")
    client = browser("volunteer")
    client.post(f"/me/acting/{ward}/begin")
    assert client.post("/me/consent/photos", data={"given": "y"}).status_code == 422
    assert client.post("/me/consent/photos", data={"given": "n"}).status_code == 303
    assert words("谷雨") == [("photos", False, "self", "person")]


def test_taking_back_a_helpers_access_ends_it_at_the_next_request(cast, browser):
    ward = stage_acting("谷雨", "立春", "helper")
    helping = browser("volunteer")
    helping.post(f"/me/acting/{ward}/begin")
    assert "You act for 谷雨" in helping.get("/me/consent").text
    with transaction() as session:
        decide_purpose(session, ward, "helpers", PurposeWord(False, "self"), deciding(cast))
    assert "You act for 谷雨" not in helping.get("/me/consent").text
    assert helping.post(f"/me/acting/{ward}/begin").status_code == 404


def test_a_guardian_stays_when_helpers_go(cast):
    ward = stage_acting("谷雨", "立春", "guardian", born_on=years_ago(9))
    with transaction() as session:
        decide_purpose(session, ward, "helpers", PurposeWord(False, "self"), deciding(cast))
    assert db.session.query(Helper).filter_by(volunteer_id=ward).one().until_on is None


def test_letting_somebody_act_keeps_the_yes_it_rests_on(cast):
    with transaction() as session:
        let_act(
            session,
            volunteer_id=person("小满").id,
            helper_id=person("雨水").id,
            kind="helper",
            from_on=today(),
            consent="在居委会当面同意",
            actor_id=cast.logins["organiser"],
            now=now(),
        )
    assert words("小满")[-1] == ("helpers", True, "paper", "person")


def test_what_was_asked_before_a_no_is_not_confirmed_after_it(cast):
    ask = int(cast.own["volunteer"]["helper_ask_id"])
    with transaction() as session:
        volunteer_id = session.get_one(HelperAsk, ask).volunteer_id
        decide_purpose(session, volunteer_id, "helpers", PurposeWord(False, "self"), deciding(cast))
    organiser = actor_of(db.session(), cast.logins["organiser"], today())
    with pytest.raises(ConsentTakenBack), transaction() as session:
        answer_helper_ask(session, ask, accept=True, actor=organiser, now=now(), today=today())


def test_an_organiser_writes_down_who_signed(cast, browser):
    path = f"/admin/people/{cast.subjects['volunteer_id']['same_team']}/consents/photos"
    organiser = browser("organiser")
    assert organiser.post(path, data={}).status_code == 422
    assert organiser.post(path, data={"photos-signed": "person"}).status_code == 303
    assert organiser.post(f"{path}/end").status_code == 303
    assert words("谷雨") == [
        ("photos", True, "paper", "person"),
        ("photos", False, "paper", "person"),
    ]
    row = db.session.query(TrailRow).filter_by(operation="end_photos").one()
    assert row.subject_id == person("谷雨").id


def test_on_paper_too_a_child_needs_a_guardians_signature(cast, browser):
    ward = stage_acting("谷雨", "立春", "guardian", born_on=years_ago(9))
    path = f"/admin/people/{ward}/consents/photos"
    organiser = browser("organiser")
    assert organiser.post(path, data={"photos-signed": "person"}).status_code == 422
    guardian = str(person("立春").id)
    assert organiser.post(path, data={"photos-signed": guardian}).status_code == 303
    assert photos_show(db.session(), ward, today())


def test_a_no_to_the_notice_for_minors_masks_and_hides_at_once(cast):
    ward, guardian = (
        stage_acting("谷雨", "立春", "guardian", born_on=years_ago(9)),
        person("立春").id,
    )
    yes = PurposeWord(True, "guardian", "guardian", guardian)
    with transaction() as session:
        for purpose in ("minors", "photos"):
            decide_purpose(session, ward, purpose, yes, deciding(cast))
        decide_naming(
            session, ward, NamingWord(*yes), actor_id=cast.logins["volunteer"], now=now(),
            today=today(),
        )  # fmt: skip
    assert db.session.query(PurposeConsent.version).first() == (MINORS_VERSION,)
    with transaction() as session:
        decide_purpose(session, ward, "minors", yes._replace(is_given=False), deciding(cast))
    assert not photos_show(db.session(), ward, today())
    assert person("谷雨").is_named is False


def test_only_a_guardian_speaks_to_the_notice_for_minors(cast, browser):
    answer = browser("volunteer").post("/me/consent/minors", data={"given": "y"})
    assert answer.status_code == 422
    ward = stage_acting("谷雨", "立春", "guardian", born_on=years_ago(9))
    own, who = PurposeWord(True, "self"), deciding(cast)
    with pytest.raises(GuardianNeeded), transaction() as session:
        decide_purpose(session, ward, "minors", own, who)


def test_a_second_tap_writes_nothing(cast):
    for _tap in range(2):
        with transaction() as session:
            word = PurposeWord(False, "self")
            decide_purpose(session, person("谷雨").id, "photos", word, deciding(cast))
    assert len(words("谷雨")) == 1


def test_a_yes_to_helpers_is_asked_for_and_not_ticked(browser):
    client = browser("volunteer")
    assert client.post("/me/consent/helpers", data={"given": "y"}).status_code == 404
    assert client.post("/me/consent/anything", data={"given": "n"}).status_code == 404


@pytest.mark.parametrize(
    "change", ["UPDATE purpose_consents SET is_given = true", "DELETE FROM purpose_consents"]
)
def test_the_database_keeps_every_word(cast, change):
    with transaction() as session:
        word = PurposeWord(False, "self")
        decide_purpose(session, person("谷雨").id, "photos", word, deciding(cast))
    with pytest.raises(DBAPIError), transaction() as session:
        session.execute(text(change))


def test_the_page_says_what_was_agreed_since_when_and_by_whom(browser):
    client = browser("volunteer")
    client.post("/me/consent/photos", data={"given": "n"})
    page = client.get("/me/consent").text
    assert "Taken back" in page
    assert "in the person&#39;s own words" in page or "in the person's own words" in page
    assert "Let them be seen" in page


@pytest.mark.parametrize("language", ["en", "zh_Hans", "zh_Hant"])
def test_the_notice_for_minors_shows_its_version(client, cast, language):
    client.set_cookie("qicai_language", language)
    assert MINORS_VERSION in client.get("/privacy/minors").text
    assert "/privacy/minors" in client.get("/join").text


def test_the_ask_of_a_week_ago_is_older_than_a_no(cast):
    """The no is later than the ask by its instant, not by its row."""
    with transaction() as session:
        ask = session.get_one(HelperAsk, int(cast.own["volunteer"]["helper_ask_id"]))
        early = deciding(cast)._replace(now=ask.asked_at - timedelta(days=1))
        decide_purpose(session, ask.volunteer_id, "helpers", PurposeWord(False, "self"), early)
        organiser = actor_of(session, cast.logins["organiser"], today())
        answer_helper_ask(session, ask.id, accept=True, actor=organiser, now=now(), today=today())
        assert ask.state == "accepted"
