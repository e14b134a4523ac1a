"""What may be wished, which moves there are, how the days are counted, what blocks a final list."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from app.disputes.guards import GUARDS
from app.disputes.queries import open_disputes
from app.disputes.rules import (
    MOVES,
    OPEN_STATES,
    STATES,
    NothingWished,
    Recorded,
    Wish,
    WordsNeeded,
    check_wish,
    days_left,
    may_move,
)
from app.organisations.calendar import WorkingCalendar
from app.service.rules import BadDuration, BadStart, FutureDate
from tests.disputes.community import act, disputed, served, wish
from tests.service.community import ORDINARY_DAY, Community, make_community

TODAY = date(2026, 2, 3)
RECORDED = Recorded(ORDINARY_DAY, 120, None, 1, "清扫")


def test_every_state_has_its_moves_and_what_is_answered_stays() -> None:
    assert set(MOVES) == set(STATES)
    assert {state for state, targets in MOVES.items() if not targets} == {
        "corrected",
        "withdrawn",
        "overtaken",
    }
    assert not any(may_move(state, "open") for state in STATES)
    assert [state for state in STATES if may_move(state, "passed_on")] == ["refused"]
    assert all(may_move(state, "overtaken") for state in OPEN_STATES)


@pytest.mark.parametrize("state", STATES)
def test_the_database_knows_the_same_moves(state: str) -> None:
    trigger = next(guard.sqlite for guard in GUARDS if guard.name == "disputes_moves") or ""
    for target in STATES:
        step = f"OLD.state = '{state}' AND NEW.state = '{target}'"
        assert (step in trigger) == may_move(state, target)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({}, NothingWished),
        ({"minutes": 0}, BadDuration),
        ({"minutes": 1441}, BadDuration),
        ({"starts_minute": 1440}, BadStart),
        ({"service_on": TODAY + timedelta(days=1)}, FutureDate),
    ],
)
def test_a_wish_must_be_possible(changed, refusal) -> None:
    with pytest.raises(refusal):
        check_wish(Wish("hours", "", RECORDED._replace(**changed)), RECORDED, TODAY)


@pytest.mark.parametrize("what", ["points", "not_me"])
def test_what_no_figure_tells_is_told_in_words(what: str) -> None:
    check_wish(Wish(what, "少了半分", None), RECORDED, TODAY)
    with pytest.raises(WordsNeeded):
        check_wish(Wish(what, " \n", None), RECORDED, TODAY)


@pytest.mark.parametrize(
    ("due_on", "left"),
    [
        (date(2026, 2, 3), 0),
        (date(2026, 2, 4), 1),
        (date(2026, 2, 9), 4),
        # A make-up Saturday before Spring Festival is worked, the holidays are not.
        (date(2026, 2, 24), 10),
        (date(2026, 2, 2), -1),
        (date(2026, 1, 30), -2),
    ],
)
def test_working_days_are_counted_as_offices_work(due_on: date, left: int) -> None:
    assert days_left(WorkingCalendar(), TODAY, due_on) == left


def test_a_deadline_on_a_weekend_just_gone_is_over_by_a_day() -> None:
    assert days_left(WorkingCalendar(), date(2026, 1, 25), date(2026, 1, 24)) == -1


@pytest.mark.usefixtures("app")
class TestWhatBlocksAFinalList:
    @pytest.fixture
    def community(self, db_session: Session) -> Community:
        made = make_community(db_session)
        db_session.rollback()
        return made

    def test_open_ones_of_the_year_and_place(
        self, community: Community, db_session: Session
    ) -> None:
        dispute_id = disputed(community, served(community))
        (found,) = open_disputes(db_session, [community.root_id], 2026)
        assert (found.id, found.service_on) == (dispute_id, ORDINARY_DAY)
        assert open_disputes(db_session, [community.root_id], 2025) == []
        assert open_disputes(db_session, [community.estate_id], 2026) == []

    def test_one_that_wishes_a_record_into_the_year_or_place(
        self, community: Community, db_session: Session
    ) -> None:
        moved = wish(community, service_on=date(2025, 12, 31), team_id=community.green_id)
        disputed(community, served(community), wish=moved)
        for scope, year in (([community.root_id], 2025), ([community.estate_id], 2026)):
            assert len(open_disputes(db_session, scope, year)) == 1

    def test_an_answer_lets_go_and_passing_on_holds_again(
        self, community: Community, db_session: Session
    ) -> None:
        dispute_id = disputed(community, served(community))
        act(community, "refuse", dispute_id, by="leader", reason="不")
        assert open_disputes(db_session, [community.root_id], 2026) == []
        db_session.rollback()
        act(community, "pass_on", dispute_id, by="volunteer", words="")
        assert len(open_disputes(db_session, [community.root_id], 2026)) == 1
