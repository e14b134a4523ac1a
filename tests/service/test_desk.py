"""The desk: choices, flags in words, clean ones together, several sent back with one reason."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.db import transaction
from app.service.models import ServiceRecord
from tests.activities.announcing import announced, changed
from tests.service.community import NOW, ORDINARY_DAY, SERVICE_DAY, check_books
from tests.service.conftest import MakeTown, Town, key_in, statements

PAGE = "/waiting"
LONG_AGO = date(2026, 1, 14)  # its tenth working day is 28 January
JUST_LATE = datetime(2026, 1, 30, 4, 0, tzinfo=UTC)


@pytest.fixture
def organiser(town: Town) -> FlaskClient:
    return town.browser("organiser")


def late(town: Town, *people: int, **more: Any) -> list[int]:
    """Let entries of the day before last month's service day wait as late ones."""
    now = more.pop("now", JUST_LATE)
    by = more.pop("by", "leader")
    given = {"service_on": LONG_AGO, **more}
    lines = [town.community.line(person, **given) for person in people]
    return [one.record_ids[0] for one in town.community.log(*lines, by=by, now=now).outcomes]


def own_row(town: Town, **more: Any) -> int:
    return town.community.logged(town.community.line(0, **more)).record_ids[0]


def long_day(town: Town, person: int = 3) -> int:
    return town.community.logged(town.community.line(person, 540)).record_ids[0]


def clean_in(page: str) -> list[int]:
    return [int(one) for one in re.findall(r'name="clean" value="(\d+)"', page)]


def rows_in(page: str) -> int:
    return page.count('<li class="q-wait')


def shown(page: str, record: int) -> bool:
    return f"/records/{record}/send-back" in page


def post(client: FlaskClient, do: str, *records: int, key: str = "k", **more: Any) -> Any:
    name = "clean" if do == "clean" else "record"
    data = {"do": do, name: [str(one) for one in records], "key": key, **more}
    return client.post(PAGE, data=data)


# ── flags in words ────────────────────────────────────────────────────────────────────────


def test_each_flag_is_said_with_its_figures(town: Town, organiser: FlaskClient) -> None:
    late(town, 3, now=datetime(2026, 2, 1, 18, 0, tzinfo=UTC))  # 2:00 on Monday the 2nd here
    long_day(town, 4)
    page = organiser.get(PAGE).text
    assert "Late by 3 working days." in page
    assert "Entered at 02:00, at night." in page
    assert "9 hours that day (limit 8)." in page


def test_another_team_and_a_guest_are_told(town: Town, organiser: FlaskClient) -> None:
    green = town.community.green_id
    town.community.log(town.community.line(6, team_id=green, service_on=LONG_AGO), by="organiser")
    late(town, 6)
    page = organiser.get(PAGE).text
    assert "Served with TX-green on the same date too." in page
    assert "Entered for a guest" in page


def test_what_a_correction_replaces_is_not_counted_beside_it(
    town: Town, organiser: FlaskClient
) -> None:
    record = town.community.logged(town.community.line(0, 300), by="organiser").record_ids[0]
    there = f"/records/{record}/correct"
    leader = town.browser("leader")
    key = key_in(leader.get(there).text)
    form = {"service_on": ORDINARY_DAY.isoformat(), "hours": "6", "team": "TX-red"}
    leader.post(there, data={**form, "content": "清扫", "reason": "少记了", "key": key})
    page = organiser.get(PAGE).text
    assert "So far: 5 hours" in page
    assert "hours that day" not in page


def test_a_list_of_same_minutes_and_a_busy_week_are_told(make_town: MakeTown) -> None:
    town = make_town(integrity_same_minutes_people="3", integrity_entries_a_week="2")
    late(town, 3, 4, 5)
    late(town, 3, service_on=date(2026, 1, 13))
    page = town.browser("organiser").get(PAGE).text
    assert page.count("The same minutes for all 3 people on the list") == 3
    assert page.count("The same person made 2 entries that week.") == 4


