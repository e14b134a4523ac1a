"""The trail's page: what narrows it, what it says, how far it reaches, its sheet."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.db import db, transaction
from app.organisations.queries import find_organisation
from app.people.operations import edit_volunteer
from app.reports.trail_queries import Question, lines_of
from app.reports.trail_showing import value_text
from app.sheets.reading import read_sheet
from app.trail.operations import note
from tests.service.conftest import statements
from tests.web.cast import Cast, sign_in_as

QUERY_BUDGET = 18
AT = datetime(2026, 3, 10, 4, tzinfo=UTC)
Browser = Callable[[str], FlaskClient]


@pytest.fixture
def browser(app: Flask, cast: Cast) -> Browser:
    return lambda role: sign_in_as(app, cast, role)


def organisation_id(code: str) -> int:
    found = find_organisation(db.session(), code)
    db.session.rollback()
    assert found is not None
    return found.id


def done(
    cast: Cast, code: str = "TX", at: datetime = AT, who: str = "organiser", **more: object
) -> None:
    given: dict[str, Any] = {"operation": "rename_team", "subject_kind": "team", **more}
    with transaction() as session:
        note(
            session,
            actor_id=cast.logins[who],
            at=at,
            organisation_id=organisation_id(code),
            **given,
        )  # type: ignore[arg-type]


def listed(client: FlaskClient, query: str = "") -> str:
    answer = client.get(f"/admin/trail?language=en&{query}")
    assert answer.status_code == 200
    return answer.text.split("</form>", 2)[-1]


def test_what_lies_outside_is_not_read(cast: Cast, browser: Browser) -> None:
    done(cast, "BY", reason="邻居的事")
    done(cast, "TX", reason="自家的事")
    page = listed(browser("organiser"))
    assert "自家的事" in page
    assert "邻居的事" not in page
    assert "邻居的事" in listed(browser("admin"))
    assert browser("organiser").get("/admin/trail?org=BY").status_code == 404


def test_a_change_is_told_with_what_it_was(cast: Cast, browser: Browser) -> None:
    volunteer_id = int(cast.subject("volunteer_id", "same_team", "leader"))
    with transaction() as session:
        edit_volunteer(
            session, volunteer_id, {"name": "谷雨生"}, actor_id=cast.logins["organiser"], now=AT
        )
    page = listed(browser("auditor"))
    assert "Personal data changed" in page
    assert "谷雨 → 谷雨生" in page


def test_an_administrator_reads_that_and_not_what_was_said_of_somebody(
    cast: Cast, browser: Browser
) -> None:
    volunteer_id = int(cast.subject("volunteer_id", "same_team", "leader"))
    with transaction() as session:
        edit_volunteer(
            session, volunteer_id, {"name": "谷雨生"}, actor_id=cast.logins["organiser"], now=AT
        )
    page = listed(browser("admin"))
    assert "Personal data changed" in page
    assert "谷雨 → 谷雨生" not in page


def test_a_number_that_was_joined_is_found_with_who_it_became(cast: Cast, browser: Browser) -> None:
    kept = int(cast.subject("volunteer_id", "same_team", "leader"))
    gone = int(cast.subject("volunteer_id", "other_team", "leader"))
    done(cast, subject_kind="volunteer", subject_id=gone, reason="从前的事")
    with transaction() as session:
        session.execute(
            text("UPDATE volunteers SET state = 'matched', matched_to_id = :kept WHERE id = :id"),
            {"kept": kept, "id": gone},
        )
    number = cast.subject("volunteer", "same_team", "leader")
    assert "从前的事" in listed(browser("organiser"), f"person={number}")


@pytest.mark.parametrize("typed", ["谷雨", "gy", "guyu"])
def test_a_person_is_found_by_name_number_and_initials(
    cast: Cast, browser: Browser, typed: str
) -> None:
    volunteer_id = int(cast.subject("volunteer_id", "same_team", "leader"))
    done(cast, subject_kind="volunteer", subject_id=volunteer_id, reason="说明甲")
    record_id = int(cast.subject("record_id", "same_team", "leader"))
    done(cast, subject_kind="service_record", subject_id=record_id, reason="说明乙")
    done(cast, reason="别的事")
    for asked in (typed, cast.subject("volunteer", "same_team", "leader")):
        page = listed(browser("organiser"), f"person={asked}")
        assert "说明甲" in page
        assert "说明乙" in page
        assert "别的事" not in page


def test_somebody_nobody_knows_shows_nothing_instead_of_everything(
    cast: Cast, browser: Browser
) -> None:
    done(cast, reason="别的事")
    assert "别的事" not in listed(browser("organiser"), "person=无此人")
    assert "别的事" not in listed(browser("organiser"), "actor=无此人")


def test_it_is_narrowed_by_actor_kind_subject_and_date(cast: Cast, browser: Browser) -> None:
    done(cast, reason="组织者做的", subject_id=77)
    done(cast, who="leader", operation="activity.begin", subject_kind="activity", reason="队长做的")
    done(cast, at=AT + timedelta(days=3), reason="三天以后")
    client = browser("organiser")
    leader = db.session.execute(
        text("SELECT display_name FROM logins WHERE id = :id"), {"id": cast.logins["leader"]}
    ).scalar_one()
    db.session.rollback()
    for query, wanted, others in (
        (f"actor={leader}", "队长做的", ("组织者做的", "三天以后")),
        ("kind=activities", "队长做的", ("组织者做的", "三天以后")),
        ("subject=team:77", "组织者做的", ("队长做的", "三天以后")),
        ("from=2026-03-13&until=2026-03-13", "三天以后", ("队长做的", "组织者做的")),
    ):
        page = listed(client, query)
        assert wanted in page, query
        assert not [other for other in others if other in page], query


def test_a_date_is_the_day_as_it_is_lived_here(cast: Cast, browser: Browser) -> None:
    # Half past midnight of the 11th in China is still the 10th in UTC.
    done(cast, at=datetime(2026, 3, 10, 16, 30, tzinfo=UTC), reason="半夜")
    client = browser("organiser")
    assert "半夜" in listed(client, "from=2026-03-11&until=2026-03-11")
    assert "半夜" not in listed(client, "from=2026-03-10&until=2026-03-10")


@pytest.mark.parametrize(
    "query",
    ["before=x", "before=99999999999999999999", "from=2026-13-01", "until=9999-12-31", "kind=no",
     "subject=team", "subject=no:1", "person=%25", "subject=team:9999999999999999999"],
)  # fmt: skip
def test_wild_input_is_answered(browser: Browser, cast: Cast, query: str) -> None:
    assert browser("organiser").get(f"/admin/trail?{query}").status_code == 200


def test_older_rows_stand_on_further_pages(cast: Cast, browser: Browser) -> None:
    for number in range(60):
        done(cast, reason=f"第{number}件")
    first = browser("organiser").get("/admin/trail?subject=&kind=people&language=en").text
    found = re.search(r'href="([^"]*before=[^"]*)"', first)
    assert found is not None
    assert "第59件" in first
    second = browser("organiser").get(found[1].replace("&amp;", "&")).text
    assert "第9件" in second
    assert "第59件" not in second


def test_the_sheet_has_the_same_rows_and_leaves_one_itself(cast: Cast, browser: Browser) -> None:
    done(cast, reason="=1+1", before={"name": "甲队"}, after={"name": "乙队"})
    client = browser("organiser")
    answer = client.post("/admin/trail/sheet?kind=people&language=en", data={"kind": "xlsx"})
    rows = read_sheet(answer.data, "trail.xlsx").rows
    assert rows[0][:4] == ["No.", "When", "What", "By"]
    assert any("=1+1" in row and "Name: 甲队 → 乙队" in row for row in rows)
    assert "Trail taken out as a sheet" in listed(client)


def test_a_sheet_of_no_kind_we_know_is_not_found(cast: Cast, browser: Browser) -> None:
    answer = browser("organiser").post("/admin/trail/sheet", data={"kind": "exe"})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("state", None, "—"),
        ("is_named", True, "Yes"),
        ("price_hundredths", 250, "2.5"),
        ("service_day_percent", 50, "50 %"),
        ("starts_minute", 510, "8:30"),
        ("from_on", "2026-03-28", "Mar 28, 2026"),
        ("roles", ["admin", "organiser"], "admin, organiser"),
        ("rates", {"1": 300}, "1: 300"),
        ("name", "2026-99-99", "2026-99-99"),
    ],
)
def test_kept_values_are_said(app: Flask, field: str, value: object, said: str) -> None:
    with app.test_request_context("/?language=en"):
        assert value_text(field, value) == said


def test_a_page_asks_few_statements(cast: Cast, browser: Browser) -> None:
    for kind, subject in (("volunteer", 1), ("team", 1), ("activity", 1), ("login", 1)):
        done(cast, subject_kind=kind, subject_id=subject)
    client = browser("organiser")
    client.get("/admin/trail")
    with statements() as seen:
        client.get("/admin/trail?person=谷雨&actor=organiser")
    assert len(seen) <= QUERY_BUDGET


def test_the_list_is_the_brute_force_filter_of_all_rows(cast: Cast, db_session: object) -> None:
    chance = random.Random(7)
    homes = [organisation_id(code) for code in ("JD", "TX", "BY")]
    operations = ["rename_team", "activity.begin", "redemption.make"]
    for _each in range(80):
        with transaction() as session:
            note(
                session,
                operation=chance.choice(operations),
                actor_id=chance.choice(list(cast.logins.values())),
                at=AT + timedelta(hours=chance.randrange(200)),
                subject_kind=chance.choice(["team", "volunteer"]),
                subject_id=chance.randrange(1, 4),
                organisation_id=chance.choice(homes),
            )
    session = db.session()
    everything = lines_of(session, Question(None), limit=10_000)
    for _each in range(30):
        scope = frozenset(chance.sample(homes, chance.randrange(1, 4)))
        wanted = frozenset(chance.sample(operations, 2))
        begin = AT + timedelta(hours=chance.randrange(150))
        actors = tuple(chance.sample(list(cast.logins.values()), 2))
        asked = Question(scope, wanted, begin, begin + timedelta(hours=60), None, actors)
        assert [one.id for one in lines_of(session, asked, limit=10_000)] == [
            one.id
            for one in everything
            if one.organisation_id in scope
            and one.operation in wanted
            and begin <= one.at < begin + timedelta(hours=60)
            and one.actor_id in actors
        ]
