"""The wizard: from the preview to the final list, with two people, in browsers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.adjustments.community import one, take_away
from tests.ranking.closing import (
    HERE,
    MOST_STATEMENTS,
    Present,
    answer,
    ask_for,
    at,
    freeze_in,
    later_record,
    queries_in,
)
from tests.ranking.year import (
    AFTER_NOTICE,
    FIRST,
    ask,
    give_notice,
    make_final,
    save,
)
from tests.service.community import NOW
from tests.service.conftest import Town, key_in, statements


@pytest.fixture
def town(year_town: Town) -> Town:
    return Present(year_town.app, year_town.community)


def asked(town: Town) -> int:
    return int(one("SELECT count(*) FROM ranking_freezes WHERE state = 'asked'"))


# ── the list of years ─────────────────────────────────────────────────────────────────────


def test_each_year_names_its_next_step(town: Town) -> None:
    browser = town.browser("organiser")
    assert "Next: set up the scheme" in browser.get("/awards").text
    save(town.community)
    assert "Next: give public notice" in browser.get("/awards").text
    give_notice(town.community)
    assert "The notice lasts to the end of Feb 10, 2026" in browser.get("/awards").text
    with at(AFTER_NOTICE):
        later = town.browser("organiser")
        assert "Next: make the list final" in later.get("/awards").text
        make_final(town.community)
        assert "Next: certificates" in later.get("/awards").text


def test_the_side_bar_leads_there(town: Town) -> None:
    assert 'href="/awards"' in town.browser("auditor").get("/awards").text


# ── from step to step ─────────────────────────────────────────────────────────────────────


def test_the_whole_year_in_two_browsers(town: Town) -> None:
    first, second = town.browser("organiser"), town.browser("auditor")
    save(town.community)
    assert ask_for(first, "notice").status_code == 303
    assert "Waits for a second person" in first.get(HERE).text
    assert answer(second, "confirm").status_code == 303
    page = first.get(HERE).text
    assert 'aria-current="step">Public notice' in page
    assert "Confirmed by: auditor" in page
    with at(AFTER_NOTICE):
        first, second = town.browser("organiser"), town.browser("auditor")
        assert ask_for(first, "final").status_code == 303
        assert answer(second, "confirm", key="again").status_code == 303
        assert "The list is final" in first.get(HERE).text


def test_what_holds_the_next_step_back_takes_its_button_away(town: Town) -> None:
    browser = town.browser("organiser")
    page = browser.get(HERE).text
    assert "The scheme is not saved yet" in page
    assert 'aria-disabled="true">Give public notice' in page
    save(town.community)
    assert 'name="asked_for" value="notice"' in browser.get(HERE).text
    give_notice(town.community)
    assert 'aria-disabled="true">Make the list final' in browser.get(HERE).text


def test_a_year_that_is_not_over_says_so(town: Town) -> None:
    page = town.browser("organiser").get("/awards/TX/2026").text
    assert "2026 is not over yet" in page


def test_a_refused_step_comes_back_with_its_reason(town: Town) -> None:
    refused = ask_for(town.browser("organiser"), "notice")
    assert refused.status_code == 422
    assert "Save the scheme first" in refused.text


def test_a_double_tap_asks_once(town: Town) -> None:
    save(town.community)
    browser = town.browser("organiser")
    first, again = (ask_for(browser, "notice") for _ in range(2))
    assert first.location == again.location
    assert asked(town) == 1


# ── the second person ─────────────────────────────────────────────────────────────────────


def test_a_refusal_needs_a_reason_and_stays_listed(town: Town) -> None:
    save(town.community)
    ask(town.community, "notice")
    second = town.browser("organiser_too")
    assert answer(second, "refuse", reason=" ").status_code == 422
    assert answer(second, "refuse", reason="还有一次没登记", key="r").status_code == 303
    page = second.get(HERE).text
    assert "Why it was refused: 还有一次没登记" in page
    assert asked(town) == 0


def test_whoever_asked_may_withdraw_and_does_not_confirm(town: Town) -> None:
    save(town.community)
    ask(town.community, "notice")
    first = town.browser("organiser")
    page = first.get(HERE).text
    assert "people could confirm it and were told" in page
    assert f"{HERE}/confirm" not in page
    sending = {"freeze": freeze_in(page), "key": "x"}
    assert first.post(f"{HERE}/confirm", data=sending).status_code == 422
    assert answer(first, "withdraw").status_code == 303
    assert "Withdrawn" in first.get(HERE).text


def test_one_person_does_it_alone_after_a_day_and_it_shows(town: Town) -> None:
    take_away(town.community, "organiser_too", "auditor")
    save(town.community)
    ask(town.community, "notice")
    first = town.browser("organiser")
    assert "From Feb 4, 2026 17:00 on you may do it alone" in first.get(HERE).text
    with at(NOW + timedelta(hours=25)):
        first = town.browser("organiser")
        assert answer(first, "alone", reason="").status_code == 422
        assert answer(first, "alone", reason="没有第二位", key="b").status_code == 303
        page = first.get(HERE).text
    assert "Why alone: 没有第二位" in page
    assert page.count("Done by one person") >= 2


def test_a_question_of_another_year_is_not_found(town: Town) -> None:
    save(town.community)
    sending = {"freeze": str(ask(town.community, "notice")), "key": "x"}
    answered = town.browser("auditor").post("/awards/TX/2024/confirm", data=sending)
    assert answered.status_code == 404
    assert asked(town) == 1


# ── during the notice ─────────────────────────────────────────────────────────────────────


def test_what_came_after_names_who_and_the_ranks(town: Town) -> None:
    save(town.community)
    give_notice(town.community)
    assert "What came after the notice" not in town.browser("organiser").get(HERE).text
    later_record(town)
    page = town.browser("organiser").get(HERE).text
    assert "What came after the notice" in page
    assert "No. 4 → 1" in page
    assert "8 hours: approved by organiser" in page
    assert "up 3 places" in page


def test_a_correction_needs_a_reason_and_keeps_what_was_typed(town: Town) -> None:
    save(town.community)
    give_notice(town.community)
    browser = town.browser("organiser")
    assert "A correction needs a reason" in ask_for(browser, "correction", reason=" ").text
    assert ask_for(browser, "correction", reason="漏记一次", key="c").status_code == 303
    assert answer(town.browser("auditor"), "confirm").status_code == 303
    assert one("SELECT count(*) FROM ranking_snapshots") == 2


@pytest.mark.parametrize(
    ("until", "reason", "said"),
    [
        ("2026-02-10", "春节", "after Feb 10, 2026"),
        ("soon", "春节", "Fill in a date such as"),
        ("2026-02-20", "", "Fill in the reason"),
    ],
)
def test_a_notice_is_extended_to_a_later_day_only(
    town: Town, until: str, reason: str, said: str
) -> None:
    save(town.community)
    give_notice(town.community)
    sending = {"until_on": until, "reason": reason}
    page = town.browser("organiser").post(f"{HERE}/extend", data=sending)
    assert page.status_code == 422
    assert said in page.text
    assert f'value="{until}"' in page.text


def test_an_extension_moves_the_end_and_stays_listed(town: Town) -> None:
    save(town.community)
    give_notice(town.community)
    browser = town.browser("organiser")
    sending = {"until_on": "2026-02-20", "reason": "春节", "key": "e"}
    assert browser.post(f"{HERE}/extend", data=sending).status_code == 303
    page = browser.get(HERE).text
    assert "Notice extended to Feb 20, 2026" in page
    assert "The notice lasts to the end of Feb 20, 2026" in page


# ── what is open ──────────────────────────────────────────────────────────────────────────


def test_what_is_counted_is_what_is_listed(town: Town) -> None:
    line = town.community.line(5, 60, service_on=FIRST + timedelta(days=50))
    waiting = town.community.logged(line, by="leader")
    (record_id,) = waiting.record_ids
    assert town.one("SELECT state FROM service_records WHERE id = :id", id=record_id) == "submitted"
    browser = town.browser("auditor")
    assert "1 record waits for approval" in browser.get(HERE).text
    page = browser.get(f"{HERE}/open?show=records").text
    assert "Waiting for approval (1)" in page
    assert f'href="/records/{record_id}"' in page or f"/{record_id}" in page


# ── who may ───────────────────────────────────────────────────────────────────────────────


def test_the_auditor_reads_and_asks_for_nothing(town: Town) -> None:
    save(town.community)
    page = town.browser("auditor").get(HERE)
    assert page.status_code == 200
    assert "Give public notice" not in page.text
    assert ask_for(town.browser("auditor"), "notice").status_code == 404


@pytest.mark.parametrize("name", ["volunteer", "leader", "organiser_below"])
def test_nobody_else_finds_it(town: Town, name: str) -> None:
    assert town.browser(name).get(HERE).status_code == 404


@pytest.mark.parametrize("path", ["/awards/NO/2025", "/awards/TX/2027", "/awards/TX/1"])
def test_what_is_not_there_is_not_found(town: Town, path: str) -> None:
    assert town.browser("organiser").get(path).status_code == 404


@pytest.mark.parametrize("what", ["ask", "confirm", "refuse", "alone", "withdraw", "extend"])
def test_reading_changes_nothing(town: Town, what: str) -> None:
    assert town.browser("organiser").get(f"{HERE}/{what}").status_code == 405


def sent_for(town: Town, name: str) -> int:
    browser = town.browser(name)
    browser.get(HERE)
    with statements() as sent:
        assert browser.get(HERE).status_code == 200
    return len(queries_in(sent))


def test_the_page_keeps_to_its_budget(town: Town) -> None:
    save(town.community)
    give_notice(town.community)
    assert sent_for(town, "organiser") <= MOST_STATEMENTS
    # What came after, and a question that waits: all there ever is at once.
    later_record(town)
    ask(town.community, "correction")
    assert sent_for(town, "organiser") <= MOST_STATEMENTS
    assert sent_for(town, "auditor") <= MOST_STATEMENTS


def test_the_key_of_the_form_is_a_fresh_one(town: Town) -> None:
    save(town.community)
    assert key_in(town.browser("organiser").get(HERE).text).endswith("-a")
