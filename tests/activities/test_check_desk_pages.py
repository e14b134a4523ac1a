"""The leader's pages of check-in: the code, the list, times, a scanned card."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine

from app.activities.models import CheckIn
from app.db import db, transaction
from app.people.models import Volunteer
from app.people.operations import make_cards
from app.people.rules.passwords import card_token
from tests.activities.checks import BEGINS_AT, ENDS_AT, announced, checked, codes
from tests.service.community import make_community
from tests.service.conftest import key_in, statements
from tests.service.conftest import make_town as make_town
from tests.service.conftest import town as town

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SEED = b"a seed of the tests, of 32 bytes"


@pytest.fixture
def clock(town):
    with time_machine.travel(BEGINS_AT + HOUR, tick=False) as traveller:
        yield traveller


@pytest.fixture
def activity_id(town, clock) -> int:
    return announced(town.community)


@pytest.fixture
def client(town, clock):
    return town.browser("leader")


def came() -> list[CheckIn]:
    db.session.rollback()
    return db.session.query(CheckIn).order_by(CheckIn.volunteer_id).all()


# ── the code ──────────────────────────────────────────────────────────────────────────────


def test_the_screen_shows_the_code_of_this_moment(client, activity_id, clock):
    page = client.get(f"/activities/{activity_id}/code").text
    first = re.search(r'q-scan__typed q-num">(\w{3} \w{3})<', page)
    assert first
    assert "<svg" in page
    assert "9:33" in page
    clock.shift(30)
    fresh = client.get(f"/activities/{activity_id}/code/now").text
    assert "<html" not in fresh
    assert first[1] not in fresh


def test_the_screen_counts_who_is_in(client, town, activity_id):
    checked(town.community, codes(activity_id)[1])
    assert '<b class="q-num">1</b> person' in client.get(f"/activities/{activity_id}/code/now").text


def test_the_screen_says_how_a_stranger_s_scan_is_stopped(client, town, activity_id):
    screen, paper = codes(activity_id, BEGINS_AT + HOUR)
    assert client.post(f"/activities/{activity_id}/code/renew").status_code == 303
    for token in (screen, paper):
        assert town.browser("visitor").get(f"/in/{token}").status_code == 422


def test_the_paper_is_marked_as_weak(client, activity_id):
    page = client.get(f"/activities/{activity_id}/code/paper").text
    assert "Weak" in page
    assert "Paper code" in page


def test_a_draft_shows_no_code(client, town, clock):
    draft = announced(town.community, publish=False)
    page = client.get(f"/activities/{draft}/code").text
    assert "has not been announced" in page
    assert "q-scan__typed" not in page


# ── the list ──────────────────────────────────────────────────────────────────────────────


def tick(client, activity_id, wants, *people, **more):
    data = {"present": list(people), "wants": wants, **more}
    return client.post(f"/activities/{activity_id}/check-in", data=data)


def test_several_are_ticked_in_and_out(client, town, activity_id, clock):
    people = town.people[3:6]
    assert tick(client, activity_id, "in", *people).status_code == 303
    clock.move_to(ENDS_AT)
    assert tick(client, activity_id, "out", *people[:2]).status_code == 303
    assert [row.out_at for row in came()] == [ENDS_AT, ENDS_AT, None]
    assert "by the leader" in client.get(f"/activities/{activity_id}/check-in").text


def test_somebody_forgot_and_the_leader_says_when(client, town, activity_id):
    assert tick(client, activity_id, "in", town.people[3], at="08:45").status_code == 303
    assert came()[0].in_at == BEGINS_AT + 15 * MINUTE


@pytest.mark.parametrize("at", ["25:00", "x", "03:00", "11:00"])
def test_a_time_that_cannot_be_is_told_and_the_ticks_stay(client, town, activity_id, at):
    answer = tick(client, activity_id, "in", town.people[3], at=at)
    assert answer.status_code == 422
    assert f'value="{town.people[3]}" id="present-{town.people[3]}" checked' in answer.text
    assert came() == []


def test_whoever_came_without_sign_up_is_found_by_number(client, town, activity_id):
    assert tick(client, activity_id, "in", number="tx00008").status_code == 303
    assert [row.volunteer_id for row in came()] == [town.people[7]]
    page = client.get(f"/activities/{activity_id}/check-in").text
    assert "Without sign-up" in page
    assert "Guest" in page


def test_a_number_of_nobody_here_is_told(client, town, activity_id):
    make_community(db.session(), code="BY")
    for number in ("TX99999", "BY00004"):
        answer = tick(client, activity_id, "in", number=number)
        assert answer.status_code == 422
        assert "nobody here with the number" in answer.text


@pytest.mark.parametrize("data", [{}, {"wants": "in"}, {"wants": "up", "present": "1"}])
def test_a_bad_tick_changes_nothing(client, activity_id, data):
    assert client.post(f"/activities/{activity_id}/check-in", data=data).status_code == 422
    assert came() == []


def test_a_double_tap_ticks_once(client, town, activity_id):
    key = key_in(client.get(f"/activities/{activity_id}/check-in").text)
    for _ in range(2):
        assert tick(client, activity_id, "in", town.people[3], key=key).status_code == 303
    assert len(came()) == 1


def test_one_phone_for_several_is_noted_beside_the_names(client, town, activity_id):
    for place in (3, 4):
        checked(town.community, codes(activity_id)[1], place, device="family phone")
    page = client.get(f"/activities/{activity_id}/check-in").text
    assert page.count("One phone for 2 people") == 2


# ── one person's times ────────────────────────────────────────────────────────────────────


def fields(page: str) -> dict[str, str]:
    """Return what the form of somebody's times would send as it stands."""
    names = "in_clock|out_clock|in_shown|out_shown"
    inputs = re.findall(rf'<input[^>]* name="(?:{names})"[^>]*>', page)
    found = [
        (re.search(r'name="(\w+)"', one), re.search(r'value="([^"]*)"', one)) for one in inputs
    ]
    return {name[1]: value[1] if value else "" for name, value in found if name}


