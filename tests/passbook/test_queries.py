from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from app.organisations.queries import settings_of
from app.passbook.explanation import receipt_of, sentence_of
from app.passbook.queries import (
    Line,
    Statement,
    find_owner,
    history_of,
    records_with_teams,
    statement_of,
    summary_of,
    waiting_of,
)
from app.service.queries import served_minutes_of
from tests.passbook.reader import READER, assemble, correct, days, serve, take_back
from tests.service.community import NOW, SERVICE_DAY, Community, balances

ZONE = "Asia/Shanghai"
pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def community(db_session: Session) -> Community:
    return assemble(db_session)


def reader(community: Community) -> int:
    return community.volunteers[READER]


def page(session: Session, community: Community, **more: object) -> Statement:
    session.rollback()
    return statement_of(session, reader(community), ZONE, **more)  # type: ignore[arg-type]


def lines_of(statement: Statement) -> list[Line]:
    return [line for month in statement.months for line in month.lines]


def test_lines_stand_by_months_of_service_with_true_sums(
    db_session: Session, community: Community
) -> None:
    # Entered late and out of order, as an import does.
    serve(community, [date(2025, 12, 3), SERVICE_DAY, date(2025, 12, 1)])
    months = page(db_session, community).months
    assert [(m.first_on, m.minutes, m.points_hundredths) for m in months] == [
        (date(2026, 1, 1), 90, 230),
        (date(2025, 12, 1), 180, 300),
    ]
    assert [line.on for line in months[1].lines] == [date(2025, 12, 3), date(2025, 12, 1)]


def test_pages_hold_whole_months_and_every_line_once(
    db_session: Session, community: Community
) -> None:
    serve(community, days(date(2025, 6, 1), 40, step=5))
    seen: list[int] = []
    months: list[date] = []
    before, pages = date.max, 0
    while True:
        statement = page(db_session, community, until_on=before, least=7)
        seen += [line.entry_id for line in lines_of(statement)]
        months += [month.first_on for month in statement.months]
        pages += 1
        if statement.older is None:
            break
        before = date.fromordinal(statement.older.toordinal() - 1)
    assert pages > 2
    assert len(seen) == len(set(seen)) == 40
    assert months == sorted(set(months), reverse=True)


def test_a_month_fuller_than_what_is_read_at_once_stays_whole(
    db_session: Session, community: Community
) -> None:
    serve(community, days(date(2025, 12, 1), 25))
    serve(community, [date(2025, 11, 30)])
    statement = page(db_session, community, least=2)
    assert [len(month.lines) for month in statement.months] == [25]
    assert statement.older == date(2025, 12, 1)


def test_a_year_is_shown_whole(db_session: Session, community: Community) -> None:
    serve(community, [date(2024, 12, 31), *days(date(2025, 1, 1), 10, step=30), SERVICE_DAY])
    statement = page(
        db_session, community, from_on=date(2025, 1, 1), until_on=date(2025, 12, 31), least=2
    )
    assert len(lines_of(statement)) == 10
    assert statement.older is None


def test_a_reversed_pair_stands_together_and_sums_to_nothing(
    db_session: Session, community: Community
) -> None:
    record_id = community.logged(community.line(READER, 120)).record_ids[0]
    take_back(community, record_id)
    (month,) = page(db_session, community).months
    back, award = month.lines
    assert (back.kind, award.kind) == ("reversal", "service")
    assert back.reverses_id == award.entry_id
    assert award.record is not None
    assert award.record.reversal_entry_id == back.entry_id
    assert (month.minutes, month.points_hundredths) == (0, 0)
    assert sentence_of(back, str).endswith("Reason: 登记错了")


def test_a_correction_names_the_old_line(db_session: Session, community: Community) -> None:
    on = date(2026, 1, 27)
    record_id = community.logged(community.line(READER, 120)).record_ids[0]
    correct(community, record_id, 90, on)
    statement = page(db_session, community)
    awards = {line.minutes: line for line in lines_of(statement) if line.kind == "service"}
    new, old = awards[90], awards[120]
    assert new.record is not None
    assert old.record is not None
    assert new.record.corrects_entry_id == old.entry_id
    assert old.record.corrected_by_entry_id == new.entry_id
    assert statement.months[0].minutes == 90
    owner = find_owner(db_session, "TX00004")
    assert owner is not None
    assert owner.has_corrections


def test_filters_show_what_they_say(db_session: Session, community: Community) -> None:
    record_id = community.logged(community.line(READER, 120)).record_ids[0]
    serve(community, [SERVICE_DAY])
    take_back(community, record_id)
    corrections = lines_of(page(db_session, community, show="corrections"))
    assert {line.record.id for line in corrections if line.record} == {record_id}
    assert len(corrections) == 2
    service = lines_of(page(db_session, community, show="service"))
    assert [line.kind for line in service] == ["service"]


def test_each_balance_follows_from_the_line_before(
    db_session: Session, community: Community
) -> None:
    serve(community, [SERVICE_DAY, date(2025, 12, 1), date(2026, 1, 5)])
    record_id = community.logged(community.line(READER, 120)).record_ids[0]
    take_back(community, record_id)
    minutes = points = 0
    for line in history_of(db_session, reader(community), ZONE):
        minutes, points = minutes + line.minutes, points + line.points_hundredths
        assert (line.minutes_after, line.points_after_hundredths) == (minutes, points)
    assert (minutes, points) == balances(db_session, reader(community))


def test_a_page_and_the_whole_book_agree(db_session: Session, community: Community) -> None:
    serve(community, days(date(2025, 9, 1), 12, step=10))
    book = {line.entry_id: line for line in history_of(db_session, reader(community), ZONE)}
    assert {line.entry_id: line for line in lines_of(page(db_session, community, least=50))} == book


def test_the_receipt_sums_to_the_credit(db_session: Session, community: Community) -> None:
    serve(community, [SERVICE_DAY])
    (line,) = history_of(db_session, reader(community), ZONE)
    receipt = receipt_of(line)
    assert receipt is not None
    assert receipt.points_hundredths == line.points_hundredths == 230


def test_served_minutes_come_from_the_totals(db_session: Session, community: Community) -> None:
    serve(community, [SERVICE_DAY, date(2025, 12, 1)])
    community.logged(community.line(READER, 60, team_id=community.green_id), by="organiser")
    owner = find_owner(db_session, "TX00004")
    assert owner is not None
    settings = settings_of(db_session, owner.organisation_id)
    summary = summary_of(db_session, owner.id, settings, NOW)
    assert summary.served_minutes == served_minutes_of(db_session, owner.id) == 240
    assert (summary.time_minutes, summary.points_hundredths) == balances(db_session, owner.id)
    assert [(share.team_name, share.minutes) for share in summary.shares] == [
        ("TX-red", 180),
        ("TX-green", 60),
    ]
    assert summary.years == (2026, 2025)


def test_what_waits_stands_apart(db_session: Session, community: Community) -> None:
    community.log(community.line(READER, 500))
    (record,) = waiting_of(db_session, reader(community))
    assert (record.state, record.waits_reason) == ("submitted", "over_limit")
    assert lines_of(page(db_session, community)) == []


def test_a_leader_is_shown_the_own_team_only(db_session: Session, community: Community) -> None:
    serve(community, [SERVICE_DAY])
    community.logged(community.line(READER, 60, team_id=community.green_id), by="organiser")
    found = records_with_teams(db_session, reader(community), [community.green_id])
    assert [record.minutes for record in found] == [60]


def test_an_unknown_number_is_nobody(db_session: Session, community: Community) -> None:
    assert find_owner(db_session, "TX99999") is None
