"""Tell people what others did with their points, and what waits for them at the desk."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.notices.operations import tell, tell_each
from app.notices.rules import Figures, Told
from app.rewards.queries.own import find_redemption, waiting_until

SUBJECT = "redemption"
SOON_DAYS = 3


class Made(NamedTuple):
    """A redemption as its person is told of it."""

    id: int
    volunteer_id: int
    name: str
    quantity: int
    cost_hundredths: int
    collect_by_on: date


def tell_made(session: Session, made: Made, *, asked_by: str, by: str, now: datetime) -> None:
    """Tell somebody what a helper or the desk redeemed with their points."""
    if asked_by == "self":
        return
    kind = "redemption.at_desk" if asked_by == "desk" else "redemption.for_you"
    figures: Figures = {
        "what": f"{made.name} × {made.quantity}",
        "by": by,
        "cost_hundredths": made.cost_hundredths,
        "collect_by_on": made.collect_by_on,
    }
    _tell(session, kind, made.id, made.volunteer_id, figures, now)


def tell_cancelled(
    session: Session, redemption_id: int, *, by: str, reason: str, now: datetime
) -> None:
    """Tell somebody that the desk cancelled what they redeemed, and why."""
    _tell_back(session, "redemption.cancelled", redemption_id, now, by=by, reason=reason)


def tell_expired(session: Session, redemption_id: int, *, now: datetime) -> None:
    """Tell somebody that their points came back because nobody collected it in time."""
    _tell_back(session, "redemption.expired", redemption_id, now)


def remind_to_collect(session: Session, root_id: int, today: date, now: datetime) -> None:
    """Remind people of what waits for them: once three days before the last day, once on it."""
    found = waiting_until(session, root_id, today, SOON_DAYS)
    last = [each for each in found if each.collect_by_on == today]
    soon = [each for each in found if each.collect_by_on > today and each.redeemed_on < today]
    for kind, rows in (("redemption.last_day", last), ("redemption.soon", soon)):
        told = [
            Told(
                each.volunteer_id,
                {"what": f"{each.name} × {each.quantity}", "collect_by_on": each.collect_by_on},
                _path(each.id),
                each.id,
            )
            for each in rows
        ]
        tell_each(session, kind, told, at=now, subject_kind=SUBJECT)


def _tell_back(session: Session, kind: str, redemption_id: int, now: datetime, **more: str) -> None:
    found = find_redemption(session, redemption_id)
    if found is None:
        raise LookupError(redemption_id)
    figures: Figures = {
        "what": f"{found.name} × {found.quantity}",
        "cost_hundredths": found.cost_hundredths,
        **more,
    }
    _tell(session, kind, redemption_id, found.volunteer_id, figures, now)


def _tell(
    session: Session,
    kind: str,
    redemption_id: int,
    volunteer_id: int,
    figures: Figures,
    now: datetime,
) -> None:
    tell(
        session,
        kind,
        [volunteer_id],
        figures=figures,
        path=_path(redemption_id),
        at=now,
        subject_kind=SUBJECT,
        subject_id=redemption_id,
    )


def _path(redemption_id: int) -> str:
    return f"/rewards/mine/{redemption_id}"
