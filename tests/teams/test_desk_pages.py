"""The organiser's pages: people and teams."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import pytest
import time_machine
from python_calamine import CalamineWorkbook

from app.db import db, transaction
from app.organisations.operations import create_organisation
from app.people.models import ActivationCode, Volunteer
from app.people.operations import add_volunteers, person_of
from app.people.queries import login_of, volunteer_by_number
from app.teams import code_views
from app.teams.models import Membership, Team
from app.teams.operations import create_team
from app.teams.queries import TeamRow, placement_on, team_by_code
from app.trail.models import TrailRow
from tests.teams.conftest import NOW, TODAY, queries_of

PHONE = "13800000028"
FORM = {"name": "寒露", "kind": "resident", "sex": "", "team": "0"}


@pytest.fixture
def desk(browser):
    return browser("organiser")


@pytest.fixture
def home(cast) -> int:
    return db.session.query(Team).filter_by(code="TX-red").one().organisation_id


def person(number: str = "TX00001") -> Volunteer:
    found = volunteer_by_number(db.session(), number)
    assert found is not None
    return found


def the_team(code: str) -> TeamRow:
    found = team_by_code(db.session(), code)
    assert found is not None
    return found


# ── the list ──────────────────────────────────────────────────────────────────────────────


def test_the_list_shows_the_own_organisation_only(desk):
    page = desk.get("/admin/people").text
    assert "谷雨" in page
    assert "芒种" not in page


@pytest.mark.parametrize(
    ("query", "found"), [("gy", True), ("TX00001", True), ("xm", False), ("没有", False)]
)
def test_the_list_is_searched(desk, query, found):
    assert ("谷雨" in desk.get("/admin/people", query_string={"q": query}).text) is found


def test_the_list_is_filtered_by_team(desk):
    page = desk.get("/admin/people?team=TX-blue").text
    assert "小满" in page
    assert "谷雨" not in page
    assert desk.get("/admin/people?team=BY-red").status_code == 404


def test_a_full_phone_never_reaches_an_address_or_a_page(desk, home):
    desk.post("/admin/people/add", data=FORM | {"organisation": home, "phone": PHONE})
    answer = desk.post("/admin/people/search", data={"q": PHONE})
    assert answer.location == "/admin/people?q=0028"
    page = desk.get(answer.location).text
    assert "138****0028" in page
    added = person("TX00005")
    for path in ("", "/edit"):
        assert PHONE not in desk.get(f"/admin/people/{added.id}{path}").text
    assert not [row for row in db.session.query(TrailRow) if PHONE in f"{row.after}{row.before}"]


def test_the_list_takes_as_many_queries_for_hundreds(desk, home):
    few = queries_of(lambda: desk.get("/admin/people"))
    people = [person_of(organisation_id=home, name=f"立冬{n}") for n in range(120)]
    with transaction() as session:
        add_volunteers(session, people, actor_id=None, now=NOW)
    many = queries_of(lambda: desk.get("/admin/people?page=2"))
    assert many <= few + 1
    assert few <= 14


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_list_goes_out_as_a_sheet(desk, kind):
    answer = desk.post(f"/admin/people/list.{kind}?team=TX-red")
    if kind == "csv":
        lines = answer.data.decode("utf-8-sig").splitlines()
        assert lines[0].startswith("Volunteer number,Name,")
        assert any("谷雨" in line for line in lines)
    else:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0)
        assert "谷雨" in {row[1] for row in sheet.to_python()}


# ── add and edit ──────────────────────────────────────────────────────────────────────────


def test_a_person_is_added_to_a_team_with_a_number(desk, home):
    team = db.session.query(Team).filter_by(code="TX-blue").one().id
    answer = desk.post("/admin/people/add", data=FORM | {"organisation": home, "team": team})
    page = desk.get(answer.location).text
    assert "寒露" in page
    assert "TX00005" in page
    assert "TX-blue队" in page


def test_a_double_tap_adds_once(desk, home):
    data = FORM | {"organisation": home, "key": "tap"}
    desk.post("/admin/people/add", data=data)
    desk.post("/admin/people/add", data=data | {"is_another": "y"})
    assert db.session.query(Volunteer).filter_by(name="寒露").count() == 1


@pytest.mark.parametrize(
    "change",
    [{"name": ""}, {"phone": "123"}, {"kind": "king"}, {"born_on": "2999-01-01"},
     {"number": "TX00001"}, {"born_on": "tomorrow"},
     {"organisation": "999"}, {"organisation": "x"}],
)  # fmt: skip
def test_a_bad_form_keeps_what_was_typed(desk, home, change):
    answer = desk.post(
        "/admin/people/add", data=FORM | {"organisation": home, "number": "TY-9"} | change
    )
    assert answer.status_code == 422
    assert "<title>Error" in answer.text
    assert f'value="{change.get("number", "TY-9")}"' in answer.text
    assert db.session.query(Volunteer).filter_by(name="寒露").count() == 0


def test_an_organiser_adds_nobody_elsewhere(desk):
    there = db.session.query(Team).filter_by(code="BY-red").one().organisation_id
    assert desk.post("/admin/people/add", data=FORM | {"organisation": there}).status_code == 422


def test_a_namesake_is_shown_before_being_added_twice(desk, home):
    data = FORM | {"organisation": home, "name": "谷雨"}
    answer = desk.post("/admin/people/add", data=data)
    assert answer.status_code == 422
    assert f"/admin/people/{person().id}" in answer.text
    assert desk.post("/admin/people/add", data=data | {"is_another": "y"}).status_code == 303


def test_an_edit_keeps_the_phone_unless_a_new_one_is_typed(desk):
    one = person().id
    edit = FORM | {"name": "谷雨", "phone": PHONE}
    desk.post(f"/admin/people/{one}/edit", data=edit)
    desk.post(f"/admin/people/{one}/edit", data=edit | {"phone": "", "name": "谷雨来"})
    assert (person().name, person().phone) == ("谷雨来", PHONE)
    desk.post(f"/admin/people/{one}/edit", data=edit | {"phone": "", "forget_phone": "y"})
    db.session.expire_all()
    assert person().phone is None


# ── codes, memberships, roles ─────────────────────────────────────────────────────────────


def test_a_code_is_asked_for_shown_for_minutes_and_not_kept(desk, browser):
    address = f"/admin/people/{person().id}/code"
    assert "7 days" in desk.get(address).text
    assert db.session.query(ActivationCode).count() == 0
    assert desk.post(address).location == address
    answer = desk.get(address)
    assert answer.headers["Cache-Control"] == "no-store"
    code = re.search(r'q-code">([A-Z0-9]{5}-[A-Z0-9]{5})<', answer.text)
    assert code
    assert db.session.query(ActivationCode).one().code_sha256 != code[1]
    # Reloaded it shows the same code, and nobody else sees it.
    assert code[1] in desk.get(address).text
    assert code[1] not in browser("admin").get(address).text
    entering = {"account": "TX00001", "code": code[1], "password": "lamp-and-tea"}
    assert desk.post("/activate", data=entering).status_code == 303


def test_no_code_for_an_account_that_may_more(desk, browser):
    one, home = person().id, person().organisation_id
    grant = {"role": "auditor", "organisation": home}
    pages = (f"/admin/people/{one}", "/admin/teams/TX-red")
    asking = f'href="/admin/people/{one}/code"'
    assert all(asking in desk.get(page).text for page in pages)
    assert browser("admin").post(f"/admin/people/{one}/roles", data=grant).status_code == 303
    assert desk.post(f"/admin/people/{one}/code").status_code == 403
    assert db.session.query(ActivationCode).count() == 0
    assert not any(asking in desk.get(page).text for page in pages)
    assert asking in browser("admin").get(pages[0]).text
    assert browser("admin").post(f"/admin/people/{one}/code").status_code == 303


def test_no_leader_gets_into_a_co_leader_s_account(desk, browser):
    held = db.session.query(Membership).filter_by(volunteer_id=person().id).one().id
    one, leader, address = person().id, browser("leader"), f"/teams/TX-red/members/{held}/code"
    assert f'href="{address}"' in leader.get("/teams/TX-red").text
    blue = db.session.query(Team).filter_by(code="TX-blue").one().id
    join = {"team": blue, "role": "leader", "from_on": TODAY.isoformat()}
    assert desk.post(f"/admin/people/{one}/memberships", data=join).status_code == 303
    assert f'href="{address}"' not in leader.get("/teams/TX-red").text
    for answer in (leader.get(address), leader.post(address)):
        assert answer.status_code == 403
        assert "Only an organiser above the team hands out codes" in answer.text
    assert db.session.query(ActivationCode).count() == 0
    assert f'href="/admin/people/{one}/code"' in desk.get("/admin/teams/TX-red").text
    assert desk.post(f"/admin/people/{one}/code").status_code == 303


def test_a_role_is_granted_and_ended(browser):
    admin, one = browser("admin"), person().id
    grant = {"role": "organiser", "organisation": person().organisation_id}
    admin.post(f"/admin/people/{one}/roles", data=grant)
    assert admin.post(f"/admin/people/{one}/roles", data=grant).status_code == 422
    ending = re.search(
        rf"/admin/people/{one}/roles/\d+/end", admin.get(f"/admin/people/{one}").text
    )
    assert ending
    assert admin.post(ending[0]).status_code == 303
    assert login_of(db.session(), one)
    assert ending[0] not in admin.get(f"/admin/people/{one}").text


def test_a_person_joins_a_second_team(desk):
    one = person().id
    blue = db.session.query(Team).filter_by(code="TX-blue").one().id
    join = {"team": blue, "role": "leader", "from_on": "2026-03-01"}
    assert desk.post(f"/admin/people/{one}/memberships", data=join).status_code == 303
    assert desk.post(f"/admin/people/{one}/memberships", data=join).status_code == 422
    assert "TX-blue队" in desk.get(f"/admin/people/{one}").text


# ── teams ─────────────────────────────────────────────────────────────────────────────────


def test_a_team_is_made_renamed_and_retired(desk, home):
    red = the_team("TX-red")
    made = {"name": "夜巡队", "code": "TX-night", "colour": red.colour.id, "organisation": home}
    assert desk.post("/admin/teams/add", data=made).location == "/admin/teams/TX-night"
    assert desk.post("/admin/teams/add", data=made).status_code == 422
    desk.post("/admin/teams/TX-night/edit", data=made | {"name": "晨巡队"})
    assert "晨巡队" in desk.get("/admin/teams").text
    desk.post("/admin/teams/TX-night/retire")
    assert "Retired" in desk.get("/admin/teams/TX-night").text
    desk.post("/admin/teams/TX-night/reopen")
    db.session.expire_all()
    assert the_team("TX-night").retired_on is None


def test_another_colour_counts_from_today(desk, home):
    red, blue = the_team("TX-red"), the_team("TX-blue")
    form = {"name": red.name, "colour": blue.colour.id, "organisation": home}
    assert desk.post("/admin/teams/TX-red/edit", data=form).status_code == 303
    earlier = placement_on(db.session(), [red.id], TODAY.replace(year=2024))
    assert earlier[red.id].colour_id == red.colour.id


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"colour": "999"}, {"code": "a/b"}, {"organisation": "7"}]
)
def test_a_bad_team_keeps_what_was_typed(desk, home, change):
    colour = the_team("TX-red").colour.id
    form = {"name": "夜巡队", "code": "TX-n", "colour": colour, "organisation": home} | change
    answer = desk.post("/admin/teams/add", data=form)
    assert answer.status_code == 422
    assert f'value="{form["code"]}"' in answer.text


def test_the_list_of_teams_takes_as_many_queries_for_many(desk, home):
    few = queries_of(lambda: desk.get("/admin/teams"))
    colour = the_team("TX-red").colour.id
    for n in range(8):
        form = {"name": f"队{n}", "code": f"TX-{n}", "colour": colour, "organisation": home}
        desk.post("/admin/teams/add", data=form)
    assert queries_of(lambda: desk.get("/admin/teams")) <= few <= 12


def test_a_county_s_teams_stand_on_pages_and_are_searched(desk, home):
    colour = the_team("TX-red").colour.id
    with transaction() as session:
        for n in range(120):
            given = {"code": f"TX-n{n:03}", "name": f"第{n:03}小队"}
            create_team(
                session, organisation_id=home, colour_id=colour, actor_id=None, now=NOW, **given
            )
    first, second = (
        set(re.findall(r"第\d{3}小队", desk.get(f"/admin/teams?page={page}").text))
        for page in (1, 2)
    )
    assert not first & second
    assert len(first | second) == 120
    found = desk.get("/admin/teams?q=n117").text
    assert set(re.findall(r"第\d{3}小队", found)) == {"第117小队"}


# ── the leader's page ─────────────────────────────────────────────────────────────────────


def test_a_leader_sees_members_with_masked_phones(browser, desk):
    desk.post(f"/admin/people/{person().id}/edit", data=FORM | {"name": "谷雨", "phone": PHONE})
    leader = browser("leader")
    assert leader.get("/teams").location == "/teams/TX-red"
    page = leader.get("/teams/TX-red").text
    assert "138****0028" in page
    assert PHONE not in page


def test_a_leader_takes_in_whoever_number_and_name_agree_on(browser):
    leader = browser("leader")
    blue_member = {"number": "tx00002", "name": "小满"}
    for unfit in ({"name": "大雪"}, {"number": "TX09999"}, {"number": ""}):
        answer = leader.post("/teams/TX-red/members", data=blue_member | unfit)
        assert answer.status_code == 422
    assert leader.post("/teams/TX-red/members", data=blue_member).status_code == 303
    assert "小满" in leader.get("/teams/TX-red").text


def test_a_leader_ends_a_membership_today(browser):
    held = db.session.query(Membership).filter_by(volunteer_id=person().id).one().id
    assert browser("leader").post(f"/teams/TX-red/members/{held}/end").status_code == 303
    db.session.expire_all()
    assert db.session.get_one(Membership, held).until_on is not None


def test_the_members_page_takes_as_many_queries_for_many(browser, home):
    leader = browser("leader")
    few = queries_of(lambda: leader.get("/teams/TX-red"))
    red = db.session.query(Team).filter_by(code="TX-red").one().id
    people = [person_of(organisation_id=home, name=f"立冬{n}") for n in range(60)]
    with transaction() as session:
        for one in add_volunteers(session, people, actor_id=None, now=NOW):
            session.add(Membership(team_id=red, volunteer_id=one, role="member", from_on=TODAY))
    assert queries_of(lambda: leader.get("/teams/TX-red")) <= few <= 12


# ── slips ─────────────────────────────────────────────────────────────────────────────────


def test_a_reloaded_slip_makes_no_new_code_but_asking_again_warns(desk):
    address = f"/admin/people/{person().id}/code"
    desk.post(address)
    first = db.session.query(ActivationCode).one().code_sha256
    desk.get(address)
    assert db.session.query(ActivationCode).one().code_sha256 == first
    assert "still works" in desk.get(f"{address}?new=1").text


def test_slips_are_gone_after_minutes(desk):
    address = f"/admin/people/{person().id}/code"
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        desk.post(address)
        assert "q-code" in desk.get(address).text
        clock.shift(16 * 60)
        assert "q-code" not in desk.get(address).text


def test_a_first_code_threatens_nobody_with_being_signed_out(desk):
    page = desk.get(f"/admin/people/{person().id}/code").text
    assert "chooses a PIN or a password" in page
    assert "signed out" not in page


def leader_of_red() -> Volunteer:
    return db.session.query(Volunteer).filter_by(name="雨水").one()


def test_a_team_gets_slips_for_those_without_an_account(browser):
    leader = browser("leader")
    assert "/teams/TX-red/codes" in leader.get("/teams/TX-red").text
    assert "has no account" in leader.get("/teams/TX-red/codes").text.replace("have", "has")
    assert leader.post("/teams/TX-red/codes").location == "/teams/TX-red/codes"
    page = leader.get("/teams/TX-red/codes").text
    codes = re.findall(r'q-code">([A-Z0-9]{5}-[A-Z0-9]{5})<', page)
    assert len(codes) == len(set(codes)) == db.session.query(ActivationCode).count() > 0
    # The leader of the team gets none of their own.
    led = login_of(db.session(), leader_of_red().id)
    assert led
    assert db.session.query(ActivationCode).filter_by(login_id=led.id).count() == 0
    entering = {"account": "TX00001", "code": codes[0], "password": "lamp-and-tea"}
    tried = [leader.post("/activate", data=entering | {"code": code}) for code in codes]
    assert 303 in {answer.status_code for answer in tried}


@pytest.mark.parametrize(
    ("host", "public", "shown"),
    [
        ("time.example.cn", "", "http://time.example.cn/activate"),
        ("127.0.0.1:8000", "https://time.example.cn", "https://time.example.cn/activate"),
        ("127.0.0.1:8000", "", None),
        ("localhost", "", None),
    ],
)
def test_a_slip_names_an_address_that_its_owner_can_open(app, host, public, shown):
    app.config["PUBLIC_URL"] = public
    with app.test_request_context(base_url=f"http://{host}"):
        assert code_views._address() == shown


def test_a_slip_without_an_address_leaves_room_to_write_it(desk):
    address = f"/admin/people/{person().id}/code"
    desk.post(address)
    assert f"<dd>{'_' * 24}</dd>" in desk.get(address).text


# ── all that is wrong at once ─────────────────────────────────────────────────────────────


def test_adding_a_person_says_all_that_is_wrong_at_once(desk, home):
    wrong = {"phone": "12", "born_on": "2999-01-01", "name": "", "number": "TX00001"}
    page = desk.post("/admin/people/add", data=FORM | {"organisation": home} | wrong).text
    for field in ("name", "phone", "born_on", "number"):
        assert f'id="{field}-error"' in page, field


def test_a_team_without_a_colour_is_refused_in_our_words(desk, home):
    data = {"name": "x", "code": "TX-x", "organisation": home}
    page = desk.post("/admin/teams/add", data=data).text
    assert "Choose the team's colour." in page
    assert "Not a valid choice" not in page


def test_a_team_without_a_name_is_not_asked_for_a_person_s(desk, home):
    colour = the_team("TX-red").colour.id
    data = {"name": " ", "code": "TX-x", "organisation": home, "colour": colour}
    assert "Fill in the name of the team." in desk.post("/admin/teams/add", data=data).text


# ── papers for a whole team ───────────────────────────────────────────────────────────────


def test_an_organiser_prints_slips_and_cards_from_the_page_of_a_team(desk):
    page = desk.get("/admin/teams/TX-red").text
    for way in ("codes", "cards"):
        assert f'href="/teams/TX-red/{way}"' in page
        assert desk.get(f"/teams/TX-red/{way}").status_code == 200
    assert f'<a href="/admin/people/{person().id}">谷雨</a>' in page


def test_a_retired_team_gets_no_papers(desk):
    desk.post("/admin/teams/TX-red/retire")
    assert "/teams/TX-red/cards" not in desk.get("/admin/teams/TX-red").text


# ── to the passbook ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", ["organiser", "auditor"])
def test_the_page_of_a_person_leads_to_the_passbook(browser, role):
    client = browser(role)
    page = client.get(f"/admin/people/{person().id}").text
    assert 'href="/volunteers/TX00001/passbook"' in page
    book = client.get("/volunteers/TX00001/passbook").text
    assert f'class="q-back q-noprint" href="/admin/people/{person().id}"' in book


def test_an_administrator_is_led_to_no_passbook(browser):
    assert "/passbook" not in browser("admin").get(f"/admin/people/{person().id}").text


def test_a_leader_is_led_from_a_member_to_their_hours(browser):
    leader = browser("leader")
    assert 'href="/volunteers/TX00001/passbook"' in leader.get("/teams/TX-red").text
    page = leader.get("/volunteers/TX00001/passbook").text
    assert "Hours of 谷雨" in page
    assert 'class="q-back q-noprint" href="/teams"' in page


# ── a county ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/admin/teams/add", "/admin/teams/TX-red/edit"])
def test_a_team_is_placed_among_many_organisations_in_as_few_statements(desk, home, path):
    desk.get(path)
    few = queries_of(lambda: desk.get(path))
    with transaction() as session:
        for number in range(20):
            given = {"code": f"N{number}", "name": f"网格{number}", "parent_id": home}
            create_organisation(session, **given, actor_id=None, now=NOW)
    assert queries_of(lambda: desk.get(path)) == few
    assert desk.get(path).text.count("网格") == 20


# ── a phone ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("role", "led_to"), [("leader", ["/me/ledger", "/ranking"]), ("volunteer", ["/ranking"])]
)
def test_what_the_bar_of_a_phone_has_no_room_for_is_reached_from_the_account(browser, role, led_to):
    others = browser(role).get("/me/account").text.partition('id="h-others"')[2]
    listed = others.partition("</ul>")[0]
    found = [path for path in ("/me/ledger", "/ranking") if f'href="{path}"' in listed]
    assert found == led_to
