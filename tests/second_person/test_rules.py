"""Who may be the first, who the second, and when one may act alone: rules without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.errors import RuleBroken
from app.second_person.rules import (
    AskerIsSecond,
    AskerMayNoMore,
    BehindOneAnother,
    Matter,
    MatterUnknown,
    OpenedByBeneficiary,
    OwnMatter,
    SomebodyCouldConfirm,
    TooEarlyAlone,
    check_alone,
    check_first,
    check_second,
    check_still_first,
)
from app.teams.rules import Actor, Opening

ASKED = datetime(2026, 2, 3, 9, tzinfo=UTC)
HERE, BELOW, ELSEWHERE = 1, 2, 9
BENEFICIARY = 30
MATTER = Matter(frozenset({HERE}), frozenset({BENEFICIARY}))
ASKER = 1


def person(login: int = 2, volunteer: int | None = None, **rights: Any) -> Actor:
    return Actor(login, volunteer, "雨水", **{"organises": frozenset({HERE, BELOW}), **rights})


OPENED = {BENEFICIARY: Opening("谷雨", date(2026, 1, 30), date(2026, 2, 28))}
NOBODY = frozenset[int]()
HERE_ONLY = frozenset({HERE})
UNFIT = [
    pytest.param(person(volunteer=BENEFICIARY), OwnMatter, id="beneficiary"),
    pytest.param(person(acts_for=frozenset({BENEFICIARY})), OwnMatter, id="helper"),
    pytest.param(person(openings=OPENED), OpenedByBeneficiary, id="behind a code"),
    pytest.param(person(organises=frozenset({ELSEWHERE})), MatterUnknown, id="elsewhere"),
    pytest.param(person(organises=NOBODY), MatterUnknown, id="no role"),
]


@pytest.mark.parametrize(("actor", "refusal"), UNFIT)
def test_nobody_asks_for_their_own_or_beyond_their_reach(
    actor: Actor, refusal: type[RuleBroken]
) -> None:
    with pytest.raises(refusal):
        check_first(actor, MATTER)
    with pytest.raises(refusal):
        check_second(actor, MATTER, asker_id=ASKER, is_behind=False)


def test_an_auditor_is_second_and_never_first() -> None:
    auditor = person(organises=NOBODY, audits=HERE_ONLY)
    check_second(auditor, MATTER, asker_id=ASKER, is_behind=False)
    with pytest.raises(MatterUnknown):
        check_first(auditor, MATTER)


def test_one_person_is_not_two() -> None:
    with pytest.raises(AskerIsSecond):
        check_second(person(ASKER), MATTER, asker_id=ASKER, is_behind=False)
    with pytest.raises(BehindOneAnother):
        check_second(person(), MATTER, asker_id=ASKER, is_behind=True)


def test_both_reach_all_of_what_concerns_several_organisations() -> None:
    wide = Matter(frozenset({HERE, ELSEWHERE}), MATTER.volunteer_ids)
    with pytest.raises(MatterUnknown):
        check_second(person(), wide, asker_id=ASKER, is_behind=False)
    both = person(audits=frozenset({ELSEWHERE}))
    check_second(both, wide, asker_id=ASKER, is_behind=False)
    with pytest.raises(MatterUnknown):
        check_first(both, wide)


@pytest.mark.parametrize("actor", [None, *(case.values[0] for case in UNFIT)])
def test_who_lost_the_right_meanwhile_is_no_first(actor: Actor | None) -> None:
    with pytest.raises(AskerMayNoMore):
        check_still_first(actor, MATTER)


def test_alone_only_after_a_day_and_where_there_is_nobody() -> None:
    day = timedelta(hours=24)
    check_alone(asked_at=ASKED, now=ASKED + day, others=0)
    with pytest.raises(TooEarlyAlone) as early:
        check_alone(asked_at=ASKED, now=ASKED + day - timedelta(microseconds=1), others=0)
    assert early.value.figures["from_at"] == ASKED + day
    with pytest.raises(SomebodyCouldConfirm):
        check_alone(asked_at=ASKED, now=ASKED + 3 * day, others=1)
