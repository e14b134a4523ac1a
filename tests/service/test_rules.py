"""SPEC §3 word by word: when a record counts, who approves it, until when it may be undone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import RuleBroken
from app.organisations.calendar import WorkingCalendar
from app.service.rules import (
    MOVES,
    BadDuration,
    BadStart,
    Candidate,
    Conflict,
    DailyLimit,
    DailyLimitAlone,
    Existing,
    FutureDate,
    Judgement,
    Overlap,
    Route,
    Stars,
    WrongMove,
    check_move,
    claims_settled_by,
    counts_as_service_day,
    format_time,
    is_service_day,
    is_service_month,
    is_timely,
    judge,
    limit_refusal,
    may_undo,
    route_entry,
    split_at_midnight,
    star_level,
    working_days_after,
)

DAY = date(2026, 2, 10)
TODAY = date(2026, 2, 11)
CALENDAR = WorkingCalendar()


def new(
    minutes: int = 60,
    starts: int | None = None,
    content: str = "巡逻",
    *,
    external_id: str | None = None,
    service_on: date = DAY,
    team_id: int = 4,
    is_claim: bool = False,
) -> Candidate:
    return Candidate(11, team_id, service_on, minutes, starts, content, external_id, is_claim)


def held(
    record_id: int = 2031,
    minutes: int = 60,
    starts: int | None = None,
    content: str = "巡逻",
    *,
    state: str = "approved",
    external_id: str | None = None,
    service_on: date = DAY,
    volunteer_id: int = 11,
    team_id: int = 4,
    is_claim: bool = False,
) -> Existing:
    return Existing(
        record_id,
        volunteer_id,
        team_id,
        service_on,
        minutes,
        starts,
        content,
        external_id,
        state,
        is_claim,
    )


def judged(
    candidate: Candidate,
    *same_day: Existing,
    held_external: Existing | None = None,
    keep_both: bool = False,
) -> Judgement:
    return judge(
        candidate,
        same_day,
        today=TODAY,
        daily_limit=480,
        held_external=held_external,
        keep_both=keep_both,
    )


# Split at midnight


@pytest.mark.parametrize(
    ("starts", "minutes", "expected"),
    [
        pytest.param(None, 1440, [(DAY, None, 1440)], id="no-start"),
        pytest.param(480, 120, [(DAY, 480, 120)], id="by-day"),
        pytest.param(1380, 60, [(DAY, 1380, 60)], id="ends-at-midnight"),
        pytest.param(0, 1440, [(DAY, 0, 1440)], id="a-whole-day"),
        pytest.param(1365, 120, [(DAY, 1365, 75), (TODAY, 0, 45)], id="spec-sample-22:45"),
        pytest.param(1439, 1440, [(DAY, 1439, 1), (TODAY, 0, 1439)], id="latest-and-longest"),
    ],
)
def test_split_at_midnight(
    starts: int | None, minutes: int, expected: list[tuple[date, int | None, int]]
) -> None:
    assert list(split_at_midnight(DAY, starts, minutes)) == expected


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 1439), st.integers(1, 1440))
def test_parts_add_up_and_touch(service_on: date, starts: int, minutes: int) -> None:
    parts = split_at_midnight(service_on, starts, minutes)
    assert sum(part.minutes for part in parts) == minutes
    assert (parts[0].service_on, parts[0].starts_minute) == (service_on, starts)
    for part in parts:
        assert part.minutes >= 1
        assert part.starts_minute is not None
        assert part.starts_minute + part.minutes <= 1440
    if len(parts) == 2:
        assert parts[1][:2] == (service_on + timedelta(days=1), 0)
        assert starts + parts[0].minutes == 1440


@pytest.mark.parametrize("minutes", [-1, 0, 1441])
def test_minutes_out_of_range_are_refused(minutes: int) -> None:
    with pytest.raises(BadDuration, match=f"1 to 1440 minutes; this one has {minutes}"):
        split_at_midnight(DAY, None, minutes)
    with pytest.raises(BadDuration):
        judged(new(minutes))


@pytest.mark.parametrize("starts", [-1, 1440])
def test_a_start_outside_the_day_is_refused(starts: int) -> None:
    with pytest.raises(BadStart):
        split_at_midnight(DAY, starts, 60)


def test_an_interval_not_split_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="split"):
        judged(new(120, 1365))


# Date


def test_the_future_is_refused_and_today_is_not() -> None:
    assert judged(new(service_on=TODAY)).outcome == "accept"
    with pytest.raises(FutureDate, match="2026-02-12 lies in the future; today is 2026-02-11"):
        judged(new(service_on=TODAY + timedelta(days=1)))


# Repeats and conflicts


@pytest.mark.parametrize("state", ["draft", "submitted", "approved"])
def test_the_same_without_an_id_is_a_repeat(state: str) -> None:
    assert judged(new(), held(state=state)) == Judgement("repeat", 2031)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(held(team_id=5), id="another-team"),
        pytest.param(held(content="巡查"), id="other-content"),
        pytest.param(held(starts=480), id="with-a-start"),
        pytest.param(held(minutes=61), id="other-minutes"),
        pytest.param(held(volunteer_id=12), id="another-person"),
        pytest.param(held(service_on=TODAY), id="another-date"),
    ],
)
def test_anything_else_is_no_repeat(other: Existing) -> None:
    assert judged(new(), other).outcome == "accept"


def test_both_may_be_kept_without_a_start_time() -> None:
    assert judged(new(), held(), keep_both=True) == Judgement("accept", None, 60, 120)


def test_both_may_not_be_kept_with_a_start_time() -> None:
    assert judged(new(60, 480), held(60, 60, 480), keep_both=True).outcome == "repeat"


def test_the_same_external_id_and_content_is_a_repeat() -> None:
    twin = held(minutes=120, starts=480, external_id="E1")
    again = new(120, 480, external_id="E1")
    assert judged(again, twin, held_external=twin) == Judgement("repeat", 2031)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(held(minutes=120, starts=480, external_id="E1"), id="other-time"),
        pytest.param(held(service_on=TODAY, external_id="E1"), id="another-date"),
        pytest.param(held(volunteer_id=12, external_id="E1"), id="another-person"),
    ],
)
def test_the_same_external_id_with_other_content_is_refused(other: Existing) -> None:
    with pytest.raises(Conflict, match="External id E1 belongs to record 2031"):
        judged(new(external_id="E1"), held_external=other)


def test_an_external_id_of_its_own_makes_a_record_of_its_own() -> None:
    assert judged(new(external_id="E2"), held(external_id="E1")).outcome == "accept"


def test_an_id_decides_even_where_both_may_be_kept() -> None:
    twin = held(external_id="E1")
    again = new(external_id="E1")
    assert judged(again, twin, held_external=twin, keep_both=True).outcome == "repeat"


def test_without_an_id_a_record_with_one_is_repeated_all_the_same() -> None:
    assert judged(new(), held(external_id="E1")).outcome == "repeat"


def test_a_repeat_is_recognised_before_overlap_and_limit() -> None:
    twin = held(minutes=700, starts=0)
    assert judged(new(700, 0), twin, held(2, 700, 0, "河道清洁")) == Judgement("repeat", 2031)


# Overlap


@pytest.mark.parametrize(
    ("starts", "minutes"),
    [
        pytest.param(480, 60, id="same-start"),
        pytest.param(659, 60, id="last-minute"),
        pytest.param(420, 61, id="first-minute"),
        pytest.param(500, 10, id="inside"),
        pytest.param(400, 300, id="around"),
    ],
)
def test_an_overlap_is_refused(starts: int, minutes: int) -> None:
    with pytest.raises(Overlap, match="Record 2031 runs from 08:00 to 11:00"):
        judged(new(minutes, starts, "河道清洁"), held(minutes=180, starts=480))


@pytest.mark.parametrize(
    ("starts", "minutes"),
    [
        pytest.param(660, 60, id="touching-after"),
        pytest.param(420, 60, id="touching-before"),
        pytest.param(None, 60, id="no-start"),
    ],
)
def test_touching_is_no_overlap(starts: int | None, minutes: int) -> None:
    candidate = new(minutes, starts, "河道清洁")
    assert judged(candidate, held(minutes=180, starts=480)).outcome == "accept"


def test_a_record_without_a_start_overlaps_nothing() -> None:
    assert judged(new(60, 480), held(minutes=180)).outcome == "accept"


def test_a_draft_neither_overlaps_nor_fills_the_day() -> None:
    draft = held(minutes=480, starts=480, state="draft")
    assert judged(new(60, 480), draft) == Judgement("accept", None, 0, 60)


def test_overlap_is_refused_before_the_limit() -> None:
    with pytest.raises(Overlap):
        judged(new(600, 480), held(minutes=480, starts=480))


@given(st.integers(0, 1380), st.integers(1, 60), st.integers(0, 1380), st.integers(1, 60))
def test_overlap_means_a_minute_in_common(
    starts: int, minutes: int, held_from: int, held_minutes: int
) -> None:
    common = range(max(starts, held_from), min(starts + minutes, held_from + held_minutes))
    candidate = new(minutes, starts, "河道清洁")
    other = held(minutes=held_minutes, starts=held_from)
    if common:
        with pytest.raises(Overlap):
            judged(candidate, other)
    else:
        assert judged(candidate, other).outcome == "accept"


# Daily limit


@pytest.mark.parametrize(
    ("minutes", "outcome"),
    [(30, "accept"), (31, "over_limit"), (270, "over_limit")],
)
def test_the_daily_limit(minutes: int, outcome: str) -> None:
    judgement = judged(new(minutes), held(2030, 250), held(2031, 200, state="submitted"))
    assert judgement.outcome == outcome
    assert (judgement.held_minutes, judgement.total_minutes) == (450, 450 + minutes)
    assert judgement.record_id == (2031 if outcome == "over_limit" else None)


def test_above_the_hard_limit_is_refused_with_its_figures() -> None:
    with pytest.raises(DailyLimit) as refused:
        judged(new(271), held(2031, 450))
    assert str(refused.value) == (
        "This day holds 450 of 720 minutes; record 2031 and this one make 721."
    )


def test_a_record_too_long_alone_names_no_other() -> None:
    with pytest.raises(DailyLimitAlone, match="at most 720 minutes; this record alone has 721"):
        judged(new(721))
    assert DailyLimitAlone.code == "daily_limit"


def test_a_sheet_refuses_what_an_organiser_may_accept_in_the_browser() -> None:
    candidate = new(60)
    judgement = judged(candidate, held(2031, 450))
    assert str(limit_refusal(candidate, judgement, 480)) == (
        "This day holds 450 of 480 minutes; record 2031 and this one make 510."
    )


def test_a_daily_limit_set_above_the_hard_one_holds() -> None:
    judgement = judge(new(800), [], today=TODAY, daily_limit=800)
    assert judgement.outcome == "accept"
    with pytest.raises(DailyLimit):
        judge(new(801), [], today=TODAY, daily_limit=800)


# Problems of the sample sheet, in the words of its rows


def test_sample_rows_4_and_6_and_9() -> None:
    first = held(1, 120, 480, external_id="E1")
    with pytest.raises(Conflict):
        judged(new(60, 780, external_id="E1"), first, held_external=first)
    with pytest.raises(Overlap):
        judged(new(60, 659, "河道"), held(1, 180, 480))
    assert judged(new(60, 660, "河道"), held(1, 180, 480)).outcome == "accept"
    assert judged(new(61, None, "河道"), held(1, 420)).outcome == "over_limit"
    assert judged(new(60, None, "河道"), held(1, 420)).outcome == "accept"


# Claims


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param(held(state="submitted", is_claim=True), id="the-same"),
        pytest.param(held(minutes=600, state="submitted", is_claim=True), id="fills-the-day"),
        pytest.param(held(minutes=90, starts=480, state="submitted", is_claim=True), id="overlaps"),
    ],
)
def test_a_pending_claim_never_blocks_an_entry(claim: Existing) -> None:
    assert judged(new(60, 480), claim) == Judgement("accept", None, 0, 60)


def test_an_approved_claim_counts_like_any_record() -> None:
    assert judged(new(), held(is_claim=True)).outcome == "repeat"


def test_a_claim_is_held_against_other_claims() -> None:
    assert judged(new(is_claim=True), held(state="submitted", is_claim=True)).outcome == "repeat"


def test_an_entry_settles_the_claims_of_that_person_team_and_date() -> None:
    others = [
        held(1, state="submitted", is_claim=True),
        held(2, state="draft", is_claim=True, content="河道"),
        held(3, state="approved", is_claim=True),
        held(4, state="submitted"),
        held(5, state="submitted", is_claim=True, team_id=5),
        held(6, state="submitted", is_claim=True, volunteer_id=12),
        held(7, state="submitted", is_claim=True, service_on=TODAY),
    ]
    assert claims_settled_by(new(), others) == (1, 2)


# States


ALLOWED = {
    ("draft", "submitted"),
    ("submitted", "approved"),
    ("submitted", "rejected"),
    ("approved", "reversed"),
}


@pytest.mark.parametrize("state", [*MOVES, "unknown"])
@pytest.mark.parametrize("target", [*MOVES, "unknown"])
def test_no_skip_and_no_step_back(state: str, target: str) -> None:
    if (state, target) in ALLOWED:
        check_move(state, target)
    else:
        with pytest.raises(WrongMove) as refused:
            check_move(state, target)
        assert refused.value.figures == {"state": state, "target": target}


# Who approves


def routed(
    enters_as: Literal["leader", "organiser"],
    *,
    own_row: bool = False,
    timely: bool = True,
    over_limit: bool = False,
    two_people: bool = False,
    new_person: bool = False,
) -> Route:
    return route_entry(
        enters_as=enters_as,
        own_row=own_row,
        timely=timely,
        over_limit=over_limit,
        two_people=two_people,
        new_person=new_person,
    )


def test_a_leader_approves_the_teams_day_in_the_same_step() -> None:
    assert routed("leader") == Route(True)


@pytest.mark.parametrize(
    ("route", "waits_for", "reason"),
    [
        pytest.param(routed("leader", own_row=True), "co_leader", "own_row", id="own-row"),
        pytest.param(routed("leader", timely=False), "organiser", "late", id="late"),
        pytest.param(routed("leader", over_limit=True), "organiser", "over_limit", id="over"),
        pytest.param(routed("leader", new_person=True), "organiser", "new_person", id="new"),
        pytest.param(routed("leader", two_people=True), "co_leader", "two_people", id="two"),
        pytest.param(
            routed("leader", own_row=True, timely=False), "organiser", "late", id="own-and-late"
        ),
        pytest.param(
            routed("leader", own_row=True, over_limit=True),
            "organiser",
            "over_limit",
            id="own-and-over",
        ),
        pytest.param(
            routed("leader", own_row=True, two_people=True), "co_leader", "own_row", id="own-of-two"
        ),
        pytest.param(routed("organiser", own_row=True), "organiser", "own_row", id="organiser-own"),
        pytest.param(
            routed("organiser", two_people=True), "co_leader", "two_people", id="organiser-two"
        ),
        pytest.param(
            routed("organiser", two_people=True, over_limit=True),
            "organiser",
            "two_people",
            id="organiser-two-and-over",
        ),
    ],
)
def test_who_an_entry_waits_for(route: Route, waits_for: str, reason: str) -> None:
    assert (route.approved, route.waits_for, route.reason) == (False, waits_for, reason)


def test_organisers_are_not_bound_by_timeliness() -> None:
    assert routed("organiser", timely=False, new_person=True) == Route(True)


def test_an_organiser_over_the_limit_needs_a_reason() -> None:
    assert routed("organiser", over_limit=True) == Route(True, needs_reason=True)


@given(
    st.sampled_from(["leader", "organiser"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_no_own_row_and_no_first_of_two_people_is_ever_approved(
    enters_as: Literal["leader", "organiser"],
    own_row: bool,
    timely: bool,
    over_limit: bool,
    two_people: bool,
    new_person: bool,
) -> None:
    route = routed(
        enters_as,
        own_row=own_row,
        timely=timely,
        over_limit=over_limit,
        two_people=two_people,
        new_person=new_person,
    )
    assert not (route.approved and (own_row or two_people))
    assert route.approved == (route.waits_for is None) == (route.reason is None)
    assert route.needs_reason == over_limit


# Working days


@pytest.mark.parametrize(
    ("entered_on", "expected"),
    [
        pytest.param(date(2025, 3, 28), True, id="same-day"),
        pytest.param(date(2025, 4, 14), True, id="tenth-working-day-after-qingming"),
        pytest.param(date(2025, 4, 15), False, id="eleventh"),
    ],
)
def test_is_timely(entered_on: date, expected: bool) -> None:
    assert is_timely(date(2025, 3, 28), entered_on, calendar=CALENDAR) is expected


def test_is_timely_by_another_setting() -> None:
    friday, monday = date(2025, 3, 28), date(2025, 3, 31)
    assert is_timely(friday, monday, calendar=CALENDAR, working_days=1)
    assert not is_timely(friday, monday, calendar=CALENDAR, working_days=0)
    assert working_days_after(friday, 1, CALENDAR) == monday


@pytest.mark.parametrize(
    ("today", "under_notice", "expected"),
    [
        pytest.param(date(2025, 4, 14), False, True, id="last-day"),
        pytest.param(date(2025, 4, 15), False, False, id="too-late"),
        pytest.param(date(2025, 3, 28), True, False, id="under-notice"),
    ],
)
def test_may_undo(today: date, under_notice: bool, expected: bool) -> None:
    entered_on = date(2025, 3, 28)
    assert may_undo(entered_on, today, CALENDAR, year_under_notice=under_notice) is expected


# Service day and month

RAIN = {(2025, 6): date(2025, 6, 29)}


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        pytest.param(date(2025, 3, 28), True, id="the-28th"),
        pytest.param(date(2025, 3, 27), False, id="the-27th"),
        pytest.param(date(2025, 6, 29), True, id="the-substitute"),
        pytest.param(date(2025, 6, 28), True, id="the-28th-beside-it"),
        pytest.param(date(2025, 7, 29), False, id="no-substitute-next-month"),
        pytest.param(date(2024, 6, 29), False, id="no-substitute-another-year"),
    ],
)
def test_is_service_day(on: date, expected: bool) -> None:
    assert is_service_day(on, RAIN) is expected


def test_is_service_day_by_another_setting() -> None:
    assert is_service_day(date(2025, 3, 15), {}, service_day=15)
    assert not is_service_day(date(2025, 3, 28), {}, service_day=15)


@pytest.mark.parametrize(
    ("on", "counted", "expected"),
    [
        pytest.param(date(2025, 6, 28), [], True, id="first"),
        pytest.param(date(2025, 6, 28), [date(2025, 6, 28)], True, id="again-that-day"),
        pytest.param(date(2025, 6, 29), [date(2025, 6, 28)], False, id="substitute-after"),
        pytest.param(date(2025, 6, 28), [date(2025, 6, 29)], False, id="28th-entered-after"),
        pytest.param(date(2025, 6, 27), [], False, id="no-service-day"),
    ],
)
def test_at_most_one_service_day_counts_in_a_month(
    on: date, counted: list[date], expected: bool
) -> None:
    assert counts_as_service_day(on, counted, RAIN) is expected


def test_is_service_month() -> None:
    assert is_service_month(date(2025, 3, 1))
    assert is_service_month(date(2025, 3, 31))
    assert not is_service_month(date(2025, 4, 1))
    assert is_service_month(date(2025, 4, 1), month=4)


# Stars


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        pytest.param(0, Stars(0, 100, 6000), id="none"),
        pytest.param(5999, Stars(0, 100, 1), id="a-minute-short"),
        pytest.param(6000, Stars(1, 300, 12000), id="one"),
        pytest.param(23190, Stars(2, 600, 12810), id="design-386.5-hours"),
        pytest.param(36000, Stars(3, 1000, 24000), id="three"),
        pytest.param(60000, Stars(4, 1500, 30000), id="four"),
        pytest.param(90000, Stars(5, None, 0), id="five"),
        pytest.param(999_999, Stars(5, None, 0), id="far-beyond"),
    ],
)
def test_star_level(minutes: int, expected: Stars) -> None:
    assert star_level(minutes) == expected


def test_star_level_by_another_setting() -> None:
    assert star_level(60, (1, 2)) == Stars(1, 2, 60)


def test_format_time() -> None:
    assert [format_time(minute) for minute in (0, 485, 1439, 1440)] == [
        "00:00",
        "08:05",
        "23:59",
        "24:00",
    ]


def test_every_refusal_is_a_rule_broken() -> None:
    codes = {kind.code for kind in (BadDuration, BadStart, FutureDate, Conflict, Overlap)}
    assert codes == {"bad_duration", "bad_time", "future_date", "conflict", "overlap"}
    assert issubclass(DailyLimit, RuleBroken)
