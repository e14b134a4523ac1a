"""Codes by RFC 6238, what is read as one, and how long a proof counts."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.people.rules import second_factor as rules
from app.people.rules.sealing import key_for, seal, unseal
from app.people.rules.sign_in import address_part

# The seed of RFC 6238, Appendix B; its codes have eight digits, of which apps show the last six.
SECRET = base64.b32encode(b"12345678901234567890").decode()
VECTORS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
AT = datetime(2026, 4, 1, 4, tzinfo=UTC)
STEP = timedelta(seconds=rules.STEP_SECONDS)


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert rules.code_at(SECRET, rules.step_at(at)) == code[-6:]
    assert rules.step_of_code(SECRET, code[-6:], at) == rules.step_at(at)


@pytest.mark.parametrize(
    ("off", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_half_a_minute_off(off: int, fits: bool) -> None:
    code = rules.code_at(SECRET, rules.step_at(AT) + off)
    assert (rules.step_of_code(SECRET, code, AT) is not None) is fits


def test_neither_a_taken_step_nor_one_before_it_is_taken_again() -> None:
    present = rules.step_at(AT)
    for step in (present - 1, present):
        assert rules.step_of_code(SECRET, rules.code_at(SECRET, step), AT, after=present) is None
    later = rules.code_at(SECRET, present + 1)
    assert rules.step_of_code(SECRET, later, AT, after=present) == present + 1


@pytest.mark.parametrize("typed", ["123456", "123 456", " 123456 ", "１２３４５６"])
def test_digits_are_read_as_people_type_them(typed: str) -> None:
    assert rules.typed_digits(typed) == "123456"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "-12345", "ACDEF-GHJKM"])
def test_anything_else_is_no_code_of_the_app(typed: str) -> None:
    assert rules.typed_digits(typed) is None


def test_a_recovery_code_is_read_with_hyphens_and_small_letters() -> None:
    (code, *_others) = rules.new_recovery_codes()
    assert rules.typed_recovery(f" {code[:5].lower()}-{code[5:]} ") == code
    assert rules.typed_recovery(code[:-1]) is None


def test_ten_recovery_codes_are_ten() -> None:
    codes = rules.new_recovery_codes()
    assert len(codes) == len(set(codes)) == 10
    digests = {rules.recovery_digest(login, codes[0], "pepper") for login in (1, 2)}
    assert len(digests) == 2


@pytest.mark.parametrize(("minutes", "is_fresh"), [(0, True), (15, True), (15.01, False)])
def test_a_proof_counts_for_a_quarter_of_an_hour(minutes: float, is_fresh: bool) -> None:
    assert rules.is_fresh(AT, AT + timedelta(minutes=minutes)) is is_fresh
    assert not rules.is_fresh(None, AT)


def test_the_secret_is_shown_for_typing() -> None:
    secret = rules.new_secret()
    shown = rules.shown_secret(secret)
    assert [len(part) for part in shown.split(" ")] == [4] * 8
    assert shown.replace(" ", "") == secret


@given(st.text(max_size=60), st.text(max_size=20))
def test_what_is_sealed_opens_only_where_it_stands(text: str, place: str) -> None:
    key = key_for("one", "secret of the instance")
    kept = seal(text, bound_to=place, key=key)
    assert unseal(kept, bound_to=place, key=key) == text
    assert unseal(kept, bound_to=place + "x", key=key) is None
    assert unseal(kept, bound_to=place, key=key_for("two", "secret of the instance")) is None
    assert unseal(kept, bound_to=place, key=key_for("one", "another")) is None


def test_a_key_is_not_printed() -> None:
    key = key_for("one", "secret of the instance")
    assert key.secret.hex() not in repr(key)
    assert repr(key) == "SealKey(…)"


@pytest.mark.parametrize(
    ("address", "part"),
    [("203.0.113.7", "203.0.…"), ("2001:db8:1:2::", "2001:db8:…"), ("unknown", "unknown")],
)
def test_an_address_is_shown_in_part(address: str, part: str) -> None:
    assert address_part(address) == part
