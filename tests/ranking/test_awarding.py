"""Who receives which title: by the rows of a ranking and its scheme alone."""

from __future__ import annotations

from datetime import date

import pytest

from app.ranking.rules.awarding import (
    Award,
    Candidate,
    Rankings,
    TeamCandidate,
    awards_of,
    given_besides,
    why_not,
)
from app.ranking.rules.schemes import Scheme, Title

YEAR = 2025
PLAIN = Scheme(None, 1200, None, 1, (Title("overall", 2, "志愿先锋"),), {})


def person(
    number: int, rank: int, *, minutes: int = 1200, joined_on: date | None = date(2020, 1, 1)
) -> Candidate:
    kind = "party" if number % 2 else "resident"
    return Candidate(rank, number, str(number), minutes, 1, 0, 0, None, kind, joined_on)


def given(scheme: Scheme, *people: Candidate, teams: tuple[TeamCandidate, ...] = ()) -> list[str]:
    """Return who receives a title, with the place; a shared one has a star."""
    rankings = Rankings(YEAR, people, {7: people[1:]}, teams)
    return [
        f"{one.volunteer_id or one.team_id}:{one.rank}{'*' if one.is_tied else ''}"
        for one in awards_of(scheme, rankings)
    ]


def titled(*titles: Title, each: int = 1) -> Scheme:
    return PLAIN._replace(titles=titles, titles_per_person=each)


def test_everybody_tied_at_the_last_place_is_in() -> None:
    people = [person(1, 1), person(2, 2), person(3, 2), person(4, 4)]
    assert given(PLAIN, *people) == ["1:1", "2:2*", "3:2*"]


@pytest.mark.parametrize(
    ("scheme", "reason"),
    [
        (PLAIN._replace(exclusions={1: "工作人员"}), "excluded"),
        (PLAIN._replace(minimum_minutes=1201), "minimum"),
        (PLAIN._replace(member_since=date(2019, 12, 31)), "member_since"),
        (PLAIN._replace(member_since=date(2020, 1, 1)), None),
    ],
)
def test_who_is_not_fit_is_told_why_and_receives_nothing(
    scheme: Scheme, reason: str | None
) -> None:
    assert why_not(scheme, person(1, 1)) == reason
    assert given(scheme, person(1, 1)) == ([] if reason else ["1:1"])


def test_whoever_was_a_guest_only_is_no_member_since() -> None:
    scheme = PLAIN._replace(member_since=date(2025, 12, 31))
    assert why_not(scheme, person(1, 1, joined_on=None)) == "member_since"


def test_a_place_left_by_somebody_unfit_goes_to_the_next_with_the_rank_it_has() -> None:
    scheme = PLAIN._replace(exclusions={1: "工作人员"})
    assert given(scheme, person(1, 1), person(2, 2), person(3, 3)) == ["2:2", "3:3"]


def test_one_title_a_person_unless_the_scheme_allows_more() -> None:
    titles = Title("overall", 1, "志愿先锋"), Title("colour", 1, "队伍之星")
    people = [person(1, 1), person(2, 2), person(3, 3)]
    assert given(titled(*titles), *people) == ["1:1", "2:2"]
    assert given(titled(Title("overall", 2, "志愿先锋"), titles[1]), *people)[2:] == ["3:3"]
    assert given(titled(Title("overall", 2, "志愿先锋"), titles[1], each=2), *people)[2:] == ["2:2"]


def test_newcomers_joined_in_the_year_itself() -> None:
    joined = [date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1), None]
    people = [person(at, at, joined_on=on) for at, on in enumerate(joined, start=1)]
    assert given(titled(Title("newcomer", 9, "年度新人")), *people) == ["2:1", "3:2"]


def test_each_kind_has_its_own_places() -> None:
    people = [person(1, 1), person(3, 2), person(2, 3), person(4, 3)]
    found = given(titled(Title("kind", 1, "志愿先锋")), *people)
    assert found == ["1:1", "2:1*", "4:1*"]


def test_a_team_too_small_to_be_placed_is_no_team_of_the_year() -> None:
    teams = (
        TeamCandidate(1, 11, 600, 5),
        TeamCandidate(1, 12, 600, 5),
        TeamCandidate(None, 13, 9, 4),
    )
    found = given(titled(Title("team", 1, "年度优秀队伍")), person(1, 1), teams=teams)
    assert found == ["11:1*", "12:1*"]


def test_a_title_of_another_colour_is_another_title() -> None:
    red = Award(1, "colour", "队伍之星", 1, None, 4, None, 1, False)
    green, lower = red._replace(colour_id=2), red._replace(rank=2, is_tied=True)
    assert given_besides([red], [green]) == [red]
    assert given_besides([red], [lower]) == []
