"""The day's round of expiry, in commits of some hundred people each.

Whatever was done stays done when a worker is stopped or killed: the round is not noted then, is
begun anew, and finds nothing left of what went before (I-16). It first reads without a lock, and
locks only those with something to do. Everybody is looked at on the few days on which many are
concerned; on the others only who got points late or back.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import TypeVar

from flask import current_app
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.clock import today_in
from app.db import db, transaction
from app.expiry.operations import Done, expire_points, has_work, warn_of_expiry
from app.expiry.queries import AT_ONCE, House, among, dues_of, houses_below, late_since, moved_since
from app.expiry.rules import FIRST_WARNING, concerns_everybody
from app.ledger.histories import holders_with_points

# What came late is looked at until it has ended, and a few days longer.
LATE_FOR = FIRST_WARNING + timedelta(days=5)

GoesOn = Callable[[], bool]
T = TypeVar("T")


def sweep(root_id: int, last_at: datetime | None, now: datetime, goes_on: GoesOn) -> bool:
    """Do the round of a root since it was done last; False where it was broken off."""
    return sweep_counting(root_id, last_at, now, goes_on) is not None


def sweep_counting(
    root_id: int,
    last_at: datetime | None,
    now: datetime,
    goes_on: GoesOn = lambda: True,
) -> Done | None:
    """Do the round and return what was done; None where it was broken off."""
    session = db.session()
    houses = houses_below(session, root_id)
    session.rollback()
    done = Done()
    for ids in _batches(root_id, houses, last_at, now) if houses else ():
        if not goes_on():
            return None
        did = _do(root_id, houses, ids, now)
        done = Done(*(one + other for one, other in zip(done, did, strict=True)))
    return done


def nothing_more(_session: Session, _root_id: int, _today: date, _now: datetime) -> None:
    """Do nothing: the round's own commit only notes that it was done."""


def _batches(
    root_id: int, houses: Mapping[int, House], last_at: datetime | None, now: datetime
) -> Iterator[list[int]]:
    """Give the ids of those who are looked at, some hundred at a time."""
    if last_at is None or any(_is_day_of_all(house, last_at, now) for house in houses.values()):
        yield from _everybody(root_id)
        return
    before_year = max(
        today_in(house.zone, now).year - house.terms.years for house in houses.values()
    )
    session = db.session()
    late = late_since(session, root_id, last_at - LATE_FOR, before_year)
    # What ends for whoever came lately ends on days of their own.
    late = sorted({*late, *moved_since(session, last_at - LATE_FOR)})
    session.rollback()
    for begin in range(0, len(late), AT_ONCE):
        yield late[begin : begin + AT_ONCE]


def _is_day_of_all(house: House, last_at: datetime, now: datetime) -> bool:
    last_on, today = today_in(house.zone, last_at), today_in(house.zone, now)
    return concerns_everybody(house.terms, last_on, today)


def _everybody(root_id: int) -> Iterator[list[int]]:
    after_id = 0
    while True:
        session = db.session()
        ids = holders_with_points(session, root_id, after_id, AT_ONCE)
        session.rollback()
        if not ids:
            return
        yield ids
        after_id = ids[-1]


def _do(root_id: int, houses: Mapping[int, House], ids: list[int], now: datetime) -> Done:
    session = db.session()
    people = among(session, ids, houses)
    found = {
        each: has_work(dues, today_in(people[each].zone, now))
        for each, dues in dues_of(session, people).items()
    }
    session.rollback()
    over = {each: people[each] for each, (is_over, _) in found.items() if is_over}
    warned = {each: people[each] for each, (_, is_warned) in found.items() if is_warned}
    ended = _each(
        over, lambda session, some: expire_points(session, some, root_id=root_id, now=now)
    )
    told = _each(warned, lambda session, some: warn_of_expiry(session, some, now=now))
    return Done(
        sum(one.people for one in ended),
        sum(one.points_hundredths for one in ended),
        sum(told),
    )


def _each(
    people: Mapping[int, House], work: Callable[[Session, Mapping[int, House]], T]
) -> list[T]:
    """Do one batch in a commit; where it breaks, one by one, so that nobody keeps others back."""
    if not people:
        return []
    try:
        with transaction() as session:
            return [work(session, people)]
    except OperationalError:
        # The database is busy or gone: all of it is begun anew soon.
        raise
    except Exception as error:
        if len(people) > 1:
            return [one for each in people for one in _each({each: people[each]}, work)]
        kind, trace = type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
        (volunteer_id,) = people
        current_app.logger.error("Points of person %s: %s\n%s", volunteer_id, kind, trace)
        return []
