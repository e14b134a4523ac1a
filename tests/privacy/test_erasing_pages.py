"""Asking to be erased, doing it at the desk, and the pages on what is kept and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.clock import now
from app.db import db, transaction
from app.people.models import Volunteer
from app.people.rules.names import ERASED_NAME
from app.privacy import erasing_views
from app.privacy.columns import TABLES
from app.privacy.keeping import RULES
from app.privacy.models import DeletionRun, Erasure, ErasureAsk
from app.privacy.operations.deleting import delete_due
from app.privacy.queries import erasing as asked
from app.privacy.queries.keeping import due_counts, long_gone
from tests.privacy.conftest import today

NAME = "寒露"


@pytest.fixture
def person(cast) -> int:
    """Somebody without any office, of the cast's organisation."""
    with transaction() as session:
        home = session.query(Volunteer).order_by(Volunteer.id).limit(1).one().organisation_id
        made = Volunteer(
            organisation_id=home, number="TX77777", name=NAME, name_keys="hl", created_at=now()
        )
        session.add(made)
        session.flush()
        return made.id


def page(person: int) -> str:
    return f"/admin/people/{person}/erase"


def gone(person: int) -> bool:
    db.session.rollback()
    return db.session.query(Erasure).filter_by(volunteer_id=person).count() == 1


def test_the_preview_shows_what_goes_and_what_stays(browser, person):
    shown = browser("organiser").get(page(person)).text
    assert "What goes" in shown
    assert "stay under the number" in shown
    assert not gone(person)


def test_an_organiser_erases_with_the_number_and_a_reason(browser, person):
    desk = browser("organiser")
    assert desk.post(page(person), data={"number": "TX77777"}).status_code == 422
    assert (
        "Type the volunteer number TX77777"
        in desk.post(page(person), data={"number": "TX1", "reason": "要求"}).text
    )
    assert not gone(person)
    done = desk.post(page(person), data={"number": "tx77777", "reason": "本人当面要求"})
    assert done.status_code == 303
    assert gone(person)
    assert desk.get(page(person)).status_code == 404
    assert NAME not in desk.get("/admin/erasures").text


@pytest.mark.parametrize("role", ["volunteer", "leader", "auditor", "admin"])
def test_nobody_else_does(browser, person, role):
    assert browser(role).get(page(person)).status_code == 404
    given = {"number": "TX77777", "reason": "x"}
    assert browser(role).post(page(person), data=given).status_code == 404
    assert not gone(person)


def test_missing_ones_and_wrong_methods(browser, person):
    desk = browser("organiser")
    assert desk.get(page(999999)).status_code == 404
    assert desk.get(f"{page(person)}/refuse").status_code == 405
    assert desk.post("/admin/erasures").status_code == 405
    assert desk.post("/admin/kept").status_code == 405


def own_ask() -> ErasureAsk:
    db.session.rollback()
    return db.session.query(ErasureAsk).order_by(ErasureAsk.id.desc()).limit(1).one()


def test_a_volunteer_asks_takes_it_back_and_asks_again(browser):
    own = browser("volunteer")
    assert own.post("/me/erasure", data={}).status_code == 303
    assert "Take it back" in own.get("/me/erasure").text
    assert own.post("/me/erasure", data={}).status_code == 422
    assert own.post("/me/erasure/withdraw").status_code == 303
    assert own_ask().state == "withdrawn"
    assert own.post("/me/erasure", data={}).status_code == 303


def test_the_desk_refuses_with_a_reason_the_person_reads(browser):
    own, desk = browser("volunteer"), browser("organiser")
    own.post("/me/erasure", data={})
    path = f"{page(own_ask().volunteer_id)}/refuse"
    assert desk.post(path, data={}).status_code == 422
    assert desk.post(path, data={"answer": "名单公示中"}).status_code == 303
    assert "名单公示中" in own.get("/me/erasure").text


def test_what_waits_is_listed_with_its_day(browser):
    browser("volunteer").post("/me/erasure", data={})
    shown = browser("organiser").get("/admin/erasures").text
    assert "Look</a>" in shown
    assert "Look and do it" not in shown
    assert (
        f"/admin/people/{own_ask().volunteer_id}/erase"
        not in browser("auditor").get("/admin/erasures").text
    )


