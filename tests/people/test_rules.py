"""Passwords, waits, lifetimes and the granting of roles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.people.rules import passwords, roles, sign_in
from tests.people.conftest import COST

NOW = datetime(2026, 4, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ("short77", passwords.PasswordTooShort),
        ("x" * 129, passwords.PasswordTooLong),
        ("aaaaaaaa", passwords.PasswordTooPlain),
        ("12345678", passwords.PasswordCommon),
        ("Password1", passwords.PasswordCommon),
        ("tx00001x", passwords.PasswordGuessable),
        ("13800000028", passwords.PasswordGuessable),
    ],
)
def test_unfit_passwords_are_refused(given, refusal):
    with pytest.raises(refusal):
        passwords.check_password(given, ["TX00001X", "13800000028", None])


def test_a_hash_fits_its_password_only():
    made = passwords.hash_password("灯笼和茶水一壶", COST)
    assert passwords.password_fits(made, "灯笼和茶水一壶", COST)
    assert not passwords.password_fits(made, "灯笼和茶水一壺", COST)
    assert not passwords.password_fits(None, "灯笼和茶水一壶", COST)
    assert not passwords.password_fits(made, "x" * 1_000_000, COST)
    assert not passwords.password_fits("no hash at all", "x", COST)


def test_a_code_is_read_as_it_was_printed():
    code = passwords.new_code()
    assert len(code) == 10
    assert not set(code) & set("0O1IL2Z5S8BUV")
    assert passwords.typed_code(f" {passwords.shown_code(code).lower()} ") == code


def test_waits_grow_and_end():
    waits = [wait(count).total_seconds() for count in (4, 5, 6, 7, 30)]
    assert waits == [0, 15, 30, 60, 900]
    late = [NOW - timedelta(hours=7)] * 50
    assert sign_in.wait_after(late, sign_in.ACCOUNT_LIMIT, NOW) == timedelta(0)


def wait(count: int) -> timedelta:
    return sign_in.wait_after([NOW] * count, sign_in.ACCOUNT_LIMIT, NOW)


def test_the_highest_role_shortens_a_session():
    assert sign_in.lifetime(is_leader=False, roles=frozenset()).days == 90
    assert sign_in.lifetime(is_leader=True, roles=frozenset()).days == 14
    for role in roles.ROLES:
        assert sign_in.lifetime(is_leader=True, roles=frozenset({role})) == timedelta(hours=12)


@pytest.mark.parametrize(
    ("given", "counted"),
    [("203.0.113.7", "203.0.113.7"), ("::ffff:203.0.113.7", "203.0.113.7"),
     ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"), ("", "unknown")],
)  # fmt: skip
def test_addresses_are_counted_by_network(given, counted):
    assert sign_in.shared_address(given) == counted


@pytest.mark.parametrize(
    ("role", "is_admin", "is_own", "refusal"),
    [
        ("organiser", False, False, roles.AdminNeeded),
        ("admin", False, False, roles.AdminNeeded),
        ("admin", True, True, roles.OwnRole),
        ("king", True, False, roles.RoleUnknown),
    ],
)
def test_roles_are_granted_by_administrators_to_others(role, is_admin, is_own, refusal):
    with pytest.raises(refusal):
        roles.may_grant(role=role, granter_is_admin=is_admin, is_own_login=is_own)


def test_a_code_of_a_seed_is_one_owners_and_can_be_made_again():
    seed = b"a secret of this server"
    codes = {passwords.code_of(seed, owner) for owner in range(500)}
    assert len(codes) == 500
    assert passwords.code_of(seed, 7) in codes
    assert all(len(code) == 10 and set(code) <= set(passwords.CODE_LETTERS) for code in codes)
    assert passwords.code_of(b"another", 7) != passwords.code_of(seed, 7)
