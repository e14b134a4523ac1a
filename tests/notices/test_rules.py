"""Quiet hours at their edges, addresses that are none, pauses, codes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.notices.kinds import know_kinds
from app.notices.rules import (
    MESSAGE_LASTS,
    PAUSES,
    BadAddress,
    Kind,
    Quiet,
    code_from,
    email_address,
    mask_address,
    pause_after,
    quiet_until,
    why_unsendable,
)

NIGHT = Quiet()  # 21:30 to 8:00 in Shanghai, which is UTC + 8


def shanghai(day: int, hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 4, day, hour, minute, second, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (shanghai(2, 21, 29, 59), None),
        (shanghai(2, 21, 30), shanghai(3, 8, 0)),
        (shanghai(2, 23, 59, 59), shanghai(3, 8, 0)),
        (shanghai(3, 0, 0), shanghai(3, 8, 0)),
        (shanghai(3, 7, 59, 59), shanghai(3, 8, 0)),
        (shanghai(3, 8, 0), None),
        (shanghai(3, 12, 0), None),
    ],
)
def test_the_night_spans_midnight(at: datetime, until: datetime | None) -> None:
    assert quiet_until(NIGHT, at) == until


def test_quiet_hours_within_one_day() -> None:
    noon = Quiet(720, 840)
    assert quiet_until(noon, shanghai(2, 11, 59)) is None
    assert quiet_until(noon, shanghai(2, 12, 0)) == shanghai(2, 14, 0)
    assert quiet_until(noon, shanghai(2, 14, 0)) is None


def test_quiet_hours_that_begin_at_midnight() -> None:
    small_hours = Quiet(0, 360)
    assert quiet_until(small_hours, shanghai(3, 0, 0)) == shanghai(3, 6, 0)
    assert quiet_until(small_hours, shanghai(2, 23, 59)) is None


def test_equal_times_mean_no_quiet_hours() -> None:
    assert quiet_until(Quiet(480, 480), shanghai(2, 8, 0)) is None


def test_the_clock_is_that_of_the_organisation() -> None:
    at = datetime(2026, 4, 2, 14, 0, tzinfo=UTC)  # 22:00 in Shanghai, 4:00 in Honolulu
    honolulu = Quiet(time_zone="Pacific/Honolulu")
    urumqi = Quiet(time_zone="Asia/Urumqi")  # 20:00
    assert quiet_until(NIGHT, at) == shanghai(3, 8, 0)
    assert quiet_until(honolulu, at) == datetime(2026, 4, 2, 18, 0, tzinfo=UTC)
    assert quiet_until(urumqi, at) is None


def test_a_night_of_summer_time_ends_by_the_wall_clock() -> None:
    berlin = Quiet(time_zone="Europe/Berlin")
    before = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)  # 23:00; the clock goes on at 2:00
    assert quiet_until(berlin, before) == datetime(2026, 3, 29, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize("typed", ["a@b.cn", " Li.Chun+1@Mail.Example.com ", "x_1@sub.example.org"])
def test_addresses_that_are(typed: str) -> None:
    assert email_address(typed).endswith(typed.strip().rpartition("@")[2].lower())


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "lichun",
        "@b.cn",
        "a@b",
        "a@@b.cn",
        "a b@c.cn",
        "a@b.cn\r\nBcc: c@d.cn",
        "a@b.cn\nx",
        "a@b.cn,c@d.cn",
        "a@b..cn",
        ".a@b.cn",
        "a@-b.cn",
        "立春@例子.cn",
        "a@b.cn\x00",
        "<a@b.cn>",
        "a" * 65 + "@b.cn",
        "a@" + "b." * 130 + "cn",
    ],
)
def test_addresses_that_are_none(typed: str) -> None:
    with pytest.raises(BadAddress):
        email_address(typed)


def test_an_address_is_masked() -> None:
    assert mask_address("lichun@example.com") == "l***@example.com"
    assert mask_address("13800000028") == "1***"


def test_pauses_grow_and_end() -> None:
    assert [pause_after(tries) for tries in range(1, len(PAUSES) + 1)] == sorted(PAUSES)
    assert pause_after(len(PAUSES) + 1) is None


def test_a_code_depends_on_all_it_is_made_of() -> None:
    codes = {code_from("s", 1, "n"), code_from("t", 1, "n"), code_from("s", 2, "n")}
    codes.add(code_from("s", 1, "m"))
    assert len(codes) == 4
    assert {len(code) for code in codes} == {6}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({}, None),
        ({"is_known_channel": False}, "no_channel"),
        ({"address": None}, "no_address"),
        ({"is_wanted": False}, "unwanted"),
        ({"is_open": False}, "closed"),
        ({"due_since": shanghai(2, 8, 0) - MESSAGE_LASTS - timedelta(seconds=1)}, "too_late"),
    ],
)
def test_why_a_message_is_pointless(change: dict[str, object], word: str | None) -> None:
    fine: dict[str, object] = {
        "is_known_channel": True,
        "address": "a@b.cn",
        "is_wanted": True,
        "is_open": True,
        "due_since": shanghai(2, 8, 0),
        "now": shanghai(2, 8, 0),
    }
    assert why_unsendable(**{**fine, **change}) == word  # type: ignore[arg-type]


def test_two_kinds_of_one_code_are_a_mistake() -> None:
    know_kinds([Kind("test.twice", "One", "One.")])
    with pytest.raises(ValueError, match=r"test\.twice"):
        know_kinds([Kind("test.twice", "Two", "Two.")])
