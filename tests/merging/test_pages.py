"""The pages of a merge: from the list of duplicates, and from a person's card."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.db import transaction
from tests.merging.histories import GONE, KEPT, REASON, one, rows
from tests.service.community import ORDINARY_DAY, Community
from tests.service.conftest import Town, key_in, make_town, town

__all__ = ["make_town", "town"]


@pytest.fixture
def organiser(town: Town) -> FlaskClient:
    return town.browser("organiser")


def address(community: Community, person: int = KEPT) -> str:
    return f"/admin/people/{community.volunteers[person]}/merge"


def preview(town: Town, organiser: FlaskClient, gone: int = GONE) -> str:
    with_ = town.people[gone]
    answer = organiser.get(f"{address(town.community)}?with={with_}")
    assert answer.status_code == 200
    return answer.text


def sent(page: str, gone_id: int, **more: str) -> dict[str, Any]:
    seen = re.search(r'name="seen"[^>]*value="([^"]+)"', page)
    assert seen
    given = {"key": key_in(page), "seen": seen[1], "gone": str(gone_id), "reason": REASON}
    return {**given, **more}


def test_the_preview_shows_both_and_what_collides(town: Town, organiser: FlaskClient) -> None:
    community = town.community
    community.logged(community.line(KEPT), by="organiser")
    community.logged(community.line(GONE), by="organiser")
    community.logged(community.line(GONE, 300, content="巡逻"), by="organiser")
    page = preview(town, organiser)
    assert "Stays: TX00006" in page
    assert "Goes over: TX00007" in page
    assert "Written down twice: counts once" in page
    assert "1 records, 5 hours" in page
    assert "This cannot be undone" in page


def test_joined_the_person_is_told_and_old_links_lead_on(
    town: Town, organiser: FlaskClient
) -> None:
    community = town.community
    community.logged(community.line(GONE), by="organiser")
    page = preview(town, organiser)
    answer = organiser.post(address(community), data=sent(page, town.people[GONE]))
    assert answer.status_code == 303
    assert "has one number now" in organiser.get(answer.location).text
    old = organiser.get(f"/admin/people/{town.people[GONE]}")
    assert old.location.endswith(f"/admin/people/{town.people[KEPT]}")
    assert "TX00007" in organiser.get(f"/admin/people/{town.people[KEPT]}").text
    passbook = organiser.get("/volunteers/TX00007/passbook")
    assert passbook.location.endswith("/volunteers/TX00006/passbook")
    assert "Joined from number TX00007" in organiser.get(passbook.location).text
    query = "SELECT kind FROM notices WHERE volunteer_id = :id ORDER BY id DESC LIMIT 1"
    assert one(query, id=town.people[KEPT]) == "person.joined"


def test_without_a_reason_what_was_chosen_stays(town: Town, organiser: FlaskClient) -> None:
    page = preview(town, organiser)
    given = sent(page, town.people[GONE], reason="", **{"field-name": "gone"})
    answer = organiser.post(address(town.community), data=given)
    assert answer.status_code == 422
    assert re.search(r'value="gone"[^>]*checked', answer.text)
    assert rows("SELECT id FROM merges") == []


def test_books_that_moved_are_shown_again(town: Town, organiser: FlaskClient) -> None:
    given = sent(preview(town, organiser), town.people[GONE])
    town.community.logged(town.community.line(GONE), by="organiser")
    answer = organiser.post(address(town.community), data=given)
    assert answer.status_code == 422
    assert "Something of these two changed" in answer.text
    again = sent(answer.text, town.people[GONE])
    assert organiser.post(address(town.community), data=again).status_code == 303


def test_an_obstacle_leaves_no_button(town: Town, organiser: FlaskClient) -> None:
    page = preview(town, organiser, gone=2)
    assert "Roles do not go along" in page
    assert "Join the two numbers" not in page


def test_the_other_is_found_by_name_and_by_number(town: Town, organiser: FlaskClient) -> None:
    page = organiser.get(f"{address(town.community)}?q=TX00007").text
    assert f"with={town.people[GONE]}" in page
    assert "Nobody found" in organiser.get(f"{address(town.community)}?q=zzz").text


def test_out_of_reach_nobody_is_there(town: Town, organiser: FlaskClient) -> None:
    below = town.browser("organiser_below")
    assert below.get(address(town.community)).status_code == 404
    for other in ("999", "x", str(town.people[KEPT])):
        assert organiser.get(f"{address(town.community)}?with={other}").status_code == 404
    assert organiser.post(address(town.community), data={"gone": "999"}).status_code == 404


def test_the_list_of_duplicates_leads_there(town: Town, organiser: FlaskClient) -> None:
    with transaction() as session:
        both = {"one": town.people[KEPT], "two": town.people[GONE]}
        session.execute(
            text("UPDATE volunteers SET phone = '13812345678' WHERE id IN (:one, :two)"), both
        )
    page = organiser.get("/admin/people/duplicates").text
    assert f"{address(town.community)}?with={town.people[GONE]}" in page
    assert ORDINARY_DAY


def test_a_page_costs_the_same_whatever_the_history(town: Town, organiser: FlaskClient) -> None:
    from tests.service.conftest import statements

    community, counts = town.community, []
    for place in range(12):
        line = community.line(GONE, 60, content=f"{place}")
        if place:
            line = line._replace(service_on=ORDINARY_DAY.replace(day=place))
        community.logged(line, by="organiser")
        if place in (1, 11):
            with statements() as sent_:
                preview(town, organiser)
            counts.append(len(sent_))
    assert counts[0] == counts[1]
    assert counts[1] - 1 <= 18
