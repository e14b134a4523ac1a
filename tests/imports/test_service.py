"""Service lists and sign-in sheets on a real database: who may, what counts, what repeats."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import event, text

from app.db import db, transaction
from app.service.operations import undo_batch
from app.service.queries.evidence import evidence_shown
from tests.imports.sheets import bring, check_sum, codes, csv
from tests.service.community import balances, check_books, state_of

HEADER = "编号,日期,队伍,内容,开始,时长,外部编号"
GOOD = "TX00004,2026-01-27,TX-red,清扫,,2小时,"


def service(*rows):
    return csv(HEADER, *rows)


def one(sql, **values):
    found = db.session.execute(text(sql), values).one()
    db.session.rollback()
    return tuple(found)


def count(table):
    return one(f"SELECT count(*) FROM {table}")[0]


def test_a_good_row_is_approved_and_awarded(community):
    report = bring(community, "service", service(GOOD))
    assert (report.created, report.batch_id, report.waiting) == (1, 1, 0)
    assert balances(db.session(), community.volunteers[3]) == (120, 200)
    assert one("SELECT evidence, content FROM service_records") == ("imported", "清扫")
    check_books(db.session())


def test_however_late_an_organiser_brings_it(community):
    report = bring(community, "service", service(GOOD.replace("2026-01-27", "2019-05-01")))
    assert (report.created, report.waiting) == (1, 0)


def test_the_same_file_twice_posts_once(community):
    first = bring(community, "service", service(GOOD, GOOD.replace("清扫", "巡逻")))
    again = bring(community, "service", service(GOOD, GOOD.replace("清扫", "巡逻")))
    assert (first.created, again.created, again.duplicates) == (2, 0, 2)
    assert (again.batch_id, again.is_refused) == (None, False)
    assert again.duplicate_rows == [2, 3]


def test_all_or_nothing(community):
    report = bring(community, "service", service(GOOD, "TX99999,2026-01-27,TX-red,,,1小时,"))
    assert codes(report) == {3: "unknown_volunteer"}
    assert (report.created, report.batch_id, report.is_refused) == (0, None, True)
    assert count("service_records") == count("batches") == 0
    check_sum(report)


def test_refused_rows_may_be_left_out(community):
    content = service("TX99999,2026-01-27,TX-red,,,1小时,", GOOD)
    dry = bring(community, "service", content, skip_refused=True, dry=True)
    report = bring(community, "service", content, skip_refused=True)
    assert (dry.created, dry.batch_id, count("batches")) == (1, None, 1)
    assert report.counts == dry.counts
    check_sum(report)


def test_a_batch_keeps_its_counts_and_the_trail_one_row(community):
    report = bring(community, "service", service(",,,,,,", GOOD))
    batch = one("SELECT kind, rows, created, duplicates, refused, blank, file_name FROM batches")
    assert batch == ("service", 2, 1, 0, 0, 1, "sheet.csv")
    trail = one(
        "SELECT count(*), min(operation) FROM trail WHERE batch_id = :id", id=report.batch_id
    )
    assert trail == (1, "import.service")


def test_a_row_over_midnight_counts_once(community):
    report = bring(community, "service", service("TX00004,2026-01-27,TX-red,巡逻,22:45,2小时,"))
    assert (report.created, count("service_records")) == (1, 2)
    check_sum(report)


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ("TX00004,2026-01-27,白色队,,,1小时,", "unknown_team", "队伍"),
        ("TX00004,2026-02-04,TX-red,,,1小时,", "future_date", "日期"),
        ("TX00004,2026-01-27,TX-red,,,481分钟,", "daily_limit", "时长"),
        ("TX00004,2026-01-27,TX-red,,,721分钟,", "daily_limit", "时长"),
        ("TX00004,2026-13-27,TX-red,,,1小时,", "bad_date", "日期"),
        ("TX00005,2026-13-27,白色队,,,1小时,", "unknown_team", "队伍"),
    ],
)
def test_refusals_name_row_column_and_code(community, row, code, column):
    (refusal,) = bring(community, "service", service(GOOD, row)).refused
    assert (refusal.row, refusal.code, refusal.column) == (3, code, column)


def test_a_repeat_is_seen_before_overlap_and_limit(community):
    row = "TX00004,2026-01-27,TX-red,清扫,08:00,8小时,"
    report = bring(community, "service", service(row, row))
    assert (report.created, report.duplicates, codes(report)) == (1, 1, {})


def test_what_meets_an_earlier_row_names_that_row(community):
    rows = [
        "TX00004,2026-01-27,TX-red,a,08:00,2小时,E1",
        "TX00004,2026-01-27,TX-red,b,09:00,2小时,",
        "TX00004,2026-01-27,TX-red,c,,7小时,",
        "TX00004,2026-01-27,TX-red,d,,1小时,E1",
    ]
    report = bring(community, "service", service(*rows))
    assert codes(report) == {3: "overlap", 4: "daily_limit", 5: "conflict"}
    assert [refusal.broken.figures["row"] for refusal in report.refused] == [2, 2, 2]
    assert all("row 2" in str(refusal.broken).lower() for refusal in report.refused)


def test_refused_rows_do_not_count_for_those_after(community):
    rows = ["TX00004,2026-01-27,TX-red,a,,9小时,", "TX00004,2026-01-27,TX-red,b,,8小时,"]
    report = bring(community, "service", service(*rows), skip_refused=True)
    assert (codes(report), report.created) == ({2: "daily_limit"}, 1)


# ── who ───────────────────────────────────────────────────────────────────────────────────

BY_NAME = "姓名,手机,日期,队伍,时长"


@pytest.fixture
def namesakes(community):
    """Two people called 谷雨, one with a phone; 立夏 has one too."""
    with transaction() as session:
        session.execute(text("UPDATE volunteers SET name = '谷雨' WHERE number = 'TX00008'"))
        session.execute(text("UPDATE volunteers SET phone = '13800000008' WHERE id = :id"),
                        {"id": community.volunteers[7]})  # fmt: skip
        session.execute(text("UPDATE volunteers SET phone = '13800000007' WHERE id = :id"),
                        {"id": community.volunteers[6]})  # fmt: skip
    return community


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("立春,", None),
        ("立 春,", None),
        ("谷雨,", "ambiguous_name"),
        ("谷雨,13800000009", "ambiguous_name"),
        ("谷雨,138 0000 0008", None),
        ("立夏,", None),
        ("立夏,+86 13800000007", None),
        ("立夏,13800000001", "unknown_volunteer"),
        ("立春,13800000001", None),
        ("白露,", "unknown_volunteer"),
    ],
)
def test_people_named_without_a_number(namesakes, who, code):
    report = bring(namesakes, "service", csv(BY_NAME, f"{who},2026-01-27,TX-red,1小时"))
    assert codes(report) == ({2: code} if code else {})
    assert report.created == (0 if code else 1)


def test_number_and_name_must_agree(community):
    header = "编号,姓名,日期,队伍,时长"
    rows = ["tx00004,春分,2026-01-27,TX-red,1小时", "TX00004,清明,2026-01-28,TX-red,1小时"]
    report = bring(community, "service", csv(header, *rows))
    assert codes(report) == {3: "name_mismatch"}


def test_a_new_friend_is_nobody_yet(community):
    with transaction() as session:
        session.execute(
            text("UPDATE volunteers SET state = 'proposed', number = NULL WHERE number = 'TX00008'")
        )
    report = bring(community, "service", csv(BY_NAME, "小满,,2026-01-27,TX-red,1小时"))
    assert codes(report) == {2: "unknown_volunteer"}


# ── who may ───────────────────────────────────────────────────────────────────────────────


def test_an_organisers_own_hours_are_refused(community):
    rows = [GOOD, "TX00005,2026-01-27,TX-red,,,1小时,"]
    report = bring(community, "service", service(*rows), by="organiser_too")
    assert codes(report) == {3: "own_record"}


def test_a_leader_imports_like_the_leader_page(community):
    rows = [
        GOOD,
        "TX00001,2026-01-27,TX-red,own,,1小时,",
        "TX00002,2025-12-01,TX-red,late,,1小时,",
        "TX00008,2026-01-27,TX-red,guest,,1小时,",
        "TX00003,2026-01-27,TX-red,long,,9小时,",
    ]
    report = bring(community, "service", service(*rows), by="leader")
    assert (report.created, report.waiting, codes(report)) == (5, 3, {})
    found = db.session.execute(
        text("SELECT content, waits_reason, is_guest FROM service_records ORDER BY id")
    ).all()
    assert [(row[0], row[1], bool(row[2])) for row in found] == [
        ("清扫", None, False),
        ("own", "own_row", False),
        ("late", "late", False),
        ("guest", None, True),
        ("long", "over_limit", False),
    ]


@pytest.mark.parametrize(
    ("by", "team", "code"),
    [
        ("leader", "TX-green", "not_allowed"),
        ("organiser_below", "TX-red", "not_allowed"),
        ("organiser_below", "TX-green", None),
        ("volunteer", "TX-red", "not_allowed"),
        ("leader", "tx-RED", None),
    ],
)
def test_the_own_teams_only(community, by, team, code):
    report = bring(community, "service", service(GOOD.replace("TX-red", team)), by=by)
    assert codes(report) == ({2: code} if code else {})


def test_a_team_of_another_tree_does_not_exist(community):
    with transaction() as session:
        session.execute(text("UPDATE organisations SET parent_id = NULL WHERE code = 'TX1'"))
    community.actors["leader"] = community.actor("leader")
    report = bring(community, "service", service(GOOD.replace("TX-red", "TX-green")), by="leader")
    assert codes(report) == {2: "unknown_team"}


# ── sign-in sheets ────────────────────────────────────────────────────────────────────────


def signin(*rows, on="2026-01-28", team="TX-red"):
    top = f"活动名称：清扫,日期：{on}\n队伍：{team},地点：院里\n"
    return (top + csv("编号,姓名,签到,签退", *rows).decode()).encode()


def test_a_signin_sheet_is_evidence(community):
    rows = ["TX00004,春分,08:20,10:00", "TX00005,,,", "合计,,,1人"]
    report = bring(community, "signin", signin(*rows))
    assert (report.rows, report.created, report.blank) == (3, 1, 2)
    found = one("SELECT evidence, minutes, starts_minute, place FROM service_records")
    assert found == ("signed_in", 100, 500, "院里")
    assert one(f"SELECT {evidence_shown()} FROM service_records") == ("signed_in_paper",)
    team_id, on = one("SELECT team_id, service_on FROM batches")
    assert (team_id, str(on)) == (community.red_id, "2026-01-28")


@pytest.mark.parametrize(
    ("more", "row", "code"),
    [
        ({"on": "2026-02-30"}, 1, "bad_date"),
        ({"on": "2026-02-28"}, 1, "future_date"),
        ({"team": "白色队"}, 2, "unknown_team"),
    ],
)
def test_a_bad_top_line_refuses_the_whole_sheet(community, more, row, code):
    content = signin("TX00004,,08:20,10:00", "TX00005,,,", **more)
    report = bring(community, "signin", content, skip_refused=True)
    assert codes(report) == {row: code}
    assert (report.rows, report.created, report.blank, report.is_refused) == (2, 0, 1, True)
    assert count("service_records") == 0


def test_a_leader_beyond_their_team_at_the_top(community):
    report = bring(community, "signin", signin("TX00004,,08:20,10:00"), by="green_leader")
    assert codes(report) == {2: "not_allowed"}


# ── as one ────────────────────────────────────────────────────────────────────────────────


def test_a_batch_is_undone_as_a_whole(community):
    report = bring(community, "service", service(GOOD, GOOD.replace("TX00004", "TX00006")))
    assert report.batch_id is not None
    with transaction() as session:
        undo_batch(
            session, report.batch_id, actor=community.actor("organiser"), reason="wrong file",
            now=datetime(2026, 2, 4, tzinfo=UTC),
        )  # fmt: skip
    assert balances(db.session(), community.volunteers[3]) == (0, 0)
    assert state_of(db.session(), 1) == "reversed"
    again = bring(community, "service", service(GOOD))
    assert again.created == 1
    check_books(db.session())


def test_statements_do_not_grow_with_the_rows(community):
    counts = []
    for rows in (2, 60):
        lines = [
            f"TX0000{i % 6 + 1},2025-{i // 28 + 1:02}-{i % 28 + 1:02},TX-red,{rows},,1小时,"
            for i in range(rows)
        ]
        seen: list[str] = []

        def see(_connection, _cursor, statement, *_more, seen=seen):
            seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", see)
        bring(community, "service", service(*lines))
        event.remove(db.engine, "before_cursor_execute", see)
        counts.append(len(seen))
    assert counts[1] <= counts[0] + 2
