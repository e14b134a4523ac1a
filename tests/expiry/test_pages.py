"""What somebody reads of their own points' end, and an organiser of everybody's."""

from __future__ import annotations

import json
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from app.expiry.queries import losing
from tests.expiry.community import at, earned, give_back, go_round, redeem, rows
from tests.service.conftest import MakeTown, Town, statements

PAGE = "/admin/expiry/TX"
FIGURE = "/admin/settings/TX/figures/points_expire_after_years"


@pytest.fixture
def town(make_town: MakeTown) -> Town:
    """The present is February 2026."""
    made = make_town(points_expire_after_years="2")
    earned(made.community, 2023, 2024, 2025)
    earned(made.community, 2025, person=5)
    return made


@pytest.fixture
def organiser(town: Town) -> FlaskClient:
    return town.browser("organiser")


# ── the own page ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("page", ["/me", "/me/ledger"])
def test_a_volunteer_sees_what_ends_next(town: Town, page: str) -> None:
    go_round(town.community, at(2026, 2, 3))
    shown = town.browser("volunteer").get(page).text
    assert "2 points can be used until Dec 31, 2026." in shown
    assert "earned in 2025" in shown
    assert "Points about to expire" not in shown


def test_points_about_to_end_stand_out(make_town: MakeTown) -> None:
    town = make_town(points_expire_after_years="1")
    earned(town.community, 2024)
    redeem(town.community, 200, at(2025, 12, 20))
    give_back(town.community, 200, at(2026, 1, 10))
    shown = town.browser("volunteer").get("/me").text
    assert "Points about to expire" in shown
    assert "2 points can be used until Mar 11, 2026." in shown


@pytest.mark.parametrize("page", ["/me", "/me/ledger"])
def test_where_points_never_expire_nothing_is_said_or_asked(make_town: MakeTown, page: str) -> None:
    town = make_town()
    earned(town.community, 2020)
    browser = town.browser("volunteer")
    with statements() as sent:
        assert "can be used until" not in browser.get(page).text
    assert not [one for one in sent if "expiries" in one]


def test_the_line_of_an_expiry_explains_itself(app: Flask, town: Town) -> None:
    go_round(town.community, at(2026, 2, 3))
    said = "Points earned in 2023 expired: they could be used until Dec 31, 2025"
    browser = town.browser("volunteer")
    assert said in browser.get("/me/ledger").text
    assert said in browser.get("/me/ledger?print=1").text
    (number,) = rows("SELECT number FROM volunteers WHERE id = 4")[0]
    answer = app.test_cli_runner().invoke(args=["passbook", number, "--json"])
    lines = json.loads(answer.output)["lines"]
    assert [line["points"] for line in lines if line["kind"] == "expiry"] == ["-2"]
    assert "2023" in next(line["sentence"] for line in lines if line["kind"] == "expiry")


# ── the list ──────────────────────────────────────────────────────────────────────────────


def test_the_list_says_who_loses_what_by_a_date(organiser: FlaskClient) -> None:
    page = organiser.get(PAGE).text
    assert "By Dec 31, 2026 1 person would lose 4 points." in page
    assert "2023, 2024" in page
    later = organiser.get(f"{PAGE}?on=2027-12-31").text
    assert "By Dec 31, 2027 2 people would lose 8 points." in later


def test_what_would_be_under_another_setting(organiser: FlaskClient) -> None:
    page = organiser.get(f"{PAGE}?years=1").text
    assert "By Dec 31, 2026 2 people would lose 8 points." in page
    assert (
        "Nobody loses points by Apr 4, 2026" in organiser.get(f"{PAGE}?years=5&on=2026-04-04").text
    )


def test_where_nothing_expires_the_list_says_so(make_town: MakeTown) -> None:
    organiser = make_town().browser("organiser")
    assert "Points never expire here." in organiser.get(PAGE).text
    assert organiser.post(f"{PAGE}/sheet").status_code == 404


