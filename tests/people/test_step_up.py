"""Weighty acts ask again who is there; what was typed is kept and carried out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask import request
from sqlalchemy import select

from app.db import db, transaction
from app.people.models import SignInSession
from app.people.step_up import ASKS, asks_again, asks_again_to_read, asks_again_where
from app.trail.models import TrailRow
from app.web.policy import allow
from tests.people.conftest import NOW, PASSWORD
from tests.people.factors import code_of, half_a_minute_later, set_up, sign_in
from tests.people.test_held_form import fields

ACT, FILE, CHOICE = "/t/act", "/t/file", "/t/choice"
LATER = NOW + timedelta(minutes=16)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def site(place, make_app):
    """Return a site on which one form is weighty, and one file."""
    app = make_app(WTF_CSRF_ENABLED=True)
    app.done = []

    @app.post(ACT)
    @allow("profile.change")
    @asks_again
    def act():
        app.done.append(request.form.to_dict(flat=False))
        return "carried out"

    @app.post(CHOICE)
    @allow("profile.change")
    @asks_again_where("role", "leader")
    def choose():
        return f"made {request.form['role']}"

    @app.get(FILE)
    @allow("profile.read")
    @asks_again_to_read
    def file():
        return "the file"

    return app


@pytest.fixture
def browser(site):
    client = site.test_client()
    post(client, "/sign-in", account="xiazhi", password=PASSWORD)
    return client


def token(client) -> str:
    return (
        fields(client.get("/me/account").text, "/preferences")["csrf_token"]
        if signed(client)
        else (fields(client.get("/sign-in").text)["csrf_token"])
    )


def signed(client) -> bool:
    return client.get("/me/account").status_code == 200


def post(client, path, **data):
    return client.post(path, data={"csrf_token": token(client), **data})


def test_minutes_after_signing_in_nobody_is_asked(browser, site):
    assert post(browser, ACT, points="3").text == "carried out"
    assert browser.get(FILE).text == "the file"


def test_later_the_password_is_asked_and_nothing_done(browser, site, clock):
    clock.move_to(LATER)
    answer = post(browser, ACT, points="3")
    assert answer.status_code == 401
    assert 'name="proof"' in answer.text
    assert site.done == []


def test_what_was_typed_is_carried_out_with_the_answer(browser, site, clock):
    clock.move_to(LATER)
    asked = browser.post(
        ACT,
        data={"csrf_token": token(browser), "points": "3", "who": ["1", "2"], "words": "小雪 <b>"},
    ).text
    kept = fields(asked, ACT)
    assert kept["words"] in ("小雪 <b>", "小雪 &lt;b&gt;")
    answer = browser.post(
        ACT,
        data={
            "csrf_token": kept["csrf_token"],
            "points": "3",
            "who": ["1", "2"],
            "proof": PASSWORD,
        },
    )
    assert answer.text == "carried out"
    assert site.done[0]["points"] == ["3"]
    assert asked.count('name="who"') == 2


def test_only_the_weighty_choice_asks_and_it_is_carried_out(browser, clock):
    clock.move_to(LATER)
    assert post(browser, CHOICE, role="member").text == "made member"
    asked = post(browser, CHOICE, role="leader")
    assert asked.status_code == 401
    assert fields(asked.text, CHOICE)["role"] == "leader"
    assert post(browser, CHOICE, role="leader", proof=PASSWORD).text == "made leader"


def test_a_wrong_answer_does_nothing_and_loses_nothing(browser, site, clock):
    clock.move_to(LATER)
    answer = post(browser, ACT, points="3", proof="wrong-one")
    assert answer.status_code == 422
    assert fields(answer.text, ACT)["points"] == "3"
    assert "wrong-one" not in answer.text
    assert site.done == []


def test_guessing_is_slowed_down(browser, clock):
    clock.move_to(LATER)
    answers = [post(browser, ACT, proof=f"wrong-{n}").status_code for n in range(7)]
    assert answers[-1] == 429


def test_proven_again_nobody_is_asked_for_a_while(browser, clock):
    clock.move_to(LATER)
    post(browser, ACT, proof=PASSWORD)
    assert post(browser, ACT).text == "carried out"
    clock.move_to(LATER + timedelta(minutes=16))
    assert post(browser, ACT).status_code == 401


def test_who_has_a_second_factor_gives_its_code(browser, site, clock):
    site.config["WTF_CSRF_ENABLED"] = False
    secret, codes = set_up(browser)
    half_a_minute_later(clock, LATER)
    assert browser.post(ACT, data={"proof": PASSWORD}).status_code == 422
    assert browser.post(ACT, data={"proof": code_of(secret)}).text == "carried out"
    clock.move_to(LATER + timedelta(minutes=20))
    assert browser.post(ACT, data={"proof": codes[3]}).text == "carried out"


def test_a_code_proves_once(browser, site, clock):
    site.config["WTF_CSRF_ENABLED"] = False
    secret, _codes = set_up(browser)
    clock.move_to(LATER)
    code = code_of(secret)
    browser.post(ACT, data={"proof": code})
    with transaction() as session:
        session.scalars(select(SignInSession)).all()[-1].proven_at = NOW
    assert browser.post(ACT, data={"proof": code}).status_code == 422


def test_a_file_asks_first_and_leads_on(browser, clock):
    clock.move_to(LATER)
    asked = browser.get(f"{FILE}?year=2025")
    assert asked.location == "/me/prove?next=/t/file?year%3D2025"
    assert 'name="proof"' in browser.get(asked.location).text
    proven = post(browser, asked.location, proof=PASSWORD)
    assert proven.location == asked.location
    assert 'href="/t/file?year=2025"' in browser.get(proven.location).text
    assert browser.get(FILE).text == "the file"


@pytest.mark.parametrize("wish", ["//evil.example", "https://evil.example", "/\\evil"])
def test_it_leads_to_no_other_site(browser, wish):
    page = browser.get("/me/prove", query_string={"next": wish}).text
    assert 'href="/me/account"' in page
    assert not re.search(r'href="[^"]*evil', page)


def test_who_is_signed_out_is_asked_to_sign_in(site, place):
    assert site.test_client().get(FILE).location.startswith("/sign-in")


def test_a_proof_is_written_down_without_it(browser, clock):
    clock.move_to(LATER)
    post(browser, ACT, proof=PASSWORD)
    rows = db.session.scalars(select(TrailRow).where(TrailRow.operation == "prove_oneself")).all()
    assert len(rows) == 1
    assert PASSWORD not in f"{rows[0].after}{rows[0].reason}"


def test_signing_in_elsewhere_proves_nothing_here(browser, site, clock):
    clock.move_to(LATER)
    sign_in(site.test_client())
    assert post(browser, ACT).status_code == 401


WEIGHTY = {
    "POST": (
        "/adjustments/person/<int:volunteer_id>",
        "/adjustments/record/<int:record_id>",
        "/adjustments/batch/<int:batch_id>",
        "/adjustments/<int:adjustment_id>/confirm",
        "/adjustments/<int:adjustment_id>/alone",
        "/awards/<code>/<int:year>/ask",
        "/awards/<code>/<int:year>/confirm",
        "/awards/<code>/<int:year>/alone",
        "/admin/people/<int:volunteer_id>/roles",
        "/admin/people/<int:volunteer_id>/memberships",
        "/admin/teams/<code>/members/<int:membership_id>/role",
        "/admin/people/<int:volunteer_id>/roles/<int:role_id>/end",
        "/admin/people/<int:volunteer_id>/merge",
        "/admin/people/list.<any(csv, xlsx):kind>",
        "/admin/access/sheet",
        "/admin/trail/sheet",
        "/archives/export",
        "/integrity/<key>/sheet",
        "/reports/build/sheet",
        "/reports/minors/<code>/<int:year>/sheet",
        "/admin/expiry/<code>/sheet",
        "/admin/people/<int:volunteer_id>/second-factor",
        "/admin/people/<int:volunteer_id>/erase",
        "/admin/organisations/<code>/merge",
        "/admin/organisations/<code>/split",
        "/admin/organisations/<code>/retire",
        "/import/<int:upload_id>/commit",
        "/me/data",
        "/me/second-factor",
        "/me/second-factor/codes",
        "/me/second-factor/remove",
    ),
    "GET": (
        "/me/archive.xlsx",
        "/me/archive.pdf",
        "/stars.<any(csv, xlsx):kind>",
        "/ranking.csv",
        "/ranking.xlsx",
        "/awards/<code>/<int:year>/snapshots/<int:snapshot_id>.csv",
        "/awards/<code>/<int:year>/snapshots/<int:snapshot_id>.xlsx",
        "/import/<int:upload_id>/refused.xlsx",
    ),
}


@pytest.mark.parametrize(
    ("method", "rule"), [(m, r) for m, rules in WEIGHTY.items() for r in rules]
)
def test_weighty_acts_ask_again(app, method, rule):
    found = [
        app.view_functions[one.endpoint]
        for one in app.url_map.iter_rules()
        if one.rule == rule and method in (one.methods or ())
    ]
    assert [getattr(view, ASKS, None) for view in found] == [method]


# Sheets that go out without asking again, and why they may (templates are empty).
LIGHT = {
    "/desk/figures.xlsx": "sums, no people",
    "/import/template-<any(roster, service, signin, opening):kind>.<any(xlsx, csv):ending>": "",
    "/activities/<int:activity_id>/sign-in-sheet.xlsx": "paper that hangs at the door",
    "/pick-up/sheet": "a page to sign on, made while people wait",
    "/pioneers/<code>/<int:year>/list.csv": "public",
    "/reports/points/<any(months, items, partners, donors):part>.<any(csv, xlsx):kind>": "sums",
    "/shelf/list.<any(csv, xlsx):kind>": "goods",
    "/stock/moves.<any(csv, xlsx):ending>": "goods",
    "/stock/donors.<any(csv, xlsx):kind>": "partners",
}
SHEET = re.compile(r".*(xlsx|csv|/export|(?<!sign-in-)sheet)\b.*")


def test_no_sheet_goes_out_unasked_but_those_that_name_nobody(app):
    unasked = {
        one.rule
        for one in app.url_map.iter_rules()
        if SHEET.fullmatch(one.rule)
        and getattr(app.view_functions[one.endpoint], ASKS, None) is None
    }
    assert unasked == set(LIGHT)
