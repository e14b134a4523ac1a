"""The pages on which organisations are merged, split and retired, and people moved."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.db import db, transaction
from app.organisations.models import Organisation
from app.people.models import Volunteer
from app.teams.models import Membership, Team
from app.teams.operations import create_team
from tests.settings.conftest import changes_of, organisation_id
from tests.web.cast import Cast

PAGE = "/admin/organisations"
WHY = {"reason": "两个社区合署办公"}


@pytest.fixture
def merging(root_desk: FlaskClient) -> FlaskClient:
    """The organiser of JD, with a community NC whose years nobody has begun to close."""
    make = {"name": "新城社区", "code": "NC", "parent": organisation_id("JD")}
    assert root_desk.post(f"{PAGE}/add", data=make).status_code == 303
    return root_desk


def team_id(code: str) -> int:
    found = db.session.query(Team).filter_by(code=code).one().id
    db.session.rollback()
    return found


def home_of(code: str) -> str:
    """Return the code of the organisation in which a team stands."""
    query = db.select(Organisation.code).join(Team, Team.organisation_id == Organisation.id)
    found = db.session.scalar(query.where(Team.code == code))
    db.session.rollback()
    return str(found)


def people_of(code: str) -> int:
    home = organisation_id(code)
    count = db.session.query(Volunteer).filter_by(organisation_id=home).count()
    db.session.rollback()
    return count


def main_of(page: str) -> str:
    """Return a page's own words, without its bars."""
    return page.split("<main", 1)[1].split("</main>", 1)[0]


# ── merge ─────────────────────────────────────────────────────────────────────────────────


def test_a_merge_is_previewed_and_carried_out(merging: FlaskClient) -> None:
    assert "NC" in main_of(merging.get(f"{PAGE}/TX/merge").text)
    preview = main_of(merging.get(f"{PAGE}/TX/merge?into=NC").text)
    assert "夏至" in preview
    assert "Nothing: the same settings" in preview
    assert changes_of("merge_organisations") == 0
    people = people_of("TX") + people_of("NC")
    answer = merging.post(f"{PAGE}/TX/merge", data={"into": "NC", **WHY})
    assert answer.location == f"{PAGE}/NC"
    assert (home_of("TX-red"), people_of("NC"), people_of("TX")) == ("NC", people, 0)
    assert "was merged into this one on" in merging.get(f"{PAGE}/NC").text
    assert "Retired on" in merging.get(f"{PAGE}/TX").text


def test_it_says_which_figures_differ(merging: FlaskClient) -> None:
    merging.post("/admin/settings/NC/figures/daily_limit_minutes", data={"value": "420"})
    preview = main_of(merging.get(f"{PAGE}/TX/merge?into=NC").text)
    assert "480 minutes" in preview
    assert "420 minutes" in preview


def test_a_merge_needs_reach_over_both(desk: FlaskClient) -> None:
    assert desk.get(f"{PAGE}/TX/merge?into=BY").status_code == 404
    assert desk.post(f"{PAGE}/TX/merge", data={"into": "BY", **WHY}).status_code == 404
    assert desk.post(f"{PAGE}/BY/merge", data={"into": "TX", **WHY}).status_code == 404
    assert changes_of("merge_organisations") == 0


@pytest.mark.parametrize("into", ["TX", "NO", ""])
def test_nothing_else_can_be_chosen(merging: FlaskClient, into: str) -> None:
    answer = merging.post(f"{PAGE}/TX/merge", data={"into": into, **WHY})
    assert answer.status_code == 404


def test_without_a_reason_it_comes_back(merging: FlaskClient) -> None:
    answer = merging.post(f"{PAGE}/TX/merge", data={"into": "NC", "reason": " "})
    assert answer.status_code == 422
    assert "Fill in the reason." in answer.text
    answer = merging.post(f"{PAGE}/JD/merge", data={"into": "NC", **WHY})
    assert answer.status_code == 422
    assert "stands at the top" in answer.text


def test_the_second_tap_does_nothing(merging: FlaskClient) -> None:
    data = {"into": "NC", "key": "one-tap", **WHY}
    for _ in range(2):
        assert merging.post(f"{PAGE}/TX/merge", data=data).status_code == 303
    assert changes_of("merge_organisations") == 1
    answer = merging.post(f"{PAGE}/TX/merge", data={**data, "key": "another"})
    assert "was retired on" in answer.text


def test_not_while_a_list_is_under_notice(root_desk: FlaskClient) -> None:
    answer = root_desk.post(f"{PAGE}/TX/merge", data={"into": "BY", **WHY})
    assert answer.status_code == 422
    assert "of BY社区 is under notice" in answer.text
    assert home_of("TX-red") == "TX"