def test_too_many_people_for_a_page_are_told(
    organiser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(losing, "MOST_RECKONED", 1)
    assert "Choose an organisation below it." in organiser.get(PAGE).text


def test_an_organiser_below_sees_their_own_only(town: Town) -> None:
    below = town.browser("organiser_below")
    assert below.get(PAGE).status_code == 404
    assert "Nobody loses points" in below.get("/admin/expiry/TX1").text
    assert below.get("/admin/expiry").location == "/admin/expiry/TX1"


@pytest.mark.parametrize("asked", ["?on=x", "?years=0", "?years=21", "?years=x", "?years=²"])
def test_what_is_no_date_or_number_is_not_found(organiser: FlaskClient, asked: str) -> None:
    assert organiser.get(PAGE + asked).status_code == 404


def test_a_day_gone_by_is_today(organiser: FlaskClient) -> None:
    assert "By Feb 3, 2026" in organiser.get(f"{PAGE}?on=2020-01-01").text


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_sheet_leaves_its_trace(organiser: FlaskClient, kind: str) -> None:
    answer = organiser.post(f"{PAGE}/sheet?on=2026-12-31", data={"kind": kind})
    assert answer.status_code == 200
    assert read(answer.data, kind)[1:] == [
        ["TX00004", "春分", "涂新社区", "2023", "2025-12-31", "2"],
        ["TX00004", "春分", "涂新社区", "2024", "2026-12-31", "2"],
    ]
    assert len(rows("SELECT 1 FROM trail WHERE operation = 'expiry.export'")) == 1
    assert organiser.post(f"{PAGE}/sheet", data={"kind": "pdf"}).status_code == 404


def read(body: bytes, kind: str) -> list[list[str]]:
    if kind == "csv":
        lines = body.decode("utf-8-sig").splitlines()
        return [line.removesuffix(".00").split(",") for line in lines]
    sheet = CalamineWorkbook.from_filelike(BytesIO(body)).get_sheet_by_index(0)
    return [[text_of(cell) for cell in row] for row in sheet.to_python()]


def text_of(cell: Any) -> str:
    if isinstance(cell, float):
        return f"{cell:g}"
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def test_the_list_keeps_its_budget(organiser: FlaskClient) -> None:
    organiser.get(PAGE)
    with statements() as sent:
        organiser.get(PAGE)
    assert len([one for one in sent if one.startswith(("SELECT", "WITH"))]) <= 18


# ── the setting ───────────────────────────────────────────────────────────────────────────


def value() -> str | None:
    found = rows("SELECT value FROM settings WHERE key = 'points_expire_after_years'")
    return found[0][0] if found else None


def test_whom_a_setting_concerns_is_shown_before_it_is_kept(organiser: FlaskClient) -> None:
    asked = organiser.post(FIGURE, data={"value": "1"})
    assert asked.status_code == 200
    assert "By Apr 5, 2026 1 person would lose 4 points." in asked.text
    assert f'href="{PAGE}?years=1&amp;on=2026-04-05"' in asked.text
    assert value() == "2"
    assert organiser.post(FIGURE, data={"value": "1", "seen": "3"}).status_code == 200
    assert organiser.post(FIGURE, data={"value": "1", "seen": "1"}).status_code == 303
    assert value() == "1"


@pytest.mark.parametrize("typed", ["0", "20"])
def test_a_setting_that_takes_nothing_is_kept_at_once(organiser: FlaskClient, typed: str) -> None:
    assert organiser.post(FIGURE, data={"value": typed}).status_code == 303
    assert value() == typed


@pytest.mark.parametrize("typed", ["21", "-1", "x", ""])
def test_a_setting_out_of_bounds_is_refused(organiser: FlaskClient, typed: str) -> None:
    assert organiser.post(FIGURE, data={"value": typed}).status_code == 422
    assert value() == "2"


def test_the_setting_reads_as_words(organiser: FlaskClient) -> None:
    assert "after 2 years" in organiser.get("/admin/settings/TX").text
    organiser.post(FIGURE, data={"value": "0"})
    assert "never" in organiser.get(FIGURE).text
