"""Each pattern in a small community in which it shows, and in one in which it must not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.db import transaction
from app.service.operations import reverse_record
from tests.activities.announcing import announced, changed
from tests.service.community import NOW, ORDINARY_DAY, SERVICE_DAY
from tests.service.conftest import Town

LATE_DAY = date(2025, 12, 2)


@pytest.fixture
def organiser(town: Town) -> FlaskClient:
    return town.browser("organiser")


def enter(town: Town, people: Iterable[int], minutes: int = 120, **more: Any) -> list[int]:
    """Let the red team's day be entered; return the records."""
    about = ("service_on", "team_id", "content", "evidence", "activity_id")
    given = {key: more.pop(key) for key in about if key in more}
    lines = [town.community.line(person, minutes, **given) for person in people]
    return [one.record_ids[0] for one in town.community.log(*lines, **more).outcomes]


def rows_of(page: str) -> list[list[str]]:
    """Return the rows of the table of a page, each cell as text."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    if "q-table__none" in body:
        return []
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.S)
    return [[_plain(cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", row, re.S)] for row in rows]


def _plain(cell: str) -> str:
    return " ".join(re.sub(r"<[^>]+>|●", " ", cell).split())


def table(client: FlaskClient, key: str, query: str = "") -> list[list[str]]:
    answer = client.get(f"/integrity/{key}{query}")
    assert answer.status_code == 200
    return rows_of(answer.text)


def behind(client: FlaskClient, key: str) -> str:
    """Return the page of the records behind the first row of a pattern."""
    page = client.get(f"/integrity/{key}").text
    link = re.search(r'href="(/integrity/records[^"]+)"', page)
    assert link, key
    return client.get(link[1].replace("&amp;", "&")).text


# ── by team ───────────────────────────────────────────────────────────────────────────────


def test_a_team_s_service_is_parted_by_evidence(town: Town, organiser: FlaskClient) -> None:
    enter(town, (3,), evidence="signed_in")
    enter(town, (4, 5))
    enter(town, (3,), by="green_leader", team_id=town.community.green_id, content="绿化")
    (green, red) = table(organiser, "teams")
    none = ["0%"] * 2
    assert green == ["TX-green TX-green", "1", "2", *none, "0%", "100%", *none]
    # Signed for on a sheet: it belongs to no activity, and no code was shown.
    assert red == ["TX-red TX-red", "3", "6", *none, "33%", "67%", *none]
    page = organiser.get("/integrity").text
    assert "4 approved records" in page
    assert "25%" in page


def test_what_waits_or_lies_before_the_months_is_not_counted(
    town: Town, organiser: FlaskClient
) -> None:
    enter(town, (0,))
    enter(town, (3,), by="organiser", service_on=date(2025, 9, 1))
    assert table(organiser, "teams") == []
    assert "Nothing was served in these months" in organiser.get("/integrity").text
    assert len(table(organiser, "teams", "?months=6")) == 1


# ── by leader ─────────────────────────────────────────────────────────────────────────────


def test_leaders_stand_by_hours_with_same_minutes_night_and_late(make_town: Any) -> None:
    town = make_town(integrity_same_minutes_people="3")
    night = datetime(2026, 1, 27, 18, 0, tzinfo=UTC)  # 2:00 on the 28th here
    enter(town, (3, 4, 5), now=night)
    enter(town, (3,), by="green_leader", team_id=town.community.green_id)
    first, second = table(town.browser("organiser"), "leaders")
    assert first == ["leader", "6", "3", "1", "100%", "100%", "0%"]
    assert second == ["green_leader", "2", "1", "1", "0%", "0%", "0%"]


def test_imported_and_claimed_service_is_nobody_s_entry(town: Town, organiser: FlaskClient) -> None:
    for person, evidence in ((3, "imported"), (4, "claimed"), (5, "signed_in")):
        enter(town, (person,), evidence=evidence)
    assert table(organiser, "leaders") == []


def test_nobody_finds_themselves_among_the_leaders(town: Town, organiser: FlaskClient) -> None:
    enter(town, (3, 4), by="organiser")
    assert table(organiser, "leaders") == []
    other = town.browser("organiser_too")
    assert [row[0] for row in table(other, "leaders")] == ["organiser"]
    own = town.community.actor("organiser").login_id
    assert organiser.get(f"/integrity/records?by={own}").status_code == 404
    assert other.get(f"/integrity/records?by={own}").status_code == 200


def test_entries_long_after_the_date_are_shown_the_latest_first(
    town: Town, organiser: FlaskClient
) -> None:
    two = town.browser("organiser_too")
    enter(town, (3,), by="organiser", service_on=LATE_DAY)
    enter(town, (5,), by="organiser", service_on=date(2026, 1, 14))
    enter(town, (3,), by="organiser", service_on=SERVICE_DAY)
    late = table(two, "late")
    assert [row[1] for row in late] == ["Dec 2, 2025", "Jan 14, 2026"]
    assert int(late[0][2]) > int(late[1][2]) == 4
    assert "2 hours" in behind(two, "late")


def test_a_day_far_beyond_the_members_is_shown(town: Town, organiser: FlaskClient) -> None:
    with transaction() as session:
        for row in (
            session.connection().exec_driver_sql("SELECT id FROM memberships ORDER BY id").all()[2:]
        ):
            session.connection().exec_driver_sql(
                f"UPDATE memberships SET until_on = '2025-12-31' WHERE id = {row[0]}"
            )
    enter(town, range(1, 8))
    ((who, on, people, members, guests),) = table(organiser, "crowded")
    assert (who, on) == ("leader TX-red", "Jan 27, 2026")
    assert (people, members, guests) == ("7", "1", "7")


def test_a_large_team_s_day_is_no_crowd(town: Town, organiser: FlaskClient) -> None:
    enter(town, range(2, 8))
    assert table(organiser, "crowded") == []


def test_much_taken_back_is_shown(town: Town, organiser: FlaskClient) -> None:
    first, *_others = enter(town, (3, 4))
    with transaction() as session:
        reverse_record(
            session,
            first,
            actor=town.community.actor("organiser"),
            now=NOW,
            reason="没有来",
            key="r",
        )
    assert table(organiser, "corrections") == [["leader", "1", "2", "50%", "2"]]
    assert "春分" in behind(organiser, "corrections")


def test_records_longer_than_their_activity_are_shown(town: Town, organiser: FlaskClient) -> None:
    assert "Longer than the activity" not in organiser.get("/integrity").text
    activity_id = announced(town.community)
    changed(activity_id, service_on=ORDINARY_DAY)
    enter(town, (3, 4), 240, activity_id=activity_id)
    enter(town, (5,), 180, activity_id=activity_id)
    ((what, on, planned, above, longest),) = table(organiser, "above_plan")
    assert (what, on) == ("楼道清扫 TX-red", "Jan 27, 2026")
    assert (planned, above, longest) == ("3", "2", "4")
    assert "2 records, 8 hours" in behind(organiser, "above_plan")


def test_records_as_long_as_planned_are_not(town: Town, organiser: FlaskClient) -> None:
    activity_id = announced(town.community)
    changed(activity_id, service_on=ORDINARY_DAY)
    enter(town, (3, 4), 180, activity_id=activity_id)
    assert table(organiser, "above_plan") == []


# ── by person ─────────────────────────────────────────────────────────────────────────────


def test_who_never_signed_in_is_shown_and_who_did_is_not(
    town: Town, organiser: FlaskClient
) -> None:
    enter(town, (3,))
    enter(town, (4,), evidence="signed_in")
    enter(town, (4,), content="值班")
    enter(town, (3,), by="green_leader", team_id=town.community.green_id, content="绿化")
    assert table(organiser, "unsigned") == [["春分 TX00004", "4", "2", "2", "2"]]
    assert "绿化" in behind(organiser, "unsigned")


def test_one_person_with_far_more_than_the_others_is_shown(
    town: Town, organiser: FlaskClient
) -> None:
    enter(town, (2, 4, 5, 6), 30)
    for days in range(4):
        enter(town, (3,), 480, service_on=ORDINARY_DAY - timedelta(days=days), content="值班")
    ((who, by, hours, records, average, share),) = table(organiser, "pairs")
    assert (who, by, hours, records) == ("春分 TX00004", "leader", "32", "4")
    assert (average, share) == ("6.8", "94%")


def test_people_served_alike_are_no_pair(town: Town, organiser: FlaskClient) -> None:
    for days in range(3):
        enter(town, (2, 3, 4, 5, 6), 480, service_on=ORDINARY_DAY - timedelta(days=days))
    assert table(organiser, "pairs") == []


def claimed(town: Town, person: int, count: int, approver: str) -> None:
    """Let a person's claims stand, approved by somebody."""
    for days in range(count):
        on = ORDINARY_DAY - timedelta(days=days)
        enter(town, (person,), 60, service_on=on, evidence="claimed", by=approver)


def test_claims_always_approved_by_the_same_are_shown(town: Town, organiser: FlaskClient) -> None:
    claimed(town, 3, 5, "leader")
    claimed(town, 5, 1, "co_leader")
    row = ["春分 TX00004", "TX-red", "leader", "5", "5", "5"]
    assert table(organiser, "claims") == [row]
    assert "5 records, 5 hours" in behind(organiser, "claims")


def test_claims_are_no_pattern_where_only_one_approves(town: Town, organiser: FlaskClient) -> None:
    claimed(town, 3, 5, "leader")
    assert table(organiser, "claims") == []


def test_few_claims_are_no_pattern(town: Town, organiser: FlaskClient) -> None:
    claimed(town, 3, 4, "leader")
    claimed(town, 5, 4, "co_leader")
    assert table(organiser, "claims") == []
