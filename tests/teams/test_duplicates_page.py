"""Possible duplicates are shown and told apart, never merged; full phones with a reason."""

from __future__ import annotations

from datetime import date

import pytest

from app.db import db, transaction
from app.people.models import Distinction, Volunteer
from app.people.operations import add_volunteer
from app.teams.models import Team
from app.trail.models import TrailRow
from app.trail.queries import trail_about
from tests.teams.conftest import NOW, queries_of

PHONE = "13800000071"


@pytest.fixture
def desk(browser):
    return browser("organiser")


def add(name: str, phone: str | None = None, born_on: date | None = None, code: str = "TX-red"):
    with transaction() as session:
        home = session.query(Team).filter_by(code=code).one().organisation_id
        return add_volunteer(
            session, organisation_id=home, name=name, phone=phone, born_on=born_on,
            actor_id=None, now=NOW,
        ).id  # fmt: skip


def shown(desk) -> str:
    return desk.get("/admin/people/duplicates").text


@pytest.mark.parametrize(
    ("other", "sign"),
    [
        (("大寒", PHONE, None), "Same phone"),
        (("秋分", "13900000071", None), "Same name"),
        (("秋分", None, date(1950, 3, 1)), "Same birth date"),
    ],
)
def test_a_pair_shows_what_both_have(desk, other, sign):
    add("秋分", PHONE, date(1950, 3, 1))
    add(*other)
    page = shown(desk)
    assert sign in page
    assert "138****0071" in page
    assert PHONE not in page


@pytest.mark.parametrize(
    "other", [("秋分", None, None), ("秋分", "13900000072", None), ("大寒", "13900000071", None)]
)
def test_a_name_or_the_end_of_a_phone_alone_makes_no_pair(desk, other):
    add("秋分", PHONE)
    add(*other)
    assert "Nobody looks like somebody else" in shown(desk)


def test_told_apart_they_are_asked_no_more(desk):
    one, other = add("秋分", PHONE), add("大寒", PHONE)
    for _ in range(2):
        sent = desk.post("/admin/people/duplicates", data={"one": other, "other": one})
        assert sent.status_code == 303
    assert "Nobody looks like" in shown(desk)
    kept = db.session.query(Distinction).one()
    assert (kept.one_id, kept.other_id) == (one, other)
    assert db.session.query(TrailRow).filter_by(operation="tell_apart").count() == 1


def test_another_community_s_people_are_nobody_here(desk):
    one, there = add("秋分", PHONE), add("秋分", PHONE, code="BY-red")
    assert "Nobody looks like" in shown(desk)
    sent = {"one": one, "other": there}
    assert desk.post("/admin/people/duplicates", data=sent).status_code == 404
    assert desk.post("/admin/people/duplicates", data={"one": "x"}).status_code == 404


def test_adding_somebody_alike_must_be_confirmed(desk):
    add("秋分", PHONE)
    home = db.session.query(Team).filter_by(code="TX-red").one().organisation_id
    form = {"name": "秋分", "kind": "resident", "sex": "", "team": "0", "organisation": home}
    refused = desk.post("/admin/people/add", data=form)
    assert refused.status_code == 422
    assert "Is it one of these people" in refused.text
    assert desk.post("/admin/people/add", data=form | {"is_another": "y"}).status_code == 303
    assert db.session.query(Volunteer).filter_by(name="秋分").count() == 2


def test_the_list_takes_as_many_queries_for_many(desk):
    add("秋分", PHONE)
    few = queries_of(lambda: shown(desk))
    for _ in range(6):
        add("大寒", PHONE)
    assert queries_of(lambda: shown(desk)) <= few + 1


# ── the full phone ────────────────────────────────────────────────────────────────────────


def test_a_full_phone_takes_a_reason_its_owner_can_read(desk, browser, cast):
    with transaction() as session:
        one = session.query(Volunteer).filter_by(name="立春").one()
        one.phone = PHONE
        volunteer_id = one.id
    address = f"/admin/people/{volunteer_id}/phone"
    assert PHONE not in desk.get(address).text
    assert PHONE not in desk.post(address, data={"reason": " "}).text
    page = desk.post(address, data={"reason": "服务日改期"})
    assert PHONE in page.text
    assert page.headers["Cache-Control"] == "no-store"
    own = browser("volunteer").get("/me/trail").text
    assert "Full phone number looked at" in own
    assert "服务日改期" in own
    assert "夏至" in own


def test_the_trail_keeps_the_phone_out(desk, cast):
    volunteer_id = add("秋分", PHONE)
    desk.post(f"/admin/people/{volunteer_id}/phone", data={"reason": f"回电 {PHONE}"})
    row = trail_about(db.session(), "volunteer", volunteer_id, limit=1)[0]
    assert row.operation == "show_phone"
    assert PHONE not in f"{row.reason}{row.before}{row.after}"


def test_a_new_friend_s_card_can_be_mended_without_confirming_them(desk):
    with transaction() as session:
        home = session.query(Team).filter_by(code="TX-red").one().organisation_id
        made = add_volunteer(
            session, organisation_id=home, name="秋芬", state="proposed", actor_id=None, now=NOW
        )
        one = made.id
    form = {"name": "秋分", "kind": "resident", "sex": ""}
    assert desk.post(f"/admin/people/{one}/edit", data=form).status_code == 303
    db.session.expire_all()
    kept = db.session.get_one(Volunteer, one)
    assert (kept.name, kept.state, kept.number) == ("秋分", "proposed", None)
