"""The pages on which a year is closed: ask, confirm, refuse, do it alone, let a notice last."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from app.ranking.rules.stages import StillOpen
from tests.disputes.community import WHO, act, disputed
from tests.ranking.closing import MOST_STATEMENTS, queries_in
from tests.ranking.disturbing import records_of
from tests.ranking.objecting import answered, objected
from tests.ranking.year import (
    AFTER_NOTICE,
    YEAR,
    ask,
    correct_list,
    give_notice,
    make_final,
    save,
    standing,
)
from tests.service.community import NOW
from tests.service.conftest import Town, key_in, statements

PAGE = f"/awards/TX/{YEAR}"


@pytest.fixture
def town(year_town: Town) -> Town:
    save(year_town.community)
    return year_town


@contextmanager
def signed_in(
    town: Town, monkeypatch: pytest.MonkeyPatch, name: str, at: datetime = NOW
) -> Iterator[FlaskClient]:
    """Let somebody sit down at a browser at some later time."""
    monkeypatch.setattr("tests.service.conftest.NOW", at)
    with time_machine.travel(at, tick=False):
        yield town.browser(name)


def answer(browser: FlaskClient, do: str, freeze: int, **more: str) -> Any:
    return browser.post(f"{PAGE}/{do}", data={"key": key_in(browser.get(PAGE).text),
                                              "freeze": str(freeze), **more})  # fmt: skip


def test_notice_and_final_list_are_confirmed_in_the_browser(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list becomes final by a tap, too: each is carried out in its own kind of commit."""
    for asked_for, at in (("notice", NOW), ("final", AFTER_NOTICE)):
        freeze = ask(town.community, asked_for, now=at)
        with signed_in(town, monkeypatch, "organiser_too", at) as second:
            assert answer(second, "confirm", freeze).status_code == 303
    assert standing(town.community).final_at is not None


@pytest.mark.parametrize(
    ("until_on", "status"), [("2206-02-20", 422), ("2026-04-12", 422), ("2026-04-11", 303)]
)
def test_a_notice_is_not_extended_by_a_slip_of_the_year(
    town: Town, until_on: str, status: int
) -> None:
    """It is never made shorter: a year typed wrongly would hold the list up for good."""
    give_notice(town.community)
    given = {"until_on": until_on, "reason": "春节"}
    page = town.browser("organiser").post(f"{PAGE}/extend", data=given)
    assert page.status_code == status
    assert ("Apr 11, 2026 at the latest" in page.text) == (status == 422)


def test_an_open_dispute_holds_the_list_up_and_nobodys_title(town: Town) -> None:
    community = town.community
    before = give_notice(community)
    record_id = records_of(community, WHO)[0]
    dispute_id = disputed(community, record_id)
    with pytest.raises(StillOpen) as refusal:
        ask(community, "final", now=AFTER_NOTICE)
    assert refusal.value.figures["disputes"] == 1
    after = correct_list(community)
    assert after.awards_sha256 == before.awards_sha256
    act(community, "refuse", dispute_id, by="organiser", reason="签到表上是两小时")
    assert make_final(community).final_at is not None


def test_a_frozen_list_names_the_command_that_makes_it_anew(town: Town) -> None:
    kept = give_notice(town.community)
    page = town.browser("auditor").get(f"{PAGE}/snapshots/{kept.id}").text
    assert f"flask rank {YEAR} --org TX --snapshot {kept.id} --verify" in page


def test_an_upheld_objection_is_remembered_until_the_list_is_corrected(town: Town) -> None:
    give_notice(town.community)
    answered(town.community, objected(town.community), upheld=True)
    page = town.browser("organiser").get(PAGE).text
    assert "1 objection was upheld and the list not corrected since" in page
    correct_list(town.community, NOW + timedelta(hours=1))
    assert "the list not corrected since" not in town.browser("organiser").get(PAGE).text


@pytest.mark.parametrize("page", ["preview?", "what-if?order=weights&per_hour=0&per_date=1&"])
def test_a_scheme_tried_on_another_year_explains_people_in_that_year(town: Town, page: str) -> None:
    browser = town.browser("organiser")
    # Of hours the fourth person is before the fifth, of dates they are equal.
    found = browser.get(f"/awards/TX/2026/{page}year={YEAR}").text
    assert re.search(rf'href="/awards/TX/2026/people/\d+\?year={YEAR}"', found)
    person = browser.get(f"/awards/TX/2026/people/{town.people[WHO]}?year={YEAR}").text
    assert f"春分 in {YEAR}" in person
    assert "2 records, 2 dates, 4 hours" in person


def test_a_final_list_explains_as_of_its_mark(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    give_notice(town.community)
    kept = make_final(town.community)
    with signed_in(town, monkeypatch, "organiser", AFTER_NOTICE) as browser:
        assert f"?snapshot={kept.id}" in browser.get(PAGE).text


def test_an_explanation_keeps_to_its_budget(town: Town) -> None:
    browser = town.browser("organiser")
    path = f"{PAGE}/people/{town.people[WHO]}"
    browser.get(path)
    with statements() as sent:
        assert browser.get(path).status_code == 200
    assert len(queries_in(sent)) <= MOST_STATEMENTS