def timed(client, path, **typed):
    return client.post(path, data={**fields(client.get(path).text), **typed})


def test_times_are_written_down_and_unchanged_ones_keep_their_way(client, town, activity_id):
    at = BEGINS_AT + timedelta(seconds=17)
    checked(town.community, codes(activity_id)[1], at=at)
    path = f"/activities/{activity_id}/check-in/{town.people[3]}"
    assert 'value="08:30"' in client.get(path).text
    assert timed(client, path, out_clock="09:15").status_code == 303
    (row,) = came()
    assert (row.in_at, row.in_by) == (at, "paper_code")
    assert (row.out_at, row.out_by) == (BEGINS_AT + 45 * MINUTE, "leader")


def test_a_check_out_by_code_meanwhile_is_shown_before_anything_is_saved(
    client, town, activity_id, clock
):
    path = f"/activities/{activity_id}/check-in/{town.people[3]}"
    checked(town.community, codes(activity_id)[1], at=BEGINS_AT)
    shown = fields(client.get(path).text)
    out_at = BEGINS_AT + 50 * MINUTE
    checked(town.community, codes(activity_id)[1], at=out_at, wants="out")
    answer = client.post(path, data={**shown, "in_clock": "08:25"})
    assert answer.status_code == 422
    assert "changed meanwhile" in answer.text
    assert (came()[0].in_at, came()[0].out_at) == (BEGINS_AT, out_at)
    again = fields(answer.text)
    assert (again["in_clock"], again["out_clock"]) == ("08:25", "09:20")
    assert client.post(path, data=again).status_code == 303
    (row,) = came()
    assert (row.in_by, row.out_at, row.out_by) == ("leader", out_at, "paper_code")


def test_a_double_tap_on_times_says_nothing_twice(client, town, activity_id):
    path = f"/activities/{activity_id}/check-in/{town.people[3]}"
    checked(town.community, codes(activity_id)[1], at=BEGINS_AT)
    data = {**fields(client.get(path).text), "out_clock": "09:15"}
    assert [client.post(path, data=data).status_code for _ in range(2)] == [303, 303]


@pytest.mark.parametrize("shown", ["x", "2026-03-28", "2026-03-28T08:30:00"])
def test_a_bent_word_of_what_was_shown_saves_nothing(client, town, activity_id, shown):
    path = f"/activities/{activity_id}/check-in/{town.people[3]}"
    checked(town.community, codes(activity_id)[1], at=BEGINS_AT)
    answer = client.post(path, data={"in_clock": "08:40", "in_shown": shown})
    assert (answer.status_code, came()[0].in_at) == (422, BEGINS_AT)


def test_times_nobody_can_have_are_told(client, town, activity_id):
    path = f"/activities/{activity_id}/check-in/{town.people[3]}"
    answer = client.post(path, data={"in_clock": "09:00", "out_clock": "08:40"})
    assert answer.status_code == 422
    assert "Nobody goes before they come" in answer.text
    assert client.post(path, data={}).status_code == 422
    assert came() == []


def test_a_mistaken_tick_is_taken_back(client, town, activity_id):
    tick(client, activity_id, "in", town.people[3])
    path = f"/activities/{activity_id}/check-in/{town.people[3]}"
    assert "Take it back" in client.get(path).text
    client.post(f"{path}/take-back")
    assert came() == []
    again = client.post(f"{path}/take-back", follow_redirects=True)
    assert "has not checked in yet" in again.text