# ── split ─────────────────────────────────────────────────────────────────────────────────


def typed(**more: Any) -> dict[str, Any]:
    red = f"team-{team_id('TX-red')}"
    return {"count": 1, "name-0": "东社区", "code-0": "TX-E", red: "0", **more}


def test_a_split_is_previewed_and_carried_out(root_desk: FlaskClient) -> None:
    assert "TX-red" in main_of(root_desk.get(f"{PAGE}/TX/split").text)
    preview = root_desk.post(f"{PAGE}/TX/split", data=typed(step="preview"))
    assert preview.status_code == 200
    assert "东社区" in main_of(preview.text)
    assert changes_of("split_organisation") == 0
    answer = root_desk.post(f"{PAGE}/TX/split", data=typed(step="confirm", **WHY))
    assert answer.location == PAGE
    assert (home_of("TX-red"), home_of("TX-blue")) == ("TX-E", "TX")
    assert "It was split off TX社区 on" in root_desk.get(f"{PAGE}/TX-E").text
    assert "东社区 (TX-E)" not in root_desk.get(f"{PAGE}/TX").text


def test_one_more_line_keeps_what_was_typed(root_desk: FlaskClient) -> None:
    page = root_desk.post(f"{PAGE}/TX/split", data=typed(step="more")).text
    assert 'name="name-1"' in page
    assert 'value="东社区"' in page
    back = root_desk.post(f"{PAGE}/TX/split", data=typed(step="back")).text
    assert 'value="TX-E"' in back
    assert 'name="name-1"' not in back


def test_whoever_is_torn_goes_where_they_are_sent(root_desk: FlaskClient) -> None:
    person = member_of("TX-red")
    with transaction() as session:
        session.add(
            Membership(team_id=team_id("TX-blue"), volunteer_id=person, from_on=date(2026, 1, 1))
        )
    preview = main_of(root_desk.post(f"{PAGE}/TX/split", data=typed(step="preview")).text)
    assert f'name="goes-{person}"' in preview
    data = typed(step="confirm", **{f"goes-{person}": ""}, **WHY)
    assert root_desk.post(f"{PAGE}/TX/split", data=data).status_code == 303
    assert db.session.get_one(Volunteer, person).organisation_id == organisation_id("TX")


def member_of(code: str) -> int:
    found = db.session.query(Membership).filter_by(team_id=team_id(code), role="member").first()
    assert found is not None
    person = found.volunteer_id
    db.session.rollback()
    return person


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name-0": "", "code-0": ""}, "A code is a letter"),
        ({"code-0": "TX"}, "belongs to TX社区 already"),
        ({"code-0": "1"}, "A code is a letter"),
        ({"name-0": ""}, "A name has 1 to"),
        ({"count": "2", "name-1": "西", "code-1": "TX-W"}, "Choose at least one team for 西"),
        ({"team-999999": "0"}, "does not stand in TX社区 any more"),
    ],
)
def test_a_bad_split_comes_back_as_typed(
    root_desk: FlaskClient, change: dict[str, str], said: str
) -> None:
    for step in ("preview", "confirm"):
        answer = root_desk.post(f"{PAGE}/TX/split", data=typed(step=step, **WHY) | change)
        assert answer.status_code == 422, step
        assert said in answer.text
    assert changes_of("split_organisation") == 0


def test_a_split_without_any_team_or_reason_is_none(root_desk: FlaskClient) -> None:
    answer = root_desk.post(f"{PAGE}/TX/split", data={"step": "confirm", **WHY})
    assert "at least one new organisation" in answer.text
    answer = root_desk.post(f"{PAGE}/TX/split", data=typed(step="confirm"))
    assert answer.status_code == 422
    assert "Fill in the reason." in answer.text


def test_wild_input_is_no_error(root_desk: FlaskClient) -> None:
    wild = {
        "count": "９９",
        "team-²": "0",
        "goes-²": "1",
        "goes-999999999999999999": "7",
        "name-0": "\u200b",
        "code-0": "x" * 999,
        "without-team": "-1",
        "step": "preview",
    }
    assert root_desk.post(f"{PAGE}/TX/split", data=wild).status_code == 422


# ── retire ────────────────────────────────────────────────────────────────────────────────


