"""What the worker does between jobs: send what is due, and go the day's round."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import date, datetime, timedelta
from hashlib import sha256
from hmac import digest as keyed

from flask import Flask
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import clock
from app.db import db, transaction
from app.notices.channels import Channel, ChannelFailed, Message
from app.notices.handling import Daily, Notices, notices_of
from app.notices.kinds import find_kind
from app.notices.operations import (
    Parcel,
    begin_round,
    give_up_lost,
    mark_sent,
    mark_unsent,
    take_next,
)
from app.notices.queries import has_due, last_round_at, rounds_done
from app.notices.rules import CODE_LASTS, code_from
from app.notices.showing import words_of
from app.web.languages import DEFAULT, LANGUAGES

# A few between two jobs: an import waits for its turn meanwhile.
MOST_AT_ONCE = 20
LOOK_EVERY = timedelta(seconds=1)
ROUND_EVERY = timedelta(seconds=30)
TOKEN_DIGITS = 16

Clock = Callable[[], datetime]


class Caretaker:
    """Sends and goes round for the apps of one worker; asks the database no more than it must."""

    def __init__(self, worker: str, goes_on: Callable[[], bool] = lambda: True) -> None:
        self.worker = worker
        self.goes_on = goes_on
        self._looked: dict[str, datetime] = {}
        self._went: dict[str, datetime] = {}

    def turn(self, app: Flask) -> int:
        """Do what is due now in an app whose context is pushed; return how much there was."""
        at, place = clock.now(), app.config["DATABASE_URL"]
        done = 0
        if _is_time(self._went, place, at, ROUND_EVERY):
            done += go_round(app, at, self.goes_on)
        if _is_time(self._looked, place, at, LOOK_EVERY):
            done += send_due(app, worker=self.worker, goes_on=self.goes_on)
            if done:
                # There may be more of it.
                del self._looked[place]
        return done


def _is_time(last: dict[str, datetime], place: str, at: datetime, every: timedelta) -> bool:
    if clock.is_within(last.get(place), at, every):
        return False
    last[place] = at
    return True


# ── sending ───────────────────────────────────────────────────────────────────────────────


def send_due(
    app: Flask,
    *,
    worker: str,
    now: Clock = clock.now,
    most: int = MOST_AT_ONCE,
    goes_on: Callable[[], bool] = lambda: True,
) -> int:
    """Send messages that are due; return how many were taken up."""
    known = notices_of(app)
    looking = db.session()
    is_due = has_due(looking, now())
    looking.rollback()
    if not is_due:
        return 0
    with transaction() as session:
        give_up_lost(session, now=now())
    taken = 0
    while taken < most and goes_on():
        parcel = _take(known, worker, now())
        if parcel is None:
            break
        taken += 1
        _send(app, known.channels[parcel.channel], parcel, now)
    return taken


def _take(known: Notices, worker: str, at: datetime) -> Parcel | None:
    with transaction() as session:
        return take_next(
            session,
            worker=worker,
            now=at,
            channels=known.channels,
            quiet_of=known.doors.quiet_of,
        )


def _send(app: Flask, channel: Channel, parcel: Parcel, now: Clock) -> None:
    """Send outside any transaction, and note in another how it went."""
    try:
        channel.send(message_of(app, parcel))
    except ChannelFailed as failed:
        with transaction() as session:
            mark_unsent(
                session,
                parcel,
                error=failed.error,
                now=now(),
                is_final=failed.is_final,
                is_uncertain=failed.is_uncertain,
            )
    except Exception as error:
        # Only where it broke and what kind it was: the message may hold the address.
        trace = "".join(traceback.format_tb(error.__traceback__))
        app.logger.error("Sending broke: %s\n%s", type(error).__name__, trace)
        with transaction() as session:
            mark_unsent(session, parcel, error="broke", now=now(), is_uncertain=True)
    else:
        with transaction() as session:
            mark_sent(session, parcel, now=now())


def message_of(app: Flask, parcel: Parcel) -> Message:
    """Return what is sent, in the language of whoever gets it."""
    secret = str(app.config["SECRET_KEY"])
    token = keyed(secret.encode(), f"message {parcel.message_id}".encode(), sha256).hex()
    message_id = f"{parcel.message_id}.{token[:TOKEN_DIGITS]}"
    with force_locale(parcel.language if parcel.language in LANGUAGES else DEFAULT):
        if parcel.code_id is not None:
            title, text = _code_words(code_from(secret, parcel.code_id, parcel.nonce))
        else:
            title, body = words_of(find_kind(parcel.kind), parcel.figures or {})
            text = f"{body}\n\n{_way_there(app, parcel.path)}"
        return Message(message_id, parcel.address, title, f"{text}\n")


def _code_words(code: str) -> tuple[str, str]:
    minutes = int(CODE_LASTS.total_seconds()) // 60
    title = _("Code %(code)s to confirm your address", code=code)
    text = _(
        "Enter the code %(code)s in Qicai Time Bank within %(minutes)s minutes. If you did not"
        " ask for it, do nothing: without it no message is sent here.",
        code=code,
        minutes=minutes,
    )
    return str(title), str(text)


def _way_there(app: Flask, path: str) -> str:
    settings = _("You chose these messages under Notices; there you also end them.")
    public = app.config["PUBLIC_URL"]
    if not public:
        return str(settings)
    return f"{public}{path}\n\n{settings}\n{public}/me/notices/settings"


# ── once a day ────────────────────────────────────────────────────────────────────────────


def go_round(app: Flask, at: datetime, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Do what is done once a day for every root whose date is new; return how much was done."""
    known = notices_of(app)
    if not known.daily:
        return 0
    done = 0
    session = db.session()
    roots = known.doors.roots(session)
    session.rollback()
    for root_id, zone in roots:
        today = clock.today_in(zone, at)
        for daily in _undone(known, root_id, today):
            done += _do(app, daily, root_id, today, at, goes_on)
    return done


def _undone(known: Notices, root_id: int, today: date) -> list[Daily]:
    session: Session = db.session()
    done = rounds_done(session, root_id, today)
    session.rollback()
    return [daily for daily in known.daily if daily.code not in done]


def _last_at(root_id: int, work: str) -> datetime | None:
    session = db.session()
    found = last_round_at(session, root_id, work)
    session.rollback()
    return found


def _do(
    app: Flask,
    daily: Daily,
    root_id: int,
    today: date,
    at: datetime,
    goes_on: Callable[[], bool],
) -> bool:
    """Do one piece of work and note it in the same commit; a failure is tried again later."""
    try:
        if daily.ahead is not None and not daily.ahead(
            root_id, _last_at(root_id, daily.code), at, goes_on
        ):
            return False
        with transaction() as session:
            if not begin_round(session, root_id=root_id, work=daily.code, day_on=today, now=at):
                return False
            daily.run(session, root_id, today, at)
        return True
    except Exception as error:
        trace = "".join(traceback.format_tb(error.__traceback__))
        app.logger.error("The round %s broke: %s\n%s", daily.code, type(error).__name__, trace)
        return False