@pytest.mark.parametrize(
    "path", ["code", "code/now", "code/paper", "check-in", "check-in/{person}"]
)
def test_another_team_s_leader_finds_nothing(town, activity_id, path):
    for name, status in (("green_leader", 404), ("volunteer", 404), ("co_leader", 200)):
        address = f"/activities/{activity_id}/{path.format(person=town.people[3])}"
        assert town.browser(name).get(address).status_code == status


def test_walking_the_desk_tells_a_leader_no_names(client, town, activity_id):
    stranger, desk = town.people[7], f"/activities/{activity_id}/check-in"
    assert client.get(f"{desk}/{stranger}").status_code == 404
    assert client.post(f"{desk}/{stranger}/take-back").status_code == 404
    for wants in ("in", "out"):
        assert tick(client, activity_id, wants, stranger).status_code == 404
    answer = tick(client, activity_id, "out", number="TX00008")
    assert "TX00008 has not checked in yet" in answer.text
    assert "小满" not in answer.text
    assert came() == []


def test_a_guest_who_came_is_named_from_then_on(client, town, activity_id):
    assert tick(client, activity_id, "in", number="TX00008").status_code == 303
    assert "小满" in client.get(f"/activities/{activity_id}/check-in/{town.people[7]}").text


def test_somebody_of_another_tree_has_no_times_here(client, town, activity_id):
    stranger = make_community(db.session(), code="BY").volunteers[3]
    path = f"/activities/{activity_id}/check-in/{stranger}"
    assert client.get(path).status_code == 404
    assert client.post(path, data={"in_clock": "08:30"}).status_code == 404
    assert client.post(f"{path}/take-back").status_code == 404


# ── a scanned card ────────────────────────────────────────────────────────────────────────


def card_of(town, person) -> str:
    organiser = town.community.actor("organiser").login_id
    with transaction() as session:
        make_cards(session, [person], seed=SEED, actor_id=organiser, now=BEGINS_AT)
    return f"/card/{card_token(SEED, person)}"


def test_a_leader_scans_a_card_and_checks_its_owner_in_and_out(client, town, activity_id, clock):
    card = card_of(town, town.people[7])
    assert client.get(card).location == "/check-in/card"
    page = client.get("/check-in/card").text
    assert "小满" in page
    assert "TX00008" in page
    sent = client.post("/check-in/card", data={"activity": activity_id, "wants": "in"})
    assert sent.location == f"/activities/{activity_id}/check-in"
    clock.move_to(ENDS_AT)
    client.get(card)
    client.post("/check-in/card", data={"activity": activity_id, "wants": "out"})
    (row,) = came()
    assert (row.in_by, row.out_by, row.out_at) == ("card", "card", ENDS_AT)


def test_the_card_is_put_away_afterwards(client, town, activity_id):
    client.get(card_of(town, town.people[7]))
    client.post("/check-in/card", data={"activity": activity_id, "wants": "in"})
    assert client.get("/check-in/card").location == "/sign-in"


def test_nobody_else_is_offered_anything_by_a_card(town, activity_id):
    card = card_of(town, town.people[7])
    for name in ("green_leader", "volunteer", "visitor"):
        assert town.browser(name).get(card).location == "/card", name


def test_without_an_activity_on_a_leader_s_scan_is_as_anybody_s(client, town, activity_id, clock):
    clock.shift(timedelta(days=1))
    assert client.get(card_of(town, town.people[7])).location == "/card"


def test_a_card_of_another_tree_names_nobody(client, town, activity_id):
    stranger = make_community(db.session(), code="BY").volunteers[7]
    with transaction() as session:
        session.get_one(Volunteer, stranger).name = "大寒"
    client.get(card_of(town, stranger))
    answer = client.get("/check-in/card")
    assert answer.location == "/card"
    assert "大寒" not in client.get("/card").text
    data = {"activity": activity_id, "wants": "in"}
    assert client.post("/check-in/card", data=data).location == "/card"
    assert came() == []


def test_a_card_opens_only_what_was_offered(client, town, activity_id):
    client.get(card_of(town, town.people[7]))
    data = {"activity": activity_id + 1000, "wants": "in"}
    assert client.post("/check-in/card", data=data).status_code == 404
    assert client.post("/check-in/card", data={"activity": activity_id}).status_code == 422


# ── budgets ───────────────────────────────────────────────────────────────────────────────


def test_pages_stay_within_their_budget_however_many_came(client, town, activity_id):
    for place in range(3, 8):
        checked(town.community, codes(activity_id)[1], place)
    client.get(f"/activities/{activity_id}/check-in")
    for path in ("code", "code/now", "code/paper", "check-in", f"check-in/{town.people[3]}"):
        with statements() as sent:
            assert client.get(f"/activities/{activity_id}/{path}").status_code == 200
        assert len(sent) <= 18, (path, len(sent))
