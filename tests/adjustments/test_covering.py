"""Undo a record, a batch or by a correction what was spent already: the community pays the rest."""

from __future__ import annotations

import pytest
from flask import Flask

from app.adjustments.queries import covered_shortfalls, lacks_of
from app.adjustments.rules import AdjustmentUnknown, AskedAlready, NothingMissing
from app.db import db, transaction
from app.ledger.queries import balances_of
from app.ledger.rules import AlreadyReversed
from app.passbook.explanation import sentence_of
from app.passbook.queries import history_of
from app.passbook.rules import other_sentence
from app.second_person.rules import MatterUnknown, OwnMatter
from app.service.operations import propose_correction, reverse_record
from app.service.rules.moves import WrongMove
from tests.adjustments.community import (
    NEXT_DAY,
    WHO,
    answer,
    ask,
    ask_cover,
    now_of,
    one,
    spend,
    state_of,
    take_away,
    told,
)
from tests.adjustments.test_adjusting import is_clean
from tests.service.community import NOW, Community, balances, check_books
from tests.service.community import state_of as record_state

pytestmark = pytest.mark.usefixtures("app")


def served(community: Community, person: int = WHO, minutes: int = 120) -> int:
    return community.logged(community.line(person, minutes)).record_ids[0]


def spent(community: Community, points: int = 150) -> int:
    """Let somebody serve two hours for two points and spend some; return the record."""
    record_id = served(community)
    spend(community, WHO, points)
    return record_id


def test_an_undo_with_the_missing_part_covered(app: Flask, community: Community) -> None:
    record_id = spent(community)
    (lack,) = lacks_of(db.session(), "record", record_id)
    assert (lack.unit, lack.balance, lack.needed, lack.missing) == ("points", 50, 200, 150)
    cover = ask_cover(community, "record", record_id)
    assert record_state(db.session(), record_id) == "approved"
    answer(community, "confirm", cover, by="auditor")
    assert record_state(db.session(), record_id) == "reversed"
    assert balances(db.session(), community.volunteers[WHO]) == (0, 0)
    (shortfall,) = covered_shortfalls(db.session(), [community.root_id])
    assert (shortfall.covered.amount, shortfall.row.reason) == (150, "误录")
    assert (shortfall.row.asker_name, shortfall.row.second_name) == ("organiser", "auditor")
    assert told("shortfall.covered") == 1
    assert told("record.reversed") == 1
    check_books(db.session())
    assert is_clean(app)


def test_the_passbook_says_it_in_a_sentence(app: Flask, community: Community) -> None:
    answer(community, "confirm", ask(community), by="auditor")
    record_id = spent(community, 500)
    take_away(community, "organiser_too", "auditor")
    cover = ask_cover(community, "record", record_id)
    answer(community, "do_alone", cover, by="organiser", reason="只有一人", now=NEXT_DAY)
    lines = history_of(db.session(), community.volunteers[WHO], "Asia/Shanghai")
    said = {line.kind: sentence_of(line, str) for line in lines}
    assert said["adjustment"] == other_sentence("adjustment", "旧本子漏记", str)
    alone = other_sentence("shortfall", "误录", str, is_alone=True)
    assert said["shortfall"] == alone != other_sentence("shortfall", "误录", str)
    printed = app.test_cli_runner().invoke(args=["passbook", "TX00004", "--json"])
    assert "旧本子漏记" in printed.stdout


def test_it_is_no_debt(community: Community) -> None:
    cover = ask_cover(community, "record", spent(community))
    answer(community, "confirm", cover, by="auditor")
    served(community)
    assert balances(db.session(), community.volunteers[WHO]) == (120, 200)


def test_a_whole_batch(app: Flask, community: Community) -> None:
    result = community.log(community.line(WHO), community.line(5), community.line(0))
    spend(community, WHO, 150)
    spend(community, 5, 200, minutes=20)
    cover = ask_cover(community, "batch", result.batch_id or 0)
    answer(community, "confirm", cover, by="auditor")
    assert one("SELECT count(*) FROM service_records WHERE state = 'approved'") == 0
    found = covered_shortfalls(db.session(), [community.root_id])
    amounts = {(one_.covered.holder_id, one_.covered.unit): one_.covered.amount for one_ in found}
    who, other = community.volunteers[WHO], community.volunteers[5]
    assert amounts == {(who, "points"): 150, (other, "points"): 200, (other, "minutes"): 20}
    assert told("shortfall.covered") == 2
    check_books(db.session())
    assert is_clean(app)


