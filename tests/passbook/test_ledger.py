"""The ledger's page: own, an organiser's, a leader's, on paper."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.passbook.reader import READER, assemble, browser_of, days, serve, statements, take_back
from tests.service.community import SERVICE_DAY, Community

# Ours; the frame asks for the site, the session and the rights besides.
# Two of them: how far disputes of these lines have come, and whether the year was checked.
BUDGET = 12
FRAME = 5


@pytest.fixture
def community(db_session: Session) -> Community:
    return assemble(db_session)


def read(app: Flask, community: Community, name: str, path: str) -> tuple[int, str]:
    answer = browser_of(app, community, name).get(path, headers={"Accept-Language": "en"})
    return answer.status_code, answer.text


def test_each_line_opens_to_its_sentence_and_people(app: Flask, community: Community) -> None:
    serve(community, [SERVICE_DAY])
    status, text = read(app, community, "volunteer", "/me/ledger?language=en")
    assert status == 200
    assert "1.5 h × 1 per hour = 1.5, service day adds 50 % → 2.3 (rounded to 0.1)" in text
    assert "0 → 2.3 points" in text
    assert "organiser, " in text


def test_what_waits_is_not_among_the_lines(app: Flask, community: Community) -> None:
    community.log(community.line(READER, 500))
    _, text = read(app, community, "volunteer", "/me/ledger?language=en")
    assert 'id="h-waiting"' in text
    assert 'id="e' not in text


def test_filters_appear_with_what_they_filter(app: Flask, community: Community) -> None:
    record_id = community.logged(community.line(READER, 120)).record_ids[0]
    assert "show=corrections" not in read(app, community, "volunteer", "/me/ledger")[1]
    take_back(community, record_id)
    _, text = read(app, community, "volunteer", "/me/ledger")
    assert "show=corrections" in text


def test_the_sum_stands_once_and_a_till_receipt_only_where_parts_add_up(
    app: Flask, community: Community
) -> None:
    community.log(community.line(READER, 120))
    _, plain = read(app, community, "volunteer", "/me/ledger?language=en")
    assert "2 h × 1 per hour = 2" in plain
    assert "q-sum" not in plain
    serve(community, [SERVICE_DAY])
    assert "q-sum" in read(app, community, "volunteer", "/me/ledger?language=en")[1]


def test_a_link_leads_to_the_other_half_of_a_pair(app: Flask, community: Community) -> None:
    record_id = community.logged(community.line(READER, 120)).record_ids[0]
    take_back(community, record_id)
    _, text = read(app, community, "volunteer", "/me/ledger")
    for target in ("e1", "e2"):
        assert f'href="#{target}"' in text
        assert f'id="{target}"' in text


def test_the_time_account_shows_only_where_exchange_is_on(app: Flask, db_session: Session) -> None:
    community = assemble(db_session, exchange_on="1")
    serve(community, [SERVICE_DAY])
    assert "Time account" in read(app, community, "volunteer", "/me/ledger?language=en")[1]
    assert "Time balance" in read(app, community, "volunteer", "/me/ledger?print=1&language=en")[1]


def test_without_exchange_there_is_no_time_account(app: Flask, community: Community) -> None:
    serve(community, [SERVICE_DAY])
    for path in ("/me", "/me/ledger", "/me/ledger?print=1"):
        sign = "&" if "?" in path else "?"
        _, text = read(app, community, "volunteer", f"{path}{sign}language=en")
        assert "Time account" not in text
        assert "Time balance" not in text


def test_the_printed_book_runs_on(app: Flask, community: Community) -> None:
    serve(community, [SERVICE_DAY, date(2025, 12, 1)])
    _, text = read(app, community, "volunteer", "/me/ledger?print=1&language=en")
    assert text.index("2026-01-28") < text.index("2025-12-01")
    assert "Sum of 2 lines" in text
    _, year = read(app, community, "volunteer", "/me/ledger?print=1&year=2025&language=en")
    assert "Sum of 1 lines" in year
    assert "2026-01-28" not in year


@pytest.mark.parametrize("name", ["organiser", "organiser_too"])
def test_organisers_and_auditors_read_everything(
    app: Flask, community: Community, name: str
) -> None:
    serve(community, [SERVICE_DAY])
    status, text = read(app, community, name, "/volunteers/TX00004/passbook?language=en")
    assert status == 200
    assert "service day adds 50 %" in text


def test_a_leader_reads_minutes_and_no_points(app: Flask, community: Community) -> None:
    serve(community, [SERVICE_DAY])
    status, text = read(app, community, "leader", "/volunteers/TX00004/passbook?language=en")
    assert status == 200
    assert "1.5" in text
    assert ">2.3" not in text
    assert " 2.3" not in text
    assert "print=1" not in text
    # Not even on paper.
    printed = read(app, community, "leader", "/volunteers/TX00004/passbook?print=1&language=en")
    assert ">2.3" not in printed[1]
    assert "+2.3" not in printed[1]


@pytest.mark.parametrize("number", ["TX00007", "TX99999", "x"])
def test_out_of_reach_is_not_found(app: Flask, community: Community, number: str) -> None:
    assert read(app, community, "leader", f"/volunteers/{number}/passbook")[0] == 404


def test_another_volunteer_is_not_found(app: Flask, community: Community) -> None:
    assert read(app, community, "volunteer", "/volunteers/TX00001/passbook")[0] == 404


@pytest.mark.parametrize("path", ["/me/ledger", "/volunteers/TX00004/passbook"])
def test_reading_is_all_one_can_do(app: Flask, community: Community, path: str) -> None:
    assert browser_of(app, community, "volunteer").post(path).status_code == 405


@pytest.mark.parametrize("argument", ["before=x", "before=9999-12", "show=no", "year=2x", "year=1"])
def test_a_bad_address_shows_the_plain_page(
    app: Flask, community: Community, argument: str
) -> None:
    assert read(app, community, "volunteer", f"/me/ledger?{argument}")[0] == 200


@pytest.mark.parametrize("path", ["/me", "/me/ledger", "/me/ledger?print=1"])
def test_statements_do_not_grow_with_the_history(
    app: Flask, community: Community, path: str
) -> None:
    serve(community, days(date(2025, 11, 1), 3))
    browser = browser_of(app, community, "volunteer")
    with statements() as few:
        assert browser.get(path).status_code == 200
    serve(community, days(date(2025, 3, 1), 28, step=3))
    with statements() as many:
        assert browser.get(path).status_code == 200
    assert len(many) == len(few) <= BUDGET + FRAME
