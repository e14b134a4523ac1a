"""What the worker does between two jobs, and that it asks the database no more than it must."""

from __future__ import annotations

import pytest
from flask import Flask

from app import clock
from app.jobs.runner import Worker
from app.notices.handling import EXTENSION, notices_of
from app.notices.working import Caretaker
from tests.notices.conftest import SMS, give_address, told, volunteer_id
from tests.web.cast import Cast


@pytest.fixture
def person(app: Flask, cast: Cast, sms: SMS) -> int:
    # The day's round is another test's.
    app.extensions[EXTENSION] = notices_of(app)._replace(daily=())
    found = volunteer_id(cast)
    give_address(found, "sms", "13800000028")
    return found


def urgent(person: int, number: int = 1) -> None:
    """Tell what is sent at whatever hour the test runs."""
    told(person, "test.off", figures={}, at=clock.now(), subject_id=number)


def test_the_worker_sends_between_jobs(app: Flask, person: int, sms: SMS) -> None:
    worker = Worker(lambda: [app])
    worker.between = Caretaker(worker.name).turn
    for number in range(3):
        urgent(person, number)
    worker.work_off(app)
    assert len(sms.sent) == 3


def test_a_look_is_not_repeated_at_once(app: Flask, person: int, sms: SMS) -> None:
    caretaker = Caretaker("one")
    assert caretaker.turn(app) == 0
    urgent(person)
    assert caretaker.turn(app) == 0
    assert Caretaker("two").turn(app) == 1


def test_a_worker_that_stops_takes_nothing_more(app: Flask, person: int, sms: SMS) -> None:
    urgent(person)
    assert Caretaker("one", lambda: False).turn(app) == 0
    assert sms.sent == []
