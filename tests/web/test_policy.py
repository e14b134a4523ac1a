from __future__ import annotations

import logging

import click
import pytest
from flask import Flask
from flask.cli import with_appcontext

from app.teams.rules import Actor
from app.web.policy import allow, registered, right_of
from app.web.rights import ANYONE, RIGHTS, ROLES, SCOPES, SHELL, is_granted, scopes_of
from tests.web.conftest import ADMIN, LEADER, ORGANISER, VOLUNTEER, MakeSite

CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


def test_every_page_and_command_names_its_right(app: Flask) -> None:
    unlisted = [name for name, right in registered(app).items() if right is None]
    assert unlisted == []


def test_every_changing_route_refuses_get(app: Flask) -> None:
    """What only changes answers 405; a form is read with GET, and the matrix watches it."""
    adapter = app.url_map.bind("localhost")
    changing = [rule for rule in app.url_map.iter_rules() if CHANGING & (rule.methods or set())]
    assert changing
    # Reading and changing may be two views of one address, each with a right of its own.
    readable = {rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set())}
    for rule in changing:
        # One of those that may stand there, or a 1 where anything may.
        choices = {one: getattr(rule._converters[one], "items", ("1",)) for one in rule.arguments}
        values = {one: min(choices[one]) for one in rule.arguments}
        path = adapter.build(rule.endpoint, values, method="POST")
        expected = {200, 302, 303, 404, 410} if rule.rule in readable else {405}
        assert app.test_client().get(path).status_code in expected, path


def test_the_table_speaks_of_known_roles_and_scopes() -> None:
    for right, holders in RIGHTS.items():
        assert set(holders) <= {ANYONE, SHELL, *ROLES}, right
        assert set(holders.values()) <= set(SCOPES), right


def test_the_admin_creates_no_value() -> None:
    worth = ("service_record.", "adjustment.", "grant.", "redemption.", "transfer.", "import.")
    held = [right for right in RIGHTS if right.startswith(worth) and "admin" in RIGHTS[right]]
    # A login without any other role reads and changes itself.
    assert held == []


def test_the_auditor_only_reads() -> None:
    held = [right for right, holders in RIGHTS.items() if "auditor" in holders]
    own = {
        "profile.change",
        "preferences.change",
        "sign_in.use",
        "certificate.verify",
        "ranking.preview",
        "ranking.place",
        "join_request.make",
        "notice.change",
        "evaluation.give",
        "dispute.list",
        "year_check.count",
        # Asked for by an organiser, confirmed by a second person (SPEC §5).
        "adjustment.confirm",
        "scheme.confirm",
        # Reads everything and keeps what it found.
        "audit.run",
    }
    assert [right for right in held if not right.endswith(".read") and right not in own] == []


def test_scopes_add_up_over_roles() -> None:
    assert scopes_of("passbook.read", {"volunteer", "leader"}) == {"s", "t"}
    assert scopes_of("adjustment.make", {"organiser"}) == {"o"}
    assert scopes_of("passbook.read", {"admin"}) == frozenset()


def test_a_visitor_has_the_public_rights_only() -> None:
    assert is_granted("ranking.read", ())
    assert not is_granted("ranking.preview", ())


def test_a_right_nobody_wrote_down_is_refused_when_the_page_is_written() -> None:
    with pytest.raises(ValueError, match=r"service_record\.invent"):
        allow("service_record.invent")


def test_a_command_shows_its_right_through_its_wrappers(app: Flask) -> None:
    @click.command()
    @with_appcontext
    @allow("instance.keep")
    def tidy() -> None: ...

    assert right_of(tidy) == "instance.keep"
    app.cli.add_command(tidy, "tidy")
    app.cli.add_command(click.Command("untold"), "untold")
    found = registered(app)
    assert (found["flask tidy"], found["flask untold"]) == ("instance.keep", None)


@pytest.mark.parametrize("actor", [None, VOLUNTEER, ORGANISER, ADMIN])
def test_a_page_without_a_right_is_no_page(
    make_site: MakeSite, actor: Actor | None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert make_site(actor).test_client().get("/t/forgotten").status_code == 404
    assert "names no right" in caplog.text


def test_a_visitor_is_sent_to_sign_in_and_back(make_site: MakeSite) -> None:
    answer = make_site().test_client().get("/t/led/3?on=2026-03-28")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=%2Ft%2Fled%2F3%3Fon%3D2026-03-28"


@pytest.mark.parametrize(
    ("actor", "status"), [(VOLUNTEER, 404), (ADMIN, 404), (LEADER, 200), (ORGANISER, 200)]
)
def test_the_role_decides_and_the_refused_learn_nothing(
    make_site: MakeSite, actor: Actor, status: int
) -> None:
    assert make_site(actor).test_client().get("/t/led/3").status_code == status


def test_rights_are_read_at_each_request(make_site: MakeSite) -> None:
    app = make_site(LEADER)
    client = app.test_client()
    assert client.get("/t/led/3").status_code == 200
    app.extensions["qicai"] = app.extensions["qicai"]._replace(load_actor=lambda: VOLUNTEER)
    assert client.get("/t/led/3").status_code == 404


def test_what_was_typed_survives_a_session_that_ended(make_site: MakeSite) -> None:
    answer = (
        make_site()
        .test_client()
        .post(
            "/t/led",
            data={"note": "28日<扫楼道>", "password": "secret words"},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
    )
    assert answer.status_code == 401
    assert 'name="held"' in answer.text
    assert "secret words" not in answer.text
    assert 'action="/sign-in"' in answer.text


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]
)
def test_another_sites_form_is_not_given_back(make_site: MakeSite, headers: dict[str, str]) -> None:
    answer = make_site().test_client().post("/t/led", data={"note": "bait"}, headers=headers)
    assert (answer.status_code, "bait" in answer.text) == (401, False)
