"""The pages of claims: sent, told plainly, kept as typed; the photo to those who may see it."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.db import transaction
from app.people.models import Helper
from app.pictures.apart import shrink_apart
from tests.claims.conftest import photo
from tests.service.community import NOW, ORDINARY_DAY, SERVICE_DAY, check_books
from tests.service.conftest import Town, key_in, statements

NEW = "/me/claims/new"
MINE = "/me/claims"


def form(**more: Any) -> dict[str, Any]:
    given = {
        "key": "k", "service_on": ORDINARY_DAY.isoformat(), "team": "TX-red", "hours": "2",
        "content": "给小满修收音机", "place": "三号楼", "note": "下午",
    }  # fmt: skip
    return {**given, **more}


def with_photo(content: bytes | None = None, name: str = "a.jpg") -> dict[str, Any]:
    return {"photo": (io.BytesIO(photo() if content is None else content), name)}


def send(browser: FlaskClient, path: str = NEW, **more: Any) -> Any:
    return browser.post(
        path, data=form(**more), content_type="multipart/form-data", follow_redirects=True
    )


def last(town: Town) -> int:
    return int(town.one("SELECT max(id) FROM service_records"))


@pytest.fixture
def volunteer(town: Town) -> FlaskClient:
    return town.browser("volunteer")


# ── sending one ───────────────────────────────────────────────────────────────────────────


def test_the_form_says_until_when_the_leader_decides(volunteer: FlaskClient) -> None:
    page = volunteer.get(NEW).text
    # Ten working days before Tuesday 3 February 2026, over a weekend that is worked.
    assert "From Jan 20 Tue on the team" in page
    assert "leader decides; about earlier days an organiser" in page
    assert 'value="2026-02-03"' in page
    assert '<optgroup label="My teams">' in page


def test_a_claim_is_sent_and_listed(town: Town, volunteer: FlaskClient) -> None:
    page = send(volunteer, **with_photo()).text
    assert "The team&#39;s leader decides" in page
    for said in ("给小满修收音机", "2 hours", "Waiting for review", "Withdraw", "/pictures/"):
        assert said in page, said
    assert town.count("evidence = 'claimed' AND waits_reason = 'claim'") == 1


def test_from_and_to_across_midnight(town: Town, volunteer: FlaskClient) -> None:
    send(volunteer, hours="", starts="23:00", ends="01:30", next_day="y")
    assert town.one("SELECT sum(minutes) FROM service_records") == 150
    assert town.count() == 2


def test_a_late_claim_is_told_to_go_to_an_organiser(volunteer: FlaskClient) -> None:
    assert "It came late, so an organiser decides" in send(volunteer, service_on="2026-01-02").text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"service_on": "2026-02-09"}, "lies in the future"),
        ({"service_on": "morgen"}, "Fill in a date such as"),
        ({"hours": ""}, "Fill in the hours, or from when to when."),
        ({"hours": "zwei"}, "Fill in hours such as 2 or 2.5."),
        ({"hours": "13"}, "A day holds at most"),
        ({"hours": "", "starts": "9:00"}, "Fill in the hours, or from when to when."),
        ({"hours": "", "starts": "9:00", "ends": "8:00"}, "The end lies after the start"),
        ({"hours": "3", "starts": "9:00", "ends": "10:00"}, "it is 1 hour, not 3."),
        ({"content": ""}, "Say in a few words what you did."),
        ({"team": "TX-none"}, "Not a valid choice"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    town: Town, volunteer: FlaskClient, wrong: dict[str, str], said: str
) -> None:
    answer = send(volunteer, **wrong)
    assert answer.status_code == 422
    assert said in answer.text
    assert "三号楼" in answer.text
    assert town.count() == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello", "no photo that can be read here"),
        (b"\0\0\0\x18ftypheic", "HEIC"),
        (photo()[:-60], "damaged or incomplete"),
    ],
)
def test_a_bad_photo_is_said_and_nothing_is_kept(
    town: Town, volunteer: FlaskClient, content: bytes, said: str
) -> None:
    answer = send(volunteer, **with_photo(content))
    assert answer.status_code == 422
    assert said in answer.text
    assert "Choose the photo again" in answer.text
    assert town.one("SELECT count(*) FROM pictures") == 0


def test_no_picture_without_its_claim(town: Town, volunteer: FlaskClient) -> None:
    send(volunteer, hours="13", **with_photo())
    assert town.one("SELECT count(*) FROM pictures") == 0


def held_in(page: str) -> str:
    found = re.search(r'name="photo_token" value="([^"]+)" id="photo-held" checked', page)
    assert found, "the page carries the photo along"
    return unescape(found[1])


@pytest.mark.parametrize("wrong", [{"hours": "13"}, {"content": ""}])
def test_a_refused_form_keeps_its_photo(
    town: Town, volunteer: FlaskClient, wrong: dict[str, str]
) -> None:
    refused = send(volunteer, **wrong, **with_photo())
    assert refused.status_code == 422
    again = send(volunteer, key=key_in(refused.text), photo_token=held_in(refused.text))
    assert "/pictures/" in again.text
    # The same pixels, so the same photo is known again elsewhere.
    plain = shrink_apart(photo())
    assert town.one("SELECT sha256 FROM pictures") == plain.sha256


def test_a_photo_kept_may_be_left_out_or_replaced(town: Town, volunteer: FlaskClient) -> None:
    refused = send(volunteer, content="", **with_photo())
    held = held_in(refused.text)
    other = photo(colour="blue")
    send(volunteer, key=key_in(refused.text), photo_token=held, **with_photo(other))
    assert town.one("SELECT sha256 FROM pictures") == shrink_apart(other).sha256
    send(volunteer, key="without", content="没有照片", further="y")
    assert town.one("SELECT count(*) FROM pictures") == 1


def test_a_photo_kept_is_nobody_else_s_and_cannot_be_bent(town: Town) -> None:
    held = held_in(send(town.browser("volunteer"), content="", **with_photo()).text)
    send(town.browser("leader"), photo_token=held)
    send(town.browser("volunteer"), photo_token=held.replace("|", "|0", 1))
    send(town.browser("volunteer"), key="k2", photo_token="nothing", further="y", hours="1")
    assert town.one("SELECT count(*) FROM pictures") == 0


def test_a_double_tap_and_back_are_told(town: Town, volunteer: FlaskClient) -> None:
    send(volunteer)
    assert "sent before; nothing was added" in send(volunteer).text
    changed = send(volunteer, hours="3")
    assert changed.status_code == 422
    asked = send(volunteer, hours="3", key=key_in(changed.text))
    assert "there is a record with this team already" in asked.text
    assert 'name="further"' in asked.text
    assert town.count() == 1
    send(volunteer, hours="3", key=key_in(asked.text), further="y")
    assert town.count() == 2


def test_a_helper_claims_for_the_ward(town: Town) -> None:
    with transaction() as session:
        session.add(
            Helper(
                volunteer_id=town.people[5], helper_id=town.people[3], kind="guardian",
                from_on=ORDINARY_DAY,
            )
        )  # fmt: skip
    browser = town.browser("volunteer")
    browser.post(f"/me/acting/{town.people[5]}/begin")
    assert "You claim for 谷雨." in browser.get(NEW).text
    send(browser)
    assert town.one("SELECT volunteer_id FROM service_records") == town.people[5]
    assert (
        town.one("SELECT on_behalf_of_id FROM trail WHERE operation = 'service_record.claim'")
        == (town.people[5])
    )


# ── one's own list ────────────────────────────────────────────────────────────────────────


def test_withdrawing_asks_once_and_then_it_may_be_sent_again(
    town: Town, volunteer: FlaskClient
) -> None:
    send(volunteer, **with_photo())
    path = f"/me/claims/{last(town)}/withdraw"
    assert "Withdraw this claim?" in volunteer.get(path).text
    page = volunteer.post(path, data={"key": "w"}, follow_redirects=True).text
    assert "Withdrawn by the volunteer." in page
    again = volunteer.get(f"{NEW}?again={last(town)}").text
    assert "给小满修收音机" in again
    assert 'name="keep_photo"' in again
    assert volunteer.get("/waiting").status_code == 404
    assert volunteer.post(path, data={"key": "x"}).status_code == 422


def test_sending_again_says_why_it_came_back(town: Town, volunteer: FlaskClient) -> None:
    send(volunteer, **with_photo())
    first = last(town)
    town.browser("leader").post(f"/records/{first}/send-back", data={"key": "r", "reason": "哪天"})
    assert "哪天" in volunteer.get(f"{NEW}?again={first}").text
    send(volunteer, f"{NEW}?again={first}", key="again", keep_photo="y", hours="1")
    assert town.one("SELECT count(DISTINCT picture_id) FROM claims") == 1
    page = volunteer.get(MINE).text
    assert "Sent again" in page
    assert f"again={first}" not in page


@pytest.mark.parametrize("again", ["999999", "abc", "-1", "1e3"])
def test_nothing_to_send_again_is_not_found(volunteer: FlaskClient, again: str) -> None:
    assert volunteer.get(f"{NEW}?again={again}").status_code == 404


# ── the leader's side ─────────────────────────────────────────────────────────────────────


def test_the_desk_shows_the_photo_and_that_it_came_before(
    town: Town, volunteer: FlaskClient
) -> None:
    send(volunteer, **with_photo())
    send(volunteer, key="k2", service_on=SERVICE_DAY.isoformat(), **with_photo())
    page = town.browser("leader").get("/waiting").text
    assert page.count("/pictures/") >= 2
    assert "The same photo came with another claim of this person" in page
    assert "Let only part of it count" in page
    # Neither is approved along with what raises no question.
    assert 'name="clean"' not in page


def test_the_record_shows_the_photo_to_its_owner_without_suspicion(
    town: Town, volunteer: FlaskClient
) -> None:
    send(volunteer, **with_photo())
    send(volunteer, key="k2", service_on=SERVICE_DAY.isoformat(), **with_photo())
    page = volunteer.get(f"/records/{last(town)}").text
    assert "/pictures/" in page
    assert "The same photo" not in page
    assert "/split" not in page


def parts(**more: str) -> dict[str, str]:
    given = {
        f"{name}_{place}": value
        for place in range(3)
        for name, value in {
            "service_on": ORDINARY_DAY.isoformat(), "team": "TX-red", "hours": "",
            "starts": "", "content": "修收音机",
        }.items()
    }  # fmt: skip
    return {**given, "key": "s", "reason": "午饭不算", **more}


def test_a_leader_splits_a_claim(town: Town, volunteer: FlaskClient) -> None:
    send(volunteer, hours="6")
    path = f"/records/{last(town)}/split"
    leader = town.browser("leader")
    assert "6 hours claimed" in leader.get(path).text
    sent = parts(hours_0="2", hours_1="1", service_on_1=SERVICE_DAY.isoformat())
    page = leader.post(path, data=sent, follow_redirects=True).text
    assert "Part of claim" in page
    assert town.one("SELECT sum(minutes) FROM service_records WHERE state = 'approved'") == 180
    mine = volunteer.get(MINE).text
    assert "3 hours of it count" in mine
    assert "午饭不算" in mine
    assert mine.count('class="q-wait"') == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "Fill in the hours of at least one part."),
        ({"hours_0": "7"}, "the claim has 360"),
        ({"hours_0": "2", "reason": ""}, "Fill in the reason."),
        ({"hours_0": "2", "service_on_0": ""}, "Fill in a date such as"),
        ({"hours_0": "2", "service_on_0": "2026-02-09"}, "lies in the future"),
        ({"hours_0": "6", "content_0": "给小满修收音机"}, "Approve it instead"),
    ],
)
def test_a_split_refused_is_said_and_kept(
    town: Town, volunteer: FlaskClient, wrong: dict[str, str], said: str
) -> None:
    send(volunteer, hours="6")
    path = f"/records/{last(town)}/split"
    answer = town.browser("leader").post(path, data=parts(**wrong))
    assert answer.status_code == 422
    assert said in answer.text
    assert town.count("state = 'submitted'") == 1


def test_splitting_what_is_settled_is_told(town: Town, volunteer: FlaskClient) -> None:
    send(volunteer, hours="6")
    path = f"/records/{last(town)}/split"
    approve = {"key": "a", "record": last(town), "do": "approve"}
    town.browser("co_leader").post("/waiting", data=approve)
    answer = town.browser("leader").post(path, data=parts(hours_0="2"))
    assert "Somebody has dealt with this record" in answer.text
    check_books_of(town)


def check_books_of(town: Town) -> None:
    from app.db import db

    check_books(db.session())


def test_an_entry_is_no_claim_to_split_or_withdraw(town: Town) -> None:
    record_id = town.community.logged(town.community.line(0)).record_ids[0]
    assert town.browser("co_leader").get(f"/records/{record_id}/split").status_code == 404
    assert town.browser("leader").get(f"/me/claims/{record_id}/withdraw").status_code == 404


# ── the picture itself ────────────────────────────────────────────────────────────────────


def picture_of(town: Town) -> str:
    return f"/pictures/{town.one('SELECT max(id) FROM pictures')}/small"


def test_a_picture_comes_bare_and_is_asked_for_again(town: Town, volunteer: FlaskClient) -> None:
    send(volunteer, **with_photo())
    answer = volunteer.get(picture_of(town))
    assert answer.content_type == "image/webp"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "private, no-cache"
    seen = {"If-None-Match": answer.headers["ETag"]}
    assert volunteer.get(picture_of(town), headers=seen).status_code == 304
    assert volunteer.get(picture_of(town).replace("small", "original")).status_code == 404


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("volunteer", 200),
        ("leader", 200),
        ("co_leader", 200),
        ("organiser", 200),
        ("green_leader", 404),
        ("organiser_below", 404),
        ("visitor", 303),
    ],
)
def test_who_sees_a_picture(town: Town, volunteer: FlaskClient, who: str, status: int) -> None:
    send(volunteer, **with_photo())
    assert town.browser(who).get(picture_of(town)).status_code == status


# ── how much is asked of the database ─────────────────────────────────────────────────────


def test_the_pages_stay_within_their_budget(town: Town, volunteer: FlaskClient) -> None:
    for day in (20, 21, 22, 23):
        send(volunteer, key=f"k{day}", service_on=f"2026-01-{day}", **with_photo())
    leader = town.browser("leader")
    for browser, path in (
        (volunteer, MINE), (volunteer, NEW), (leader, "/waiting"),
        (leader, f"/records/{last(town)}/split"), (leader, f"/records/{last(town)}"),
        (volunteer, picture_of(town)),
    ):  # fmt: skip
        with statements() as sent:
            assert browser.get(path).status_code == 200
        assert len(sent) <= 18, (path, len(sent))


def test_now_is_the_town_s(town: Town) -> None:
    assert NOW.date() > ORDINARY_DAY
