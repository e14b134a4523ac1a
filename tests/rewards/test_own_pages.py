"""One's own redemptions: the list, the ticket, taking it back, and the code scanned."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import text

from app.db import db, transaction
from app.people.models import Helper
from app.rewards.operations.settling import cancel, expire_uncollected, hand_over
from tests.qr import read_all
from tests.rewards.shelving import PRICE, balance, give_points, one, redeemed, stock, stocked
from tests.rewards.test_shelf_pages import sent, setting
from tests.service.community import NOW, ORDINARY_DAY
from tests.service.conftest import Town, statements

BUDGET = 18
READER, OTHER = 3, 5
LATE = NOW + timedelta(days=15)


@pytest.fixture
def volunteer(town: Town) -> FlaskClient:
    return town.browser("volunteer")


@pytest.fixture
def taken(town: Town) -> int:
    """A redemption of the volunteer that waits to be collected."""
    give_points(town.community, READER, 400_00)
    done = redeemed(town.community, READER, stocked(town.community), key="first")
    assert done.redemption_id is not None
    return done.redemption_id


def settled(town: Town, redemption_id: int, how: str) -> None:
    """End a redemption at the desk, or by the day's round."""
    desk = town.community.actor("organiser")
    with transaction() as session:
        if how == "collected":
            hand_over(session, redemption_id, actor=desk, now=NOW, key=how)
        elif how == "cancelled":
            cancel(session, redemption_id, actor=desk, now=NOW, reason="瓶子破了", key=how)
        else:
            expire_uncollected(session, redemption_id, now=LATE)


# ── the ticket ────────────────────────────────────────────────────────────────────────────


def test_the_ticket_says_code_day_and_place(town: Town, volunteer: FlaskClient, taken: int) -> None:
    setting(town, "pick_up_place", "一楼核销台")
    setting(town, "pick_up_hours", "9:00—11:30")
    page = volunteer.get(f"/rewards/mine/{taken}").text
    code = one("SELECT code FROM redemptions")
    shown = f">{code[:3]} {code[3:]}<"
    aloud = f'aria-label="Pick-up code {" ".join(code)}"'
    for said in (shown, aloud, "Feb 17 Tue", "一楼核销台", "9:00—11:30", "160 points taken"):
        assert said in page, said


def test_its_qr_leads_to_the_token_s_address(
    town: Town, volunteer: FlaskClient, taken: int
) -> None:
    page = volunteer.get(f"/rewards/mine/{taken}").text
    token = one("SELECT token FROM redemptions")
    (said,) = read_all(page)
    assert said.endswith(f"/r/{token}")
    assert token not in page


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("collected", "Handed over on Feb 3, 2026 Tue."),
        ("cancelled", "Reason: 瓶子破了"),
        ("expired", "Nobody came for it in time"),
    ],
)
def test_what_has_ended_shows_no_code(
    town: Town, volunteer: FlaskClient, taken: int, how: str, said: str
) -> None:
    settled(town, taken, how)
    page = volunteer.get(f"/rewards/mine/{taken}").text
    code = one("SELECT code FROM redemptions")
    assert said in page
    assert f"{code[:3]} {code[3:]}" not in page
    assert "<svg" not in page.split('class="q-ticketqr"')[1] if "q-ticketqr" in page else True


def test_past_its_day_it_shows_no_code_even_before_the_round(
    town: Town, volunteer: FlaskClient, taken: int
) -> None:
    with time_machine.travel(LATE, tick=False):
        page = volunteer.get(f"/rewards/mine/{taken}").text
    assert "The last day to collect this has passed" in page
    assert "q-code" not in page


def test_a_ticket_is_nobody_else_s(town: Town, taken: int) -> None:
    for name in ("leader", "green_leader", "organiser_too"):
        browser = town.browser(name)
        assert browser.get(f"/rewards/mine/{taken}").status_code == 404
        assert browser.get(f"/rewards/mine/{taken}/cancel").status_code == 404
        assert browser.post(f"/rewards/mine/{taken}/cancel").status_code == 404
    assert one("SELECT state FROM redemptions") == "to_collect"


