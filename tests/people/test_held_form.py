"""A form sent after the session ended comes back once its owner has signed in again."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from tests.conftest import MakeApp
from tests.people.conftest import PASSWORD, Place, add

ADD = "/admin/people/add"
HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def client(place: Place, make_app: MakeApp) -> FlaskClient:
    return make_app(WTF_CSRF_ENABLED=True).test_client()


def fields(page: str, action: str = "/sign-in") -> dict[str, str]:
    """Return the hidden fields of the form that goes there."""
    form = re.findall(
        rf'<form[^>]*action="{action}(?:\?[^"]*)?"[^>]*>(.*?)</form>', page, re.DOTALL
    )[0]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if given.get("type") == "hidden":
            found[given["name"]] = given["value"]
    return found


def held_by(client: FlaskClient) -> dict[str, str]:
    """Send a form signed out; return what its page would take to the sign-in page."""
    token = fields(client.get("/sign-in").text)["csrf_token"]
    typed = {"csrf_token": token, "name": "周谷雨", "note": "小雪", "note2": "二", "password": "x"}
    answer = client.post(ADD, data=typed, headers=HERE)
    assert answer.status_code == 401
    return fields(answer.text)


def test_it_comes_back_after_signing_in(client: FlaskClient) -> None:
    carried = held_by(client)
    asked = client.post("/sign-in", data=carried)
    assert asked.status_code == 200
    filled = {**fields(asked.text), "account": "xiazhi", "password": PASSWORD}
    back = client.post("/sign-in", data=filled).text

    assert {"name": "周谷雨", "note": "小雪"}.items() <= fields(back, ADD).items()
    assert "password" not in fields(back, ADD)


def test_the_form_that_came_back_can_be_sent(client: FlaskClient) -> None:
    filled = {**held_by(client), "account": "xiazhi", "password": PASSWORD}
    back = client.post("/sign-in", data=filled).text
    answer = client.post(ADD, data=fields(back, ADD), headers=HERE)
    # Not every field of that form was there: it is judged, and nothing typed is lost.
    assert answer.status_code == 422
    assert 'value="周谷雨"' in answer.text


def test_a_wrong_password_does_not_lose_it(client: FlaskClient) -> None:
    carried = held_by(client)
    answer = client.post("/sign-in", data={**carried, "account": "xiazhi", "password": "no"})
    assert answer.status_code == 422
    assert fields(answer.text)["held"] == carried["held"]


def test_two_on_one_phone_do_not_lose_it(place: Place, client: FlaskClient) -> None:
    for name in ("立春", "雨水"):
        add(place, name, phone="13800000028", password=PASSWORD)
    carried = held_by(client)
    asked = client.post(
        "/sign-in", data={**carried, "account": "13800000028", "password": PASSWORD}
    ).text
    who = re.findall(r'name="who"[^>]*value="(\d+)"', asked)[0]
    back = client.post("/sign-in/which", data={**fields(asked, "/sign-in/which"), "who": who}).text
    assert fields(back, ADD)["name"] == "周谷雨"


def test_what_nobody_sealed_is_not_given_back(client: FlaskClient) -> None:
    token = held_by(client)["csrf_token"]
    forged = {"csrf_token": token, "held": "WyIvYWRtaW4iLFtdXQ.x.y"}
    answer = client.post("/sign-in", data={**forged, "account": "xiazhi", "password": PASSWORD})
    assert answer.status_code == 303
