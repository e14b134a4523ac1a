"""The own account: password, devices, language."""

from __future__ import annotations

import re

import pytest
import time_machine

from app.db import db
from app.people import queries
from tests.people.conftest import NOW, PASSWORD

NEW = "a-better-password"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def browser(place, client):
    client.post("/sign-in", data={"account": "xiazhi", "password": PASSWORD})
    return client


@pytest.fixture
def other(place, app):
    phone = app.test_client()
    headers = {"User-Agent": "Mozilla/5.0 (iPhone) MicroMessenger/8"}
    phone.post("/sign-in", data={"account": "xiazhi", "password": PASSWORD}, headers=headers)
    return phone


def is_in(client) -> bool:
    return client.get("/me/account").status_code == 200


def test_the_page_names_the_devices(browser, other):
    page = browser.get("/me/account").text
    assert "WeChat · iPhone" in page
    # The device one sits at is marked; only the other one has a button.
    assert len(re.findall(r"/sessions/\d+/end", page)) == 1


def test_a_visitor_is_asked_to_sign_in(place, client):
    assert client.get("/me/account").location.startswith("/sign-in?next=")


def test_a_new_password_signs_the_other_devices_out(browser, other):
    data = {"present": PASSWORD, "password": NEW}
    assert browser.post("/me/account/password", data=data).status_code == 303
    assert is_in(browser)
    assert not is_in(other)
    assert other.post("/sign-in", data={"account": "xiazhi", "password": NEW}).status_code == 303


@pytest.mark.parametrize(
    "data",
    [
        {"present": "wrong-one", "password": NEW},
        {"present": PASSWORD, "password": "short"},
        {"present": PASSWORD, "password": ""},
        {"present": PASSWORD, "password": "x" * 200},
    ],
)
def test_a_refused_change_changes_nothing(browser, other, data):
    assert browser.post("/me/account/password", data=data).status_code == 422
    assert is_in(other)


def test_the_demo_keeps_its_passwords(app, browser):
    app.config["IS_DEMO"] = True
    data = {"present": PASSWORD, "password": NEW}
    assert browser.post("/me/account/password", data=data).status_code == 422
    app.config["IS_DEMO"] = False
    assert browser.post("/me/account/password", data=data).status_code == 303


def test_guessing_the_present_password_is_slowed(browser):
    data = {"present": "wrong-one", "password": NEW}
    answers = [browser.post("/me/account/password", data=data).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_one_device_is_ended_from_another(browser, other):
    address = re.search(r"/me/account/sessions/\d+/end", browser.get("/me/account").text)
    assert address is not None
    assert browser.post(address[0]).status_code == 303
    assert not is_in(other)
    assert is_in(browser)


def test_a_strangers_device_does_not_exist(app, browser):
    assert browser.post("/me/account/sessions/999/end").status_code == 404
    assert browser.get("/me/account/sessions/1/end").status_code == 405


def test_signing_out_everywhere_ends_this_device_too(browser, other):
    assert browser.post("/me/account/sessions/end-all").status_code == 303
    assert not is_in(browser)
    assert not is_in(other)


def test_the_language_is_kept_with_the_login(app, place, browser):
    browser.post("/preferences", data={"language": "en", "next": "/me/account"})
    assert queries.get_login(db.session(), place.organiser_id).language == "en"
    fresh = app.test_client()
    fresh.post("/sign-in", data={"account": "xiazhi", "password": PASSWORD})
    assert "My account" in fresh.get("/me/account").text


def test_all_others_are_ended_and_this_one_stays(browser, other):
    assert "/sessions/end-others" in browser.get("/me/account").text
    assert browser.post("/me/account/sessions/end-others").status_code == 303
    assert is_in(browser)
    assert not is_in(other)
    assert "/sessions/end-others" not in browser.get("/me/account").text


def test_a_device_says_from_where_in_part(browser):
    page = browser.get("/me/account").text
    assert "127.0.…" in page
    assert "127.0.0.1" not in page
