"""Numbers that never meet, roles, codes and sessions, each with its trail row."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.db import db, transaction
from app.errors import NotFound
from app.ledger.queries import balances_of_many
from app.organisations.operations import create_organisation
from app.people import operations, queries
from app.people.models import SignInSession, Volunteer
from app.people.operations import logins
from app.people.operations.logins import AlreadyAdministered, LoginNameTaken, RoleHeld
from app.people.operations.numbers import NumberTaken
from app.people.operations.sessions import AccountSuspended
from app.people.operations.volunteers import NotWaiting
from app.people.rules.passwords import CodeWrong, digest
from app.people.rules.roles import AdminNeeded, LastAdmin, OwnRole
from app.people.rules.sign_in import SignInWrong
from app.trail.models import TrailRow
from app.trail.queries import trail_about
from tests.people.conftest import NOW, PASSWORD, TODAY, add, login_of
from tests.races import race

GIVEN = (None, "TX00007", None, "TXA0009")


def test_numbers_follow_the_highest_given(place):
    with transaction() as session:
        people = [
            operations.person_of(
                organisation_id=place.organisation_id, name=name, number=number
            )
            for name, number in zip(("立春", "雨水", "惊蛰", "春分"), GIVEN, strict=True)
        ]  # fmt: skip
        ids = operations.add_volunteers(session, people, actor_id=None, now=NOW)
        numbers = [queries.get_volunteer(session, one).number for one in ids]
    assert numbers == ["TX00008", "TX00007", "TX00009", "TXA0009"]
    assert set(balances_of_many(db.session(), ids)) == set(ids)


def test_a_number_is_given_once(place):
    add(place, "立春")
    with pytest.raises(NumberTaken), transaction() as session:
        operations.add_volunteer(
            session, organisation_id=place.organisation_id, name="雨水", number="tx00001",
            actor_id=None, now=NOW,
        )  # fmt: skip


@race(
    "the lock of numbers", seen="UNIQUE constraint failed: volunteers.number|uq_volunteers_number"
)
def test_two_organisers_adding_at_once_give_different_numbers(app, place):
    def add_some(_worker: int) -> None:
        with app.app_context():
            for _ in range(6):
                add(place, "谷雨")

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(add_some, range(4)))
    numbers = db.session.scalars(select(Volunteer.number)).all()
    assert sorted(filter(None, numbers)) == [f"TX{n:05}" for n in range(1, 25)]


def test_a_code_that_begins_like_another_does_not_disturb(place):
    add(place, "立春")
    with transaction() as session:
        other = create_organisation(
            session,
            code="TX1",
            name="别处",
            parent_id=place.organisation_id,
            actor_id=None,
            now=NOW,
        )
        made = operations.add_volunteer(
            session, organisation_id=other.id, name="雨水", actor_id=None, now=NOW
        )
        assert made.number == "TX100001"
    assert db.session.get_one(Volunteer, add(place, "惊蛰")).number == "TX00002"


def test_a_repeated_key_adds_once(place):
    def once() -> int:
        with transaction() as session:
            return operations.add_volunteer(
                session, organisation_id=place.organisation_id, name="立春",
                actor_id=place.organiser_id, now=NOW, key="k1",
            ).id  # fmt: skip

    assert once() == once()


def test_the_trail_of_an_edit_shows_no_full_phone(place):
    person = add(place, "立春", phone="13800000028")
    changes = {"phone": "13900000099", "name": "立夏"}
    with transaction() as session:
        assert operations.edit_volunteer(
            session, person, changes, actor_id=place.organiser_id, now=NOW
        )
        assert not operations.edit_volunteer(
            session, person, changes, actor_id=place.organiser_id, now=NOW
        )
    rows = db.session.scalars(select(TrailRow).order_by(TrailRow.id)).all()
    assert [row.operation for row in rows][-2:] == ["add_volunteer", "edit_volunteer"]
    written = "".join(
        f"{row.before}{row.after}" for row in trail_about(db.session(), "volunteer", person)
    )
    assert "13800000028" not in written
    assert "139****0099" in written
    assert queries.search_volunteers(db.session(), [place.organisation_id], "lx")[0].name == "立夏"


def test_a_new_friend_gets_a_number_when_confirmed(place):
    with transaction() as session:
        friend = operations.add_volunteer(
            session, organisation_id=place.organisation_id, name="小暑", state="proposed",
            actor_id=place.organiser_id, now=NOW,
        )  # fmt: skip
        assert friend.number is None
        confirmed = operations.confirm_new_friend(
            session, friend.id, actor_id=place.organiser_id, now=NOW
        )
        assert (confirmed.number, confirmed.state) == ("TX00001", "active")
        with pytest.raises(NotWaiting):
            operations.confirm_new_friend(session, friend.id, actor_id=place.organiser_id, now=NOW)


@pytest.mark.parametrize("text", ["谷雨", "gy", "guyu", "tx00001", "0028", "00001"])
def test_people_are_found_by_what_one_knows(place, text):
    add(place, "谷雨", phone="13800000028")
    add(place, "小满")
    found = queries.search_volunteers(db.session(), [place.organisation_id], text)
    assert [one.name for one in found] == ["谷雨"]


@pytest.mark.parametrize("text", ["%", "_", "uyu", "28", "\\", "没有"])
def test_wildcards_and_middles_find_nobody(place, text):
    add(place, "谷雨", phone="13800000028")
    assert queries.search_volunteers(db.session(), [place.organisation_id], text) == []


# ── logins and roles ──────────────────────────────────────────────────────────────────────


def test_first_roles_are_given_once(place):
    with pytest.raises(AlreadyAdministered), transaction() as session:
        operations.grant_first_roles(
            session, place.organiser_id, organisation_id=place.organisation_id, now=NOW, today=TODAY
        )


def test_login_names_are_unique_whatever_the_case(place):
    with pytest.raises(LoginNameTaken), transaction() as session:
        operations.create_login(session, display_name="x", name="XiaZhi", actor_id=None, now=NOW)


def test_two_who_take_one_login_name_at_once_hear_the_same_refusal(place, monkeypatch):
    # The other's login is committed between the check and the row.
    blind_once = iter([lambda *_given: None, logins._refuse_taken])
    monkeypatch.setattr(logins, "_refuse_taken", lambda *given: next(blind_once)(*given))
    with pytest.raises(LoginNameTaken) as refused, transaction() as session:
        operations.create_login(session, display_name="x", name="XiaZhi", actor_id=None, now=NOW)
    assert refused.value.figures == {"name": "xiazhi"}


def test_granting_a_role_ends_running_sessions(place):
    person = add(place, "立春", password=PASSWORD)
    with transaction() as session:
        login = login_of(session, person)
        begun = begin(session, login)
        granting: dict[str, Any] = {
            "role": "auditor",
            "organisation_id": place.organisation_id,
            "granter_id": place.organiser_id,
            "granter_is_admin": True,
            "now": NOW,
            "today": TODAY,
        }
        operations.grant_role(session, login.id, **granting)
        row = session.get_one(SignInSession, begun.session_id)
        session.refresh(row)
        assert row.revoked_at == NOW
        with pytest.raises(RoleHeld):
            operations.grant_role(session, login.id, **granting)
        with pytest.raises(AdminNeeded):
            operations.grant_role(session, login.id, **granting | {"granter_is_admin": False})
        with pytest.raises(OwnRole):
            operations.grant_role(session, login.id, **granting | {"granter_id": login.id})


def test_the_last_administrator_stays(place):
    with transaction() as session:
        admin = next(
            r for r in queries.roles_of(session, place.organiser_id, TODAY) if r.role == "admin"
        )
        with pytest.raises(LastAdmin):
            operations.end_role(
                session, admin.id, granter_id=0, granter_is_admin=True, now=NOW, today=TODAY
            )


# ── sessions ──────────────────────────────────────────────────────────────────────────────


def begin(session, login, **changed):
    given = {
        "verified_hash": login.password_hash,
        "address": "203.0.113.7",
        "device": "?",
        "now": NOW,
        "today": TODAY,
    }
    return operations.sign_in(session, login.id, **given | changed)


def test_a_password_changed_while_it_was_checked_signs_nobody_in(place):
    person = add(place, "立春", password=PASSWORD)
    with transaction() as session:
        login = login_of(session, person)
        for stale in ("another hash", None):
            with pytest.raises(SignInWrong):
                begin(session, login, verified_hash=stale)


def test_suspension_ends_sessions_at_once_and_keeps_out(place):
    person = add(place, "立春", password=PASSWORD)
    with transaction() as session:
        login = login_of(session, person)
        token = digest(begin(session, login).token)
        assert queries.signed_in(session, token, NOW)
        operations.suspend_login(
            session, login.id, actor_id=place.organiser_id, now=NOW, reason="lost phone"
        )
        assert queries.signed_in(session, token, NOW) is None
        with pytest.raises(AccountSuspended):
            begin(session, login)
        operations.restore_login(
            session, login.id, actor_id=place.organiser_id, now=NOW, reason="found"
        )
        assert queries.signed_in(session, token, NOW) is None
        assert begin(session, login)


def test_nobody_ends_another_ones_session(place):
    person = add(place, "立春", password=PASSWORD)
    with transaction() as session:
        login = login_of(session, person)
        begun = begin(session, login)
        with pytest.raises(NotFound):
            operations.end_session(session, begun.session_id, login_id=place.organiser_id, now=NOW)
        operations.sign_out(session, session_id=begun.session_id, login_id=login.id, now=NOW)
        assert queries.open_sessions(session, login.id, NOW) == []


# ── activation codes ──────────────────────────────────────────────────────────────────────


def activate(session, login, code, now=NOW):
    return operations.activate(
        session, login_id=login.id, code=code, password_hash="h", address="a", device="?",
        now=now, today=TODAY,
    )  # fmt: skip


def test_a_code_opens_once_within_seven_days_and_ends_old_sessions(place):
    person = add(place, "立春", password=PASSWORD)
    with transaction() as session:
        login = login_of(session, person)
        old = digest(begin(session, login).token)
        issuing = {"issuer_id": place.organiser_id, "now": NOW}
        first = operations.issue_activation_code(session, login.id, **issuing)
        assert queries.signed_in(session, old, NOW) is None
        second = operations.issue_activation_code(session, login.id, **issuing)
        for unfit, at in ((first, NOW), (second, NOW + timedelta(days=7, seconds=1))):
            with pytest.raises(CodeWrong):
                activate(session, login, unfit, at)
        begun = activate(session, login, second, NOW + timedelta(days=6))
        assert queries.signed_in(session, digest(begun.token), NOW + timedelta(days=6))
        with pytest.raises(CodeWrong):
            activate(session, login, second)
        assert begin(session, login, verified_hash="h").notice
        assert begin(session, login, verified_hash="h").notice is None


def test_a_code_opens_its_own_account_only(place):
    mine, other = add(place, "立春"), add(place, "雨水")
    with transaction() as session:
        login = operations.login_for(session, mine, actor_id=None, now=NOW)
        stranger = operations.login_for(session, other, actor_id=None, now=NOW)
        code = operations.issue_activation_code(session, login.id, issuer_id=None, now=NOW)
        with pytest.raises(CodeWrong):
            activate(session, stranger, code)


# ── acting for others ─────────────────────────────────────────────────────────────────────


def test_acting_for_somebody_lasts_from_its_day_to_its_end(place):
    elder, helper = add(place, "霜降"), add(place, "立冬")
    with transaction() as session:
        acting = operations.let_act(
            session, volunteer_id=elder, helper_id=helper, kind="helper",
            from_on=TODAY - timedelta(days=3), actor_id=place.organiser_id, now=NOW,
        )  # fmt: skip
        assert queries.acts_for(session, helper, TODAY) == [elder]
        assert queries.acts_for(session, helper, TODAY - timedelta(days=4)) == []
        operations.end_acting(session, acting.id, actor_id=place.organiser_id, now=NOW, today=TODAY)
        assert queries.acts_for(session, helper, TODAY) == []


@pytest.mark.parametrize("typed", ["XiaZhi", "tx00001"])
def test_a_command_names_somebody_by_login_or_number(place, typed):
    add(place, "立春", password=PASSWORD)
    found = queries.login_by_name(db.session(), typed)
    assert found is not None
    assert found.display_name == ("夏至" if typed == "XiaZhi" else "立春")
