from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from app.web.policy import allow
from tests.web.conftest import VOLUNTEER, MakeSite

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nowhere", 404),
        ("/t/refused/absent", 404),
        ("/t/refused/forbidden", 403),
        ("/t/refused/full", 422),
        ("/t/led", 405),
        ("/t/public?x=%00", 400),
        ("/t/led/99999999999999999999", 404),
        ("/t/led/9223372036854775808", 404),
    ],
)
def test_each_refusal_has_its_page(make_site: MakeSite, path: str, status: int) -> None:
    answer = make_site(VOLUNTEER).test_client().get(path)
    assert (answer.status_code, "q-oops" in answer.text) == (status, True)
    assert "Traceback" not in answer.text


def test_a_rule_says_its_figures(make_site: MakeSite) -> None:
    answer = make_site().test_client().get("/t/refused/full?language=en")
    assert "This day holds 450 of 480 minutes." in answer.text


def test_absent_and_out_of_reach_look_the_same(make_site: MakeSite) -> None:
    client = make_site(VOLUNTEER).test_client()
    absent, forbidden = client.get("/t/refused/absent"), client.get("/t/led/1")
    assert absent.text.replace("/t/refused/absent", "") == forbidden.text.replace("/t/led/1", "")


def test_a_failure_shows_a_number_and_no_traceback(make_site: MakeSite) -> None:
    app = make_site(VOLUNTEER, PROPAGATE_EXCEPTIONS=False)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = app.test_client().get("/t/refused/lost")
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.text
    assert "ZeroDivision" not in answer.text
    assert "Content-Security-Policy" in answer.headers


def test_no_phone_comes_into_the_log(make_site: MakeSite, caplog: pytest.LogCaptureFixture) -> None:
    app = make_site(PROPAGATE_EXCEPTIONS=False)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def fail() -> None:
        detail = "DETAIL:  Failing row contains (7, 谷雨, 13800001234)."
        raise IntegrityError("INSERT", {}, Exception(detail))

    app.extensions["qicai"] = app.extensions["qicai"]._replace(load_site=fail, load_actor=fail)
    assert app.test_client().get("/t/public").status_code == 500
    assert "Failing row contains" in caplog.text
    assert "138****1234" in caplog.text
    assert "13800001234" not in caplog.text


def test_a_broken_database_still_has_a_page(make_site: MakeSite) -> None:
    app = make_site(PROPAGATE_EXCEPTIONS=False)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def fail() -> None:
        raise OperationalError("SELECT", {}, Exception("no such table"))

    app.extensions["qicai"] = app.extensions["qicai"]._replace(load_site=fail, load_actor=fail)
    assert app.test_client().get("/t/public").status_code == 500


def test_a_405_names_what_is_allowed(make_site: MakeSite) -> None:
    assert "POST" in make_site().test_client().get("/t/led").headers["Allow"]


def test_a_body_too_large_is_refused(make_site: MakeSite) -> None:
    app = make_site(MAX_CONTENT_LENGTH=1000)
    answer = app.test_client().post("/t/form", data={"word": "x" * 2000})
    assert (answer.status_code, answer.headers["Connection"]) == (413, "close")


def test_nul_in_a_form_is_refused_before_the_database_is(make_site: MakeSite) -> None:
    assert make_site().test_client().post("/t/form", data={"word": "a\x00"}).status_code == 400


def test_a_form_without_token_is_refused(make_site: MakeSite) -> None:
    client = make_site(WTF_CSRF_ENABLED=True).test_client()
    answer = client.post("/t/form", data={"word": "谷雨"})
    assert (answer.status_code, "谷雨" in answer.text) == (400, False)


def test_a_form_whose_token_has_gone_comes_back_as_typed(make_site: MakeSite) -> None:
    client = make_site(WTF_CSRF_ENABLED=True).test_client()
    typed = {"word": "谷雨", "password": "open sesame", "csrf_token": "old"}
    answer = client.post("/t/form", data=typed, headers=SAME_SITE)
    assert answer.status_code == 400
    assert 'name="word" value="谷雨"' in answer.text
    assert "open sesame" not in answer.text
    assert 'value="old"' not in answer.text


def test_sent_again_it_goes_through(make_site: MakeSite) -> None:
    client = make_site(WTF_CSRF_ENABLED=True).test_client()
    page = client.post("/t/form", data={"word": "谷雨"}, headers=SAME_SITE).text
    form = page.split("<main")[1]
    token = form.split('name="csrf_token" value="')[1].split('"')[0]
    again = client.post("/t/form", data={"word": "谷雨", "csrf_token": token})
    assert again.text.startswith("True")


def test_a_refusal_of_a_page_that_has_no_page_of_its_own(make_site: MakeSite) -> None:
    from flask import abort

    app = make_site()

    @app.get("/t/status/<int:status>")
    @allow("public.read")
    def with_status(status: int) -> str:
        abort(status)

    client = app.test_client()
    assert client.get("/t/status/429").status_code == 429
    assert client.get("/t/status/418").status_code == 418
    assert client.get("/t/status/503").status_code == 503
