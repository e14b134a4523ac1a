"""The arithmetic of activities: moves, plans, codes, dates and what a check-in earns."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.activities.rules import (
    ALPHABET,
    MOVES,
    STATES,
    CodeStale,
    CodeUnknown,
    MoveRefused,
    Plan,
    TooFewPlaces,
    begins_at,
    check_move,
    check_plan,
    check_token,
    credit_of,
    ends_at,
    falls_on,
    kind_of_typed,
    minutes_between,
    new_secret,
    paper_code,
    read_token,
    screen_code,
)
from app.errors import RuleBroken

NOW = datetime(2026, 1, 28, 2, 0, tzinfo=UTC)
TODAY = date(2026, 1, 28)
PLAN = Plan("清扫", TODAY, 510, 180)
# Known, so that the parameters made of them are the same in every worker.
SCREEN, PAPER = "a1" * 16, "b2" * 16


# ── moves ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("to", STATES)
@pytest.mark.parametrize("state", STATES)
def test_the_table_of_moves_is_all_there_is(state: str, to: str) -> None:
    if to in MOVES[state]:
        check_move(state, to)
    else:
        with pytest.raises(MoveRefused) as refused:
            check_move(state, to)
        assert str(refused.value) != MoveRefused.message


def test_what_was_cancelled_stays_so() -> None:
    assert not MOVES["cancelled"]


# ── plans ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": "  "},
        {"title": "长" * 61},
        {"content": "长" * 2001},
        {"service_on": date(2062, 1, 28)},
        {"starts_minute": 1440},
        {"minutes": 0},
        {"minutes": 1441},
        {"places": 0},
        {"least_age": 100},
    ],
)
def test_an_impossible_plan_is_refused(wrong: dict[str, object]) -> None:
    check_plan(PLAN, today=TODAY)
    with pytest.raises(RuleBroken):
        check_plan(PLAN._replace(**wrong), today=TODAY)  # type: ignore[arg-type]


def test_a_plan_never_shrinks_below_the_places_taken() -> None:
    check_plan(PLAN._replace(places=3), today=TODAY, taken=3)
    with pytest.raises(TooFewPlaces, match="3 people"):
        check_plan(PLAN._replace(places=2), today=TODAY, taken=3)


@pytest.mark.parametrize(
    ("starts", "ends", "minutes"), [(510, 690, 180), (1320, 120, 240), (600, 600, 1440)]
)
def test_an_end_before_the_beginning_is_the_next_day_s(
    starts: int, ends: int, minutes: int
) -> None:
    assert minutes_between(starts, ends) == minutes


def test_a_plan_begins_by_the_organisation_s_clock() -> None:
    assert begins_at(TODAY, 510, "Asia/Shanghai") == datetime(2026, 1, 28, 0, 30, tzinfo=UTC)
    assert ends_at(TODAY, 1380, 120, "Asia/Shanghai") == datetime(2026, 1, 28, 17, 0, tzinfo=UTC)


# ── codes ─────────────────────────────────────────────────────────────────────────────────


def judge(token: str, at: datetime) -> None:
    check_token(read_token(token), screen_secret=SCREEN, paper_secret=PAPER, at=at)


@pytest.mark.parametrize("seconds", [-120, 0, 179, 299])
def test_a_screen_s_code_is_good_for_its_minutes_and_bears_with_clocks(seconds: int) -> None:
    judge(screen_code(7, SCREEN, NOW).token, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-200, 400, 86400])
def test_an_old_or_early_code_is_stale(seconds: int) -> None:
    with pytest.raises(CodeStale):
        judge(screen_code(7, SCREEN, NOW).token, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "token",
    [
        screen_code(7, PAPER, NOW).token,
        screen_code(7, SCREEN, NOW).token.replace("7-", "8-", 1),
        paper_code(7, SCREEN).token,
        "",
        "7-s-1-" + "0" * 32,
        "7-x-1-" + "0" * 32,
        "²-s-1-" + "0" * 32,
        "9" * 40,
    ],
)
def test_what_no_screen_ever_bore_is_unknown(token: str) -> None:
    with pytest.raises(CodeUnknown):
        judge(token, NOW)


def test_a_paper_s_code_lasts_until_it_is_renewed() -> None:
    code = paper_code(7, PAPER)
    judge(code.token, NOW + timedelta(days=30))
    with pytest.raises(CodeUnknown):
        check_token(read_token(code.token), screen_secret=SCREEN, paper_secret=new_secret(), at=NOW)


def typed(text: str, at: datetime = NOW) -> str | None:
    return kind_of_typed(7, text, screen_secret=SCREEN, paper_secret=PAPER, at=at)


def test_six_characters_stand_for_a_code() -> None:
    on_screen, on_paper = screen_code(7, SCREEN, NOW).typed, paper_code(7, PAPER).typed
    assert set(on_screen + on_paper) <= set(ALPHABET)
    assert typed(f" {on_screen[:3].lower()}-{on_screen[3:]} ") == "code"
    assert typed(on_paper) == "paper_code"
    assert typed(on_screen, NOW + timedelta(minutes=10)) is None
    assert typed("") is None
    # As a Chinese keyboard gives it; and what is no letter of ours.
    assert typed(on_paper.translate({ord(c): ord(c) + 0xFEE0 for c in on_paper})) == "paper_code"
    assert typed("签到签到签到") is None


def test_no_two_characters_look_alike() -> None:
    alike = ("0OQD", "1IL7", "2Z", "5S", "8B", "UV")
    assert all(len(set(group) & set(ALPHABET)) <= (2 if group == "0OQD" else 1) for group in alike)


# ── dates ─────────────────────────────────────────────────────────────────────────────────


@given(
    weekday=st.integers(0, 6),
    every=st.integers(1, 8),
    from_on=st.dates(date(2025, 1, 1), date(2026, 12, 31)),
    skip=st.integers(0, 200),
    span=st.integers(0, 200),
)
def test_a_project_falls_on_its_weekday_in_its_rhythm(
    weekday: int, every: int, from_on: date, skip: int, span: int
) -> None:
    first = from_on + timedelta(days=skip)
    last = first + timedelta(days=span)
    rhythm = {"weekday": weekday, "every_weeks": every, "from_on": from_on, "until_on": None}
    found = list(falls_on(**rhythm, first=first, last=last))  # type: ignore[arg-type]
    whole = list(falls_on(**rhythm, first=from_on, last=last))  # type: ignore[arg-type]
    assert found == [on for on in whole if on >= first]
    assert all(on.weekday() == weekday and first <= on <= last for on in found)
    assert all((on - whole[0]).days % (7 * every) == 0 for on in found)


def test_a_project_ends_when_it_ends() -> None:
    found = falls_on(
        weekday=1,
        every_weeks=1,
        from_on=date(2026, 1, 1),
        until_on=date(2026, 1, 20),
        first=date(2026, 1, 1),
        last=date(2026, 12, 31),
    )
    assert list(found) == [date(2026, 1, 6), date(2026, 1, 13), date(2026, 1, 20)]


# ── what a check-in earns ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("stayed", "minutes", "capped"), [(90, 90, False), (200, 200, False), (400, 210, True)]
)
def test_the_checked_interval_counts_up_to_the_plan_and_a_little(
    stayed: int, minutes: int, capped: bool
) -> None:
    credit = credit_of(
        in_at=NOW,
        out_at=NOW + timedelta(minutes=stayed),
        planned_end_at=NOW + timedelta(minutes=180),
        planned_minutes=180,
        over_plan_minutes=30,
        now=NOW + timedelta(days=1),
    )
    assert (credit.minutes, credit.is_capped, credit.is_forgotten) == (minutes, capped, False)


@pytest.mark.parametrize("later", [timedelta(hours=4), timedelta(days=40)])
def test_a_forgotten_check_out_proposes_the_planned_end_however_late(later: timedelta) -> None:
    credit = credit_of(
        in_at=NOW + timedelta(minutes=20),
        out_at=None,
        planned_end_at=NOW + timedelta(minutes=180),
        planned_minutes=180,
        over_plan_minutes=30,
        now=NOW + later,
    )
    assert credit == (160, True, False)


def test_whoever_came_after_the_end_and_never_went_has_nothing() -> None:
    credit = credit_of(
        in_at=NOW + timedelta(minutes=200),
        out_at=None,
        planned_end_at=NOW + timedelta(minutes=180),
        planned_minutes=180,
        over_plan_minutes=30,
        now=NOW + timedelta(days=1),
    )
    assert credit.minutes == 0
