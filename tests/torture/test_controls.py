"""What races would do were their locks not there: each fault is seen, so the tests can see it."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.jobs import operations as jobs
from app.jobs.models import Job
from app.people.models import Login
from app.trail.operations import remember
from tests.audit.planting import plant
from tests.service.test_side_by_side import MEETING_SECONDS, at_once
from tests.torture.bank import Bank, open_bank, read_passbook, read_sums
from tests.web.cast import NOW

CONTENT = {"operation": "tap"}


@pytest.fixture
def login_id(app: Flask) -> int:
    with transaction() as session:
        login = Login(name="clerk", display_name="谷雨", created_at=NOW)
        session.add(login)
        session.flush()
        return login.id


def test_without_holding_the_key_both_taps_act_and_only_the_database_refuses(
    app: Flask, login_id: int
) -> None:
    """Both looked before either wrote; the table's own key lets one of them commit."""
    met, acted = threading.Barrier(2), []

    def tap() -> str:
        met.wait(MEETING_SECONDS)
        try:
            with transaction() as session:
                acted.append(1)
                remember(session, login_id, "tap", CONTENT, {"by": "x"}, NOW)
        except IntegrityError:
            return "failed"
        return "done"

    assert sorted(at_once(app, tap, tap)) == ["done", "failed"]
    assert len(acted) == 2


def test_without_the_lock_two_workers_take_one_job(
    app: Flask, login_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both found the job that waits before either took it."""
    met, found = threading.Barrier(2), threading.local()
    for subject in (1, 2):
        with transaction() as session:
            jobs.enqueue(
                session,
                kind="test",
                subject_kind="thing",
                subject_id=subject,
                actor_id=login_id,
                now=NOW,
            )

    def found_before(self: Session, _query: Any) -> Job | None:
        return self.get(Job, found.id)

    def take() -> int:
        with db.engine.connect() as reading:
            first = select(Job.id).where(Job.state == "queued").order_by(Job.id)
            found.id = reading.execute(first).scalars().first()
        met.wait(MEETING_SECONDS)
        with transaction() as session:
            taken = jobs.claim(session, worker=str(threading.get_ident()), now=NOW)
            assert taken is not None
            return taken.id

    with monkeypatch.context() as patch:
        patch.setattr(Session, "scalar", found_before)
        first, second = at_once(app, take, take)
    assert first == second


# ── whoever looks on ──────────────────────────────────────────────────────────────────────

# Each with what is planted while nobody guards the books.
FAULTS = {
    "a balance without its posting": "UPDATE accounts SET balance = balance + 100 "
    "WHERE id = (SELECT min(id) FROM accounts WHERE holder_id IS NOT NULL)",
    "half of an entry": "DELETE FROM postings WHERE entry_id = (SELECT max(entry_id) FROM postings)"
    " AND amount > 0",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_whoever_reads_the_sums_would_see(app: Flask, fault: str) -> None:
    bank = open_bank(app.config["DATABASE_URL"])
    db.session.remove()
    db.engine.dispose()
    read_sums(bank.url)
    plant(bank.url, [FAULTS[fault]])
    with pytest.raises(AssertionError):
        read_sums(bank.url)


class OnePage:
    """A browser that was given one page, whatever it asks for."""

    def __init__(self, text: str) -> None:
        self.text = text

    def get(self, _path: str) -> OnePage:
        return self


def test_whoever_reads_the_passbook_would_see() -> None:
    line = '<td data-l="Points">{}</td><td data-l="Points balance">{}</td>'
    read_passbook(cast("Bank", None), cast("Any", OnePage(line.format("+2", "2"))))
    for lines in (line.format("+2", "3"), line.format("+2", "2") + line.format("+1", "2"), ""):
        with pytest.raises(AssertionError):
            read_passbook(cast("Bank", None), cast("Any", OnePage(lines)))
