"""What is kept and what may go, for any history of backups; and when the next one is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backups.rules import DAILY, MONTHLY, WEEKLY, Kept, is_due, superfluous

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 28, 18, 0, tzinfo=UTC)
MOST = DAILY + WEEKLY + MONTHLY + 2

zones = st.sampled_from([SHANGHAI, BERLIN, ZoneInfo("Pacific/Honolulu"), ZoneInfo("UTC")])
histories = st.lists(
    st.tuples(st.integers(-60 * 24 * 500, 60 * 24 * 30), st.booleans()), max_size=60
).map(
    lambda found: [
        Kept(f"b{place}", NOW + timedelta(minutes=minutes), is_proven)
        for place, (minutes, is_proven) in enumerate(found)
    ]
)


def stay(backups: list[Kept], zone: ZoneInfo = SHANGHAI, now: datetime = NOW) -> list[Kept]:
    going = {one.name for one in superfluous(backups, now, zone)}
    return [one for one in backups if one.name not in going]


@given(histories, zones)
def test_the_newest_and_the_newest_proven_never_go(backups: list[Kept], zone: ZoneInfo) -> None:
    left = stay(backups, zone)
    assert bool(left) == bool(backups)
    for group in (backups, [one for one in backups if one.is_proven]):
        if group:
            assert max(one.made_at for one in group) in {one.made_at for one in left}


@given(histories, zones)
def test_no_more_is_kept_than_said_and_keeping_again_deletes_nothing(
    backups: list[Kept], zone: ZoneInfo
) -> None:
    left = stay(backups, zone)
    assert len([one for one in left if one.made_at <= NOW]) <= MOST
    assert stay(left, zone) == left


@given(histories, zones)
def test_a_date_of_the_future_is_left_alone(backups: list[Kept], zone: ZoneInfo) -> None:
    """After a clock was set back nobody knows which is newest."""
    assert not [one for one in superfluous(backups, NOW, zone) if one.made_at > NOW]


@given(histories, zones)
def test_what_is_left_never_gives_way_to_what_is_worse(backups: list[Kept], zone: ZoneInfo) -> None:
    """A proven backup goes only where a proven one of the same day, or of later ones, stays."""
    left = [one for one in stay(backups, zone) if one.is_proven]
    for gone in superfluous(backups, NOW, zone):
        if gone.is_proven:
            assert any(one.made_at >= gone.made_at for one in left)


@pytest.mark.parametrize("zone", [SHANGHAI, BERLIN])
def test_night_by_night_for_two_years(zone: ZoneInfo) -> None:
    """Pruned each night, through both changes of the clock, all three rows stand in full."""
    backups: list[Kept] = []
    start = datetime(2024, 1, 1, 2, 30, tzinfo=zone)
    for night in range(730):
        at = (start + timedelta(days=night)).astimezone(UTC)
        backups = stay([*backups, Kept(f"n{night:03}", at, True)], zone, at)
    here = [one.made_at.astimezone(zone) for one in backups]
    assert len(backups) <= MOST
    assert [at.date() for at in here][-DAILY:] == [
        (start + timedelta(days=night)).date() for night in range(730 - DAILY, 730)
    ]
    assert len({at.isocalendar()[:2] for at in here}) >= WEEKLY
    assert len({(at.year, at.month) for at in here}) == MONTHLY


def test_a_year_without_backups_takes_none_away() -> None:
    old = [Kept(f"b{day}", NOW - timedelta(days=400 + day), True) for day in range(DAILY)]
    assert stay(old) == old


def test_a_bad_week_does_not_push_out_the_last_good_one() -> None:
    good = Kept("good", NOW - timedelta(days=300), True)
    bad = [Kept(f"bad{day}", NOW - timedelta(days=day), False) for day in range(200)]
    assert good in stay([good, *bad])


def test_of_one_day_the_last_proven_one_stays() -> None:
    morning, noon, night = (NOW - timedelta(hours=hours) for hours in (12, 8, 6))
    backups = [Kept("a", morning, True), Kept("b", noon, True), Kept("c", night, False)]
    later = [Kept("z", NOW - timedelta(minutes=1), False)]
    assert [one.name for one in stay(backups)] == ["b", "c"]
    assert [one.name for one in stay(backups + later)] == ["b", "z"]


# ── when the next is due ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("hours_ago", "is_wanted"),
    [
        # 18:00 UTC is 02:00 in Shanghai: it has just struck two.
        (0, False),
        (1, True),
        (25, True),
    ],
)
def test_one_is_due_once_it_struck_two(hours_ago: int, is_wanted: bool) -> None:
    assert is_due([NOW - timedelta(hours=hours_ago)], NOW, SHANGHAI) is is_wanted


def test_a_machine_that_sleeps_at_night_makes_it_in_the_morning() -> None:
    morning = datetime(2026, 3, 28, 9, 0, tzinfo=SHANGHAI)
    yesterday = morning - timedelta(days=1)
    assert is_due([], morning, SHANGHAI)
    assert is_due([yesterday], morning, SHANGHAI)
    assert not is_due([morning], morning + timedelta(hours=8), SHANGHAI)


def test_before_two_last_nights_counts() -> None:
    late = datetime(2026, 3, 29, 1, 0, tzinfo=SHANGHAI)
    assert not is_due([late - timedelta(hours=12)], late, SHANGHAI)


def test_a_backup_dated_in_the_future_does_not_stop_the_next() -> None:
    assert is_due([NOW + timedelta(days=400)], NOW, SHANGHAI)


@given(st.integers(0, 60 * 24 * 400), zones)
def test_one_a_day_is_made_whatever_the_clocks_do(minutes: int, zone: ZoneInfo) -> None:
    """Looked at each quarter of an hour, every night from two to two sees one, and one only."""
    now = NOW + timedelta(minutes=minutes)
    made: list[datetime] = []
    for _ in range(4 * 24 * 3):
        if is_due(made, now, zone):
            made.append(now)
        now += timedelta(minutes=15)
    nights = [(at.astimezone(zone) - timedelta(hours=2)).date() for at in made]
    assert nights == [nights[0] + timedelta(days=day) for day in range(len(nights))]
    assert len(nights) >= 3