def test_an_empty_one_is_retired_and_comes_back(root_desk: FlaskClient) -> None:
    make = {"name": "东苑", "code": "TX-1", "parent": organisation_id("TX")}
    root_desk.post(f"{PAGE}/add", data=make)
    assert "Nothing new is made there" in root_desk.get(f"{PAGE}/TX-1/retire").text
    assert root_desk.post(f"{PAGE}/TX-1/retire", data=WHY).status_code == 303
    tree = root_desk.get(PAGE).text
    assert "Retired" in main_of(tree)
    assert "东苑" not in root_desk.get(f"{PAGE}/add").text.split("<select", 1)[1]
    assert root_desk.get(f"{PAGE}/TX-1/retire").status_code == 404
    assert root_desk.get(f"{PAGE}/TX-1/reopen").status_code == 200
    assert root_desk.post(f"{PAGE}/TX-1/reopen", data=WHY).status_code == 303
    assert "was taken into service again on" in root_desk.get(f"{PAGE}/TX-1").text


def test_what_stands_there_is_said_first(root_desk: FlaskClient) -> None:
    page = root_desk.get(f"{PAGE}/TX/retire").text
    assert "2 teams" in page
    assert 'name="reason"' not in page
    answer = root_desk.post(f"{PAGE}/TX/retire", data=WHY)
    assert answer.status_code == 422
    assert "cannot be retired yet" in answer.text


# ── people ────────────────────────────────────────────────────────────────────────────────


def test_people_are_ticked_previewed_and_moved(root_desk: FlaskClient) -> None:
    person = member_of("TX-red")
    page = root_desk.get(f"{PAGE}/TX/people?person={person}").text
    assert re.search(rf'value="{person}"[^>]* checked', page)
    data = {"person": person, "into": "BY", "step": "preview"}
    preview = root_desk.post(f"{PAGE}/TX/people", data=data)
    assert preview.status_code == 200
    assert changes_of("move_people") == 0
    before = people_of("BY")
    data = {**data, "step": "confirm", **WHY}
    assert root_desk.post(f"{PAGE}/TX/people", data=data).location == f"{PAGE}/TX"
    assert people_of("BY") == before + 1
    assert f'href="/admin/people/{person}"' in root_desk.get("/admin/people").text


def test_nobody_and_no_reason_come_back(root_desk: FlaskClient) -> None:
    answer = root_desk.post(f"{PAGE}/TX/people", data={"into": "BY", "step": "preview"})
    assert answer.status_code == 422
    assert "Choose at least one person" in answer.text
    data = {"person": member_of("TX-red"), "into": "BY", "step": "confirm"}
    assert root_desk.post(f"{PAGE}/TX/people", data=data).status_code == 422


def test_people_go_nowhere_out_of_reach(desk: FlaskClient, cast: Cast) -> None:
    for into in ("BY", "TX", "NO", ""):
        data = {"person": member_of("TX-red"), "into": into, "step": "confirm", **WHY}
        assert desk.post(f"{PAGE}/TX/people", data=data).status_code == 404
    foreign = cast.subject("volunteer_id", "other_organisation", "organiser")
    assert desk.get(f"{PAGE}/TX/people?person={foreign}").text.count("checked") == 0


# ── afterwards ────────────────────────────────────────────────────────────────────────────


def test_what_is_retired_leaves_the_choosers(merging: FlaskClient) -> None:
    merging.post(f"{PAGE}/TX/merge", data={"into": "NC", **WHY})
    for page in ("/admin/teams/add", "/admin/people/add", f"{PAGE}/add"):
        shown = merging.get(page).text
        assert "新城社区" in shown, page
        assert not re.search(r"<option[^>]*>[^<]*TX社区", shown), page
    assert "TX社区" in main_of(merging.get("/awards").text)


def test_whoever_asks_the_gone_one_asks_the_other(
    merging: FlaskClient, client: FlaskClient
) -> None:
    merging.post(f"{PAGE}/TX/merge", data={"into": "NC", **WHY})
    teams = client.get("/join?org=TX").text
    assert "TX-red" in teams
    assert "BY-red" not in teams
    assert client.get("/join/sent?org=TX").status_code == 200


def test_a_team_that_went_is_no_longer_offered(root_desk: FlaskClient, cast: Cast) -> None:
    with transaction() as session:
        colour = session.get_one(Team, team_id("TX-red")).colour_id
        create_team(
            session,
            organisation_id=organisation_id("TX"),
            colour_id=colour,
            code="TX-new",
            name="TX-new",
            actor_id=cast.logins["organiser"],
            now=session.query(Organisation.created_at).limit(1).one()[0],
        )
    data = typed(step="confirm", **{f"team-{team_id('TX-new')}": "0"}, **WHY)
    assert root_desk.post(f"{PAGE}/TX/split", data=data).status_code == 303
    assert home_of("TX-new") == "TX-E"
    assert 'value="TX-new"' not in root_desk.get(f"{PAGE}/TX/split").text
