"""Files that jobs make: progress, the download for its owner alone, and their end."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.clock import now
from app.db import db, transaction
from app.errors import N_, RuleBroken
from app.jobs import operations, rules
from app.jobs.handling import EXTENSION, Handling, Run, handling_of
from app.jobs.models import Job
from app.jobs.queries import find_job
from app.jobs.rules import FILE_KEPT_FOR, MadeFileTooLarge, file_name
from app.web.policy import allow
from tests.imports.office import Office, one, open_office
from tests.web.cast import Cast

KIND = "test.papers"
BODY = b"%PDF-1.7 \x00\xff"


class NoRoom(RuleBroken):
    message = N_("Not today, %(name)s.")


@pytest.fixture
def office(app: Flask, cast: Cast) -> Office:
    """An office in which organisers may ask for a job that makes one file."""

    @allow("certificate.award")
    def make(run: Run) -> None:
        run.at("Certificates", 82, 500)
        if run.job.payload.get("fails"):
            raise NoRoom(name="谷雨")
        run.end(lambda session: keep(session, run.job.id, run.actor.login_id), lambda _id: {})

    opened = open_office(app, cast)
    known = handling_of(app)
    app.extensions[EXTENSION] = Handling({KIND: make}, known.find_actor, {KIND: "Papers"})
    return opened


def keep(session, job_id: int, owner: int, name: str = "2025 荣誉证书.pdf", **more) -> int:
    return operations.keep_file(
        session,
        job_id=job_id,
        owner_login_id=owner,
        name=name,
        kind="application/pdf",
        body=BODY,
        **({"now": now()} | more),
    )


def ask(office: Office, by: str = "organiser", **payload: bool) -> int:
    with transaction() as session:
        return operations.enqueue(
            session,
            kind=KIND,
            subject_kind="thing",
            subject_id=1,
            actor_id=office.cast.logins[by],
            now=now(),
            payload=payload,
        )


def made(office: Office, **more) -> str:
    """Keep a file for the organiser and return its address."""
    job_id = ask(office)
    with transaction() as session:
        return f"/files/{keep(session, job_id, office.cast.logins['organiser'], **more)}"


def statuses(office: Office, path: str) -> dict[str, int]:
    roles = ("volunteer", "leader", "organiser", "auditor", "admin")
    return {role: office.client(role).get(path).status_code for role in roles}


def take_away_the_role(office: Office) -> FlaskClient:
    client = office.client()
    with transaction() as session:
        session.execute(text("UPDATE roles SET until_on = '2025-01-01', from_on = '2024-01-01'"))
    return client


# --- progress -----------------------------------------------------------------


def test_whoever_asked_sees_the_job_wait_and_others_nothing(office: Office) -> None:
    path = f"/files/jobs/{ask(office)}"
    assert statuses(office, path) == {
        **dict.fromkeys(("volunteer", "leader", "auditor", "admin"), 404),
        "organiser": 200,
    }
    page = office.client().get(path).text
    assert "data-under-way" in page
    assert 'http-equiv="refresh"' in page
    assert "排队" in page or "Waiting its turn" in page


def test_a_running_job_shows_how_far_it_is(office: Office) -> None:
    job_id = ask(office)
    with transaction() as session:
        job = operations.claim(session, worker="a", now=now())
        assert job is not None
        operations.follow(session, job, now=now(), stage="Certificates", done=82, total=500)
    page = office.client().get(f"/files/jobs/{job_id}?language=en").text
    assert "82 of 500" in page
    assert 'value="82" max="500"' in page


def test_a_worker_that_is_absent_is_said(office: Office) -> None:
    job_id = ask(office)
    with transaction() as session:
        session.get_one(Job, job_id).queued_at = now() - timedelta(minutes=1)
    assert "flask doctor" in office.client().get(f"/files/jobs/{job_id}?language=en").text


def test_done_it_leads_to_the_file(office: Office) -> None:
    job_id = ask(office)
    assert office.work() == 1
    page = office.client().get(f"/files/jobs/{job_id}").text
    assert "data-under-way" not in page
    assert "2025 荣誉证书.pdf" in page
    file_id = one("SELECT id FROM made_files")
    assert f'href="/files/{file_id}"' in page
    assert office.client().get(f"/files/{file_id}").data == BODY


def test_a_failure_is_told_in_its_sentence(office: Office) -> None:
    job_id = ask(office, fails=True)
    office.work()
    page = office.client().get(f"/files/jobs/{job_id}?language=en").text
    assert "Not today, 谷雨." in page
    assert one("SELECT count(*) FROM made_files") == 0


def test_a_job_of_another_kind_has_no_page_here(office: Office) -> None:
    job_id = ask(office)
    with transaction() as session:
        session.execute(text("UPDATE jobs SET kind = 'import.look'"))
    assert office.client().get(f"/files/jobs/{job_id}").status_code == 404


# --- the file -----------------------------------------------------------------


def test_a_file_is_its_owners_alone(office: Office) -> None:
    path = made(office)
    others = dict.fromkeys(("volunteer", "leader", "auditor", "admin"), 404)
    assert statuses(office, path) == {**others, "organiser": 200}
    assert office.client("visitor").get(path).status_code in {302, 303}
    assert office.client().get("/files/999999").status_code == 404
    assert office.client().post(path).status_code == 405


def test_the_download_says_what_it_is_and_stays_nowhere(office: Office) -> None:
    answer = office.client().get(made(office, name="2025 荣誉/证书.pdf"))
    assert answer.data == BODY
    assert answer.mimetype == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment;")
    assert f"filename*=UTF-8''{quote('2025 荣誉-证书.pdf')}" in disposition


def test_who_lost_the_role_lost_the_file(office: Office) -> None:
    path = made(office)
    client = take_away_the_role(office)
    assert client.get(path).status_code == 404
    assert "荣誉证书" not in client.get("/files").text


@pytest.mark.parametrize(("code", "status"), [("TX", 200), ("BY", 404)])
def test_a_file_about_an_organisation_needs_a_role_there(
    office: Office, code: str, status: int
) -> None:
    there = one("SELECT id FROM organisations WHERE code = :code", code=code)
    assert office.client().get(made(office, organisation_id=there)).status_code == status


def test_the_list_names_own_files_and_what_failed(office: Office) -> None:
    made(office)
    ask(office, fails=True)
    page = office.client().get("/files?language=en").text
    assert "2025 荣誉证书.pdf" in page
    assert "Papers" in page
    assert "荣誉证书" not in office.client("leader").get("/files").text


# --- its end ------------------------------------------------------------------


def test_after_seven_days_it_is_gone_before_it_is_swept(office: Office) -> None:
    path = made(office, now=now() - FILE_KEPT_FOR)
    assert office.client().get(path).status_code == 404
    assert one("SELECT count(*) FROM made_files") == 1


@pytest.mark.parametrize(("age", "left"), [(FILE_KEPT_FOR, 0), (timedelta(days=6), 1)])
def test_the_worker_sweeps_what_is_over(office: Office, age: timedelta, left: int) -> None:
    made(office, now=now() - age)
    with transaction() as session:
        operations.prune(session, now=now())
    assert one("SELECT count(*) FROM made_files") == left


def test_a_job_is_forgotten_after_its_files(office: Office) -> None:
    job_id = ask(office)
    office.work()
    with transaction() as session:
        assert operations.prune(session, now=now() + timedelta(days=31)) == 1
    assert find_job(db.session(), job_id) is None


def test_a_giant_is_refused(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "MOST_FILE_BYTES", len(BODY) - 1)
    with pytest.raises(MadeFileTooLarge):
        made(office)


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ("a/b\\c:d.pdf", "a-b-c-d.pdf"),
        ("证书\r\nX-Evil: 1.zip", "证书-X-Evil- 1.zip"),
        ("..", "file"),
        ("长" * 300 + ".pdf", "长" * (rules.LONGEST_FILE_NAME - 4) + ".pdf"),
    ],
)
def test_a_name_is_one_every_system_takes(wanted: str, kept: str) -> None:
    assert file_name(wanted) == kept
