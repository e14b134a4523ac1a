"""Saved reports: kept, shared, opened as of today, renamed, deleted; one trail row each."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.db import db, transaction
from app.reports.questions import Question, dates_of, from_kept, kept
from tests.service.community import Community
from tests.service.conftest import Town, key_in, statements

QUERY_BUDGET = 18
ASKED = {"rows": "team", "span": "last_month", "m": ["minutes", "people"]}


@pytest.fixture
def organiser(town: Town) -> FlaskClient:
    return town.browser("organiser")


def save(browser: FlaskClient, name: str = "上月各队", **more: Any) -> Any:
    return browser.post("/reports/saved", data={**ASKED, "name": name, **more})


def trail(town: Town, operation: str) -> int:
    query = "SELECT count(*) FROM trail WHERE operation = :operation"
    return int(town.one(query, operation=operation))


def test_a_report_is_saved_listed_and_opened(town: Town, organiser: FlaskClient) -> None:
    answer = save(organiser)
    assert answer.status_code == 303
    assert "上月各队" in organiser.get("/reports").text
    page = organiser.get(answer.location).text
    assert "Jan 1, 2026 to Jan 31, 2026" in page
    assert "<h1" in page
    assert trail(town, "report.save") == 1


def test_it_is_shared_with_who_organises_the_same(town: Town, organiser: FlaskClient) -> None:
    url = save(organiser).location
    assert town.browser("organiser_too").get(url).status_code == 200
    for name in ("organiser_below", "leader", "volunteer"):
        assert town.browser(name).get(url).status_code == 404
    assert "上月各队" not in town.browser("organiser_below").get("/reports").text


def test_what_is_relative_stays_so() -> None:
    question = Question(span="last_month")
    spans = [dates_of(question, on, 3) for on in (date(2026, 1, 31), date(2026, 3, 1))]
    assert spans == [
        (date(2025, 12, 1), date(2025, 12, 31)),
        (date(2026, 2, 1), date(2026, 2, 28)),
    ]
    assert from_kept(kept(question)) == question._replace(measures=tuple(sorted(question.measures)))


@pytest.mark.parametrize(
    ("span", "first", "last"),
    [
        ("this_month", (2026, 5, 1), (2026, 5, 31)),
        ("quarter", (2026, 4, 1), (2026, 6, 30)),
        ("last_quarter", (2026, 1, 1), (2026, 3, 31)),
        ("year", (2026, 1, 1), (2026, 12, 31)),
        ("last_year", (2025, 1, 1), (2025, 12, 31)),
        ("service_month", (2026, 3, 1), (2026, 3, 31)),
    ],
)
def test_quick_picks(span: str, first: tuple[int, ...], last: tuple[int, ...]) -> None:
    found = dates_of(Question(span=span), date(2026, 5, 9), 3)
    assert found == (date(*first), date(*last))


def test_the_service_month_to_come_is_last_year_s() -> None:
    found = dates_of(Question(span="service_month"), date(2026, 2, 9), 3)
    assert found == (date(2025, 3, 1), date(2025, 3, 31))


def test_a_name_is_renamed_once(town: Town, organiser: FlaskClient) -> None:
    url = save(organiser).location
    assert organiser.post(f"{url}/rename", data={"name": "各队"}).status_code == 303
    assert "各队" in organiser.get(url).text
    assert trail(town, "report.rename") == 1
    organiser.post(f"{url}/rename", data={"name": "各队"})
    assert trail(town, "report.rename") == 1


def test_a_name_is_taken_once(town: Town, organiser: FlaskClient) -> None:
    save(organiser)
    answer = save(organiser)
    assert answer.status_code == 422
    assert "of this name already" in answer.text
    assert 'value="上月各队"' in answer.text
    assert trail(town, "report.save") == 1


@pytest.mark.parametrize("name", ["", "   ", "字" * 61, "a\x07b"])
def test_a_bad_name_is_refused(town: Town, organiser: FlaskClient, name: str) -> None:
    assert save(organiser, name).status_code == 422
    assert trail(town, "report.save") == 0


def test_the_same_key_saves_once(town: Town, organiser: FlaskClient) -> None:
    key = key_in(organiser.get("/reports/build").text)
    first, again = save(organiser, key=key), save(organiser, key=key)
    assert first.location == again.location
    assert trail(town, "report.save") == 1


def test_deleting_asks_first(town: Town, organiser: FlaskClient) -> None:
    url = save(organiser).location
    page = organiser.get(f"{url}/delete").text
    assert "Delete the saved report?" in page
    assert organiser.post(f"{url}/delete").status_code == 303
    assert organiser.get(url).status_code == 404
    assert trail(town, "report.delete") == 1
    assert organiser.post(f"{url}/delete").status_code == 404


def test_whoever_lost_the_organisation_finds_nothing(town: Town, organiser: FlaskClient) -> None:
    url = save(organiser).location
    community: Community = town.community
    with transaction() as session:
        session.execute(
            text("UPDATE roles SET until_on = '2026-01-31' WHERE login_id = :login"),
            {"login": community.actor("organiser").login_id},
        )
    db.session.rollback()
    for path in (url, f"{url}/rename", f"{url}/delete"):
        assert organiser.get(path).status_code == 404
    assert organiser.post(f"{url}/delete").status_code == 404


def test_an_auditor_reads_but_does_not_save(town: Town, organiser: FlaskClient) -> None:
    url = save(organiser).location
    login_id = town.community.actor("volunteer").login_id
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO roles (login_id, role, organisation_id, from_on) "
                "VALUES (:login, 'auditor', :organisation, '2025-01-01')"
            ),
            {"login": login_id, "organisation": town.community.root_id},
        )
    auditor = town.browser("volunteer")
    page = auditor.get(url)
    assert page.status_code == 200
    assert "Rename" not in page.text
    assert "Save this report" not in auditor.get("/reports/build").text
    assert save(auditor).status_code == 404
    assert auditor.post(f"{url}/delete").status_code == 404


def test_the_start_page_leads_to_everything(town: Town, organiser: FlaskClient) -> None:
    save(organiser)
    with statements() as sent:
        page = organiser.get("/reports").text
    assert len(sent) <= QUERY_BUDGET
    for path in ("build", "monthly", "annual", "points", "poster"):
        assert f'href="/reports/{path}' in page
    assert len(re.findall("<h1", page)) == 1
    assert organiser.post("/reports").status_code == 405
    assert organiser.get("/reports?org=NO").status_code == 404