def test_a_helper_sees_the_ward_s_ticket(town: Town, volunteer: FlaskClient) -> None:
    give_points(town.community, OTHER, PRICE)
    done = redeemed(town.community, OTHER, stocked(town.community))
    path = f"/rewards/mine/{done.redemption_id}"
    assert volunteer.get(path).status_code == 404
    helper = {"volunteer_id": town.people[OTHER], "helper_id": town.people[READER]}
    with transaction() as session:
        session.add(Helper(kind="helper", from_on=ORDINARY_DAY, **helper))
    assert "谷雨" in volunteer.get(path).text


# ── taking it back ────────────────────────────────────────────────────────────────────────


def test_taking_it_back_asks_first_and_gives_everything_back(
    town: Town, volunteer: FlaskClient, taken: int
) -> None:
    path = f"/rewards/mine/{taken}/cancel"
    page = volunteer.get(path).text
    assert "160 points come back to 春分" in page
    assert balance(town.community, READER) == 400_00 - PRICE
    done = volunteer.post(path, data=sent(page), follow_redirects=True).text
    assert "Cancelled. 160 points are back." in done
    assert balance(town.community, READER) == 400_00
    assert stock(1) == (5, 0)


def test_a_double_tap_takes_back_once(town: Town, volunteer: FlaskClient, taken: int) -> None:
    path = f"/rewards/mine/{taken}/cancel"
    form = sent(volunteer.get(path).text)
    assert [volunteer.post(path, data=form).status_code for _ in range(2)] == [303, 303]
    assert balance(town.community, READER) == 400_00


@pytest.mark.parametrize(
    ("how", "said"), [("collected", "was collected on"), ("expired", "was to be collected by")]
)
def test_what_has_ended_meanwhile_is_told(
    town: Town, volunteer: FlaskClient, taken: int, how: str, said: str
) -> None:
    path = f"/rewards/mine/{taken}/cancel"
    form = sent(volunteer.get(path).text)
    settled(town, taken, how)
    answer = volunteer.post(path, data=form)
    assert answer.status_code == 422
    assert said in answer.text
    assert volunteer.get(path).status_code == 303


# ── the list ──────────────────────────────────────────────────────────────────────────────


def test_the_list_tells_each_state_with_its_dates(
    town: Town, volunteer: FlaskClient, taken: int
) -> None:
    other = redeemed(town.community, READER, stocked(town.community, name="毛巾"))
    assert other.redemption_id is not None
    settled(town, other.redemption_id, "cancelled")
    page = volunteer.get("/rewards/mine").text
    for said in ("to collect by Feb 17", "cancelled Feb 3", "points given back", "To collect 1"):
        assert said in page, said
    only = volunteer.get("/rewards/mine?show=cancelled").text
    assert "毛巾" in only
    assert "洗衣液" not in only


def test_an_empty_list_says_what_will_be_there(volunteer: FlaskClient) -> None:
    assert "Nothing redeemed yet" in volunteer.get("/rewards/mine").text
    assert "Nothing redeemed yet" in volunteer.get("/rewards/mine?show=expired").text


def test_the_shelf_leads_to_what_waits(volunteer: FlaskClient, taken: int) -> None:
    page = volunteer.get("/rewards").text
    assert "1 to collect: 洗衣液 2 kg" in page
    assert f'href="/rewards/mine/{taken}"' in page


@pytest.mark.parametrize(
    "path", ["/rewards/mine", "/rewards/mine/{id}", "/rewards/mine/{id}/cancel"]
)
def test_the_pages_ask_seldom(volunteer: FlaskClient, taken: int, path: str) -> None:
    volunteer.get(path.format(id=taken))
    with statements() as asked:
        volunteer.get(path.format(id=taken))
    assert len(asked) <= BUDGET


# ── the code scanned ──────────────────────────────────────────────────────────────────────


def token() -> str:
    return str(one("SELECT token FROM redemptions"))


def test_the_owner_s_scan_leads_to_the_ticket(volunteer: FlaskClient, taken: int) -> None:
    assert volunteer.get(f"/r/{token()}").headers["Location"] == f"/rewards/mine/{taken}"


@pytest.mark.parametrize("name", ["organiser", "organiser_too", "leader"])
def test_the_desk_s_scan_leads_to_the_hand_over(town: Town, taken: int, name: str) -> None:
    answer = town.browser(name).get(f"/r/{token()}")
    assert answer.headers["Location"] == f"/pick-up/{taken}"


