"""The pages: raise one from the passbook, answer it side by side, follow it; six questions each."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from app.db import db, transaction
from app.disputes.rules import Wish
from app.people.models import Role
from app.service.operations import reverse_record
from tests.disputes.community import LATER, WHO, act, disputed, served, state_of, value, wish
from tests.service.community import NOW, ORDINARY_DAY, balances, check_books
from tests.service.conftest import MakeTown, Town, key_in, statements


@pytest.fixture
def volunteer(town: Town) -> FlaskClient:
    return town.browser("volunteer")


@pytest.fixture
def leader(town: Town) -> FlaskClient:
    return town.browser("leader")


def raised(**more: str) -> dict[str, str]:
    """Return what the form sends: three hours where two are recorded."""
    typed = {
        "what": "hours",
        "service_on": ORDINARY_DAY.isoformat(),
        "hours": "3",
        "starts": "",
        "team": "TX-red",
        "content": "清扫",
        "words": "我做到十一点",
    }
    return {**typed, **more}


def corrected(**more: str) -> dict[str, str]:
    typed = raised(reason="核对过签到表", **more)
    return {name: value for name, value in typed.items() if name not in {"what", "words"}}


# ── raising ───────────────────────────────────────────────────────────────────────────────


def test_a_line_of_the_passbook_leads_to_the_form(town: Town, volunteer: FlaskClient) -> None:
    record_id = served(town.community)
    ledger = volunteer.get("/me/ledger").text
    assert f'href="/records/{record_id}/dispute"' in ledger
    form = volunteer.get(f"/records/{record_id}/dispute").text
    # What is recorded stands in the form.
    assert f'value="{ORDINARY_DAY}"' in form
    assert 'value="2"' in form
    assert 'value="清扫"' in form


def test_hours_taken_back_lead_to_a_claim(town: Town, volunteer: FlaskClient) -> None:
    community, asked = town.community, "Were you there after all?"
    record_id = served(community)
    assert asked not in volunteer.get("/me/ledger").text
    with transaction() as session:
        leader = community.actor("leader")
        reverse_record(session, record_id, actor=leader, now=LATER, reason="错")
    ledger = volunteer.get("/me/ledger").text
    assert ledger.count(asked) == 1
    assert 'href="/me/claims/new"' in ledger
    assert asked not in town.browser("organiser").get(f"/volunteers/TX{WHO + 1:05}/passbook").text


def test_who_asked_to_be_taken_out_is_not_asked_to_claim(
    town: Town, volunteer: FlaskClient
) -> None:
    wish = Wish("not_me", "那天我在外地", None)
    dispute_id = disputed(town.community, served(town.community), wish=wish)
    act(town.community, "take_back", dispute_id, by="leader", reason="记错了人")
    assert "Were you there after all?" not in volunteer.get("/me/ledger").text


def test_it_is_sent_and_stands_on_line_record_and_list(town: Town, volunteer: FlaskClient) -> None:
    record_id = served(town.community)
    sent = volunteer.post(f"/records/{record_id}/dispute", data=raised())
    assert sent.status_code == 303
    assert "2 hours → 3 hours" in volunteer.get(f"/records/{record_id}").text
    ledger = volunteer.get("/me/ledger").text
    assert "Disputed" in ledger
    assert f'href="/records/{record_id}/dispute"' not in ledger
    listed = town.browser("leader").get("/disputes").text
    assert "10 working days left, until Feb 24" in listed
    assert sent.location in listed


def test_a_form_that_says_nothing_comes_back_as_typed(town: Town, volunteer: FlaskClient) -> None:
    path = f"/records/{served(town.community)}/dispute"
    same = volunteer.post(path, data=raised(hours="2"))
    assert same.status_code == 422
    assert "it says the same as the record" in same.text
    assert "我做到十一点" in same.text
    wild = volunteer.post(path, data=raised(hours="many", service_on="never"))
    assert wild.status_code == 422
    assert 'value="many"' in wild.text
    worded = volunteer.post(path, data=raised(what="points", words=" "))
    assert "Say in your own words" in worded.text
    assert value(db.session(), "SELECT count(*) FROM disputes") == 0


def test_an_open_one_is_shown_instead_of_the_form(town: Town, volunteer: FlaskClient) -> None:
    record_id = served(town.community)
    dispute_id = disputed(town.community, record_id)
    assert volunteer.get(f"/records/{record_id}/dispute").location == f"/disputes/{dispute_id}"
    again = volunteer.post(f"/records/{record_id}/dispute", data=raised())
    assert again.status_code == 422
    assert f"Dispute {dispute_id}" in again.text


def test_a_double_tap_raises_one(town: Town, volunteer: FlaskClient) -> None:
    path = f"/records/{served(town.community)}/dispute"
    sending = raised(key=key_in(volunteer.get(path).text))
    first, again = (volunteer.post(path, data=sending) for _ in range(2))
    assert first.location == again.location
    assert value(db.session(), "SELECT count(*) FROM disputes") == 1


@pytest.mark.parametrize("who", ["leader", "organiser", "green_leader", "organiser_below"])
def test_nobody_raises_one_about_another(town: Town, who: str) -> None:
    path = f"/records/{served(town.community)}/dispute"
    assert town.browser(who).get(path).status_code == 404
    assert town.browser(who).post(path, data=raised()).status_code == 404


def test_what_waits_cannot_be_disputed_yet(town: Town, leader: FlaskClient) -> None:
    record_id = served(town.community, 0)
    page = leader.get(f"/records/{record_id}/dispute")
    assert "is not in the books yet" in page.text
    assert "<textarea" not in page.text


# ── answering ─────────────────────────────────────────────────────────────────────────────


def test_recorded_and_wished_stand_side_by_side(town: Town, leader: FlaskClient) -> None:
    dispute_id = disputed(town.community, served(town.community))
    page = leader.get(f"/disputes/{dispute_id}").text
    for said in (
        "As recorded",
        "Should be",
        "2 hours",
        "3 hours",
        "我做到十一点",
        "Correct as wished",
    ):
        assert said in page, said


def test_the_wish_is_corrected_with_one_button(town: Town, leader: FlaskClient) -> None:
    dispute_id = disputed(town.community, served(town.community))
    form = leader.get(f"/disputes/{dispute_id}/correct").text
    assert 'value="3"' in form
    done = leader.post(
        f"/disputes/{dispute_id}/correct", data=corrected(key=key_in(form)), follow_redirects=True
    )
    assert "Put right" in done.text
    assert balances(db.session(), town.people[WHO])[0] == 180
    check_books(db.session())
    again = leader.post(f"/disputes/{dispute_id}/correct", data=corrected(key=key_in(form)))
    assert again.status_code == 303


def test_a_second_answer_is_told_who_was_first(town: Town, leader: FlaskClient) -> None:
    dispute_id = disputed(town.community, served(town.community))
    act(town.community, "refuse", dispute_id, by="co_leader", reason="不", now=NOW)
    late = leader.post(f"/disputes/{dispute_id}/correct", data=corrected())
    assert late.status_code == 422
    assert "co_leader has dealt with this dispute" in late.text
    assert 'value="核对过签到表"' in late.text


@pytest.mark.parametrize("answer", ["refuse", "take-back"])
def test_an_answer_needs_a_reason(town: Town, leader: FlaskClient, answer: str) -> None:
    dispute_id = disputed(town.community, served(town.community))
    path = f"/disputes/{dispute_id}/{answer}"
    assert leader.post(path).status_code == 422
    assert leader.post(path, data={"reason": "核对过"}).status_code == 303
    expected = {"refuse": "refused", "take-back": "corrected"}[answer]
    assert state_of(db.session(), dispute_id) == expected


@pytest.mark.parametrize(
    ("who", "page", "answer"),
    [
        ("volunteer", 200, 404),
        ("leader", 200, 200),
        ("co_leader", 200, 200),
        ("organiser", 200, 200),
        ("green_leader", 404, 404),
        ("organiser_below", 404, 404),
        ("visitor", 303, 303),
    ],
)
def test_who_sees_and_answers(town: Town, who: str, page: int, answer: int) -> None:
    dispute_id = disputed(town.community, served(town.community))
    browser = town.browser(who)
    assert browser.get(f"/disputes/{dispute_id}").status_code == page
    for act_ in ("correct", "refuse", "take-back"):
        assert browser.get(f"/disputes/{dispute_id}/{act_}").status_code == answer, act_


def test_a_leaders_own_dispute_is_no_desk_of_theirs(town: Town, leader: FlaskClient) -> None:
    record_id = served(town.community, 0)
    from app.db import transaction
    from app.service.operations import approve

    with transaction() as session:
        approve(session, [record_id], actor=town.community.actor("co_leader"), now=NOW)
    dispute_id = disputed(town.community, record_id, by="leader")
    assert leader.get(f"/disputes/{dispute_id}").status_code == 200
    assert leader.get(f"/disputes/{dispute_id}/refuse").status_code == 404
    assert f"/disputes/{dispute_id}" not in leader.get("/disputes").text
    assert f"/disputes/{dispute_id}" in town.browser("co_leader").get("/disputes").text


def test_asking_back_and_replying(town: Town, leader: FlaskClient, volunteer: FlaskClient) -> None:
    dispute_id = disputed(town.community, served(town.community))
    assert leader.post(f"/disputes/{dispute_id}/say").status_code == 422
    leader.post(f"/disputes/{dispute_id}/say", data={"words": "几点走的？"})
    assert "几点走的？" in volunteer.get(f"/disputes/{dispute_id}").text
    volunteer.post(f"/disputes/{dispute_id}/say", data={"words": "十一点"})
    assert "volunteer replied" in leader.get(f"/disputes/{dispute_id}").text


def test_a_fourth_message_is_refused_in_words_and_kept(town: Town, volunteer: FlaskClient) -> None:
    say = f"/disputes/{disputed(town.community, served(town.community))}/say"
    sent = [volunteer.post(say, data={"words": f"第{i}次"}) for i in range(4)]
    assert [answer.status_code for answer in sent] == [303, 303, 303, 422]
    assert "You have added 3 messages in a row" in sent[3].text
    assert "第3次</textarea>" in sent[3].text


def test_missing_ones_and_wrong_methods(town: Town, leader: FlaskClient) -> None:
    dispute_id = disputed(town.community, served(town.community))
    assert leader.get("/disputes/999999").status_code == 404
    assert leader.post("/disputes/999999/refuse", data={"reason": "x"}).status_code == 404
    assert leader.get(f"/disputes/{dispute_id}/say").status_code == 405
    assert leader.delete(f"/disputes/{dispute_id}/correct").status_code == 405
    assert leader.post("/disputes").status_code == 405


# ── following ─────────────────────────────────────────────────────────────────────────────


def test_a_refusal_is_passed_on_by_the_volunteer(town: Town, volunteer: FlaskClient) -> None:
    dispute_id = disputed(town.community, served(town.community))
    assert "Ask an organiser" not in volunteer.get(f"/disputes/{dispute_id}").text
    act(town.community, "refuse", dispute_id, by="leader", reason="签到表是两小时", now=NOW)
    assert "/pass-on" in volunteer.get(f"/disputes/{dispute_id}").text
    organiser = town.browser("organiser")
    assert "Refused by who had recorded or approved it" in organiser.get("/disputes").text
    passed = volunteer.post(f"/disputes/{dispute_id}/pass-on", data={"words": "请再看看"})
    assert passed.status_code == 303
    assert "With the organiser" in organiser.get("/disputes").text
    leader = town.browser("leader").get(f"/disputes/{dispute_id}").text
    assert "This waits for an organiser" in leader
    assert "/refuse" not in leader


def test_it_can_be_withdrawn_but_not_by_others(town: Town, volunteer: FlaskClient) -> None:
    dispute_id = disputed(town.community, served(town.community))
    assert town.browser("leader").post(f"/disputes/{dispute_id}/withdraw").status_code == 404
    assert volunteer.post(f"/disputes/{dispute_id}/withdraw").status_code == 303
    again = volunteer.post(f"/disputes/{dispute_id}/withdraw")
    assert again.status_code == 422


def test_what_is_over_its_day_is_overdue(make_town: MakeTown) -> None:
    town = make_town(dispute_working_days="1")
    # On a Friday; its one working day was the Monday, and now it is Tuesday.
    disputed(town.community, served(town.community), now=NOW - timedelta(days=4))
    page = town.browser("organiser").get("/disputes").text
    assert "1 dispute is overdue." in page
    assert "1 working day ago" in page


def test_the_thread_stays_on_the_record(town: Town, volunteer: FlaskClient) -> None:
    record_id = served(town.community)
    dispute_id = disputed(town.community, record_id)
    act(town.community, "refuse", dispute_id, by="leader", reason="签到表是两小时", now=NOW)
    page = volunteer.get(f"/records/{record_id}").text
    assert "签到表是两小时" in page
    assert "leader left the record as it is" in page
    assert "Stays as it is" in volunteer.get("/me/ledger").text


def test_no_page_asks_more_for_more_disputes(town: Town) -> None:
    community = town.community
    disputed(community, served(community))
    organiser = town.browser("organiser")
    for path in ("/disputes", "/disputes/1", "/records/1", "/disputes/checked"):
        organiser.get(path)
    with statements() as few:
        organiser.get("/disputes")
    for i in range(1, 6):
        on = ORDINARY_DAY - timedelta(days=i)
        record_id = served(community, service_on=on)
        disputed(community, record_id, wish=wish(community, service_on=on))
    with statements() as many:
        organiser.get("/disputes")
    assert len(many) == len(few) <= 18


def test_overdue_ones_are_told_once_to_organisers(make_town: MakeTown) -> None:
    from app.db import transaction
    from app.disputes.operations.telling import tell_overdue
    from tests.disputes.community import told

    town = make_town(dispute_working_days="1")
    disputed(town.community, served(town.community))
    late = (NOW + timedelta(days=3)).date()
    for _ in range(2):
        with transaction() as session:
            tell_overdue(session, town.community.root_id, late, LATER)
    # Two organisers stand above the team.
    assert told("dispute.overdue") == 2


def test_the_badge_counts_what_one_may_answer(town: Town) -> None:
    from app.disputes.access import count_for

    def counted() -> dict[str, int]:
        names = ("leader", "organiser", "green_leader", "organiser_below", "volunteer")
        db.session.rollback()
        return {who: count_for(town.community.actor(who)).disputes for who in names}

    dispute_id = disputed(town.community, served(town.community))
    elsewhere = dict.fromkeys(("green_leader", "organiser_below", "volunteer"), 0)
    assert counted() == {"leader": 1, "organiser": 1, **elsewhere}
    act(town.community, "refuse", dispute_id, by="leader", reason="不", now=NOW)
    assert counted() == {"leader": 0, "organiser": 0, **elsewhere}
    act(town.community, "pass_on", dispute_id, by="volunteer", words="", now=NOW)
    assert counted() == {"leader": 0, "organiser": 1, **elsewhere}


def test_who_refused_it_is_not_told_to_answer_it_again(town: Town, leader: FlaskClient) -> None:
    community = town.community
    dispute_id = disputed(community, served(community))
    act(community, "refuse", dispute_id, by="leader", reason="签到表是两小时")
    act(community, "pass_on", dispute_id, by="volunteer", words="请再看看")
    with transaction() as session:
        role = {"role": "organiser", "organisation_id": community.root_id}
        login_id = community.actor("leader").login_id
        session.add(Role(login_id=login_id, from_on=date(2025, 1, 1), **role))
    open_, others = 'aria-labelledby="h-open"', 'aria-labelledby="h-others"'
    for client, waits in ((leader, False), (town.browser("organiser"), True)):
        page = client.get("/disputes").text
        assert (open_ in page, others in page) == (waits, not waits)
        assert ('href="/disputes"><span' in client.get("/desk").text) == waits