def test_all_who_wait_are_listed_page_by_page(browser, person, monkeypatch):
    for where in (asked, erasing_views):
        monkeypatch.setattr(where, "PAGE", 1)
    browser("volunteer").post("/me/erasure", data={})
    first = own_ask()
    with transaction() as session:
        session.add(ErasureAsk(volunteer_id=person, asked_by_id=first.asked_by_id, asked_at=now()))
    desk = browser("organiser")
    pages = [desk.get(f"/admin/erasures?page={each}").text for each in (1, 2)]
    for who, here, there in ((first.volunteer_id, *pages), (person, *reversed(pages))):
        assert page(who) in here
        assert page(who) not in there


def test_the_done_and_the_refused_come_by_pages(browser, cast, person, monkeypatch):
    for where in (asked, erasing_views):
        monkeypatch.setattr(where, "PAGE", 2)
    by, reasons = cast.logins["organiser"], [f"理由{each}" for each in range(3)]
    with transaction() as session:
        home = session.get_one(Volunteer, person).organisation_id
        for place, reason in enumerate(reasons):
            one = Volunteer(
                organisation_id=home, number=f"TX8888{place}", name=ERASED_NAME, name_keys="",
                created_at=now(),
            )  # fmt: skip
            session.add(one)
            session.flush()
            given = {"volunteer_id": one.id, "erased_by_id": by, "erased_at": now()}
            session.add(Erasure(reason=reason, figures="{}", **given))
            refused = ErasureAsk(volunteer_id=person, asked_by_id=by, asked_at=now())
            session.add(refused)
            session.flush()
            refused.state, refused.answer = "refused", f"不行{place}"
            refused.ended_at, refused.ended_by_id = now(), by
    desk = browser("organiser")
    for argument, words in (("done", reasons), ("refused", [f"不行{each}" for each in range(3)])):
        first, second = (desk.get(f"/admin/erasures?{argument}={each}").text for each in (1, 2))
        assert [word in first for word in words] == [False, True, True]
        assert [word in second for word in words] == [True, False, False]
        assert f"?{argument}=2" in first


def test_every_table_stands_on_the_page(browser):
    shown = browser("auditor").get("/admin/kept").text
    assert all(f">{table.name}</code>" in shown for table in TABLES)


def test_every_rule_stands_on_its_page(browser):
    shown = browser("admin").get("/admin/kept/deletions").text
    assert shown.count("<tr><th") >= len(RULES)


# ── what is deleted in time ───────────────────────────────────────────────────────────────


def old_session(days: int) -> None:
    from app.people.models import Login, SignInSession

    with transaction() as session:
        login = session.query(Login).limit(1).one()
        at = now() - timedelta(days=days)
        session.add(
            SignInSession(
                token_sha256=f"t{days}", login_id=login.id, created_at=at, expires_at=at,
                address="192.0.2.1", device="", is_shared=False,
            )
        )  # fmt: skip


def test_the_preview_counts_what_the_run_deletes(cast):
    old_session(40)
    old_session(20)
    with transaction() as session:
        session.execute(text("DELETE FROM deletion_runs"))
    due = due_counts(db.session(), now())
    db.session.rollback()
    with transaction() as session:
        gone = delete_due(session, now=now())
    assert gone == {key: count for key, count in due.items() if count}
    assert gone["sessions"] == 1
    with transaction() as session:
        assert delete_due(session, now=now()) == {}
        runs = session.query(DeletionRun).all()
        assert {run.rule: run.deleted for run in runs} == gone


def test_the_run_is_shown(browser):
    old_session(40)
    with transaction() as session:
        delete_due(session, now=now())
    assert "Devices that were signed in" in browser("organiser").get("/admin/kept/deletions").text


def test_who_left_long_ago_is_proposed_until_erased(browser, person):
    with transaction() as session:
        session.query(Volunteer).filter_by(id=person).update({"state": "left"})
        home = session.get_one(Volunteer, person).organisation_id
        assert person in [one.id for one in long_gone(session, [home], today())]
    desk = browser("organiser")
    assert NAME in desk.get("/admin/erasures").text
    desk.post(page(person), data={"number": "TX77777", "reason": "多年未服务"})
    assert NAME not in desk.get("/admin/erasures").text
    db.session.expire_all()
    assert db.session.get_one(Volunteer, person).name == ERASED_NAME
