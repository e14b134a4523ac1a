from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.db import db
from app.founding.rules import founding_code
from app.organisations.models import Organisation
from app.people.models import Login, SignInSession, Volunteer
from tests.conftest import MakeApp

FORM = {"name": "涂新社区", "code": "TX", "login": "guyu", "password": "seven-colours"}


def count(model: type[Any]) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def page(client: FlaskClient, path: str = "/", **more: Any) -> str:
    return client.get(path, **more).get_data(as_text=True)


@pytest.mark.parametrize(
    "path", ["/", "/me", "/sign-in", "/admin/people", "/nothing/here", "/start"]
)
def test_an_empty_instance_answers_every_address_with_one_page(
    client: FlaskClient, path: str
) -> None:
    answer = client.get(path)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert 'action="/start"' in text
    assert 'action="/start/demo"' in text
    assert "qicai-demo" in text


def test_a_form_sent_elsewhere_leads_to_the_page(client: FlaskClient) -> None:
    assert client.post("/sign-in", data={}).headers["Location"] == "/start"


def test_static_files_and_preferences_still_answer(client: FlaskClient) -> None:
    assert client.get("/static/css/base.css").content_type.startswith("text/css")
    assert client.post("/preferences", data={"text": "large"}).status_code == 303


def test_founding_signs_in_and_leads_on(client: FlaskClient, app: Flask) -> None:
    answer = client.post("/start", data=FORM)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/people")
    following = client.get("/admin/people")
    assert following.status_code == 200
    assert "涂新社区" in following.get_data(as_text=True)
    assert (count(Organisation), count(Login), count(SignInSession)) == (1, 1, 1)


def test_the_founder_comes_back_with_the_password(client: FlaskClient, app: Flask) -> None:
    client.post("/start", data=FORM)
    other = app.test_client()
    answer = other.post("/sign-in", data={"account": "guyu", "password": FORM["password"]})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"code": "1TX"}, "code"),
        ({"code": "T" * 21}, "code"),
        ({"login": "123"}, "login"),
        ({"password": "short"}, "password"),
        ({"password": "aaaaaaaaaa"}, "password"),
        ({"login": "qicai-qicai", "password": "qicai-qicai"}, "password"),
    ],
)
def test_what_does_not_fit_comes_back_as_typed(
    client: FlaskClient, changes: dict[str, str], field: str
) -> None:
    given = FORM | changes
    answer = client.post("/start", data=given)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in text
    for kept in ("name", "code", "login"):
        assert f'value="{given[kept]}"' in text
    assert given["password"] not in text.replace(given["login"], "")
    assert count(Organisation) == 0


def test_one_round_shows_all_that_is_wrong(client: FlaskClient) -> None:
    text = client.post("/start", data=FORM | {"code": "1", "login": "1"}).get_data(as_text=True)
    assert 'id="code-error"' in text
    assert 'id="login-error"' in text


def test_a_token_is_needed(make_app: MakeApp) -> None:
    app = make_app(WTF_CSRF_ENABLED=True)
    client = app.test_client()
    assert client.post("/start", data=FORM).status_code != 303
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page(client))
    assert token
    assert client.post("/start", data=FORM | {"csrf_token": token[1]}).status_code == 303


def test_a_second_tap_founds_nothing_and_leads_to_signing_in(client: FlaskClient) -> None:
    client.post("/start", data=FORM)
    again = client.post("/start", data=FORM | {"name": "别的社区"})
    assert (again.status_code, again.headers["Location"]) == (303, "/sign-in")
    assert count(Organisation) == 1


def test_once_founded_nothing_is_there(client: FlaskClient) -> None:
    client.post("/start", data=FORM)
    assert client.get("/start").status_code == 404
    assert client.post("/start/demo").status_code == 404


# ── strangers ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "request_from",
    [
        {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}},
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"headers": {"X-Real-IP": "127.0.0.1"}},
        {"headers": {"Host": "time.example"}},
    ],
)
def test_from_afar_the_printed_code_is_needed(
    client: FlaskClient, app: Flask, request_from: dict[str, Any]
) -> None:
    assert 'name="founding_code"' in page(client, **request_from)
    refused = client.post("/start", data=FORM, **request_from)
    assert refused.status_code == 422
    assert 'id="founding_code-error"' in refused.get_data(as_text=True)
    code = founding_code(app.config["SECRET_KEY"])
    assert (
        client.post("/start", data=FORM | {"founding_code": code}, **request_from).status_code
        == 303
    )


@pytest.mark.parametrize(
    "settings", [{"PROXY_COUNT": 1}, {"HTTPS": "1"}, {"TRUSTED_HOSTS": "localhost"}]
)
def test_behind_a_proxy_everybody_is_afar(make_app: MakeApp, settings: dict[str, object]) -> None:
    client = make_app(**settings).test_client()
    assert 'name="founding_code"' in page(client)


def test_on_this_machine_no_code_is_asked_for(client: FlaskClient) -> None:
    assert 'name="founding_code"' not in page(client)


# ── the demo ──────────────────────────────────────────────────────────────────────────────


def test_the_demo_opens_beside_the_empty_instance(client: FlaskClient, app: Flask) -> None:
    assert client.get("/demo/").status_code == 200
    assert "七彩示范社区" not in page(client, "/demo/")
    answer = client.post("/start/demo")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/demo/")
    assert "七彩示范社区" in page(client, "/demo/")
    assert 'action="/start"' in page(client)
    assert Path(app.config["INSTANCE_DIR"], "demo.sqlite3").exists()
    assert count(Organisation) == 0


def founder_of(session: Any) -> tuple[str | None, str, str | None]:
    login = session.query(Login).one()
    number = login.volunteer_id and session.get_one(Volunteer, login.volunteer_id).number
    return login.name, login.display_name, number


@pytest.mark.parametrize(
    ("more", "founder"),
    [
        ({}, ("guyu", "guyu", None)),
        ({"is_volunteer": "y"}, ("guyu", "guyu", None)),
        ({"person": "谷雨"}, ("guyu", "谷雨", None)),
        # Nought: the roster's own numbers begin with one.
        ({"person": "谷雨", "is_volunteer": "y"}, ("guyu", "谷雨", "TX00000")),
        ({"person": "谷雨", "is_volunteer": "y", "number": "tx00012"}, ("guyu", "谷雨", "TX00012")),
    ],
)
def test_the_founder_may_be_the_first_volunteer(
    client: FlaskClient, more: dict[str, str], founder: tuple[Any, ...]
) -> None:
    assert client.post("/start", data=FORM | more).status_code == 303
    assert founder_of(db.session()) == founder


@pytest.mark.parametrize(
    ("more", "told"), [({}, False), ({"is_volunteer": "y"}, True), ({"person": "谷雨"}, False)]
)
def test_whoever_serves_without_a_name_is_told_what_is_left_to_do(
    client: FlaskClient, more: dict[str, str], told: bool
) -> None:
    client.set_cookie("qicai_language", "en")
    page = client.post("/start", data=FORM | more, follow_redirects=True).text
    assert ("not among the volunteers yet" in page) is told


def test_whoever_founds_with_a_bad_number_keeps_what_they_typed(client: FlaskClient) -> None:
    data = FORM | {"person": "谷雨", "is_volunteer": "y", "number": "一二三 !"}
    answer = client.post("/start", data=data)
    assert answer.status_code == 422
    assert 'id="number-error"' in answer.get_data(as_text=True)
    assert count(Login) == 0
