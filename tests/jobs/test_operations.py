"""Jobs as rows: claimed once, fenced at the end, taken back when their worker is gone."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask

from app.db import db, transaction
from app.errors import RuleBroken
from app.jobs import operations
from app.jobs.queries import JobRow, find_job, has_queued, last_job_about, worker_is_there
from app.jobs.rules import LEASE, MOST_ATTEMPTS, LeaseLost
from app.people.models import Login
from tests.races import race
from tests.web.cast import NOW

LATER = NOW + LEASE + timedelta(seconds=1)


@pytest.fixture
def login_id(app: Flask) -> int:
    with transaction() as session:
        login = Login(name="clerk", display_name="谷雨", created_at=NOW)
        session.add(login)
        session.flush()
        return login.id


def queue(login_id: int, subject: int = 1) -> int:
    with transaction() as session:
        return operations.enqueue(
            session,
            kind="test",
            subject_kind="thing",
            subject_id=subject,
            actor_id=login_id,
            now=NOW,
            payload={"revision": 2},
        )


def claim(worker: str = "a", now=NOW) -> JobRow | None:
    with transaction() as session:
        return operations.claim(session, worker=worker, now=now)


def claimed(login_id: int) -> JobRow:
    queue(login_id)
    job = claim()
    assert job is not None
    return job


def state(job_id: int) -> str:
    found = find_job(db.session(), job_id)
    db.session.rollback()
    assert found is not None
    return found.state


def test_the_oldest_is_claimed_first_and_nothing_twice(login_id: int) -> None:
    first, second = queue(login_id), queue(login_id, 2)
    found = [claim(), claim("b"), claim()]
    assert [job and job.id for job in found] == [first, second, None]
    assert found[0] is not None
    assert (found[0].payload, found[0].attempts) == ({"revision": 2}, 1)
    assert not has_queued(db.session())


@race("rows of jobs")
def test_many_workers_at_once_share_the_jobs(app: Flask, login_id: int) -> None:
    wanted = {queue(login_id, n) for n in range(12)}
    taken: list[int] = []

    def work(name: str) -> None:
        with app.app_context():
            while (job := claim(name)) is not None:
                taken.append(job.id)
            db.session.remove()

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(taken) == sorted(wanted)


def test_the_end_is_the_commit_of_the_effect(login_id: int) -> None:
    job = claimed(login_id)
    with transaction() as session:
        operations.finish(session, job, now=NOW, result={"batch": 7})
    found = last_job_about(db.session(), "thing", 1)
    assert found is not None
    assert (found.state, found.result, found.worker) == ("done", {"batch": 7}, None)


def test_a_lapsed_job_goes_to_another_and_the_first_may_not_end_it(login_id: int) -> None:
    job = claimed(login_id)
    with transaction() as session:
        assert operations.sweep(session, now=LATER) == (1, 0)
    again = claim("b", LATER)
    assert again is not None
    assert (again.id, again.attempts) == (job.id, 2)
    with pytest.raises(LeaseLost), transaction() as session:
        operations.finish(session, job, now=LATER)
    assert state(job.id) == "running"


def test_a_heartbeat_keeps_the_lease_and_tells_the_progress(login_id: int) -> None:
    job = claimed(login_id)
    with transaction() as session:
        assert operations.follow(session, job, now=LATER, stage="reading", done=3, total=9)
        assert operations.sweep(session, now=LATER) == (0, 0)
    found = find_job(db.session(), job.id)
    assert found is not None
    assert (found.stage, found.steps_done, found.steps_total) == ("reading", 3, 9)


def test_what_stops_midway_again_and_again_fails_visibly(login_id: int) -> None:
    queue(login_id)
    at = NOW
    for _ in range(MOST_ATTEMPTS):
        job = claim(now=at)
        at += LEASE + timedelta(seconds=1)
        with transaction() as session:
            operations.sweep(session, now=at)
    assert job is not None
    found = find_job(db.session(), job.id)
    assert found is not None
    assert (found.state, found.error_figures) == ("failed", {"times": MOST_ATTEMPTS})


def test_a_failure_keeps_its_sentence(login_id: int) -> None:
    job = claimed(login_id)
    with transaction() as session:
        operations.fail(session, job, RuleBroken(), now=NOW)
    found = find_job(db.session(), job.id)
    assert found is not None
    assert (found.state, found.error_message) == ("failed", RuleBroken.message)


def test_what_a_stopping_worker_gives_back_counts_as_not_begun(login_id: int) -> None:
    job = claimed(login_id)
    with transaction() as session:
        operations.give_back(session, job)
    again = claim("b")
    assert again is not None
    assert again.attempts == 1


def test_a_worker_is_there_until_it_is_silent_or_leaves(login_id: int) -> None:
    for _ in range(2):
        with transaction() as session:
            operations.see_worker(session, worker="a", now=NOW)
    assert worker_is_there(db.session(), NOW)
    assert not worker_is_there(db.session(), LATER)
    with transaction() as session:
        operations.dismiss_worker(session, worker="a")
    assert not worker_is_there(db.session(), NOW)


def test_ended_jobs_are_forgotten_in_time(login_id: int) -> None:
    job = claimed(login_id)
    with transaction() as session:
        operations.finish(session, job, now=NOW)
        assert operations.prune(session, now=NOW) == 0
        assert operations.prune(session, now=NOW + timedelta(days=31)) == 1