def test_more_than_the_activity_was_planned_for_is_told(town: Town, organiser: FlaskClient) -> None:
    activity_id = announced(town.community)
    changed(activity_id, service_on=LONG_AGO)
    for person, minutes in ((3, 240), (4, 180)):
        line = town.community.line(person, minutes, service_on=LONG_AGO, activity_id=activity_id)
        town.community.log(line, now=JUST_LATE)
    page = organiser.get(PAGE).text
    assert page.count("4 hours, while the activity was planned for 3.") == 1
    assert page.count("while the activity was planned") == 1


def test_different_minutes_are_no_pattern(make_town: MakeTown) -> None:
    town = make_town(integrity_same_minutes_people="2")
    lines = [town.community.line(i, 60 + i, service_on=LONG_AGO) for i in (3, 4)]
    town.community.log(*lines, now=JUST_LATE)
    assert "The same minutes" not in town.browser("organiser").get(PAGE).text


# ── choices ───────────────────────────────────────────────────────────────────────────────


def test_what_waits_is_narrowed_by_reason_and_team(town: Town, organiser: FlaskClient) -> None:
    own, long = own_row(town), long_day(town)
    green = town.community.green_id
    (late_one,) = late(town, 5, team_id=green, by="green_leader")
    page = organiser.get(PAGE).text
    assert (rows_in(page), "Everything 3" in page, "TX-green 1" in page) == (3, True, True)
    only = organiser.get(f"{PAGE}?reason=over_limit").text
    assert (shown(only, long), shown(only, own)) == (True, False)
    only = organiser.get(f"{PAGE}?team=TX-green").text
    assert (shown(only, late_one), rows_in(only)) == (True, 1)


@pytest.mark.parametrize("asked", ["reason=none", "team=no", "page=x", "page=99"])
def test_what_is_not_there_to_choose_shows_everything(
    town: Town, organiser: FlaskClient, asked: str
) -> None:
    own_row(town)
    assert rows_in(organiser.get(f"{PAGE}?{asked}").text) == 1


def test_very_many_come_by_pages_within_the_budget(town: Town, organiser: FlaskClient) -> None:
    copies(town, late(town, 3)[0], 120)
    page = organiser.get(PAGE).text
    assert rows_in(page) == 50
    assert "Page 1 of 3" in page
    with statements() as sent:
        assert rows_in(organiser.get(f"{PAGE}?page=3").text) == 21
    assert len(sent) <= 18


def copies(town: Town, record_id: int, count: int) -> None:
    """Let the same wait many times, each on a date of its own."""
    with transaction() as session:
        row = session.get_one(ServiceRecord, record_id)
        given = {
            column.key: getattr(row, column.key)
            for column in ServiceRecord.__table__.columns
            if column.key not in {"id", "service_on"}
        }
        session.add_all(
            ServiceRecord(**given, service_on=date.fromordinal(LONG_AGO.toordinal() - each))
            for each in range(1, count + 1)
        )


# ── the clean ones ────────────────────────────────────────────────────────────────────────


def test_the_clean_ones_are_counted_and_approved_by_one_tap(
    town: Town, organiser: FlaskClient, db_session: Session
) -> None:
    records = late(town, 3, 4)
    long = long_day(town, 5)
    page = organiser.get(PAGE).text
    assert "2 entries here raise no question: 2 people, 4 hours." in page
    assert clean_in(page) == records
    assert post(organiser, "clean", *clean_in(page)).status_code == 303
    assert town.count("state = 'approved'") == 2
    assert town.count(f"id = {long} AND state = 'submitted'") == 1
    check_books(db_session)


def test_nothing_is_approved_that_was_not_on_the_page(town: Town, organiser: FlaskClient) -> None:
    before = late(town, 3)
    page = organiser.get(PAGE).text
    later = late(town, 4)
    assert post(organiser, "clean", *clean_in(page)).status_code == 303
    assert town.count(f"id = {before[0]} AND state = 'approved'") == 1
    assert town.count(f"id = {later[0]} AND state = 'submitted'") == 1


