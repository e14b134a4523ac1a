"""Ask, confirm, refuse, withdraw, do alone: who may, what is posted, and what it leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.adjustments.rules import (
    AdjustmentUnknown,
    Amounts,
    DealtWith,
    NothingAdjusted,
    TooLittleLeft,
    TooLittleTimeLeft,
    TooMuch,
)
from app.audit.reading import open_reading
from app.audit.report import audit
from app.db import db, transaction
from app.ledger.queries import statement
from app.people.models import AccountOpening, Login
from app.second_person.queries import seconds_for
from app.second_person.rules import (
    AskerIsSecond,
    AskerMayNoMore,
    BehindOneAnother,
    Matter,
    MatterUnknown,
    OwnMatter,
    SomebodyCouldConfirm,
    TooEarlyAlone,
)
from app.service.operations.refusals import ReasonNeeded
from app.trail.rules import KeyReused
from tests.adjustments.community import (
    LATER,
    NEXT_DAY,
    WHO,
    answer,
    ask,
    lead_by_hand,
    one,
    state_of,
    take_away,
    told,
)
from tests.service.community import NOW, Community, balances

pytestmark = pytest.mark.usefixtures("app")
# The second organiser is the fifth volunteer.
SECOND = 4


def nothing_moved(community: Community) -> bool:
    return balances(db.session(), community.volunteers[WHO]) == (0, 0)


# ── two people ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("by", ["organiser_too", "auditor"])
def test_a_second_person_confirms_and_it_is_posted(
    app: Flask, community: Community, by: str
) -> None:
    adjustment_id = ask(community, Amounts(30, 380))
    assert nothing_moved(community)
    answer(community, "confirm", adjustment_id, by=by)
    assert balances(db.session(), community.volunteers[WHO]) == (30, 380)
    (line,) = statement(db.session(), community.volunteers[WHO])
    asker = community.actor("organiser").login_id
    assert (line.kind, line.subject_kind, line.subject_id) == (
        "adjustment",
        "adjustment",
        adjustment_id,
    )
    assert (line.reason, line.actor_id) == ("旧本子漏记", asker)
    assert told("adjustment.both_posted") == 1
    assert told("adjustment.confirmed") == 1
    assert is_clean(app)


def is_clean(app: Flask) -> bool:
    db.session.rollback()
    with open_reading(app.config["DATABASE_URL"]) as reading:
        return audit(reading).is_clean


def test_who_could_confirm_is_told(community: Community) -> None:
    ask(community)
    assert told("adjustment.asked") == 2
    ask(community, who=SECOND)
    assert told("adjustment.asked") == 3


def test_points_are_taken_away_down_to_nothing(community: Community) -> None:
    answer(community, "confirm", ask(community), by="auditor")
    answer(community, "confirm", ask(community, Amounts(0, -380)), by="auditor")
    assert nothing_moved(community)


def test_nothing_is_taken_that_is_not_there(community: Community) -> None:
    answer(community, "confirm", ask(community), by="auditor")
    with pytest.raises(TooLittleLeft) as refused:
        ask(community, Amounts(0, -400))
    assert refused.value.figures["balance"] == "3.8"
    assert refused.value.figures["missing"] == "0.2"
    with pytest.raises(TooLittleTimeLeft):
        ask(community, Amounts(-1, 0))


def test_what_was_spent_meanwhile_is_judged_when_it_is_confirmed(community: Community) -> None:
    answer(community, "confirm", ask(community), by="auditor")
    twice = [ask(community, Amounts(0, -300)) for _ in range(2)]
    answer(community, "confirm", twice[0], by="auditor")
    with pytest.raises(TooLittleLeft):
        answer(community, "confirm", twice[1], by="auditor")
    assert state_of(twice[1]) == "asked"
    assert balances(db.session(), community.volunteers[WHO]) == (0, 80)


@pytest.mark.parametrize("what", ["confirm", "refuse", "withdraw", "do_alone"])
def test_it_is_answered_once(community: Community, what: str) -> None:
    adjustment_id = ask(community)
    answer(community, "confirm", adjustment_id, by="auditor")
    by = "organiser" if what in {"withdraw", "do_alone"} else "organiser_too"
    more: dict[str, Any] = {"reason": "x"} if what in {"refuse", "do_alone"} else {}
    with pytest.raises(DealtWith) as refused:
        answer(community, what, adjustment_id, by=by, **more)
    assert refused.value.figures["name"] == "auditor"
    assert one("SELECT count(*) FROM entries") == 1


def test_refused_or_withdrawn_nothing_is_posted(community: Community) -> None:
    refused, withdrawn = ask(community), ask(community)
    with pytest.raises(ReasonNeeded):
        answer(community, "refuse", refused, by="auditor", reason=" ")
    answer(community, "refuse", refused, by="auditor", reason="没有凭据")
    answer(community, "withdraw", withdrawn, by="organiser")
    assert (state_of(refused), state_of(withdrawn)) == ("refused", "withdrawn")
    assert nothing_moved(community)
    assert told("adjustment.refused") == 1
    assert told("adjustment.points_posted") == 0


def test_only_the_asker_withdraws(community: Community) -> None:
    adjustment_id = ask(community)
    with pytest.raises(AdjustmentUnknown):
        answer(community, "withdraw", adjustment_id, by="organiser_too")


def test_each_step_leaves_one_row_of_the_trail(community: Community) -> None:
    adjustment_id = ask(community)
    answer(community, "confirm", adjustment_id, by="auditor")
    rows = db.session.execute(
        text("SELECT operation, actor_id FROM trail WHERE subject_kind = 'adjustment' ORDER BY id")
    ).all()
    asker, second = (community.actor(name).login_id for name in ("organiser", "auditor"))
    assert [tuple(row) for row in rows] == [
        ("adjustment.ask", asker),
        ("adjustment.confirm", second),
    ]


def test_a_repeated_key_does_one_thing(community: Community) -> None:
    first = ask(community, key="tap")
    assert ask(community, key="tap") == first
    with pytest.raises(KeyReused):
        ask(community, Amounts(0, 390), key="tap")
    for _ in range(2):
        answer(community, "confirm", first, by="auditor", key="yes")
    assert balances(db.session(), community.volunteers[WHO]) == (0, 380)


@pytest.mark.parametrize(
    ("amounts", "reason", "refusal"),
    [
        (Amounts(0, 0), "x", NothingAdjusted),
        (Amounts(0, 1_000_001), "x", TooMuch),
        (Amounts(-60_001, 0), "x", TooMuch),
        (Amounts(0, 1), "  ", ReasonNeeded),
    ],
)
def test_what_makes_no_sense_is_refused(
    community: Community, amounts: Amounts, reason: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        ask(community, amounts, reason=reason)
    assert one("SELECT count(*) FROM adjustments") == 0


# ── who may ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("by", ["leader", "volunteer", "organiser_below", "auditor"])
def test_only_an_organiser_above_the_person_asks(community: Community, by: str) -> None:
    with pytest.raises(MatterUnknown):
        ask(community, by=by)


@pytest.mark.parametrize("by", ["leader", "volunteer", "organiser_below"])
def test_who_does_not_reach_it_is_no_second(community: Community, by: str) -> None:
    adjustment_id = ask(community)
    ways: list[tuple[str, dict[str, Any]]] = [("confirm", {}), ("refuse", {"reason": "x"})]
    for what, more in ways:
        with pytest.raises(MatterUnknown):
            answer(community, what, adjustment_id, by=by, **more)


def test_the_asker_is_no_second(community: Community) -> None:
    adjustment_id = ask(community)
    with pytest.raises(AskerIsSecond):
        answer(community, "confirm", adjustment_id, by="organiser")


def test_nobody_adjusts_or_confirms_their_own(community: Community) -> None:
    with pytest.raises(OwnMatter):
        ask(community, by="organiser_too", who=SECOND)
    adjustment_id = ask(community, who=SECOND)
    with pytest.raises(OwnMatter):
        answer(community, "confirm", adjustment_id, by="organiser_too")


def test_a_helper_of_the_beneficiary_is_neither_first_nor_second(community: Community) -> None:
    lead_by_hand(community, SECOND, WHO)
    with pytest.raises(OwnMatter):
        ask(community, by="organiser_too")
    adjustment_id = ask(community)
    assert told("adjustment.asked") == 1
    with pytest.raises(OwnMatter):
        answer(community, "confirm", adjustment_id, by="organiser_too")


def test_who_becomes_a_guardian_meanwhile_no_longer_counts(community: Community) -> None:
    by_guardian = ask(community, by="organiser_too")
    for_guardian = ask(community)
    lead_by_hand(community, SECOND, WHO)
    with pytest.raises(AskerMayNoMore):
        answer(community, "confirm", by_guardian, by="organiser")
    with pytest.raises(OwnMatter):
        answer(community, "confirm", for_guardian, by="organiser_too")
    answer(community, "refuse", by_guardian, by="organiser", reason="监护人")
    assert nothing_moved(community)


def test_rights_are_those_of_the_moment(community: Community) -> None:
    adjustment_id = ask(community)
    take_away(community, "organiser_too")
    with pytest.raises(MatterUnknown):
        answer(community, "confirm", adjustment_id, by="organiser_too")
    take_away(community, "organiser")
    with pytest.raises(AskerMayNoMore):
        answer(community, "confirm", adjustment_id, by="auditor")
    answer(community, "withdraw", adjustment_id, by="organiser")
    assert nothing_moved(community)


def test_a_suspended_asker_is_no_first(community: Community) -> None:
    adjustment_id = ask(community)
    with transaction() as session:
        session.get_one(Login, community.actor("organiser").login_id).is_suspended = True
    with pytest.raises(AskerMayNoMore):
        answer(community, "confirm", adjustment_id, by="auditor")


@pytest.mark.parametrize(("one_", "other"), [("organiser", "auditor"), ("auditor", "organiser")])
def test_two_accounts_of_one_code_are_not_two_people(
    community: Community, one_: str, other: str
) -> None:
    adjustment_id = ask(community)
    with transaction() as session:
        session.add(
            AccountOpening(
                login_id=community.actor(one_).login_id,
                issued_by_id=community.actor(other).login_id,
                opened_on=NOW.date(),
                from_at=NOW,
                until_on=NOW.date() + timedelta(days=7),
            )
        )
    with pytest.raises(BehindOneAnother):
        answer(community, "confirm", adjustment_id, by="auditor")
    answer(community, "confirm", adjustment_id, by="organiser_too")


# ── one person alone ──────────────────────────────────────────────────────────────────────


def test_alone_where_there_is_nobody_else_a_day_later(app: Flask, community: Community) -> None:
    take_away(community, "organiser_too", "auditor")
    adjustment_id = ask(community)
    with pytest.raises(TooEarlyAlone):
        answer(community, "do_alone", adjustment_id, by="organiser", reason="只有一人")
    with pytest.raises(ReasonNeeded):
        answer(community, "do_alone", adjustment_id, by="organiser", reason="", now=NEXT_DAY)
    answer(community, "do_alone", adjustment_id, by="organiser", reason="只有一人", now=NEXT_DAY)
    assert one("SELECT is_alone FROM adjustments")
    assert balances(db.session(), community.volunteers[WHO]) == (0, 380)
    assert is_clean(app)


def test_not_alone_while_somebody_could_confirm(community: Community) -> None:
    adjustment_id = ask(community)
    with pytest.raises(SomebodyCouldConfirm) as refused:
        answer(community, "do_alone", adjustment_id, by="organiser", reason="x", now=NEXT_DAY)
    assert refused.value.figures["count"] == 2
    with pytest.raises(AdjustmentUnknown):
        answer(community, "do_alone", adjustment_id, by="auditor", reason="x", now=NEXT_DAY)


def test_who_could_be_second_is_who_may_confirm(community: Community, db_session: Session) -> None:
    """The query that counts them and the rule that judges each say the same."""
    lead_by_hand(community, SECOND, WHO)
    matter = Matter(frozenset({community.root_id}), frozenset({community.volunteers[WHO]}))
    asker = community.actor("organiser").login_id
    found = seconds_for(db_session, matter, asker_id=asker, on=NOW.date())
    assert found == {community.actor("auditor").login_id}
    below = Matter(frozenset({community.estate_id}), frozenset({community.volunteers[WHO]}))
    names = {"auditor", "organiser_below"}
    assert seconds_for(db_session, below, asker_id=asker, on=NOW.date()) == {
        community.actor(name).login_id for name in names
    }


# ── the database ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "change",
    [
        "state = 'asked', second_id = NULL, answered_at = NULL, entry_id = NULL",
        "points_hundredths = 999",
        "asker_id = second_id, second_id = asker_id",
        "entry_id = NULL",
        "second_id = NULL",
        "reason = 'anders'",
    ],
)
def test_an_answered_one_is_never_changed(community: Community, change: str) -> None:
    answer(community, "confirm", ask(community), by="auditor")
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text(f"UPDATE adjustments SET {change}"))


@pytest.mark.parametrize(
    "change",
    [
        "state = 'posted', answered_at = asked_at, second_id = asker_id",
        "state = 'refused', answered_at = asked_at",
        "state = 'posted', answered_at = asked_at",
        "state = 'withdrawn'",
        "volunteer_id = volunteer_id + 1",
    ],
)
def test_no_answer_skips_the_second_person(community: Community, change: str) -> None:
    ask(community)
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text(f"UPDATE adjustments SET {change}"))


def test_none_is_deleted_or_begun_in_the_middle(community: Community) -> None:
    ask(community, now=LATER)
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text("DELETE FROM adjustments"))
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(
            text(
                "INSERT INTO adjustments (kind, organisation_id, volunteer_id, minutes, "
                "points_hundredths, reason, asker_id, asked_at, state, answered_at, answer, "
                "is_alone) SELECT kind, organisation_id, volunteer_id, minutes, "
                "points_hundredths, reason, asker_id, asked_at, 'withdrawn', asked_at, '', "
                "is_alone FROM adjustments"
            )
        )
