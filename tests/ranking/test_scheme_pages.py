"""The scheme in rows, saved as versions; bad input keeps what was typed."""

from __future__ import annotations

import pytest

from tests.adjustments.community import one
from tests.ranking.closing import HERE, Present
from tests.ranking.year import PLAIN, give_notice, make_final, save
from tests.service.conftest import Town

PATH = f"{HERE}/scheme"


@pytest.fixture
def town(year_town: Town) -> Town:
    return Present(year_town.app, year_town.community)


def typed(**more: str) -> dict[str, str]:
    found = {
        "do": "save",
        "key": "k",
        "order": "default",
        **dict.fromkeys(("per_hour", "per_date", "per_service_day", "per_point"), "0"),
        "minimum_minutes": "1.5",
        "titles_per_person": "1",
        "member_since": "",
        "titles-0-category": "overall",
        "titles-0-places": "3",
        "titles-0-title": "志愿先锋",
    }
    return {**found, **more}


def test_it_begins_with_the_defaults_of_the_house(town: Town) -> None:
    page = town.browser("organiser").get(PATH).text
    assert 'name="minimum_minutes" type="text" value="20"' in page or 'value="20"' in page
    assert "Volunteer pioneer" in page
    assert page.count("<legend>Title ") == 4


def test_it_begins_with_last_years_scheme(town: Town) -> None:
    save(town.community, PLAIN, year=2024)
    page = town.browser("organiser").get(PATH).text
    assert "队伍之星" in page
    assert page.count("<legend>Title ") == 2


def test_saved_it_is_a_version_and_the_preview_shows_it(town: Town) -> None:
    browser = town.browser("organiser")
    saved = browser.post(PATH, data=typed())
    assert (saved.status_code, saved.location) == (303, f"{HERE}/preview")
    assert "志愿先锋" in browser.get(saved.location).text
    assert browser.post(PATH, data=typed(key="l", minimum_minutes="2")).status_code == 303
    page = browser.get(PATH).text
    assert "Scheme, version 2" in page
    assert f"{HERE}/preview?version=1" in page
    assert "1.5 hours" in browser.get(f"{HERE}/preview?version=1").text


def test_a_double_tap_saves_once(town: Town) -> None:
    browser = town.browser("organiser")
    for _ in range(2):
        assert browser.post(PATH, data=typed()).status_code == 303
    assert one("SELECT count(*) FROM ranking_schemes") == 1


def test_weights_are_saved_as_typed(town: Town) -> None:
    sending = typed(order="weights", per_hour="1", per_date="2")
    assert town.browser("organiser").post(PATH, data=sending).status_code == 303
    assert one("SELECT per_hour || '+' || per_date FROM ranking_schemes") == "1+2"
    assert "1 per hour, 2 per date" in town.browser("auditor").get(PATH).text


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("per_hour", "１", "whole number in plain digits"),
        ("per_hour", "5000", "Weights are whole numbers from 0 to 1000"),
        ("minimum_minutes", "many", "Fill in hours"),
        ("minimum_minutes", "9999", "The minimum is a number of hours"),
        ("titles_per_person", "0", "A person may have 1 to"),
        ("titles-0-places", "0", "A scheme has 1 to"),
        ("titles-0-places", "x", "whole number in plain digits"),
        ("titles-0-category", "dog", "Not a valid choice"),
        ("member_since", "soon", "Fill in a date such as"),
        ("exclusions-0-number", "TX99999", "There is nobody here with the number TX99999"),
        ("exclusions-0-number", "TX00004", "needs a reason: TX00004"),
        ("titles-0-title", "", "A scheme has 1 to"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    town: Town, name: str, given: str, said: str
) -> None:
    sending = typed(order="weights", per_date="1")
    page = town.browser("organiser").post(PATH, data={**sending, name: given})
    assert page.status_code == 422
    assert said in page.text
    if given and name != "titles-0-category":
        assert f'value="{given}"' in page.text
    assert one("SELECT count(*) FROM ranking_schemes") == 0


def test_all_weights_zero_are_refused(town: Town) -> None:
    page = town.browser("organiser").post(PATH, data=typed(order="weights"))
    assert page.status_code == 422
    assert "not all of them 0" in page.text


def test_rows_come_and_go_without_saving(town: Town) -> None:
    browser = town.browser("organiser")
    more = browser.post(PATH, data=typed(do="add-title"))
    assert (more.status_code, more.text.count("<legend>Title ")) == (200, 2)
    assert "志愿先锋" in more.text
    fewer = browser.post(PATH, data=typed(do="drop-title-0"))
    assert fewer.text.count("<legend>Title ") == 0
    person = browser.post(PATH, data=typed(do="add-person"))
    assert person.text.count("<legend>Person ") == 1
    assert one("SELECT count(*) FROM ranking_schemes") == 0


def test_who_is_left_out_is_kept_with_the_reason(town: Town) -> None:
    sending = typed(**{"exclusions-0-number": " tx00004 ", "exclusions-0-reason": "工作人员"})
    browser = town.browser("organiser")
    assert browser.post(PATH, data=sending).status_code == 303
    assert 'value="TX00004"' in browser.get(PATH).text
    assert "Left out: 工作人员" in browser.get(f"{HERE}/preview").text


def test_what_was_tried_is_typed_in_already(town: Town) -> None:
    save(town.community)
    page = town.browser("organiser").get(f"{PATH}?order=weights&per_date=7&places-0=5").text
    assert 'value="7"' in page
    assert 'value="5"' in page
    assert one("SELECT count(*) FROM ranking_schemes") == 1


def test_a_final_year_keeps_its_scheme(town: Town) -> None:
    save(town.community)
    give_notice(town.community)
    make_final(town.community)
    page = town.browser("organiser").get(PATH).text
    assert "its scheme stays as it is" in page
    assert "Save the scheme" not in page
    assert town.browser("organiser").post(PATH, data=typed()).status_code == 422


def test_the_auditor_reads_it_and_saves_nothing(town: Town) -> None:
    save(town.community)
    auditor = town.browser("auditor")
    page = auditor.get(PATH).text
    assert "队伍之星" in page
    assert "Save the scheme" not in page
    assert auditor.post(PATH, data=typed()).status_code == 404
    assert one("SELECT count(*) FROM ranking_schemes") == 1