def test_a_stranger_s_scan_finds_nothing(town: Town, taken: int) -> None:
    with transaction() as session:
        session.execute(text("UPDATE memberships SET until_on = '2026-01-01' WHERE team_id = 2"))
    assert town.browser("green_leader").get(f"/r/{token()}").status_code == 404
    assert town.browser("organiser_below").get(f"/r/{token()}").status_code == 404


@pytest.mark.parametrize("wild", ["x", "'", "%E6%9D%8E", "a" * 5000, "..", "%00"])
def test_a_wild_token_finds_nothing(volunteer: FlaskClient, wild: str) -> None:
    assert volunteer.get(f"/r/{wild}").status_code in (400, 404)


def test_a_visitor_signs_in_first_and_the_token_leaves_the_address(
    town: Town, taken: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret, visitor = token(), town.browser("visitor")
    answer = visitor.get(f"/r/{secret}")
    assert answer.headers["Location"] == "/sign-in?next=%2Fr"
    signed_in = town.browser("volunteer")
    signed_in.set_cookie("qicai_ticket", visitor.get_cookie("qicai_ticket").value)  # type: ignore[union-attr]
    assert signed_in.get("/r").headers["Location"] == f"/rewards/mine/{taken}"
    assert secret not in caplog.text
    assert one("SELECT count(*) FROM trail WHERE after LIKE :it", it=f"%{secret}%") == 0


def test_what_was_scanned_is_forgotten_after_a_quarter_of_an_hour(town: Town, taken: int) -> None:
    visitor = town.browser("visitor")
    visitor.get(f"/r/{token()}")
    kept = visitor.get_cookie("qicai_ticket")
    assert kept is not None
    with time_machine.travel(NOW + timedelta(minutes=16), tick=False):
        browser = town.browser("volunteer")
        browser.set_cookie("qicai_ticket", kept.value)
        assert browser.get("/r").status_code == 404
        browser.set_cookie("qicai_ticket", "forged")
        assert browser.get("/r").status_code == 404


# ── the passbook ──────────────────────────────────────────────────────────────────────────


def test_a_line_names_what_was_redeemed_and_leads_to_it(
    town: Town, volunteer: FlaskClient, taken: int
) -> None:
    page = volunteer.get("/me/ledger").text
    assert "Redemption: 洗衣液 2 kg" in page
    assert "Redeemed on the reward shelf: 洗衣液 2 kg × 1" in page
    assert f'href="/rewards/mine/{taken}"' in page
    entry = one("SELECT entry_id FROM redemptions")
    assert f"/me/ledger?show=redemptions#e{entry}" in volunteer.get(f"/rewards/mine/{taken}").text


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("cancelled", "Cancelled and given back: 洗衣液 2 kg × 1. Reason: 瓶子破了"),
        ("expired", "Not collected in time and given back: 洗衣液 2 kg × 1"),
    ],
)
def test_points_that_came_back_say_why(
    town: Town, volunteer: FlaskClient, taken: int, how: str, said: str
) -> None:
    settled(town, taken, how)
    page = volunteer.get("/me/ledger?show=redemptions").text
    assert said in page
    assert "Refund: 洗衣液 2 kg" in page
    assert "Gives back entry" in page


def test_only_redemptions_are_shown_when_asked(
    town: Town, volunteer: FlaskClient, taken: int
) -> None:
    town.community.logged(town.community.line(READER, 120))
    assert "清扫" in volunteer.get("/me/ledger").text
    page = volunteer.get("/me/ledger?show=redemptions").text
    assert "清扫" not in page
    assert "洗衣液" in page
    assert "洗衣液" not in volunteer.get("/me/ledger?show=service").text


def test_an_organiser_reads_the_line_without_the_ticket(town: Town, taken: int) -> None:
    number = one("SELECT number FROM volunteers WHERE id = :id", id=town.people[READER])
    page = town.browser("organiser").get(f"/volunteers/{number}/passbook").text
    assert "洗衣液" in page
    assert f"/rewards/mine/{taken}" not in page


def test_the_command_says_the_same_sentence(town: Town, taken: int) -> None:
    number = one("SELECT number FROM volunteers WHERE id = :id", id=town.people[READER])
    db.session.rollback()
    said = town.app.test_cli_runner().invoke(args=["passbook", number, "--json"]).output
    assert "洗衣液 2 kg × 1" in said
