"""Two people freeze a year, correct it and make it final; what is frozen is what the books say."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.ranking.queries import scope_of
from app.ranking.queries.awards import final_awards
from app.ranking.queries.people import preview
from app.ranking.queries.snapshots import find_freeze, stage_in
from app.ranking.queries.verifying import kept_csv, verified
from app.ranking.rules import canonical_csv
from app.ranking.rules.schemes import Title, Weights
from app.ranking.rules.stages import (
    AnsweredAlready,
    AskedAlready,
    IsFinal,
    NoticeNotOver,
    ReasonForCorrection,
    SchemeChanged,
    SchemeMissing,
    TotalsDisagree,
    UnderNotice,
    YearNotOver,
)
from app.second_person.rules import AskerIsSecond
from app.service.operations import reverse_record
from app.service.operations.undoing import UndoneUnderNotice
from tests.passbook.reader import take_back
from tests.ranking.year import (
    AFTER_NOTICE,
    FIRST,
    NOTICE_ENDS,
    PLAIN,
    YEAR,
    ask,
    confirm,
    correct_list,
    give_notice,
    make_final,
    make_year,
    save,
    serve_on,
    standing,
)
from tests.service.community import NOW, Community


@pytest.fixture
def community(app: Flask, db_session: Session) -> Community:
    return make_year(db_session)


def differing(community: Community) -> tuple[str, ...]:
    db.session.rollback()
    found = verified(db.session(), standing(community))
    db.session.rollback()
    return found.differs


def test_a_snapshot_is_the_canonical_csv_of_the_live_ranking(
    db_session: Session, community: Community
) -> None:
    save(community)
    snapshot = give_notice(community)
    live = canonical_csv(preview(db_session, scope_of(db_session, YEAR, "TX")))
    assert kept_csv(db_session, snapshot) == live
    assert snapshot.people == 4
    assert snapshot.until_on == NOTICE_ENDS
    assert differing(community) == ()


def test_everybody_tied_at_the_last_place_is_in(db_session: Session, community: Community) -> None:
    save(community)
    give_notice(community)
    make_final(community)
    awards = final_awards(db_session, community.root_id, YEAR)
    got = [(one.title, one.volunteer_no, one.rank, one.is_tied) for one in awards]
    assert got == [
        ("志愿先锋", "TX00004", 1, False),
        ("志愿先锋", "TX00005", 2, True),
        ("志愿先锋", "TX00006", 2, True),
    ]


def test_it_holds_after_later_approvals_and_reversals(
    db_session: Session, community: Community
) -> None:
    save(community)
    before = kept_csv(db_session, give_notice(community))
    serve_on(community, 6, [(FIRST + timedelta(days=40), 480)])
    record_id = db_session.scalar(text("SELECT min(id) FROM service_records"))
    assert record_id is not None
    take_back(community, record_id)
    db_session.rollback()
    assert differing(community) == ()
    assert kept_csv(db_session, standing(community)) == before


def test_a_correction_names_the_list_it_corrects_and_lasts_longer(
    db_session: Session, community: Community
) -> None:
    save(community)
    first = give_notice(community)
    serve_on(community, 6, [(FIRST + timedelta(days=40), 480)])
    second = correct_list(community, NOW + timedelta(days=1))
    assert (second.number, second.corrects_id, second.reason) == (2, first.id, "漏记一次")
    assert second.until_on == NOTICE_ENDS + timedelta(days=3)
    assert second.sha256 != first.sha256
    assert differing(community) == ()


def test_a_correction_that_moves_no_title_leaves_the_notice_as_long(community: Community) -> None:
    save(community)
    give_notice(community)
    serve_on(community, 3, [(FIRST + timedelta(days=40), 60)])
    assert correct_list(community, NOW + timedelta(days=1)).until_on == NOTICE_ENDS


def test_one_person_is_not_two(community: Community) -> None:
    save(community)
    freeze_id = ask(community, "notice")
    with pytest.raises(AskerIsSecond):
        confirm(community, freeze_id, by="organiser")


def test_it_is_asked_once_and_answered_once(community: Community) -> None:
    save(community)
    freeze_id = ask(community, "notice")
    with pytest.raises(AskedAlready):
        ask(community, "notice", by="organiser_too")
    confirm(community, freeze_id)
    with pytest.raises(AnsweredAlready):
        confirm(community, freeze_id)
    with pytest.raises(UnderNotice):
        ask(community, "notice")


def test_the_same_key_does_it_once(db_session: Session, community: Community) -> None:
    save(community)
    freeze_id = ask(community, "notice", key="asked")
    assert ask(community, "notice", key="asked") == freeze_id
    snapshot_id = confirm(community, freeze_id, key="confirmed")
    assert confirm(community, freeze_id, key="confirmed") == snapshot_id
    assert db_session.scalar(text("SELECT count(*) FROM ranking_snapshots")) == 1


def test_without_a_scheme_nothing_is_asked(community: Community) -> None:
    with pytest.raises(SchemeMissing):
        ask(community, "notice")


def test_a_year_that_is_not_over_is_not_noticed(community: Community) -> None:
    save(community)
    with pytest.raises(YearNotOver):
        ask(community, "notice", now=NOW - timedelta(days=60))


def test_a_scheme_changed_meanwhile_is_not_frozen(community: Community) -> None:
    save(community)
    freeze_id = ask(community, "notice")
    save(community, PLAIN._replace(minimum_minutes=0))
    with pytest.raises(SchemeChanged):
        confirm(community, freeze_id)


def test_the_notice_runs_to_its_end(community: Community) -> None:
    save(community)
    give_notice(community)
    with pytest.raises(NoticeNotOver):
        ask(community, "final", now=NOW + timedelta(days=1))


def test_final_is_final(db_session: Session, community: Community) -> None:
    save(community)
    give_notice(community)
    make_final(community)
    stage = stage_in(db_session, community.root_id, YEAR)
    assert stage.stage == "final"
    db_session.rollback()
    for asked_for in ("notice", "correction", "final"):
        with pytest.raises(IsFinal):
            ask(community, asked_for, now=AFTER_NOTICE)
    with pytest.raises(IsFinal):
        save(community)


def test_a_correction_needs_a_reason(community: Community) -> None:
    save(community)
    give_notice(community)
    with pytest.raises(ReasonForCorrection):
        ask(community, "correction", reason=" ")


def test_weights_make_another_order(db_session: Session, community: Community) -> None:
    weighted = PLAIN._replace(
        weights=Weights(0, 1, 0, 0), titles=(Title("overall", 1, "勤勉之星"),)
    )
    save(community, weighted)
    snapshot = give_notice(community)
    lines = kept_csv(db_session, snapshot).decode().splitlines()[1:]
    assert [line.split(",")[:2] for line in lines] == [
        ["1", "TX00004"],
        ["1", "TX00005"],
        ["1", "TX00006"],
        ["4", "TX00007"],
    ]
    assert differing(community) == ()


def test_totals_that_disagree_with_the_records_are_not_frozen(
    db_session: Session, community: Community
) -> None:
    save(community)
    freeze_id = ask(community, "notice")
    with transaction() as session:
        session.execute(
            text(
                "UPDATE standings SET minutes = minutes + 60,"
                " order_key = order_key - 60 * 262144 WHERE number = 'TX00004'"
            )
        )
    with pytest.raises(TotalsDisagree):
        confirm(community, freeze_id)
    assert find_freeze(db_session, freeze_id).state == "asked"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ranking_rows SET minutes = 1",
        "DELETE FROM ranking_rows",
        "UPDATE ranking_snapshots SET people = 9",
        "DELETE FROM ranking_awards",
        "UPDATE ranking_team_rows SET people = 9",
        "UPDATE ranking_schemes SET minimum_minutes = 9",
        "UPDATE ranking_freezes SET state = 'asked', second_id = NULL, answered_at = NULL",
        "DELETE FROM ranking_freezes",
        "INSERT INTO ranking_rows SELECT snapshot_id, colour_id, 1, rank, number, minutes, dates,"
        " service_days, points_hundredths, score, kind, joined_on FROM ranking_rows LIMIT 1",
    ],
)
def test_what_is_frozen_stays(community: Community, statement: str) -> None:
    save(community)
    give_notice(community)
    with pytest.raises(DBAPIError), transaction() as session:
        session.execute(text(statement))


def test_newcomers_and_kinds_are_placed_among_themselves(
    db_session: Session, community: Community
) -> None:
    with transaction() as session:
        session.execute(
            text("UPDATE memberships SET from_on = :on WHERE volunteer_id IN (:a, :b)"),
            {
                "on": date(2024, 5, 1),
                "a": community.volunteers[3],
                "b": community.volunteers[4],
            },
        )
        session.execute(
            text("UPDATE volunteers SET kind = 'party' WHERE id = :id"),
            {"id": community.volunteers[4]},
        )
    titles = (Title("newcomer", 1, "年度新人"), Title("kind", 1, "分类之星"))
    save(community, PLAIN._replace(titles=titles))
    give_notice(community)
    make_final(community)
    awards = final_awards(db_session, community.root_id, YEAR)
    assert [(one.title, one.kind, one.volunteer_no, one.rank) for one in awards] == [
        ("年度新人", None, "TX00006", 1),
        ("分类之星", "party", "TX00005", 1),
        ("分类之星", "resident", "TX00004", 1),
    ]


def test_a_leader_undoes_nothing_of_a_year_under_notice(
    db_session: Session, community: Community
) -> None:
    """Until the notice a leader takes back an entry of their own; from then on organisers do."""
    entered, then = datetime(2025, 12, 31, 9, tzinfo=UTC), datetime(2026, 1, 5, 9, tzinfo=UTC)
    lines = [community.line(6, 60, service_on=date(2025, 12, day)) for day in (29, 30)]
    records = [community.logged(line, now=entered).record_ids[0] for line in lines]
    leader, organiser = community.actor("leader"), community.actor("organiser")
    with transaction() as session:
        reverse_record(session, records[0], actor=leader, now=then)
    save(community)
    give_notice(community, then)
    with pytest.raises(UndoneUnderNotice), transaction() as session:
        reverse_record(session, records[1], actor=leader, now=then)
    with transaction() as session:
        reverse_record(session, records[1], actor=organiser, now=then, reason="登记错了")
    assert differing(community) == ()


def test_another_colours_title_changing_hands_lengthens_the_notice(community: Community) -> None:
    """The same two people hold the same title, each now that of the other's colour."""
    first, second = FIRST + timedelta(days=30), FIRST + timedelta(days=31)
    serve_on(community, 4, [(first, 300)], team_id=community.green_id)
    save(community, PLAIN._replace(titles=(Title("colour", 1, "队伍之星"),)))
    assert give_notice(community).until_on == NOTICE_ENDS
    serve_on(community, 3, [(second, 480)], team_id=community.green_id)
    serve_on(community, 4, [(second, 480)])
    assert correct_list(community, NOW + timedelta(days=1)).until_on > NOTICE_ENDS
