"""Nobody grants above their own role nor to themselves; the last one of a place stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clock import now, today_in
from app.db import db, transaction
from app.organisations.models import Organisation
from app.people.models import Login, Role, Volunteer
from app.people.operations import end_role, grant_role
from app.people.rules.roles import LastOrganiser, RoleDatesUnfit
from app.teams.models import Membership, Team
from app.trail.models import TrailRow
from tests.web.cast import ROLES, Cast, sign_in_as

ON = today_in("Asia/Shanghai")
LATER = ON + timedelta(days=30)


def place(code: str) -> int:
    return db.session.query(Organisation.id).filter_by(code=code).scalar()


def granted(cast: Cast, role: str, code: str, *, to: str = "leader", **more) -> int:
    with transaction() as session:
        made = grant_role(
            session, cast.logins[to], role=role, organisation_id=place(code),
            granter_id=cast.logins["admin"], granter_is_admin=True, now=now(), today=ON, **more,
        )  # fmt: skip
        return made.id


def own_person(cast: Cast, actor: str) -> int:
    """Return a volunteer who is the actor: everybody who acts gets one."""
    login = db.session.get_one(Login, cast.logins[actor])
    if login.volunteer_id is None:
        with transaction() as session:
            login = session.get_one(Login, cast.logins[actor])
            made = Volunteer(
                organisation_id=place("TX"), number=f"TX8{login.id:04d}", name=login.display_name,
                name_keys="", created_at=now(),
            )  # fmt: skip
            session.add(made)
            session.flush()
            login.volunteer_id = made.id
    return db.session.get_one(Login, cast.logins[actor]).volunteer_id or 0


@pytest.mark.parametrize("target", ["self", "other", "elsewhere"])
@pytest.mark.parametrize("role", ["organiser", "auditor", "admin", "leader", "king"])
@pytest.mark.parametrize("actor", ROLES)
def test_who_grants_what_to_whom(app, cast: Cast, actor: str, role: str, target: str) -> None:
    if target == "self":
        person = own_person(cast, actor) if actor != "visitor" else 1
    else:
        relation = "same_team" if target == "other" else "other_organisation"
        person = int(cast.subjects["volunteer_id"][relation])
    before = db.session.query(Role).count()
    answer = sign_in_as(app, cast, actor).post(
        f"/admin/people/{person}/roles", data={"role": role, "organisation": place("TX")}
    )
    may = actor == "admin" and target != "self" and role in ("organiser", "auditor", "admin")
    db.session.expire_all()
    assert db.session.query(Role).count() == before + may, answer.status
    assert (answer.status_code == 303) is may


@pytest.mark.parametrize("target", ["self", "other", "elsewhere"])
@pytest.mark.parametrize("actor", [role for role in ROLES if role != "visitor"])
def test_who_names_leaders(app, cast: Cast, actor: str, target: str) -> None:
    if target == "self":
        person, code = own_person(cast, actor), "TX-red"
        with transaction() as session:
            team = session.query(Team).filter_by(code=code).one()
            rows = session.query(Membership).filter_by(volunteer_id=person)
            rows.delete()
            session.add(Membership(team_id=team.id, volunteer_id=person, from_on=ON))
    else:
        code = "TX-red" if target == "other" else "BY-red"
        relation = "same_team" if target == "other" else "other_organisation"
        person = int(cast.subjects["volunteer_id"][relation])
    held = db.session.query(Membership.id).filter_by(volunteer_id=person).scalar()
    sign_in_as(app, cast, actor).post(
        f"/admin/teams/{code}/members/{held}/role", data={"role": "leader"}
    )
    db.session.expire_all()
    led = db.session.query(Membership).filter_by(volunteer_id=person, role="leader").count()
    may = (actor == "organiser" and target == "other") or (actor == "admin" and target != "self")
    assert bool(led) is may


# ── the last one, and roles with an end ───────────────────────────────────────────────────


def ended(cast: Cast, role_id: int) -> None:
    with transaction() as session:
        end_role(
            session, role_id, granter_id=cast.logins["admin"], granter_is_admin=True,
            now=now(), today=ON,
        )  # fmt: skip


def role_of(cast: Cast, name: str) -> int:
    return db.session.query(Role.id).filter_by(login_id=cast.logins[name]).scalar()


def test_the_last_organiser_of_a_place_stays(app, cast: Cast) -> None:
    with pytest.raises(LastOrganiser, match="TX"):
        ended(cast, role_of(cast, "organiser"))


@pytest.mark.parametrize(("code", "more"), [("TX", {}), ("JD", {})])
def test_an_organiser_goes_once_another_is_there_or_above(app, cast: Cast, code, more) -> None:
    granted(cast, "organiser", code, **more)
    ended(cast, role_of(cast, "organiser"))


@pytest.mark.parametrize(("code", "more"), [("BY", {}), ("TX", {"until_on": LATER})])
def test_one_elsewhere_or_for_a_while_does_not_count(app, cast: Cast, code, more) -> None:
    granted(cast, "organiser", code, **more)
    with pytest.raises(LastOrganiser):
        ended(cast, role_of(cast, "organiser"))


def test_a_suspended_one_does_not_count(app, cast: Cast) -> None:
    granted(cast, "organiser", "TX")
    with transaction() as session:
        session.get_one(Login, cast.logins["leader"]).is_suspended = True
    with pytest.raises(LastOrganiser):
        ended(cast, role_of(cast, "organiser"))


def test_a_role_may_be_given_for_a_while(app, cast: Cast) -> None:
    role_id = granted(cast, "auditor", "TX", until_on=LATER)
    assert db.session.get_one(Role, role_id).until_on == LATER
    with pytest.raises(RoleDatesUnfit):
        granted(cast, "auditor", "BY", until_on=ON - timedelta(days=1))


def test_an_ended_role_is_not_ended_again(admin: FlaskClient, cast: Cast) -> None:
    role_id = granted(cast, "auditor", "TX")
    with transaction() as session:
        role = session.get_one(Role, role_id)
        role.from_on, role.until_on = ON - timedelta(days=9), ON - timedelta(days=1)
    assert admin.post(f"/admin/roles/{role_id}/end").status_code == 404


# ── the page ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def admin(app, cast: Cast) -> FlaskClient:
    client = sign_in_as(app, cast, "admin")
    client.set_cookie("qicai_language", "en")
    return client


@pytest.fixture
def desk(app, cast: Cast) -> FlaskClient:
    client = sign_in_as(app, cast, "organiser")
    client.set_cookie("qicai_language", "en")
    return client


def test_the_page_says_who_may_do_what_by_whose_word(admin, desk, cast: Cast) -> None:
    granted(cast, "auditor", "TX")
    page = desk.get("/admin/roles").text
    assert "大暑" in page  # the admin, who granted it, and whose own role is not the desk's to see
    assert "雨水" in page
    assert "The whole platform" not in page
    assert "The whole platform" in admin.get("/admin/roles").text
    assert desk.get("/admin/roles?organisation=BY").status_code == 404


def test_the_page_names_who_named_a_leader(admin, desk, cast: Cast) -> None:
    person = int(cast.subjects["volunteer_id"]["same_team"])
    held = db.session.query(Membership.id).filter_by(volunteer_id=person).scalar()
    desk.post(f"/admin/teams/TX-red/members/{held}/role", data={"role": "leader"})
    assert desk.get("/admin/roles").text.count("夏至") >= 2


def test_an_ended_role_goes_from_the_page_and_stays_in_its_past(admin, cast: Cast) -> None:
    role_id = granted(cast, "auditor", "BY")
    with transaction() as session:
        session.get_one(Role, role_id).from_on = ON - timedelta(days=5)
    assert admin.post(f"/admin/roles/{role_id}/end").location == "/admin/roles"
    assert "BY社区" not in admin.get("/admin/roles").text.split("h-desk", 1)[1].split("</table>")[0]
    assert "BY社区" in admin.get("/admin/roles?past=1").text


def test_the_last_organiser_is_said_on_the_page(admin, cast: Cast) -> None:
    answer = admin.post(f"/admin/roles/{role_of(cast, 'organiser')}/end")
    assert answer.status_code == 303
    assert "This is the last organiser of" in admin.get("/admin/roles").text
    assert db.session.query(TrailRow).filter_by(operation="end_role").count() == 0


def test_a_profile_keeps_the_roles_that_were(admin, cast: Cast) -> None:
    role_id = granted(cast, "auditor", "TX", until_on=LATER)
    person = cast.own["leader"]["volunteer_id"]
    page = admin.get(f"/admin/people/{person}").text
    assert "granted by 大暑" in page
    with transaction() as session:
        role = session.get_one(Role, role_id)
        role.from_on, role.until_on = ON - timedelta(days=9), ON - timedelta(days=1)
    assert "ended" in admin.get(f"/admin/people/{person}").text


def test_what_waits_is_a_link_for_whoever_may_approve_it(app: Flask, cast: Cast) -> None:
    card = f"/admin/people/{cast.subject('volunteer_id', 'same_team', 'organiser')}?language=en"
    pages = {who: sign_in_as(app, cast, who).get(card).text for who in ("organiser", "auditor")}
    assert all("waits for approval" in page for page in pages.values())
    mains = {who: page.split("<main")[1].split("</main>")[0] for who, page in pages.items()}
    assert 'href="/waiting"' in mains["organiser"]
    assert 'href="/waiting"' not in mains["auditor"]
