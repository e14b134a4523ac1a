"""The day's round of redemptions: what nobody collected in time goes back."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import datetime

from flask import current_app
from sqlalchemy.exc import OperationalError

from app.clock import today_in
from app.db import db, transaction
from app.organisations.queries import settings_of
from app.rewards.operations.settling import expire_uncollected
from app.rewards.queries.own import overdue
from app.rewards.rules.moves import NotDueYet, SettledAlready


def expire_due(
    root_id: int, _last_at: datetime | None, now: datetime, goes_on: Callable[[], bool]
) -> bool:
    """Expire every redemption of a tree whose last day has passed, one commit each.

    Killed midway, the next round finds the rest; False when the worker is to stop, or when the
    database was busy. One that cannot be settled keeps nothing else back: it is logged, and tried
    again the next day.
    """
    session = db.session()
    today = today_in(settings_of(session, root_id).time_zone, now)
    found = overdue(session, root_id, today)
    session.rollback()
    is_whole = True
    for redemption_id in found:
        if not goes_on():
            return False
        is_whole &= _expired(redemption_id, now)
    return is_whole


def _expired(redemption_id: int, now: datetime) -> bool:
    """Expire one; False where it is worth trying again soon."""
    try:
        with transaction() as session:
            expire_uncollected(session, redemption_id, now=now)
    except (SettledAlready, NotDueYet):
        # The desk or its owner came first, or the day is not over where the shelf stands.
        return True
    except Exception as error:
        kind = type(error).__name__
        trace = "".join(traceback.format_tb(error.__traceback__))
        current_app.logger.error("Redemption %s did not expire: %s\n%s", redemption_id, kind, trace)
        return not isinstance(error, OperationalError)
    return True
