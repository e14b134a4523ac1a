"""SPEC §7: the default order, ties, teams by minutes per person, the bytes of §9."""

from __future__ import annotations

import csv
import hashlib
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ranking.rules import Row, TeamRow, canonical_csv, ranked, ranked_teams, sha256_of

SAMPLE = Path(__file__).parent.parent / "samples" / "ranking.csv"


def row(number: str, minutes: int = 60, dates: int = 1, service_days: int = 0) -> Row:
    return Row(number, "立春", minutes, dates, service_days, minutes)


def places(rows: list[Row]) -> list[tuple[int, str]]:
    return [(rank, found.volunteer_no) for rank, found in ranked(rows)]


few = st.integers(1, 3)
rows_strategy = st.lists(
    st.builds(row, st.text(min_size=1, max_size=4), few, few, few),
    max_size=20,
    unique_by=lambda one: one.volunteer_no,
)
teams_strategy = st.lists(
    st.builds(
        TeamRow, st.text(min_size=1, max_size=3), st.just(""), st.integers(1, 60), st.integers(0, 9)
    ),
    max_size=12,
    unique_by=lambda one: one.team_code,
)


def test_ties_share_a_rank_and_the_next_one_is_skipped() -> None:
    rows = [row("D", 10), row("C", 20), row("A", 30), row("B", 20)]
    assert places(rows) == [(1, "A"), (2, "B"), (2, "C"), (4, "D")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(row("Z", 61, 1, 0), row("A", 60, 9, 9), id="minutes-first"),
        pytest.param(row("Z", 60, 2, 0), row("A", 60, 1, 1), id="then-dates"),
        pytest.param(row("Z", 60, 2, 2), row("A", 60, 2, 1), id="then-service-days"),
    ],
)
def test_order_of_merit(first: Row, second: Row) -> None:
    assert places([second, first]) == [(1, "Z"), (2, "A")]


def test_points_decide_nothing() -> None:
    rich, poor = row("B")._replace(points_hundredths=999), row("A")
    assert places([rich, poor]) == [(1, "A"), (1, "B")]


def test_tied_people_are_listed_by_code_point() -> None:
    numbers = ["a1", "A10", "A2", "志1", "Ä1", "A1"]
    listed = [number for _, number in places([row(number) for number in numbers])]
    assert listed == ["A1", "A10", "A2", "a1", "Ä1", "志1"]


@given(rows_strategy, st.randoms(use_true_random=False))
def test_ranking_does_not_depend_on_the_order_read(rows: list[Row], random: object) -> None:
    shuffled = rows.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert ranked(shuffled) == ranked(rows)


@given(rows_strategy)
def test_a_rank_is_one_more_than_those_who_did_better(rows: list[Row]) -> None:
    for rank, found in ranked(rows):
        merit = found[2:5]
        assert rank == 1 + sum(1 for other in rows if other[2:5] > merit)


def read_sample() -> list[tuple[int, Row]]:
    with SAMPLE.open(encoding="utf-8", newline="") as lines:
        return [
            (
                int(line["rank"]),
                Row(
                    line["volunteer_no"],
                    "",
                    int(line["minutes"]),
                    int(line["dates"]),
                    int(line["service_days"]),
                    hundredths_of(line["points"]),
                ),
            )
            for line in csv.DictReader(lines)
        ]


def hundredths_of(text: str) -> int:
    hundredths = Fraction(text) * 100
    assert hundredths.denominator == 1
    return hundredths.numerator


def test_sample_comes_out_in_the_same_bytes() -> None:
    assert canonical_csv(read_sample()) == SAMPLE.read_bytes()


def test_sample_is_ranked_anew_in_the_same_bytes() -> None:
    rows = sorted((found for _, found in read_sample()), key=lambda one: one.volunteer_no[::-1])
    assert canonical_csv(ranked(rows)) == SAMPLE.read_bytes()


def test_an_empty_ranking_is_the_header_alone() -> None:
    assert canonical_csv([]) == b"rank,volunteer_no,minutes,dates,service_days,points\n"


@pytest.mark.parametrize("number", ["TX,1", 'TX"1', "TX\n1", "TX\r1"], ids=repr)
def test_a_number_that_needs_quotes_has_no_canonical_form(number: str) -> None:
    with pytest.raises(ValueError, match="canonical"):
        canonical_csv([(1, row(number))])


def test_sha256_is_of_the_bytes_in_lower_hex() -> None:
    assert sha256_of(SAMPLE.read_bytes()) == hashlib.sha256(SAMPLE.read_bytes()).hexdigest()
    assert sha256_of(b"").startswith("e3b0c442")


def team(code: str, minutes: int, people: int) -> TeamRow:
    return TeamRow(code, "绿色生态环保队", minutes, people)


def team_places(rows: list[TeamRow], least: int = 5) -> list[tuple[int | None, str]]:
    return [(rank, found.team_code) for rank, found in ranked_teams(rows, least)]


def test_teams_are_ranked_by_minutes_per_person() -> None:
    rows = [team("big", 1000, 20), team("small", 300, 5), team("same", 600, 10)]
    assert team_places(rows) == [(1, "same"), (1, "small"), (3, "big")]


def test_a_team_needs_five_people_to_be_placed() -> None:
    rows = [team("four", 9000, 4), team("five", 10, 5), team("none", 0, 0)]
    assert team_places(rows) == [(1, "five"), (None, "four"), (None, "none")]


def test_a_team_of_nobody_is_never_placed() -> None:
    assert team_places([team("none", 0, 0)], least=0) == [(None, "none")]


def test_averages_that_a_float_would_confuse_are_told_apart() -> None:
    many = 10**17
    rows = [team("A", many, 7), team("B", many + 1, 7)]
    assert team_places(rows) == [(1, "B"), (2, "A")]


@given(teams_strategy)
def test_a_teams_rank_is_one_more_than_the_better_averages(rows: list[TeamRow]) -> None:
    averages = [Fraction(one.minutes, one.people) for one in rows if one.people >= 5]
    for rank, found in ranked_teams(rows):
        if found.people < 5:
            assert rank is None
        else:
            own = Fraction(found.minutes, found.people)
            assert rank == 1 + sum(1 for average in averages if average > own)


@given(teams_strategy, st.randoms(use_true_random=False))
def test_team_ranking_does_not_depend_on_the_order_read(
    rows: list[TeamRow], random: object
) -> None:
    shuffled = rows.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert ranked_teams(shuffled) == ranked_teams(rows)
