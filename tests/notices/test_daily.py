"""The day's round: once for each date and root, whoever asks, however often."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import db
from app.notices.handling import EXTENSION, Daily, Doors, Notices, notices_of
from app.notices.models import DailyRound
from app.notices.working import go_round
from app.organisations.models import Organisation
from tests.races import race
from tests.web.cast import Cast

AT = datetime(2026, 4, 2, 15, 59, tzinfo=UTC)  # one minute to midnight in Shanghai


class Work:
    def __init__(self) -> None:
        self.done: list[tuple[int, date]] = []
        self.breaks = False

    def run(self, session: Session, root_id: int, today: date, now: datetime) -> None:
        if self.breaks:
            raise RuntimeError("no")
        self.done.append((root_id, today))


@pytest.fixture
def work(app: Flask, cast: Cast) -> Work:
    known, made = notices_of(app), Work()
    app.extensions[EXTENSION] = known._replace(daily=(Daily("test", made.run),))
    return made


def rounds() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(DailyRound)) or 0


def test_a_date_is_gone_round_once(app: Flask, work: Work) -> None:
    assert [go_round(app, AT), go_round(app, AT)] == [1, 0]
    assert [day for _, day in work.done] == [date(2026, 4, 2)]


def test_midnight_is_that_of_the_organisation(app: Flask, work: Work) -> None:
    go_round(app, AT)
    go_round(app, AT + timedelta(minutes=1))
    assert [day for _, day in work.done] == [date(2026, 4, 2), date(2026, 4, 3)]


def test_each_root_has_a_date_of_its_own(app: Flask, work: Work) -> None:
    known = notices_of(app)
    roots = [(root_id(), "Asia/Shanghai"), (root_id(), "Asia/Shanghai")]
    other = Organisation(code="OT", name="OT", created_at=AT)
    db.session.add(other)
    db.session.commit()
    roots[1] = (other.id, "Pacific/Honolulu")
    app.extensions[EXTENSION] = Notices(
        known.channels, known.daily, Doors(roots=lambda _session: roots)
    )
    go_round(app, AT)
    assert work.done == [(roots[0][0], date(2026, 4, 2)), (roots[1][0], date(2026, 4, 2))]
    go_round(app, AT + timedelta(minutes=1))
    assert work.done[2:] == [(roots[0][0], date(2026, 4, 3))]


def root_id() -> int:
    found = db.session.scalar(select(Organisation.id).where(Organisation.parent_id.is_(None)))
    assert found is not None
    return found


def test_work_that_breaks_is_done_later(app: Flask, work: Work) -> None:
    work.breaks = True
    assert go_round(app, AT) == 0
    assert rounds() == 0
    work.breaks = False
    assert go_round(app, AT) == 1


@race("pk_daily_rounds")
def test_two_workers_at_the_same_instant_go_once(app: Flask, work: Work) -> None:
    ready = threading.Barrier(2)

    def worker() -> None:
        with app.app_context():
            ready.wait()
            go_round(app, AT)
            db.session.remove()

    threads = [threading.Thread(target=worker) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(work.done) == 1
    assert rounds() == 1
