"""The pages of an archive: the six questions, what each shows, what stands in no page."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient

from app.archive.rules.entries import Details
from app.db import db, transaction
from tests.adjustments.community import lead_by_hand
from tests.archive.keeping import (
    BLAME,
    COURSE,
    HONOUR,
    ID_NUMBER,
    WHO,
    act,
    answer,
    enter,
    rows,
    withdraw,
)
from tests.service.conftest import Town, key_in, statements

MOST_STATEMENTS = 18
MOST_BYTES = 150 * 1024
MASKED = "110*************14"


@pytest.fixture
def organiser(town: Town) -> FlaskClient:
    return town.browser("organiser")


def desk(town: Town, tail: str = "", who: int = WHO) -> str:
    return f"/admin/people/{town.people[who]}/archive{tail}"


def lived_in(town: Town) -> None:
    """Give the volunteer something in each group."""
    community = town.community
    town.community.logged(community.line(WHO, minutes=150))
    enter(community, "training", COURSE)
    enter(community, "commendation", HONOUR)
    answer(community, enter(community, "complaint", BLAME))
    act(community, "change_details", Details("东门片区", "急救", "为老服务"))


def keep_number(town: Town, organiser: FlaskClient) -> Any:
    typed = {"kind": "resident_id", "secret_number": ID_NUMBER}
    return organiser.post(desk(town, "/document"), data=typed)


# ── the page ──────────────────────────────────────────────────────────────────────────────


def test_all_six_groups_stand_on_one_page(town: Town, organiser: FlaskClient) -> None:
    lived_in(town)
    page = organiser.get(desk(town)).text
    for heading in ("Person", "Service", "Training", "Commendations", "Evaluations", "Complaints"):
        assert re.search(rf"<h2[^>]*>{heading}</h2>", page), heading
    for word in ("东门片区", "急救入门", "3 hours", "区级优秀志愿者", "elsewhere", BLAME.content):
        assert word in page, word
    assert "2.5 hours" in page
    assert "Outcome: 已当面道歉" in page


def test_the_page_keeps_its_budget(town: Town, organiser: FlaskClient) -> None:
    lived_in(town)
    organiser.get(desk(town))
    with statements() as sent:
        page = organiser.get(desk(town))
    assert len(sent) <= MOST_STATEMENTS, sent
    assert len(page.data) < MOST_BYTES


def test_an_empty_archive_says_so(town: Town, organiser: FlaskClient) -> None:
    page = organiser.get(desk(town)).text
    for said in ("No training is entered.", "There is no complaint.", "No service is recorded yet"):
        assert said in page


def test_the_volunteer_reads_their_own_complaints_included(town: Town) -> None:
    lived_in(town)
    page = town.browser("volunteer").get("/me/archive").text
    assert BLAME.content in page
    assert "急救入门" in page
    assert "/archive/trainings/add" not in page


def test_the_auditor_reads_and_keeps_nothing(town: Town) -> None:
    lived_in(town)
    page = town.browser("auditor").get(desk(town))
    assert page.status_code == 200
    assert "Withdraw" not in page.text
    assert "/document" not in page.text


def test_the_card_and_the_account_lead_there(town: Town, organiser: FlaskClient) -> None:
    assert f'href="{desk(town)}"' in organiser.get(f"/admin/people/{town.people[WHO]}").text
    assert 'href="/me/archive"' in town.browser("volunteer").get("/me/account").text


@pytest.mark.parametrize("name", ["leader", "organiser_below", "volunteer", "visitor"])
def test_nobody_else_finds_it(town: Town, name: str) -> None:
    found = town.browser(name).get(desk(town))
    assert found.status_code == (303 if name == "visitor" else 404)


def test_whoever_waits_to_be_confirmed_has_none(town: Town, organiser: FlaskClient) -> None:
    from sqlalchemy import text

    with transaction() as session:
        session.execute(
            text(f"UPDATE volunteers SET state = 'proposed' WHERE id = {town.people[WHO]}")
        )
    assert organiser.get(desk(town)).status_code == 404


# ── entering, answering, withdrawing ──────────────────────────────────────────────────────


def training(**more: str) -> dict[str, str]:
    typed = {"course": "急救入门", "hours": "1.5", "held_on": "2026-01-10", "organiser": "红十字会"}
    return typed | more


def test_a_training_is_entered_once(town: Town, organiser: FlaskClient) -> None:
    path = desk(town, "/trainings/add")
    sending = training(key=key_in(organiser.get(path).text))
    for _ in range(2):
        assert organiser.post(path, data=sending).location == desk(town)
    assert rows("SELECT course, minutes FROM trainings") == [("急救入门", 90)]
    assert "entered by organiser" in organiser.get(desk(town)).text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"course": " "}, "Fill in what it was."),
        ({"hours": "many"}, "Fill in hours"),
        ({"hours": "0"}, "between a minute and 1000 hours"),
        ({"held_on": "2026-02-30"}, "Fill in a date"),
        ({"held_on": "2026-02-04"}, "cannot lie in the future"),
        ({"organiser": ""}, "Fill in who held it"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    town: Town, organiser: FlaskClient, given: dict[str, str], said: str
) -> None:
    page = organiser.post(desk(town, "/trainings/add"), data=training(**given))
    assert page.status_code == 422
    assert said in page.text
    assert given.get("course") or 'value="急救入门"' in page.text
    assert rows("SELECT count(*) FROM trainings") == [(0,)]


def test_a_commendation_and_a_complaint_are_entered(town: Town, organiser: FlaskClient) -> None:
    honour = {"title": "五星志愿者", "given_by": "区文明办", "given_on": "2025-12-05"}
    blame = {"received_on": "2026-01-20", "content": "没有来"}
    assert organiser.post(desk(town, "/commendations/add"), data=honour).status_code == 303
    assert organiser.post(desk(town, "/complaints/add"), data=blame).status_code == 303
    assert rows("SELECT is_elsewhere FROM commendations") in ([(False,)], [(0,)])
    assert "Waits for an answer" in organiser.get(desk(town)).text


def test_a_complaint_is_answered_and_not_twice(town: Town, organiser: FlaskClient) -> None:
    complaint_id = enter(town.community, "complaint", BLAME)
    path = desk(town, f"/complaints/{complaint_id}/answer")
    assert BLAME.content in organiser.get(path).text
    sent = {"outcome": "已道歉", "answered_on": "2026-02-01"}
    assert organiser.post(path, data=sent).status_code == 303
    again = organiser.post(path, data=sent)
    assert again.status_code == 422
    assert "was answered already" in again.text


def test_withdrawn_it_stays_with_its_reason(town: Town, organiser: FlaskClient) -> None:
    entry_id = enter(town.community, "training", COURSE)
    path = desk(town, f"/trainings/{entry_id}/withdraw")
    assert organiser.post(path, data={"reason": " "}).status_code == 422
    assert organiser.post(path, data={"reason": "录错人"}).status_code == 303
    for page in (organiser.get(desk(town)).text, town.browser("volunteer").get("/me/archive").text):
        assert "<s>急救入门</s>" in page
        assert "录错人" in page


def test_an_entry_of_somebody_else_is_not_found(town: Town, organiser: FlaskClient) -> None:
    entry_id = enter(town.community, "training", COURSE)
    assert organiser.get(desk(town, f"/trainings/{entry_id}/withdraw", who=0)).status_code == 404
    assert organiser.get(desk(town, f"/complaints/{entry_id}/answer")).status_code == 404
    assert organiser.get(desk(town, "/secrets/add")).status_code == 404


@pytest.mark.parametrize("tail", ["", "/trainings/add", "/details", "/document"])
def test_nothing_that_only_reads_takes_other_methods(
    town: Town, organiser: FlaskClient, tail: str
) -> None:
    assert organiser.delete(desk(town, tail)).status_code == 405


def test_nobody_enters_into_their_own(town: Town) -> None:
    # The second organiser is the fifth person.
    browser = town.browser("organiser_too")
    assert "/trainings/add" not in browser.get(desk(town, who=4)).text
    refused = browser.post(desk(town, "/trainings/add", who=4), data=training())
    assert refused.status_code == 422
    assert "Another organiser" in refused.text


def test_what_was_done_stands_in_the_trail_about_oneself(town: Town) -> None:
    lived_in(town)
    page = town.browser("volunteer").get("/me/trail").text
    for said in ("A training was entered", "A complaint was answered", "Details in the archive"):
        assert said in page


def test_who_a_complaint_is_about_is_told_without_its_words(town: Town) -> None:
    lived_in(town)
    page = town.browser("volunteer").get("/me/notices").text
    assert "A complaint about your service was entered" in page
    assert "A complaint about your service was answered" in page
    assert BLAME.content not in page


def test_whoever_acts_for_somebody_reads_their_archive(town: Town) -> None:
    lived_in(town)
    # The second person of the town acts for the volunteer.
    lead_by_hand(town.community, helper=1, ward=WHO)
    helper = town.browser("co_leader")
    assert BLAME.content not in helper.get("/me/archive").text
    assert helper.post(f"/me/acting/{town.people[WHO]}/begin").status_code == 303
    assert BLAME.content in helper.get("/me/archive").text


def test_details_are_changed_by_oneself(town: Town) -> None:
    browser = town.browser("volunteer")
    sent = {"residence_area": "西门", "skills": "修电器", "service_category": ""}
    assert browser.post("/me/archive/details", data=sent).location == "/me/archive"
    assert "修电器" in browser.get("/me/archive").text
    assert 'value="西门"' in browser.get("/me/archive/details").text


# ── the ID number stands nowhere in the clear ─────────────────────────────────────────────


def everything_kept() -> str:
    """Return every value of every table."""
    db.session.rollback()
    found = [
        repr(tuple(row))
        for table in db.metadata.sorted_tables
        for row in db.session.execute(table.select())
    ]
    db.session.rollback()
    return "\n".join(found)


def test_a_canary_of_an_id_number_is_found_nowhere(
    town: Town, organiser: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    pages = [
        organiser.post(
            desk(town, "/document"), data={"kind": "passport", "secret_number": ID_NUMBER + "'"}
        )
    ]
    assert pages[0].status_code == 422
    pages.append(keep_number(town, organiser))
    assert pages[-1].status_code == 303
    for path in (desk(town), desk(town, "/document"), desk(town, "/document/number")):
        pages.append(organiser.get(path))
    pages.append(organiser.post(desk(town, "/document/number"), data={"reason": " "}))
    for path in ("/me/archive", "/me/trail"):
        pages.append(town.browser("volunteer").get(path))
    kept = everything_kept()
    assert "resident_id" in kept
    assert not [page.request.path for page in pages if ID_NUMBER in page.text]
    assert ID_NUMBER not in unzipped(organiser.post(desk(town, ".xlsx")).data)
    assert ID_NUMBER not in kept
    assert ID_NUMBER not in caplog.text


def unzipped(body: bytes) -> str:
    with ZipFile(BytesIO(body)) as parts:
        return "".join(parts.read(name).decode() for name in parts.namelist())


def test_it_is_masked_and_shown_in_full_with_a_reason(town: Town, organiser: FlaskClient) -> None:
    keep_number(town, organiser)
    assert MASKED in organiser.get(desk(town)).text
    page = organiser.post(desk(town, "/document/number"), data={"reason": "买保险"})
    assert ID_NUMBER in page.text
    assert page.headers["Cache-Control"] == "no-store"
    told = town.browser("volunteer").get("/me/trail").text
    assert "Full ID number looked at" in told
    assert "买保险" in told


def test_a_form_that_was_lost_gives_no_number_back(town: Town) -> None:
    typed = {"kind": "resident_id", "secret_number": ID_NUMBER}
    page = town.browser("visitor").post(desk(town, "/document"), data=typed)
    assert page.status_code == 401
    assert ID_NUMBER not in page.text


def test_a_database_without_its_secret_shows_no_number(town: Town, organiser: FlaskClient) -> None:
    keep_number(town, organiser)
    town.app.config["SECRET_KEY"] = "another secret, that came with no database at all"
    browser = town.browser("organiser")
    assert "cannot be read" in browser.get(desk(town)).text


# ── to take along ─────────────────────────────────────────────────────────────────────────


def test_the_sheet_has_one_sheet_a_group(town: Town, organiser: FlaskClient) -> None:
    lived_in(town)
    keep_number(town, organiser)
    withdraw(town.community, "trainings", rows("SELECT id FROM trainings")[0][0])
    answered = organiser.post(desk(town, ".xlsx"))
    text = unzipped(answered.data)
    for name in ("Person", "Service", "Training", "Commendations", "Evaluations", "Complaints"):
        assert f'name="{name}"' in text
    assert MASKED in text
    assert "区级优秀志愿者" in text
    # Withdrawn entries are not taken along.
    assert "急救入门" not in text
    assert answered.headers["Content-Disposition"].endswith('.xlsx"')


def test_the_paper_is_a_pdf_of_the_same(town: Town, organiser: FlaskClient) -> None:
    lived_in(town)
    for answered in (
        organiser.post(desk(town, ".pdf")),
        town.browser("volunteer").get("/me/archive.pdf"),
    ):
        assert answered.status_code == 200
        assert answered.data.startswith(b"%PDF")
