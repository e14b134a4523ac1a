"""The yearly report on minors: who they are, whose guardian agreed, what is kept, who looked."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from app.clock import now
from app.db import db, transaction
from app.people.operations import PurposeWord, keep_purpose, show_phone
from app.people.rules.purposes import MINORS_VERSION
from app.privacy.rules.minors import Minor, agreement_of, first_birth, reported_on
from app.trail.models import TrailRow
from tests.privacy.conftest import let_act, person, today, years_ago

PAGE = f"/reports/minors/TX/{today().year}"


def a_child() -> int:
    """Make 谷雨 nine years old, 立春 the guardian."""
    return let_act("谷雨", "立春", "guardian", born_on=years_ago(9))


def agree(ward: int, version: str = MINORS_VERSION, *, is_given: bool = True) -> None:
    word = PurposeWord(is_given, "guardian", "guardian", person("立春").id)
    with transaction() as session:
        keep_purpose(
            session, ward, "minors", word, given_at=now(), recorded_by_id=None, version=version
        )


def figures(page: str) -> list[str]:
    return [part.split("<")[0] for part in page.split('<span class="q-num">')[1:5]]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (None, "missing"),
        ((True, MINORS_VERSION), "agreed"),
        ((True, "2020-01-01"), "older"),
        ((False, None), "ended"),
    ],
)
def test_how_a_guardians_word_counts(word, expected):
    assert agreement_of(word, MINORS_VERSION) == expected


@pytest.mark.parametrize(
    ("on", "born_after"),
    [(date(2026, 12, 31), date(2008, 12, 31)), (date(2028, 2, 29), date(2010, 2, 28))],
)
def test_on_the_eighteenth_birthday_one_is_no_minor(on, born_after):
    assert first_birth(on) == born_after
    assert Minor(1, "", None, born_after, "").age(on) == 18


def test_ages_are_counted_on_the_last_day_of_a_year_that_is_over():
    assert reported_on(2025, date(2026, 4, 1)) == date(2025, 12, 31)
    assert reported_on(2026, date(2026, 4, 1)) == date(2026, 4, 1)


def test_whose_guardian_did_not_agree_is_listed_with_a_way_there(cast, browser):
    ward = a_child()
    page = browser("organiser").get(PAGE).text
    assert figures(page) == ["1", "0", "0", "1"]
    assert f"/admin/people/{ward}/acting" in page
    assert f"/admin/people/{ward}/acting" not in browser("auditor").get(PAGE).text
    agree(ward)
    page = browser("organiser").get(PAGE).text
    assert figures(page) == ["1", "0", "1", "0"]
    assert "谷雨" not in page


@pytest.mark.parametrize(
    ("version", "is_given", "said"),
    [("2020-01-01", True, "Agreed to an earlier version"), (MINORS_VERSION, False, "Taken back")],
)
def test_an_old_or_withdrawn_word_is_none(cast, browser, version, is_given, said):
    agree(a_child(), version, is_given=is_given)
    page = browser("organiser").get(PAGE).text
    assert said in page
    assert "谷雨" in page


def test_one_between_is_a_minor_who_agrees_alone(cast, browser):
    let_act("谷雨", "立春", "guardian", born_on=years_ago(15))
    assert figures(browser("organiser").get(PAGE).text) == ["0", "1", "0", "0"]


def test_who_looked_is_counted(cast, browser):
    ward = a_child()
    with transaction() as session:
        for _time in range(2):
            show_phone(session, ward, reason="接孩子", actor_id=cast.logins["organiser"], now=now())
    page = browser("auditor").get(PAGE).text
    assert "夏至" in page
    assert "Full phone number looked at" in page


def test_the_workbook_lists_every_minor_and_is_written_down(cast, browser):
    agree(a_child())
    answer = browser("auditor").post(f"{PAGE}/sheet")
    book = CalamineWorkbook.from_filelike(BytesIO(answer.data))
    (_header, row) = book.get_sheet_by_index(0).to_python()
    assert row == [person("谷雨").number, "谷雨", "TX社区", 9, "yes", "A guardian agreed"]
    kept = db.session.query(TrailRow).filter_by(operation="minors.export").one()
    assert kept.organisation_id is not None
    assert "The list of minors was taken out as a sheet" in browser("organiser").get(PAGE).text


@pytest.mark.parametrize("path", ["BY/2026", "NO/2026", "TX/1999", f"TX/{today().year + 1}"])
def test_elsewhere_and_other_years_are_not_found(browser, path):
    assert browser("organiser").get(f"/reports/minors/{path}").status_code == 404


def test_the_way_there_leads_to_the_year_that_runs(browser):
    assert browser("organiser").get("/reports/minors").location == PAGE
