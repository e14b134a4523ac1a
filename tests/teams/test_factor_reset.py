"""An organiser or admin resets the second factor of who lost it: never above their own."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from app.db import db, transaction
from app.people.models import Login, RecoveryCode, Role, SecondFactor, SignInSession
from app.teams.rules import (
    Actor,
    FactorOfDesk,
    NotEntitled,
    OwnFactorReset,
    Standing,
    factor_refusal,
)
from app.trail.models import TrailRow
from app.trail.queries import trail_about
from tests.web.cast import sign_in_as

AT = datetime(2026, 4, 1, 4, tzinfo=UTC)
REASON = {"reason": "丢了手机，本人到居委会"}


def person(cast, who: str = "volunteer") -> str:
    return cast.own[who]["volunteer_id"]


def give_factor(login_id: int) -> None:
    with transaction() as session:
        session.add(
            SecondFactor(login_id=login_id, sealed_secret="1:x", confirmed_at=AT, last_step=0)
        )
        session.add(RecoveryCode(login_id=login_id, code_digest="0", made_at=AT))


def path(cast, who: str = "volunteer") -> str:
    return f"/admin/people/{person(cast, who)}/second-factor"


@pytest.mark.parametrize("role", ["organiser", "admin"])
@pytest.mark.parametrize("who", ["volunteer", "leader"])
def test_it_is_reset_with_a_reason(app, cast, role, who):
    give_factor(cast.logins[who])
    client = sign_in_as(app, cast, role)
    assert client.get(path(cast, who)).status_code == 200
    assert client.post(path(cast, who), data=REASON).status_code == 303
    assert db.session.scalar(select(SecondFactor)) is None
    assert db.session.scalar(select(RecoveryCode)) is None


def test_its_owner_is_signed_out_and_told(app, cast):
    owner = sign_in_as(app, cast, "volunteer")
    give_factor(cast.logins["volunteer"])
    sign_in_as(app, cast, "organiser").post(path(cast), data=REASON)
    assert owner.get("/me").status_code == 303
    told = db.session.scalar(select(Login.notice).where(Login.id == cast.logins["volunteer"]))
    assert "factor_reset" in (told or "")
    row = db.session.scalar(select(TrailRow).where(TrailRow.operation == "reset_factor"))
    assert row is not None
    assert row.actor_id == cast.logins["organiser"]


def test_without_a_reason_nothing_is_done(app, cast):
    give_factor(cast.logins["volunteer"])
    client = sign_in_as(app, cast, "organiser")
    assert client.post(path(cast), data={"reason": " "}).status_code == 422
    assert db.session.scalar(select(SecondFactor)) is not None


def test_where_there_is_none_it_says_so(app, cast):
    client = sign_in_as(app, cast, "organiser")
    assert client.post(path(cast), data=REASON).status_code == 422


@pytest.mark.parametrize("role", ["volunteer", "leader", "auditor"])
def test_others_do_not_find_the_page(app, cast, role):
    client = sign_in_as(app, cast, role)
    give_factor(cast.logins["volunteer"])
    assert client.get(path(cast)).status_code == 404
    assert client.post(path(cast), data=REASON).status_code == 404
    assert db.session.scalar(select(SecondFactor)) is not None


def test_an_organiser_resets_no_desks(app, cast):
    give_factor(cast.logins["volunteer"])
    with transaction() as session:
        session.add(Role(login_id=cast.logins["volunteer"], role="admin", from_on=date(2020, 1, 1)))
    client = sign_in_as(app, cast, "organiser")
    assert client.post(path(cast), data=REASON).status_code in (403, 422)
    assert db.session.scalar(select(SecondFactor)) is not None
    assert sign_in_as(app, cast, "admin").post(path(cast), data=REASON).status_code == 303


HERE, THERE = 1, 2
ORGANISER = Actor(login_id=7, volunteer_id=None, name="夏至", organises=frozenset({HERE}))
ADMIN = Actor(login_id=8, volunteer_id=None, name="大暑", is_admin=True)


def standing(login_id=9, home=HERE, leads=None, roles=frozenset(), member_of=frozenset()):
    return Standing(login_id, home, member_of, leads or {}, roles)


@pytest.mark.parametrize(
    ("actor", "target", "refusal"),
    [
        (ORGANISER, standing(), None),
        (ORGANISER, standing(leads={5: HERE}), None),
        (ORGANISER, standing(home=THERE), NotEntitled),
        (ORGANISER, standing(leads={5: THERE}), FactorOfDesk),
        (ORGANISER, standing(roles=frozenset({"auditor"})), FactorOfDesk),
        (ORGANISER, standing(login_id=7), OwnFactorReset),
        (ADMIN, standing(home=THERE, roles=frozenset({"admin"})), None),
        (ADMIN, standing(login_id=8), OwnFactorReset),
    ],
)
def test_never_above_ones_own_and_never_ones_own(actor, target, refusal):
    assert factor_refusal(actor, target) is refusal


def test_a_leader_resets_nobodys():
    leader = Actor(login_id=3, volunteer_id=3, name="雨水", leads=frozenset({5}))
    assert factor_refusal(leader, standing(member_of=frozenset({5}))) is NotEntitled


# ── accounts that are no volunteer's ──────────────────────────────────────────────────────


def account(cast, who: str) -> str:
    return f"/admin/accounts/{cast.logins[who]}/second-factor"


@pytest.mark.parametrize("who", ["organiser", "auditor"])
def test_an_administrator_resets_an_account_that_is_no_volunteers(app, cast, who):
    owner = sign_in_as(app, cast, who)
    give_factor(cast.logins[who])
    client = sign_in_as(app, cast, "admin")
    assert account(cast, who) in client.get("/admin/roles").text
    assert client.post(account(cast, who), data={"reason": " "}).status_code == 422
    assert client.post(account(cast, who), data=REASON).status_code == 303
    assert db.session.scalar(select(SecondFactor)) is None
    assert owner.get("/me").status_code == 303
    told = db.session.scalar(select(Login.notice).where(Login.id == cast.logins[who]))
    assert "factor_reset" in (told or "")
    row = db.session.scalars(select(TrailRow).where(TrailRow.operation == "reset_factor")).one()
    assert (row.actor_id, row.subject_id) == (cast.logins["admin"], cast.logins[who])
    lines = trail_about(db.session(), "login", cast.logins[who])
    assert ("reset_factor", REASON["reason"]) in [(one.operation, one.reason) for one in lines]


def test_one_administrator_resets_anothers(app, cast):
    with transaction() as session:
        session.add(Role(login_id=cast.logins["auditor"], role="admin", from_on=date(2020, 1, 1)))
    give_factor(cast.logins["auditor"])
    assert (
        sign_in_as(app, cast, "admin").post(account(cast, "auditor"), data=REASON).status_code
        == 303
    )


def test_nobody_resets_the_factor_of_their_own_account(app, cast):
    client = sign_in_as(app, cast, "admin")
    assert account(cast, "admin") not in client.get("/admin/roles").text
    assert client.get(account(cast, "admin")).status_code == 403
    assert client.post(account(cast, "admin"), data=REASON).status_code == 403


@pytest.mark.parametrize("role", ["organiser", "auditor", "leader"])
def test_others_do_not_find_the_page_of_an_account(app, cast, role):
    other = "auditor" if role != "auditor" else "organiser"
    give_factor(cast.logins[other])
    client = sign_in_as(app, cast, role)
    assert client.post(account(cast, other), data=REASON).status_code == 404
    assert account(cast, other) not in client.get("/admin/roles").text
    assert db.session.scalar(select(SecondFactor)) is not None


def test_the_account_of_a_volunteer_is_found_by_the_person(app, cast):
    give_factor(cast.logins["volunteer"])
    client = sign_in_as(app, cast, "admin")
    assert client.post(account(cast, "volunteer"), data=REASON).status_code == 404


def test_resetting_an_account_asks_again(app, cast):
    give_factor(cast.logins["auditor"])
    client = sign_in_as(app, cast, "admin")
    with transaction() as session:
        session.query(SignInSession).update({"proven_at": None})
    assert client.post(account(cast, "auditor"), data=REASON).status_code == 401
    assert db.session.scalar(select(SecondFactor)) is not None
