"""Balances of paper books by a sheet: read, previewed, posted once, taken back as a whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from app.db import db, transaction
from app.errors import NotFound
from app.imports.operations.undoing import undo_import
from app.ledger.operations import NewEntry, lock_holders, post, reserve, system_account
from app.ledger.rules import Leg, WouldGoBelowZero
from app.service.operations.refusals import ReasonNeeded
from app.service.operations.undoing import UndoneAlready
from app.teams.rules import Opening
from tests.imports.sheets import bring, check_sum, codes, csv
from tests.passbook.reader import statements
from tests.service.community import NOW, Community, balances, check_books

HEADER = "编号,姓名,手机,积分,时长（小时）,截至日期,备注"
GOOD = "TX00004,春分,,120.5,386.5,2025-12-31,旧存折第4号"
OTHER = ",清明,,,40,2025-12-31,"
pytestmark = pytest.mark.usefixtures("app")


def take(community: Community, *rows: str, header: str = HEADER, **more: Any) -> Any:
    return bring(community, "opening", csv(header, *rows), **more)


def asked(sql: str) -> list[tuple[Any, ...]]:
    rows = [tuple(row) for row in db.session.execute(text(sql))]
    db.session.rollback()
    return rows


def test_what_the_books_say_is_posted_as_openings(community: Community) -> None:
    report = take(community, GOOD, OTHER, "TX00006,,,7,0,2026-01-31,", ",,,,,,", "合计,,,127.5")
    check_sum(report)
    assert (report.created, report.blank) == (3, 2)
    assert balances(db.session(), community.volunteers[3]) == (386 * 60 + 30, 12050)
    assert balances(db.session(), community.volunteers[4]) == (2400, 0)
    assert balances(db.session(), community.volunteers[5]) == (0, 700)
    assert asked("SELECT DISTINCT kind, subject_kind FROM entries") == [("opening", "opening")]
    opposite = "SELECT unit, purpose FROM accounts WHERE holder_id IS NULL ORDER BY unit"
    assert asked(opposite) == [("minutes", "opening"), ("points", "opening")]
    note = "SELECT note, state FROM opening_records WHERE minutes = 23190"
    assert asked(note) == [("旧存折第4号", "approved")]
    check_books(db.session())


def test_one_trail_row_and_a_notice_each(community: Community) -> None:
    batch = take(community, GOOD, OTHER).batch_id
    trail = "SELECT operation, batch_id FROM trail WHERE subject_kind = 'batch'"
    assert asked(trail) == [("import.opening", batch)]
    told = "SELECT kind, path, figures FROM notices ORDER BY id"
    (first, _) = asked(told)
    assert first[:2] == ("opening.taken_over", "/me/ledger")
    assert '"points_hundredths": 12050' in first[2]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("TX09999,,,1,1,2025-12-31,", "unknown_volunteer"),
        (",小满大雪,,1,1,2025-12-31,", "unknown_volunteer"),
        ("TX00004,立夏,,1,1,2025-12-31,", "name_mismatch"),
        (",,,1,1,2025-12-31,", "missing"),
        ("TX00004,,,1,1,,", "missing"),
        ("TX00004,,,,,2025-12-31,", "missing"),
        ("TX00004,,,0,0,2025-12-31,", "missing"),
        ("TX00004,,,1,1,去年底,", "bad_date"),
        ("TX00004,,,1,1,2026-02-04,", "future_date"),
        ("TX00004,,,1,很多,2025-12-31,", "bad_duration"),
        ("TX00004,,,1,-1,2025-12-31,", "bad_duration"),
        ("TX00004,,,1,100001,2025-12-31,", "bad_duration"),
        ("TX00004,,,1.005,1,2025-12-31,", "bad_points"),
        ("TX00004,,,-5,1,2025-12-31,", "bad_points"),
    ],
)
def test_a_row_is_refused_with_its_code(community: Community, row: str, code: str) -> None:
    report = take(community, row, OTHER)
    assert codes(report) == {2: code}
    assert (report.created, asked("SELECT * FROM opening_records")) == (0, [])
    kept = take(community, row, OTHER, skip_refused=True)
    check_sum(kept)
    assert kept.created == 1


@pytest.mark.parametrize(
    "cell",
    [
        *("1_000", "Infinity", "sNaN", "NaN", "-5", "+5", "1.005", "1e3", "0x10", "٣", "1;2"),
        *("1000000.01", "9" * 39, "1." + "0" * 36 + "1", "5-6", "五", "=1+1", "#N/A", "1,5"),
    ],
)
def test_hostile_points_are_refused(community: Community, cell: str) -> None:
    report = take(community, f'TX00004,,,"{cell}",1,2025-12-31,')
    assert codes(report) == {2: "bad_points"}


@pytest.mark.parametrize(
    ("cell", "hundredths"),
    [
        ("１２０", 12000),
        ("36.50", 3650),
        ("0.01", 1),
        ("88分", 8800),
        (" 7 ", 700),
        ("1000000", 10**8),
    ],
)
def test_points_as_people_write_them(community: Community, cell: str, hundredths: int) -> None:
    take(community, f"TX00004,,,{cell},,2025-12-31,")
    assert balances(db.session(), community.volunteers[3]) == (0, hundredths)


def test_a_bare_duration_needs_a_unit(community: Community) -> None:
    header = HEADER.replace("（小时）", "")
    assert codes(take(community, GOOD, header=header)) == {2: "bad_duration"}
    report = take(community, GOOD, header=header, duration_unit="hours")
    assert report.created == 1


def test_english_headers_do(community: Community) -> None:
    header = "Volunteer number,Points,Served time (hours),As of,Note"
    report = take(community, "TX00004,5,2,2025-12-31,x", header=header)
    assert report.created == 1


def test_twice_has_one_effect(community: Community) -> None:
    dry = take(community, GOOD, OTHER, dry=True)
    first = take(community, GOOD, OTHER)
    again = take(community, GOOD.replace("第4号", "第5号"), OTHER)
    assert dry.counts == first.counts
    assert (again.created, again.duplicates, again.batch_id) == (0, 2, None)
    check_sum(again)
    assert len(asked("SELECT * FROM opening_records")) == 2


def test_a_repeat_in_the_file_counts_once(community: Community) -> None:
    report = take(community, OTHER, OTHER)
    assert (report.created, report.duplicates) == (1, 1)


@pytest.mark.parametrize(
    "row",
    [
        "TX00004,,,120,386.5,2025-12-31,",
        "TX00004,,,120.5,386.5,2026-01-31,",
        "TX00004,,,9,,2024-12-31,",
    ],
)
def test_another_book_of_the_same_person_is_a_conflict(community: Community, row: str) -> None:
    assert codes(take(community, GOOD, row)) == {3: "conflict"}
    assert "2" in str(take(community, GOOD, row).refused[0].broken.figures["row"])
    take(community, GOOD)
    report = take(community, row)
    assert codes(report) == {2: "conflict"}
    assert report.refused[0].column == "截至日期"


def test_only_organisers_take_over_and_nobody_their_own(community: Community) -> None:
    assert codes(take(community, GOOD, OTHER, by="leader")) == {2: "not_allowed", 3: "not_allowed"}
    assert codes(take(community, GOOD, by="organiser_below")) == {2: "not_allowed"}
    assert codes(take(community, GOOD, OTHER, by="organiser_too")) == {3: "own_record"}


def test_nor_that_of_a_ward(community: Community) -> None:
    actor = community.actor("organiser_too")
    wards = frozenset({community.volunteers[3]})
    community.actors["guardian"] = replace(actor, acts_for=wards)
    assert codes(take(community, GOOD, by="guardian")) == {2: "own_record"}


def test_nor_that_of_whoever_may_sit_behind_the_account(community: Community) -> None:
    opening = Opening("春分", NOW.date(), NOW.date())
    openings = {community.volunteers[3]: opening}
    community.actors["behind"] = replace(community.actor("organiser"), openings=openings)
    assert codes(take(community, GOOD, OTHER, by="behind")) == {2: "own_record"}


def test_namesakes_need_number_or_phone(community: Community) -> None:
    with transaction() as session:
        session.execute(text("UPDATE volunteers SET name = '清明' WHERE number = 'TX00006'"))
        session.execute(
            text("UPDATE volunteers SET phone = '13800000006' WHERE number = 'TX00006'")
        )
    assert codes(take(community, OTHER)) == {2: "ambiguous_name"}
    assert take(community, ",清明,13800000006,,40,2025-12-31,").created == 1
    assert balances(db.session(), community.volunteers[5]) == (2400, 0)


def undo(community: Community, batch: int, *, by: str = "organiser", **more: Any) -> None:
    given: dict[str, Any] = {"reason": "抄错了一列", "key": community.fresh_key(), **more}
    with transaction() as session:
        undo_import(session, batch, actor=community.actor(by), now=NOW, **given)


def test_a_batch_is_taken_back_as_a_whole_and_can_be_brought_again(community: Community) -> None:
    batch = take(community, GOOD, OTHER).batch_id
    with pytest.raises(ReasonNeeded):
        undo(community, batch, reason=" ")
    with pytest.raises(NotFound):
        undo(community, batch, by="organiser_below")
    undo(community, batch, key="k")
    undo(community, batch, key="k")
    with pytest.raises(UndoneAlready):
        undo(community, batch)
    assert balances(db.session(), community.volunteers[3]) == (0, 0)
    assert asked("SELECT DISTINCT state FROM opening_records") == [("reversed",)]
    told = "SELECT count(*) FROM notices WHERE kind = 'opening.taken_back'"
    assert asked(told) == [(2,)]
    assert take(community, GOOD).created == 1
    check_books(db.session())


def test_who_has_spent_theirs_keeps_the_whole_batch(community: Community) -> None:
    batch = take(community, GOOD, OTHER).batch_id
    spender = community.volunteers[3]
    with transaction() as session:
        held = lock_holders(session, [spender])[spender]
        shelf = system_account(session, community.root_id, "redeemed", "points")
        legs = (Leg(held.points_id, -1), Leg(shelf, 1))
        post(
            session,
            [NewEntry("transfer", "test", 1, legs)],
            reserve(session, 1, NOW),
            actor_id=None,
        )
    with pytest.raises(WouldGoBelowZero) as refused:
        undo(community, batch)
    db.session.rollback()
    assert refused.value.holders == {spender}
    assert balances(db.session(), community.volunteers[4]) == (2400, 0)


def test_statements_do_not_grow_with_the_books(community: Community) -> None:
    with statements() as few:
        take(community, GOOD)
    with statements() as more:
        take(community, OTHER, "TX00006,,,7,0,2026-01-31,", "TX00007,,,7,0,2026-01-31,")
    assert len(more) <= len(few)
