from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.organisations import rules
from app.organisations.rules import (
    DEFAULTS,
    KEYS,
    MEANINGS,
    BadCode,
    BadName,
    BadSetting,
    LeavesItsRoot,
    LimitsCross,
    MovesBelowItself,
    SettingOutOfBounds,
    Settings,
    SubstituteElsewhere,
    SubstituteTooLate,
    UnknownSetting,
)


def test_every_setting_has_a_meaning_and_every_number_its_bounds() -> None:
    assert set(MEANINGS) == set(KEYS) == set(DEFAULTS)
    numbers = {
        key for key, value in DEFAULTS.items() if type(value) is int or isinstance(value, tuple)
    }
    assert set(rules.BOUNDS) == numbers


@pytest.mark.parametrize("key", KEYS)
def test_a_default_survives_being_stored(key: str) -> None:
    stored = rules.format_setting(key, DEFAULTS[key])
    assert rules.parse_setting(key, stored) == DEFAULTS[key]


@pytest.mark.parametrize(
    ("key", "given", "value"),
    [
        ("two_people", "1", True),
        ("daily_limit_minutes", " 600 ", 600),
        ("star_hours", "50, 100,200", (50, 100, 200)),
        ("star_hours", "50，100、200", (50, 100, 200)),
        ("star_tenure_months", "0,0, 12、24，24", (0, 0, 12, 24, 24)),
        ("star_tenure_months", " ", ()),
        ("time_zone", "Asia/Urumqi", "Asia/Urumqi"),
        ("service_day_place", " 社区广场 ", "社区广场"),
    ],
)
def test_reads_a_value(key: str, given: str, value: object) -> None:
    assert rules.parse_setting(key, given) == value


@pytest.mark.parametrize(
    ("key", "given", "refusal"),
    [
        ("no_such", "1", UnknownSetting),
        ("two_people", "yes", BadSetting),
        ("daily_limit_minutes", "", BadSetting),
        ("daily_limit_minutes", "１２０", BadSetting),
        ("daily_limit_minutes", "4_80", BadSetting),
        ("daily_limit_minutes", "0", SettingOutOfBounds),
        ("daily_limit_minutes", "1441", SettingOutOfBounds),
        ("service_day", "31", SettingOutOfBounds),
        ("star_hours", "300,100", BadSetting),
        ("star_hours", "100,100", BadSetting),
        ("star_hours", "", BadSetting),
        ("star_tenure_months", "12,6", BadSetting),
        ("star_tenure_months", "0,,6", BadSetting),
        ("star_tenure_months", "601", SettingOutOfBounds),
        ("time_zone", "Mars/Olympus", BadSetting),
        ("time_zone", "../etc/passwd", BadSetting),
        ("service_day_place", "a\nb", BadSetting),
        ("service_day_place", "长" * 201, BadSetting),
    ],
)
def test_refuses_what_is_no_value(key: str, given: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        rules.parse_setting(key, given)


def test_settings_fall_back_to_their_defaults() -> None:
    settings = rules.settings_from({"service_day": "15", "gone_since": "x"})
    assert (settings.service_day, settings.daily_limit_minutes) == (15, 480)


def test_the_daily_limit_stays_below_the_hard_one() -> None:
    with pytest.raises(LimitsCross, match="800 minutes may not lie above the 720"):
        rules.check_settings_agree(Settings(daily_limit_minutes=800))


@pytest.mark.parametrize("code", ["TX", "tx-red", "A1"])
def test_takes_a_code(code: str) -> None:
    rules.check_code(code)


@pytest.mark.parametrize("code", ["", "1A", "涂新", "T X", "T" * 21, "TX\n"])
def test_refuses_no_code(code: str) -> None:
    with pytest.raises(BadCode):
        rules.check_code(code)


@pytest.mark.parametrize("name", ["", " 涂新", "涂\x00新", "长" * 61])
def test_refuses_no_name(name: str) -> None:
    with pytest.raises(BadName):
        rules.check_name(name)


MOVE: dict[str, Any] = {"name": "涂新", "root": "街道", "below": {2, 3}, "tree": {1, 2, 3, 4}}


def test_moves_within_the_tree() -> None:
    rules.check_move(parent_id=4, **MOVE)


@pytest.mark.parametrize(
    ("parent_id", "refusal"), [(2, MovesBelowItself), (3, MovesBelowItself), (9, LeavesItsRoot)]
)
def test_refuses_a_move(parent_id: int, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        rules.check_move(parent_id=parent_id, **MOVE)


def check_substitute(substitute_on: date, today: date, replaces_on: date | None = None) -> None:
    rules.check_substitute(
        year=2026,
        month=2,
        substitute_on=substitute_on,
        replaces_on=replaces_on,
        service_day=28,
        today=today,
    )


def test_a_substitute_day_may_be_named_on_the_day_itself() -> None:
    check_substitute(date(2026, 2, 14), today=date(2026, 2, 14))


def test_a_substitute_day_is_refused_the_day_after() -> None:
    with pytest.raises(SubstituteTooLate, match="2026-02-14 has passed"):
        check_substitute(date(2026, 2, 14), today=date(2026, 2, 15))


def test_a_substitute_day_that_has_passed_is_not_replaced() -> None:
    with pytest.raises(SubstituteTooLate):
        check_substitute(date(2026, 2, 20), date(2026, 2, 15), replaces_on=date(2026, 2, 14))


@pytest.mark.parametrize("on", [date(2026, 2, 28), date(2026, 3, 1), date(2025, 2, 14)])
def test_a_substitute_day_is_another_date_of_the_month(on: date) -> None:
    with pytest.raises(SubstituteElsewhere):
        check_substitute(on, today=date(2025, 1, 1))
