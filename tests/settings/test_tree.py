"""The tree of organisations on the desk: made below, renamed, moved, no circle closed."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.db import db, transaction
from app.organisations.models import Organisation
from app.organisations.queries import ancestors_of
from app.people.models import Role
from tests.settings.conftest import changes_of, organisation_id
from tests.web.cast import SINCE, Cast

PAGE = "/admin/organisations"


def make(client: FlaskClient, code: str, parent: str) -> int:
    parent_id = organisation_id(parent)
    answer = client.post(
        f"{PAGE}/add", data={"name": f"{code}小区", "code": code, "parent": parent_id}
    )
    assert answer.status_code == 303, answer.text
    return organisation_id(code)


def above(code: str) -> list[int]:
    found = ancestors_of(db.session(), organisation_id(code))
    db.session.rollback()
    return found[1:]


def test_an_organisation_is_made_below_one_of_the_own(desk: FlaskClient) -> None:
    make(desk, "TX-1", "TX")
    assert above("TX-1") == [organisation_id("TX"), organisation_id("JD")]
    assert "└ TX-1小区" in desk.get(PAGE).text
    assert "TX-1小区" in desk.get("/admin/settings/TX-1").text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "TX"}, "The code TX belongs to TX社区 already."),
        ({"code": "1A"}, "A code is a letter"),
        ({"name": ""}, "Fill in the name of the organisation."),
        ({"name": "长" * 61}, "60 characters"),
        ({"parent": ""}, "Choose an organisation."),
        ({"parent": "x"}, "Invalid Choice"),
        ({"parent": "999"}, "Not a valid choice"),
    ],
)
def test_a_bad_organisation_keeps_what_was_typed(
    desk: FlaskClient, change: dict[str, str], said: str
) -> None:
    given = {"name": "东苑", "code": "TX-1", "parent": str(organisation_id("TX"))}
    answer = desk.post(f"{PAGE}/add", data=given | change)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{change.get("name", "东苑")}"' in answer.text


def test_no_root_is_made_without_a_parent(desk: FlaskClient) -> None:
    before = changes_of("create_organisation")
    assert desk.post(f"{PAGE}/add", data={"name": "东苑", "code": "TX-1"}).status_code == 422
    neighbour = organisation_id("BY")
    data = {"name": "东苑", "code": "TX-1", "parent": neighbour}
    assert desk.post(f"{PAGE}/add", data=data).status_code == 422
    assert changes_of("create_organisation") == before


def test_an_organisation_is_renamed(desk: FlaskClient) -> None:
    assert desk.post(f"{PAGE}/TX", data={"name": "涂新社区"}).location == PAGE
    assert "涂新社区" in desk.get(PAGE).text
    assert "Organisation renamed" in desk.get(PAGE).text


def test_an_organisation_moves_within_reach(root_desk: FlaskClient) -> None:
    make(root_desk, "NC", "JD")
    make(root_desk, "NC-1", "NC")
    assert "Move below another" in root_desk.get(f"{PAGE}/NC-1").text
    neighbour = make(root_desk, "ND", "JD")
    assert root_desk.post(f"{PAGE}/NC-1/move", data={"parent": neighbour}).status_code == 303
    assert above("NC-1")[0] == neighbour


def test_nothing_moves_from_or_into_a_list_under_notice(root_desk: FlaskClient) -> None:
    make(root_desk, "TX-1", "TX")
    below, beside = make(root_desk, "NC", "JD"), organisation_id("TX")
    answer = root_desk.post(f"{PAGE}/TX-1/move", data={"parent": below})
    assert answer.status_code == 422
    assert "of TX社区 is under notice" in answer.text
    assert root_desk.post(f"{PAGE}/NC/move", data={"parent": beside}).status_code == 422
    assert (above("TX-1")[0], above("NC")[0]) == (beside, organisation_id("JD"))


def test_no_circle_is_closed(root_desk: FlaskClient) -> None:
    below = make(root_desk, "TX-1", "TX")
    own = organisation_id("TX")
    for parent in (own, below):
        answer = root_desk.post(f"{PAGE}/TX/move", data={"parent": parent})
        assert answer.status_code == 422
    assert above("TX") == [organisation_id("JD")]
    assert root_desk.post(f"{PAGE}/JD/move", data={"parent": below}).status_code == 422


def test_nobody_moves_their_own_top_nor_into_the_neighbours(desk: FlaskClient) -> None:
    make(desk, "TX-1", "TX")
    neighbour = organisation_id("BY")
    for code in ("TX", "TX-1"):
        answer = desk.post(f"{PAGE}/{code}/move", data={"parent": neighbour})
        assert answer.status_code == 422
    assert "Move below another" not in desk.get(f"{PAGE}/TX").text


def test_an_administrator_keeps_the_tree_without_settings(browser) -> None:
    admin = browser("admin")
    make(admin, "BY-1", "BY")
    assert admin.get("/admin/settings/BY-1").status_code == 404


def test_an_auditor_reads_the_tree(browser) -> None:
    page = browser("auditor").get(PAGE).text
    assert "TX社区" in page
    assert "Rename or move" not in page


def grant(cast: Cast, login: str, role: str, *codes: str) -> None:
    with transaction() as session:
        for code in codes:
            session.add(
                Role(
                    login_id=cast.logins[login],
                    role=role,
                    organisation_id=session.query(Organisation).filter_by(code=code).one().id,
                    from_on=SINCE,
                )
            )


@pytest.mark.parametrize("role", ["organiser", "auditor"])
def test_an_administrator_hangs_nothing_below_what_they_organise_or_audit(
    cast: Cast, browser, role: str
) -> None:
    grant(cast, "admin", role, "BY")
    admin = browser("admin")
    taken, own = organisation_id("TX"), organisation_id("BY")
    assert admin.post(f"{PAGE}/TX/move", data={"parent": own}).status_code == 422
    why = {"into": "BY", "reason": "合署办公"}
    assert admin.get(f"{PAGE}/TX/merge?into=BY").status_code == 404
    assert admin.post(f"{PAGE}/TX/merge", data=why).status_code == 404
    assert db.session.get_one(Organisation, taken).parent_id == organisation_id("JD")
    # What they have not given themselves: theirs below another one.
    new = make(admin, "NC", "JD")
    assert admin.post(f"{PAGE}/BY/move", data={"parent": new}).status_code == 303


def test_nobody_takes_an_organisation_from_those_above_it(cast: Cast, browser) -> None:
    admin = browser("admin")
    make(admin, "D1", "JD")
    make(admin, "D2", "JD")
    make(admin, "D2-1", "D2")
    grant(cast, "organiser", "organiser", "D1", "D2-1")
    desk = browser("organiser")
    elsewhere = {"parent": organisation_id("D1")}
    # Nor people, one by one.
    people = {"person": "1", "into": "D1", "step": "confirm", "reason": "合署办公"}
    assert desk.post(f"{PAGE}/D2-1/people", data=people).status_code == 404
    assert desk.post(f"{PAGE}/D2-1/move", data=elsewhere).status_code == 422
    assert desk.get(f"{PAGE}/D2-1/merge?into=D1").status_code == 404
    grant(cast, "organiser", "organiser", "D2")
    assert desk.post(f"{PAGE}/D2-1/people", data=people).status_code == 422
    assert desk.post(f"{PAGE}/D2-1/move", data=elsewhere).status_code == 303
