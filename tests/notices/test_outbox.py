"""The outbox: written with the notice, sent once, tried again with pauses, quiet at night."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.clock import now
from app.db import db, transaction
from app.notices.channels import ChannelFailed
from app.notices.handling import notices_of
from app.notices.models import Notice, NoticeAddress, NoticeMessage
from app.notices.operations import Parcel, choose, mark_sent, prune_notices, take_next, tell
from app.notices.rules import KEPT_FOR, PAUSES, SENDING_LEASE, Inbox
from app.notices.working import send_due
from app.people.models import Helper, Login
from app.teams.rules import Actor
from tests.conftest import MakeApp
from tests.notices.conftest import NOON, SMS, give_address, messages, told, volunteer_id
from tests.web.cast import Cast


@pytest.fixture
def person(cast: Cast, sms: SMS) -> int:
    found = volunteer_id(cast)
    give_address(found, "sms", "13800000028")
    return found


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def send(app: Flask, moment: datetime = NOON, worker: str = "one") -> int:
    return send_due(app, worker=worker, now=at(moment))


def take(app: Flask, worker: str = "one", moment: datetime = NOON) -> Parcel | None:
    with transaction() as session:
        return take_next(
            session,
            worker=worker,
            now=moment,
            channels=notices_of(app).channels,
            quiet_of=notices_of(app).doors.quiet_of,
        )


def state() -> tuple[str, int, str | None]:
    (message,) = messages()
    return message.state, message.tries, message.error


def test_a_message_is_written_with_the_notice_and_sent_once(
    app: Flask, person: int, sms: SMS
) -> None:
    told(person)
    assert state() == ("waiting", 0, None)
    assert [send(app), send(app, worker="two")] == [1, 0]
    (sent,) = sms.sent
    assert (sent.address, sent.title) == ("13800000028", "Moved")
    assert state() == ("sent", 1, None)


def test_it_is_written_in_the_commit_of_what_happened(person: int) -> None:
    """What did not happen is told to nobody."""
    about: dict[str, Any] = {"figures": {}, "path": "/me", "at": NOON, "subject_kind": "activity"}

    def tell_and_fail() -> None:
        with transaction() as session:
            tell(session, "test.off", [person], subject_id=1, **about)
            assert session.scalar(select(func.count(NoticeMessage.id))) == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        tell_and_fail()
    assert messages() == []
    told_of = select(func.count(Notice.id)).where(Notice.kind == "test.off")
    assert db.session.scalar(told_of) == 0


def test_it_is_written_in_the_language_of_its_reader(app: Flask, person: int, sms: SMS) -> None:
    with transaction() as session:
        session.query(Login).filter_by(volunteer_id=person).one().language = "en"
    told(person)
    send(app)
    assert "Moved to May 2, 2026, Hall." in sms.sent[0].text


def test_the_way_there_is_absolute(make_app: MakeApp, app: Flask, person: int, sms: SMS) -> None:
    app.config["PUBLIC_URL"] = "https://time.example.cn"
    told(person)
    send(app)
    assert "https://time.example.cn/me/ledger\n" in sms.sent[0].text


def test_the_doctor_counts_what_was_not_sent_and_names_no_address(
    app: Flask, person: int, sms: SMS
) -> None:
    # In whatever language it speaks here: a good line of seven days, then a warning of one message.
    assert re.search(r"(?m)^✓ .*\b7\b", doctor(app))
    told(person, "test.off", at=now())
    sms.fails = [ChannelFailed("refused", is_final=True)]
    send(app, now())
    said = doctor(app)
    warning = re.search(r"(?m)^! (.*)\n(.*)$", said[said.index(" 7 ") - 60 :])
    assert warning
    assert {"7", "1", "0"} <= set(re.findall(r"\d+", warning[1]))
    assert "refused" in warning[2]
    assert "13800000028" not in said


def doctor(app: Flask) -> str:
    return app.test_cli_runner().invoke(args=["doctor"]).stdout


TODAY = NOON.date()
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("until_on", "expected"),
    [(None, "sent"), (TODAY, "sent"), (TODAY - DAY, "failed"), (TODAY - 30 * DAY, "failed")],
)
def test_a_ward_s_messages_end_with_the_acting(
    app: Flask, person: int, cast: Cast, sms: SMS, until_on: date | None, expected: str
) -> None:
    """The helper entered the address some days ago; nobody ended the acting by hand."""
    entered_on, helper = TODAY - 2 * DAY, volunteer_id(cast, "leader")
    with transaction() as session:
        session.query(Login).filter_by(volunteer_id=person).one().password_hash = None
        session.query(NoticeAddress).one().confirmed_at = NOON - 2 * DAY
        session.query(Helper).filter_by(volunteer_id=person).delete()
        acting = Helper(volunteer_id=person, helper_id=helper, kind="helper", until_on=until_on)
        acting.from_on = entered_on - 60 * DAY
        session.add(acting)
    told(person)
    send(app)
    assert state()[0] == expected
    assert len(sms.sent) == (expected == "sent")
    assert db.session.query(NoticeAddress).count() == (expected == "sent")


def test_two_workers_never_get_the_same_one(app: Flask, person: int) -> None:
    told(person)
    first, second = take(app), take(app, "two")
    assert first is not None
    assert second is None


def test_a_worker_killed_while_sending_leaves_perhaps(app: Flask, person: int, sms: SMS) -> None:
    told(person)
    taken = take(app)
    assert taken is not None
    later = NOON + SENDING_LEASE + timedelta(seconds=1)
    assert send(app, later, "two") == 0
    assert state() == ("perhaps", 1, "worker_lost")
    # It was only slow: what it says now changes nothing, and nothing was sent twice.
    with transaction() as session:
        assert mark_sent(session, taken, now=later) is False
    assert state()[0] == "perhaps"
    assert sms.sent == []


def test_a_worker_at_work_keeps_its_message(app: Flask, person: int, sms: SMS) -> None:
    told(person)
    sms.on_send = lambda: check_other(app)
    assert send(app) == 1
    assert len(sms.sent) == 1


def check_other(app: Flask) -> None:
    assert send(app, NOON + timedelta(minutes=1), "two") == 0


def test_a_failure_is_tried_again_with_growing_pauses(app: Flask, person: int, sms: SMS) -> None:
    told(person)
    sms.fails = [ChannelFailed("unreachable") for _ in range(len(PAUSES) + 1)]
    moment = NOON
    for pause in PAUSES:
        assert send(app, moment) == 1
        assert send(app, moment + pause - timedelta(seconds=1)) == 0
        moment += pause
    # The last pause ends within the quiet hours.
    assert send(app, NOON + timedelta(days=1)) == 1
    assert state() == ("failed", len(PAUSES) + 1, "unreachable")
    assert sms.sent == []


def test_it_is_the_same_message_at_every_try(app: Flask, person: int, sms: SMS) -> None:
    told(person)
    ids = []
    channel_send = sms.send

    def keep(message):  # type: ignore[no-untyped-def]
        ids.append(message.id)
        channel_send(message)

    sms.send = keep  # type: ignore[method-assign]
    sms.fails = [ChannelFailed("unreachable")]
    send(app)
    send(app, NOON + PAUSES[0])
    assert len(ids) == 2
    assert len(set(ids)) == 1


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (ChannelFailed("refused", is_final=True), ("failed", 1, "refused")),
        (ChannelFailed("broken_off", is_uncertain=True), ("perhaps", 1, "broken_off")),
        (RuntimeError("13800000028"), ("perhaps", 1, "broke")),
    ],
)
def test_what_is_final_or_uncertain_is_not_tried_again(
    app: Flask,
    person: int,
    sms: SMS,
    failure: Exception,
    expected: tuple[str, int, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    told(person)
    sms.fails = [failure]
    send(app)
    assert state() == expected
    assert send(app, NOON + timedelta(hours=1)) == 0
    assert "13800000028" not in caplog.text


def test_at_night_it_waits_until_morning(app: Flask, person: int, sms: SMS) -> None:
    evening = NOON + timedelta(hours=10)  # 22:00 in Shanghai
    told(person, at=evening)
    assert send(app, evening) == 0
    (message,) = messages()
    assert (message.state, message.next_try_at) == ("waiting", NOON + timedelta(hours=20))
    assert send(app, NOON + timedelta(hours=20)) == 1


def test_what_cannot_wait_is_sent_at_night(app: Flask, person: int, sms: SMS) -> None:
    evening = NOON + timedelta(hours=10)
    told(person, "test.off", figures={}, at=evening)
    assert send(app, evening) == 1


def test_an_address_taken_away_since_gets_nothing(app: Flask, person: int, sms: SMS) -> None:
    told(person)
    with transaction() as session:
        session.execute(db.text("DELETE FROM notice_addresses"))
    assert send(app) == 0
    assert state() == ("failed", 0, "no_address")


def test_a_group_switched_off_writes_nothing(app: Flask, person: int) -> None:
    switch_off(person)
    told(person)
    assert messages() == []


def test_a_group_switched_off_since_sends_nothing(app: Flask, person: int, sms: SMS) -> None:
    told(person)
    switch_off(person)
    send(app)
    assert state() == ("failed", 0, "unwanted")


def switch_off(person: int) -> None:
    login = db.session.query(Login).filter_by(volunteer_id=person).one()
    actor = Actor(login_id=login.id, volunteer_id=person, name="x")
    with transaction() as session:
        choose(
            session,
            Inbox(person, None),
            channel="sms",
            wanted={"record"},
            actor=actor,
            now=NOON,
        )


def test_a_suspended_login_gets_nothing(app: Flask, person: int) -> None:
    told(person)
    with transaction() as session:
        session.query(Login).filter_by(volunteer_id=person).one().is_suspended = True
    send(app)
    assert state() == ("failed", 0, "closed")


def test_a_channel_that_was_taken_out_ends_its_messages(app: Flask, person: int) -> None:
    told(person)
    del notices_of(app).channels["sms"]  # type: ignore[attr-defined]
    send(app)
    assert state() == ("failed", 0, "no_channel")


def test_old_news_is_no_news(app: Flask, person: int) -> None:
    told(person)
    send(app, NOON + timedelta(days=4))
    assert state() == ("failed", 0, "too_late")


def test_what_is_old_is_forgotten(app: Flask, person: int) -> None:
    told(person)
    send(app)
    with transaction() as session:
        prune_notices(session, now=NOON + KEPT_FOR + timedelta(seconds=1))
    assert messages() == []
