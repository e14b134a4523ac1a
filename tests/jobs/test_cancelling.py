"""Work called off: nothing of it is kept, whatever the worker was doing just then."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from app.clock import now
from app.db import db, is_postgresql, transaction
from app.jobs import operations
from app.jobs.handling import EXTENSION, Handling, Run, handling_of
from app.jobs.queries import JobRow, find_job
from app.jobs.rules import LeaseLost
from app.jobs.runner import Worker
from app.web.policy import allow
from tests.imports.office import Office, csv, one, open_office
from tests.web.cast import Cast

KIND = "test.papers"
GOOD = ",谷雨,2026-03-01,TX-red,2小时,清扫"
EFFECT = text("UPDATE logins SET display_name = '改' WHERE id = (SELECT min(id) FROM logins)")
HAPPENED = "SELECT count(*) FROM logins WHERE display_name = '改'"


@pytest.fixture
def office(app: Flask, cast: Cast) -> Office:
    return open_office(app, cast)


def ask(office: Office, handle) -> JobRow:
    """Queue a job of a kind that exists only here."""
    known = handling_of(office.app)
    handlers, titles = {**known.handlers, KIND: handle}, {**known.titles, KIND: "Papers"}
    office.app.extensions[EXTENSION] = Handling(handlers, known.find_actor, titles)
    with transaction() as session:
        job_id = operations.enqueue(
            session,
            kind=KIND,
            subject_kind="thing",
            subject_id=1,
            actor_id=office.cast.logins["organiser"],
            now=now(),
        )
    found = find_job(db.session(), job_id)
    db.session.rollback()
    assert found is not None
    return found


def call_off(job: JobRow) -> bool:
    with transaction() as session:
        return operations.cancel(session, job, actor_id=job.actor_id, now=now())


@allow("certificate.award")
def work_well(run: Run) -> None:
    run.end(lambda session: session.execute(EFFECT), lambda _done: {})


def test_what_waits_is_never_begun(office: Office) -> None:
    job = ask(office, lambda _run: pytest.fail("it ran"))
    assert call_off(job)
    assert office.work() == 0
    assert one("SELECT count(*) FROM jobs WHERE cancelled_at = ended_at AND state = 'failed'") == 1


def test_what_is_done_after_the_call_is_undone(office: Office) -> None:
    @allow("certificate.award")
    def be_called_off(run: Run) -> None:
        assert call_off(run.job)
        work_well(run)

    ask(office, be_called_off)
    office.work()
    assert one(HAPPENED) == 0
    assert one("SELECT count(*) FROM jobs WHERE cancelled_at IS NOT NULL") == 1


def test_without_the_fence_the_effect_would_stay(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.jobs.handling.finish", lambda *_args, **_more: None)
    job = ask(office, work_well)
    call_off(job)
    with transaction() as session:
        session.execute(text("UPDATE jobs SET state = 'queued'"))
    office.work()
    assert one(HAPPENED) == 1


def test_a_long_work_stops_at_its_next_step(office: Office) -> None:
    """The heartbeat brings the news; nobody has to wait for the last of 500 papers."""
    steps = 0

    @allow("certificate.award")
    def print_500(run: Run) -> None:
        nonlocal steps
        assert call_off(run.job)
        for done in range(500):
            run.at("Certificates", done, 500)
            steps += 1
            assert run.lost.wait(20)
        pytest.fail("it went on to the end")

    ask(office, print_500)
    office.work()
    assert steps == 1


def test_what_has_ended_stays_as_it_ended(office: Office) -> None:
    job = ask(office, work_well)
    office.work()
    assert not call_off(job)
    assert one("SELECT state FROM jobs") == "done"
    assert one("SELECT count(*) FROM trail WHERE operation = 'job.cancel'") == 0


def test_an_end_and_a_call_at_the_same_instant_have_one_winner(office: Office) -> None:
    """On PostgreSQL the end is written and not yet committed when the call comes."""
    ask(office, work_well)
    with transaction() as session:
        claimed = operations.claim(session, worker="w", now=now())
    assert claimed is not None
    with pytest.raises(LeaseLost):
        end_while_called_off(office, claimed)
    assert one(HAPPENED) == 0


def end_while_called_off(office: Office, job: JobRow) -> None:
    with transaction() as session:
        session.execute(EFFECT)
        if is_postgresql(session):
            from_beside(office, job)
        else:  # its writer's lock lets nobody in between
            operations.cancel(session, job, actor_id=job.actor_id, now=now())
        operations.finish(session, job, now=now())


def from_beside(office: Office, job: JobRow) -> None:
    """Call off over a connection of its own."""
    with db.engine.begin() as connection:
        connection.execute(
            text("UPDATE jobs SET state = 'failed', worker = NULL WHERE id = :id"), {"id": job.id}
        )


# ── the pages ─────────────────────────────────────────────────────────────────────────────


def test_the_page_calls_off_and_says_so(office: Office) -> None:
    job = ask(office, work_well)
    page = office.client().get(f"/files/jobs/{job.id}?language=en").text
    assert f'action="/files/jobs/{job.id}/cancel"' in page
    assert office.client().post(f"/files/jobs/{job.id}/cancel").status_code == 303
    page = office.client().get(f"/files/jobs/{job.id}?language=en").text
    assert "You called this off, and nothing of it was kept." in page
    assert "/cancel" not in page
    assert "Called off" in office.client().get("/files?language=en").text
    assert one("SELECT subject_id FROM trail WHERE operation = 'job.cancel'") == job.id


@pytest.mark.parametrize("role", ["volunteer", "leader", "auditor", "admin"])
def test_nobody_calls_off_what_another_asked_for(office: Office, role: str) -> None:
    job = ask(office, work_well)
    assert office.client(role).post(f"/files/jobs/{job.id}/cancel").status_code == 404
    assert office.work() == 1
    assert one("SELECT state FROM jobs") == "done"


def test_too_late_is_said(office: Office) -> None:
    job = ask(office, work_well)
    office.work()
    answer = office.client().post(f"/files/jobs/{job.id}/cancel?language=en", follow_redirects=True)
    assert "It had ended before it could be called off." in answer.text


def test_an_import_called_off_records_nothing_and_can_be_tried_again(office: Office) -> None:
    path = office.preview(csv(GOOD))
    office.agree(path)
    assert office.client().post(f"{path}/cancel").status_code == 303
    page = office.client().get(f"{path}?language=en").text
    assert "You called this off, and nothing of it was kept." in page
    assert office.work() == 0
    imported = "SELECT count(*) FROM service_records WHERE evidence = 'imported'"
    assert one(imported) == 0
    office.client().post(f"{path}/again")
    office.work()
    assert office.import_all(path).status_code == 303
    assert one(imported) == 1


def test_a_look_called_off_can_be_tried_again(office: Office) -> None:
    path = office.hand_in(csv(GOOD))
    office.client().post(f"{path}/cancel")
    assert office.work() == 0
    assert f'action="{path}/again"' in office.see(path)


def test_a_worker_between_two_jobs_goes_on(office: Office) -> None:
    first = ask(office, work_well)
    call_off(first)
    ask(office, work_well)
    assert Worker(lambda: [office.app]).work_off(office.app) == 1
    assert one(HAPPENED) == 1