def test_what_was_settled_meanwhile_is_told_by_name_and_the_rest_counts(
    town: Town, organiser: FlaskClient, db_session: Session
) -> None:
    first, second, third = late(town, 3, 4, 5)
    post(town.browser("organiser_too"), "approve", third)
    answer = post(organiser, "clean", first, second, third)
    assert answer.status_code == 422
    assert "2 approved." in answer.text
    assert "谷雨·TX-red" in answer.text
    assert "Somebody has dealt with this record in the meantime." in answer.text
    assert town.count("state = 'approved'") == 3
    check_books(db_session)


def test_a_double_tap_approves_the_clean_ones_once(town: Town, organiser: FlaskClient) -> None:
    records = late(town, 3, 4)
    for _tap in range(2):
        assert post(organiser, "clean", *records).status_code == 303
    assert town.one("SELECT count(*) FROM trail WHERE operation = 'service_record.approve'") == 1


def test_a_leader_has_no_clean_ones_where_an_organiser_decides(town: Town) -> None:
    records = late(town, 3, 4)
    page = town.browser("co_leader").get(PAGE).text
    assert (rows_in(page), clean_in(page)) == (2, [])
    assert post(town.browser("co_leader"), "clean", *records).status_code == 422
    assert town.count("state = 'approved'") == 0


def test_whoever_recorded_it_is_not_offered_what_needs_two_people(make_town: MakeTown) -> None:
    town = make_town(two_people="1")
    record = town.community.logged(town.community.line(3)).record_ids[0]
    page = town.browser("leader").get(PAGE).text
    assert "Somebody else decides." in page
    assert clean_in(page) == []
    assert clean_in(town.browser("co_leader").get(PAGE).text) == [record]


@pytest.mark.parametrize("do", ["clean", "approve", "send_back"])
def test_nothing_chosen_is_told(town: Town, organiser: FlaskClient, do: str) -> None:
    own_row(town)
    answer = post(organiser, do, reason="x")
    assert answer.status_code == 422
    assert "<title>Error" in answer.text
    assert post(organiser, "drop", 1).status_code == 422


# ── several sent back ─────────────────────────────────────────────────────────────────────


def test_several_are_sent_back_with_one_reason(town: Town, organiser: FlaskClient) -> None:
    records = late(town, 3, 4)
    stays = own_row(town, service_on=SERVICE_DAY)
    for _tap in range(2):
        answer = post(organiser, "send_back", *records, reason="请补签到表")
        assert answer.status_code == 303
    assert "2 sent back." in organiser.get(PAGE).text
    assert town.count("state = 'rejected' AND reason = '请补签到表'") == 2
    assert town.count(f"id = {stays} AND state = 'submitted'") == 1
    assert town.one("SELECT count(*) FROM trail WHERE operation = 'service_record.reject'") == 1


def test_sending_back_needs_a_reason_and_keeps_the_ticks(
    town: Town, organiser: FlaskClient
) -> None:
    (record,) = late(town, 3)
    answer = post(organiser, "send_back", record, reason=" ")
    assert answer.status_code == 422
    assert "Fill in the reason: whoever recorded it reads it." in answer.text
    assert f'id="record-{record}" checked' in answer.text
    assert town.count("state = 'rejected'") == 0


def test_what_cannot_be_sent_back_any_more_is_told(town: Town, organiser: FlaskClient) -> None:
    first, second = late(town, 3, 4)
    post(town.browser("organiser_too"), "approve", first)
    answer = post(organiser, "send_back", first, second, reason="重复")
    assert answer.status_code == 422
    assert "1 sent back." in answer.text
    assert "春分·TX-red" in answer.text
    assert town.count(f"id = {first} AND state = 'approved'") == 1
    assert town.count(f"id = {second} AND state = 'rejected'") == 1


def test_a_foreign_record_among_them_changes_nothing(town: Town) -> None:
    record = own_row(town)
    (green,) = late(town, 5, team_id=town.community.green_id, by="green_leader")
    answer = post(town.browser("co_leader"), "send_back", record, green, reason="x")
    assert answer.status_code == 404
    assert town.count("state = 'rejected'") == 0
    assert NOW > JUST_LATE
