from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.trail.rules import canonical, cleaned, mask_phone, mask_text, sha256_of


def test_canonical_json_knows_no_order_and_no_spaces() -> None:
    one = canonical({"b": 1, "a": [date(2026, 3, 28), None], "名": "谷雨"})
    assert one == '{"a":["2026-03-28",null],"b":1,"名":"谷雨"}'
    assert sha256_of({"a": 1, "b": (2, 3)}) == sha256_of({"b": [2, 3], "a": 1})


def test_sets_have_one_order() -> None:
    assert canonical({"ids": {3, 1, 2}}) == '{"ids":[1,2,3]}'


def test_instants_are_iso() -> None:
    assert canonical([datetime(2026, 1, 1, tzinfo=UTC)]) == '["2026-01-01T00:00:00+00:00"]'


@pytest.mark.parametrize("value", [1.5, float("nan"), object(), b"x"])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical({"x": value})


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("13800001234", "138****1234"), ("62345678", "623****5678"), ("110", "1****"), (None, "")],
)
def test_a_phone_shows_its_ends_only(phone: str | None, shown: str) -> None:
    assert mask_phone(phone) == shown


def test_phones_and_id_numbers_in_a_text_are_masked() -> None:
    text = mask_text("联系13800001234，证件11010519491231002X，编号TX00012，1380000123456")
    assert text == "联系138****1234，证件***，编号TX00012，1380000123456"


@pytest.mark.parametrize(
    "phone",
    [
        "+8613800001234",
        "8613800001234",
        "+86 138 0000 1234",
        "138-0000-1234",
        "１３８００００１２３４",
    ],
)
def test_a_phone_is_masked_however_it_is_written(phone: str) -> None:
    assert "0000" not in mask_text(f"电话{phone}。").replace("００００", "0000")


@pytest.mark.parametrize(
    ("fields", "clean"),
    [
        ({"phone": "13800001234"}, {"phone": "138****1234"}),
        ({"password_hash": "$argon2"}, {"password_hash": "***"}),
        ({"token_sha256": "ab"}, {"token_sha256": "***"}),
        ({"pin": None}, {"pin": None}),
        ({"people": [{"phone": "13800001234"}]}, {"people": [{"phone": "138****1234"}]}),
        ({"note": "打13800001234"}, {"note": "打138****1234"}),
        ({"minutes": 13800001234}, {"minutes": 13800001234}),
    ],
)
def test_the_trail_keeps_no_secret(fields: dict[str, Any], clean: dict[str, Any]) -> None:
    assert cleaned(fields) == clean
