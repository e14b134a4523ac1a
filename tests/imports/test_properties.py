"""Any mixture of rows: each is in one count, a dry run tells the truth, and twice posts once."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db import db
from tests.conftest import MakeApp
from tests.imports.sheets import bring, check_sum, csv
from tests.rounds import rounds
from tests.service.community import check_books, make_community

HEADER = "编号,姓名,日期,队伍,内容,开始,结束,时长,外部编号"
OPENING = "编号,姓名,积分,时长（小时）,截至日期"
ROSTER = "编号,姓名,性别,出生日期,手机,队伍,职务,加入日期"

service_rows = st.builds(
    lambda *cells: ",".join(cells),
    st.sampled_from(["", "TX00003", "TX00004", "TX00004", "TX09999", "合计"]),
    st.sampled_from(["", "", "", "立春", "春分", "白露"]),
    st.sampled_from(["2026-01-27", "2026-01-28", "2026/1/28", "20260127", "2099-01-01", "x", ""]),
    st.sampled_from(["TX-red", "TX-red", "tx-green", "白色队", ""]),
    st.sampled_from(["", "清扫", "=1+1"]),
    st.sampled_from(["", "", "08:00", "22:30", "25:00"]),
    st.sampled_from(["", "", "09:30", "次日01:00", "07:00"]),
    st.sampled_from(["", "1小时", "90分钟", "3:00", "7h", "0分钟", "2"]),
    st.sampled_from(["", "", "", "E1", "E2"]),
)
roster_rows = st.builds(
    lambda *cells: ",".join(cells),
    st.sampled_from(["", "", "", "TX00003", "TX00004", "TX00100"]),
    st.sampled_from(["惊蛰", "春分", "白露", "寒露", ""]),
    st.sampled_from(["", "男", "女", "？"]),
    st.sampled_from(["", "1980-01-01", "1990-05-06"]),
    st.sampled_from(["", "13800000001", "13800000002", "12"]),
    st.sampled_from(["", "TX-red", "TX-green", "TX-red、TX-green", "白色队"]),
    st.sampled_from(["", "队长", "队员", "TX-green:队长", "队员、队长"]),
    st.sampled_from(["", "2020-01-01", "2024-06-01", "2025-01-01"]),
)
opening_rows = st.builds(
    lambda *cells: ",".join(cells),
    st.sampled_from(["", "TX00003", "TX00004", "TX00005", "TX09999", "合计"]),
    st.sampled_from(["", "", "", "立春", "春分", "白露"]),
    st.sampled_from(
        ["", "0", "12.5", "12.5", "１２０", "1_000", "Infinity", "sNaN", "-5", "1.005"]
    ),
    st.sampled_from(["", "0", "2", "386.5", "90分钟", "NaN", "-1", "2:30"]),
    st.sampled_from(["2025-12-31", "2025-12-31", "2025-06-30", "2099-01-01", "x", ""]),
)
lists = st.one_of(
    st.tuples(st.just("opening"), st.just(OPENING), st.lists(opening_rows, min_size=1, max_size=8)),
    st.tuples(st.just("service"), st.just(HEADER), st.lists(service_rows, min_size=1, max_size=12)),
    st.tuples(st.just("roster"), st.just(ROSTER), st.lists(roster_rows, min_size=1, max_size=8)),
)


@given(drawn=lists, skip=st.booleans(), by=st.sampled_from(["organiser", "organiser", "leader"]))
@settings(
    max_examples=rounds(40),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_row_is_counted_once_and_twice_posts_once(
    databases: Any, make_app: MakeApp, drawn: Any, skip: bool, by: str
) -> None:
    kind, header, rows = drawn
    content = csv(header, *rows)
    with databases.migrated() as url:
        app = make_app(DATABASE_URL=url)
        with app.app_context():
            try:
                _bring_twice(make_community(db.session()), kind, content, skip, by)
            finally:
                db.session.remove()
                db.engine.dispose()


def _bring_twice(community: Any, kind: Any, content: bytes, skip: bool, by: str) -> None:
    asked: dict[str, Any] = {"skip_refused": skip, "by": by}
    dry = bring(community, kind, content, dry=True, **asked)
    first = bring(community, kind, content, **asked)
    check_sum(first)
    assert dry.counts == first.counts
    assert [(each.row, each.code) for each in dry.refused] == [
        (each.row, each.code) for each in first.refused
    ]
    assert (first.batch_id is not None) == first.writes
    again = bring(community, kind, content, **asked)
    check_sum(again)
    # A roster's refused row may be good once the rows after it have said who somebody is.
    if kind != "roster" or not first.refused:
        assert (again.created, again.updated, again.batch_id) == (0, 0, None)
    check_books(db.session())