def test_a_correction(app: Flask, community: Community) -> None:
    record_id = spent(community)
    actor = now_of(community, "leader")
    with transaction() as session:
        (proposed,) = propose_correction(
            session, record_id, community.line(WHO, 30), actor=actor, now=NOW, reason="半小时"
        )
    cover = ask_cover(community, "correction", proposed)
    answer(community, "confirm", cover, by="organiser_too")
    assert record_state(db.session(), record_id) == "reversed"
    assert record_state(db.session(), proposed) == "approved"
    # What the corrected record gives is there before the rest is covered.
    (shortfall,) = covered_shortfalls(db.session(), [community.root_id])
    assert shortfall.covered.amount == 100
    assert balances(db.session(), community.volunteers[WHO]) == (30, 0)
    assert is_clean(app)


def test_where_nothing_is_missing_no_second_person_is_asked(community: Community) -> None:
    record_id = served(community)
    with pytest.raises(NothingMissing):
        ask_cover(community, "record", record_id)
    assert record_state(db.session(), record_id) == "approved"
    assert one("SELECT count(*) FROM adjustments") == 0
    assert told("record.reversed") == 0


def test_one_request_at_a_time(community: Community) -> None:
    record_id = spent(community)
    first = ask_cover(community, "record", record_id)
    with pytest.raises(AskedAlready):
        ask_cover(community, "record", record_id, by="organiser_too")
    answer(community, "withdraw", first, by="organiser")
    ask_cover(community, "record", record_id, by="organiser_too")


def test_nothing_more_than_is_missing_is_covered_when_it_is_confirmed(
    community: Community,
) -> None:
    cover = ask_cover(community, "record", spent(community))
    served(community, minutes=60)
    answer(community, "confirm", cover, by="auditor")
    (shortfall,) = covered_shortfalls(db.session(), [community.root_id])
    assert shortfall.covered.amount == 50


def test_what_was_taken_back_meanwhile_stays_so(community: Community) -> None:
    record_id = spent(community)
    cover = ask_cover(community, "record", record_id)
    served(community, minutes=180)
    actor = now_of(community, "organiser_too")
    with transaction() as session:
        reverse_record(session, record_id, actor=actor, now=NOW, reason="x")
    with pytest.raises((WrongMove, AlreadyReversed)):
        answer(community, "confirm", cover, by="auditor")
    assert state_of(cover) == "asked"
    answer(community, "refuse", cover, by="auditor", reason="已撤销")
    assert one("SELECT count(*) FROM entries WHERE kind = 'shortfall'") == 0


@pytest.mark.parametrize("by", ["leader", "green_leader", "organiser_below", "auditor"])
def test_only_an_organiser_above_the_team_asks(community: Community, by: str) -> None:
    with pytest.raises(MatterUnknown):
        ask_cover(community, "record", spent(community), by=by)


def test_nobody_asks_or_confirms_for_their_own_record(community: Community) -> None:
    record_id = community.logged(community.line(4)).record_ids[0]
    spend(community, 4, 150)
    with pytest.raises(OwnMatter):
        ask_cover(community, "record", record_id, by="organiser_too")
    cover = ask_cover(community, "record", record_id)
    with pytest.raises(OwnMatter):
        answer(community, "confirm", cover, by="organiser_too")


def test_what_does_not_exist_is_unknown(community: Community) -> None:
    for kind in ("record", "batch", "correction"):
        with pytest.raises(AdjustmentUnknown):
            ask_cover(community, kind, 999)


def test_alone_where_nobody_could_confirm(app: Flask, community: Community) -> None:
    take_away(community, "organiser_too", "auditor")
    record_id = spent(community)
    cover = ask_cover(community, "record", record_id)
    answer(community, "do_alone", cover, by="organiser", reason="只有一人", now=NEXT_DAY)
    (shortfall,) = covered_shortfalls(db.session(), [community.root_id])
    assert shortfall.row.is_alone
    assert balances_of(db.session(), community.volunteers[WHO]) == (0, 0)
    assert is_clean(app)
