"""I-12: nobody approves for themselves, by no detour; and who was a member when."""

from __future__ import annotations

import itertools
from datetime import date
from typing import TypedDict

import pytest

from app.errors import NotAllowed
from app.teams.rules import (
    NotEntitled,
    OrganiserNeeded,
    OwnRecord,
    SecondPersonNeeded,
    Span,
    is_own,
    may_approve,
    member_on,
)


class Case(TypedDict):
    actor_volunteer_id: int | None
    beneficiary_volunteer_id: int
    acts_for: frozenset[int]
    recorder_is_actor: bool
    two_people: bool
    leads_team: bool
    organises: bool
    needs_organiser: bool


LEADER = Case(
    actor_volunteer_id=1,
    beneficiary_volunteer_id=2,
    acts_for=frozenset(),
    recorder_is_actor=True,
    two_people=False,
    leads_team=True,
    organises=False,
    needs_organiser=False,
)
ORGANISER: Case = {**LEADER, "leads_team": False, "organises": True}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(LEADER, id="leader-of-the-team"),
        pytest.param(ORGANISER, id="organiser-above-it"),
        pytest.param({**ORGANISER, "needs_organiser": True}, id="organiser-when-one-is-needed"),
        pytest.param({**ORGANISER, "actor_volunteer_id": None}, id="organiser-who-is-no-volunteer"),
        pytest.param({**LEADER, "acts_for": frozenset({3})}, id="acts-for-somebody-else"),
        pytest.param(
            {**LEADER, "two_people": True, "recorder_is_actor": False}, id="second-of-two-people"
        ),
    ],
)
def test_may_approve(case: Case) -> None:
    may_approve(**case)


@pytest.mark.parametrize(
    ("case", "refusal"),
    [
        pytest.param({**LEADER, "beneficiary_volunteer_id": 1}, OwnRecord, id="own-as-leader"),
        pytest.param(
            {**ORGANISER, "beneficiary_volunteer_id": 1}, OwnRecord, id="own-as-organiser"
        ),
        pytest.param({**LEADER, "acts_for": frozenset({2})}, OwnRecord, id="acts-for-leader"),
        pytest.param({**ORGANISER, "acts_for": frozenset({2})}, OwnRecord, id="acts-for-organiser"),
        pytest.param({**LEADER, "leads_team": False}, NotEntitled, id="neither-role"),
        pytest.param({**LEADER, "needs_organiser": True}, OrganiserNeeded, id="organiser-needed"),
        pytest.param({**LEADER, "two_people": True}, SecondPersonNeeded, id="leader-alone"),
        pytest.param({**ORGANISER, "two_people": True}, SecondPersonNeeded, id="organiser-alone"),
    ],
)
def test_may_not_approve(case: Case, refusal: type[NotAllowed]) -> None:
    with pytest.raises(refusal):
        may_approve(**case)


def test_only_the_own_record_has_a_code_of_its_own() -> None:
    codes = {kind.code for kind in (NotEntitled, OrganiserNeeded, SecondPersonNeeded)}
    assert (OwnRecord.code, codes) == ("own_record", {"not_allowed"})


@pytest.mark.parametrize("flags", list(itertools.product([False, True], repeat=5)))
def test_no_role_gets_past_the_own_record(flags: tuple[bool, ...]) -> None:
    recorder_is_actor, two_people, leads_team, organises, needs_organiser = flags
    for beneficiary in (1, 5):
        with pytest.raises(OwnRecord):
            may_approve(
                actor_volunteer_id=1,
                beneficiary_volunteer_id=beneficiary,
                acts_for=frozenset({5}),
                recorder_is_actor=recorder_is_actor,
                two_people=two_people,
                leads_team=leads_team,
                organises=organises,
                needs_organiser=needs_organiser,
            )


def test_is_own() -> None:
    assert is_own(1, 1, frozenset())
    assert is_own(None, 2, frozenset({2}))
    assert not is_own(None, 2, frozenset())


SPANS = [Span(date(2024, 1, 1), date(2024, 6, 30)), Span(date(2025, 3, 1), None)]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        pytest.param(date(2023, 12, 31), False, id="before"),
        pytest.param(date(2024, 1, 1), True, id="first-day"),
        pytest.param(date(2024, 6, 30), True, id="last-day"),
        pytest.param(date(2024, 7, 1), False, id="gone"),
        pytest.param(date(2025, 3, 1), True, id="back"),
        pytest.param(date(2099, 1, 1), True, id="no-end"),
    ],
)
def test_member_on(on: date, expected: bool) -> None:
    assert member_on(SPANS, on) is expected


def test_nobody_is_a_member_without_a_span() -> None:
    assert not member_on([], date(2025, 1, 1))
