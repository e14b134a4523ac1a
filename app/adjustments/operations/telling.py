"""Tell whoever could be the second person, whoever asked, and the volunteer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app.adjustments.models import Adjustment
from app.adjustments.rules import SUBJECT
from app.ledger.queries import covered_by
from app.notices.operations import tell, tell_each, tell_logins
from app.notices.rules import Figure, Told
from app.second_person.queries import seconds_for, today_of
from app.second_person.rules import Matter
from app.trail.rules import mask_text

PASSBOOK = "/me/ledger"


def tell_seconds(
    session: Session, asked: Adjustment, matter: Matter, *, asker_name: str, now: datetime
) -> None:
    """Tell everybody who could confirm it that it waits."""
    on = today_of(session, [asked.organisation_id], now)
    tell_logins(
        session,
        "adjustment.asked",
        seconds_for(session, matter, asker_id=asked.asker_id, on=on),
        figures={"asker": asker_name, "reason": mask_text(asked.reason)},
        path=_path(asked),
        at=now,
        subject_kind=SUBJECT,
        subject_id=asked.id,
    )


def tell_asker(
    session: Session, asked: Adjustment, kind: str, *, second_name: str, now: datetime
) -> None:
    """Tell whoever asked what the second person decided."""
    tell_logins(
        session,
        kind,
        [asked.asker_id],
        figures={"second": second_name, "reason": mask_text(asked.answer)},
        path=_path(asked),
        at=now,
        subject_kind=SUBJECT,
        subject_id=asked.id,
    )


def tell_posted(session: Session, asked: Adjustment, now: datetime) -> None:
    """Tell the volunteer what was adjusted, or whose missing part the community covered."""
    if asked.kind != "amount":
        _tell_covered(session, asked, now)
        return
    tell(
        session,
        _kind_of(asked),
        [asked.volunteer_id or 0],
        figures={
            "points_hundredths": asked.points_hundredths,
            "time_minutes": asked.minutes,
            "reason": mask_text(asked.reason),
        },
        path=PASSBOOK,
        at=now,
        subject_kind=SUBJECT,
        subject_id=asked.id,
    )


def _kind_of(asked: Adjustment) -> str:
    if not asked.minutes:
        return "adjustment.points_posted"
    return "adjustment.both_posted" if asked.points_hundredths else "adjustment.time_posted"


def _tell_covered(session: Session, asked: Adjustment, now: datetime) -> None:
    missing: dict[int, dict[str, int]] = {}
    for one in covered_by(session, SUBJECT, [asked.id]):
        missing.setdefault(one.holder_id, {})[one.unit] = one.amount
    told = [Told(who, _missing(units, asked), PASSBOOK, asked.id) for who, units in missing.items()]
    tell_each(session, "shortfall.covered", told, at=now, subject_kind=SUBJECT)


def _missing(units: Mapping[str, int], asked: Adjustment) -> dict[str, Figure]:
    return {
        "points_hundredths": units.get("points", 0),
        "time_minutes": units.get("minutes", 0),
        "reason": mask_text(asked.reason),
    }


def _path(asked: Adjustment) -> str:
    return f"/adjustments/{asked.id}"
