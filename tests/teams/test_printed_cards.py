"""Cards to print: for one person or a team, shown for minutes, each QR its owner's own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import segno
import time_machine

from app.db import db, transaction
from app.people.models import Card, Volunteer
from app.people.rules.passwords import digest
from app.teams.models import Membership
from app.teams.papers import qr
from tests.qr import read, read_all
from tests.teams.conftest import queries_of
from tests.web.cast import SINCE

TEAM = "/teams/TX-red/cards"


@pytest.fixture
def leader(browser):
    return browser("leader")


def person(name: str) -> Volunteer:
    return db.session.query(Volunteer).filter_by(name=name).one()


def membership(name: str) -> int:
    return db.session.query(Membership).filter_by(volunteer_id=person(name).id).one().id


def working() -> set[int]:
    db.session.expire_all()
    return {one.volunteer_id for one in db.session.query(Card).filter_by(withdrawn_at=None)}


def test_a_team_gets_its_cards_and_each_qr_names_its_owner(app, leader):
    assert TEAM in leader.get("/teams/TX-red").text
    assert leader.post(TEAM, data={"a_sheet": "8"}).location == f"{TEAM}?a_sheet=8"
    page = leader.get(TEAM).text
    opens = read_all(page)
    assert len(opens) == len(working()) == 3
    assert all(each.startswith("http://localhost/card/") for each in opens)
    for each, name in zip(opens, names_on(page), strict=True):
        card = db.session.query(Card).filter_by(token_sha256=digest(each.rsplit("/", 1)[1])).one()
        assert card.volunteer_id == person(name).id
        phone = app.test_client()
        assert phone.get(each).location == "/card"
        assert name[0] + "*" in phone.get("/card").text
    # The token is drawn, never written.
    assert not any(each.rsplit("/", 1)[1] in page for each in opens)


def names_on(page: str) -> list[str]:
    return [each.split("</h2>")[0] for each in page.split('q-vcard__who"><h2>')[1:]]


def test_a_qr_is_what_segno_makes_and_what_a_phone_reads():
    for text in ("https://time.example.cn/card/" + "Aa0-_" * 6, "http://x/"):
        drawn = str(qr(text))
        assert read(drawn) == text
        assert segno.make_qr(text, error="m").designator.isdigit() is False
        assert "style=" not in drawn


def test_a_reload_makes_no_new_card_and_others_see_none(leader, browser):
    leader.post(TEAM)
    before = working(), db.session.query(Card).count()
    assert read_all(leader.get(TEAM).text) == read_all(leader.get(TEAM).text)
    assert (working(), db.session.query(Card).count()) == before
    assert read_all(browser("organiser").get(TEAM).text) == []
    assert leader.get(TEAM).headers["Cache-Control"] == "no-store"


def test_cards_are_gone_after_minutes(leader):
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        leader.post(TEAM)
        clock.shift(16 * 60)
        assert read_all(leader.get(TEAM).text) == []


def test_one_member_gets_a_card_and_the_old_one_ends(leader, browser):
    address = f"/teams/TX-red/members/{membership('立春')}/card"
    leader.post(address)
    (old,) = read_all(leader.get(address).text)
    assert "stops working" in leader.get(f"{address}?new=1").text
    desk = browser("organiser")
    desk.post(f"/admin/people/{person('立春').id}/card")
    assert len(working()) == 1
    assert leader.get(old).status_code == 410
    # The leader's page no longer shows a card that does not work.
    assert read_all(leader.get(address).text) == []


def test_only_who_has_none_gets_a_card(leader):
    leader.post(f"/teams/TX-red/members/{membership('立春')}/card")
    kept = db.session.query(Card).one().token_sha256
    assert 'value="without"' in leader.get(f"{TEAM}?new=1").text
    leader.post(TEAM, data={"whom": "without"})
    assert names_on(leader.get(TEAM).text).count("立春") == 0
    db.session.expire_all()
    assert db.session.query(Card).filter_by(token_sha256=kept).one().withdrawn_at is None
    leader.post(TEAM, data={"whom": "all"})
    assert len(names_on(leader.get(TEAM).text)) == 3


def test_nobody_without_a_card_is_no_failure(leader):
    leader.post(TEAM)
    shown = read_all(leader.get(TEAM).text)
    assert leader.post(TEAM, data={"whom": "without"}).status_code == 303
    assert len(working()) == 3
    assert read_all(leader.get(TEAM).text) == shown


@pytest.mark.parametrize("given", ["10", "8", "7", "", "x", "999999999999"])
def test_a_sheet_holds_eight_or_ten(leader, given):
    leader.post(TEAM)
    page = leader.get(f"{TEAM}?a_sheet={given}").text
    assert f"q-cardsheet--{10 if given == '10' else 8}" in page


def test_long_teams_fill_several_sheets(leader, home_team):
    leader.post(TEAM)
    page = leader.get(TEAM).text
    assert page.count('<ul class="q-cardsheet') == 2
    assert len(set(read_all(page))) == 11


@pytest.fixture
def home_team(leader):
    """Eight more in the team of three."""
    from app.people.operations import add_volunteer

    with transaction() as session:
        red = session.query(Membership).filter_by(volunteer_id=person("立春").id).one().team_id
        home = person("立春").organisation_id
        for n in range(8):
            one = add_volunteer(
                session, organisation_id=home, name=f"惊蛰{n}", actor_id=None, now=datetime.now(UTC)
            )
            session.add(Membership(team_id=red, volunteer_id=one.id, from_on=SINCE, role="member"))


def test_printing_asks_as_often_for_many_as_for_few(leader, home_team):
    leader.post(TEAM)
    assert queries_of(lambda: leader.get(TEAM)) <= 16
    assert queries_of(lambda: leader.get(f"{TEAM}?new=1")) <= 16


def test_a_new_friend_without_a_number_has_no_card(leader, browser):
    one = person("立春")
    with transaction() as session:
        held = session.get_one(Volunteer, one.id)
        held.number, held.state = None, "proposed"
    assert leader.get(f"/teams/TX-red/members/{membership('立春')}/card").status_code == 404
    assert browser("organiser").post(f"/admin/people/{one.id}/card").status_code == 404
    leader.post(TEAM)
    assert one.id not in working()


def test_the_page_warns_where_phones_cannot_reach_the_server(app, leader):
    leader.post(TEAM)
    assert "on the server itself" in leader.get(TEAM).text
    app.config["PUBLIC_URL"] = "https://time.example.cn"
    page = leader.get(TEAM).text
    assert "on the server itself" not in page
    assert all(each.startswith("https://time.example.cn/card/") for each in read_all(page))


def test_a_slip_draws_its_address_and_never_its_code(app, leader):
    app.config["PUBLIC_URL"] = "https://time.example.cn"
    address = f"/teams/TX-red/members/{membership('立春')}/code"
    leader.post(address)
    assert read_all(leader.get(address).text) == ["https://time.example.cn/activate"]
    leader.post("/teams/TX-red/codes")
    assert set(read_all(leader.get("/teams/TX-red/codes").text)) == {
        "https://time.example.cn/activate"
    }
