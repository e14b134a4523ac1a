"""Ask for an adjustment, or for an undo with the missing part covered; a second one decides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.adjustments.models import Adjustment
from app.adjustments.operations.posting import check_enough, undo
from app.adjustments.operations.telling import tell_seconds
from app.adjustments.queries import asked_for_batch, asked_for_record, matter_of
from app.adjustments.rules import (
    SUBJECT,
    AdjustmentUnknown,
    Amounts,
    AskedAlready,
    NothingMissing,
    check_amounts,
)
from app.ledger.operations import lock_holders, open_accounts
from app.ledger.rules import WouldGoBelowZero
from app.organisations.queries import root_id_of
from app.people.queries import get_volunteer
from app.second_person.rules import Matter, check_first
from app.service.operations.refusals import ReasonNeeded
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered

# Whose accounts there are: a new friend who waits for confirmation has none.
_WITH_ACCOUNTS = frozenset({"active", "left"})


def ask_adjustment(
    session: Session,
    volunteer_id: int,
    amounts: Amounts,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    key: str,
) -> int:
    """Ask a second person to adjust somebody's balance; return the request."""
    content = {
        "operation": "adjustment.ask",
        "volunteer_id": volunteer_id,
        "amounts": list(amounts),
        "reason": reason,
    }
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["id"])
    matter = matter_of(session, "amount", volunteer_id=volunteer_id, subject_id=None)
    check_first(actor, matter)
    check_amounts(amounts)
    asked = Adjustment(
        kind="amount",
        volunteer_id=volunteer_id,
        minutes=amounts.minutes,
        points_hundredths=amounts.points_hundredths,
    )
    _check_person(session, asked)
    return _ask(session, asked, matter, content, actor=actor, now=now, reason=reason, key=key)


def ask_cover(
    session: Session,
    kind: str,
    subject_id: int,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    key: str,
) -> int:
    """Ask a second person to agree to an undo whose missing part is covered.

    The undo is tried as it would be done, so whatever else speaks against it is said now.
    """
    content = {
        "operation": "adjustment.ask_cover",
        "kind": kind,
        "subject_id": subject_id,
        "reason": reason,
    }
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["id"])
    matter = matter_of(session, kind, volunteer_id=None, subject_id=subject_id)
    check_first(actor, matter)
    if not reason.strip():
        raise ReasonNeeded
    is_batch = kind == "batch"
    find = asked_for_batch if is_batch else asked_for_record
    if find(session, subject_id) is not None:
        raise AskedAlready
    _check_something_is_missing(session, kind, subject_id, actor, reason, now)
    asked = Adjustment(
        kind=kind,
        volunteer_id=None if is_batch else min(matter.volunteer_ids),
        batch_id=subject_id if is_batch else None,
        record_id=None if is_batch else subject_id,
    )
    return _ask(session, asked, matter, content, actor=actor, now=now, reason=reason, key=key)


def _check_person(session: Session, asked: Adjustment) -> None:
    """Refuse what cannot be posted as things stand; it is judged again when it is confirmed."""
    person = get_volunteer(session, asked.volunteer_id or 0)
    if person.state not in _WITH_ACCOUNTS:
        raise AdjustmentUnknown
    root_id = root_id_of(session, person.organisation_id)
    open_accounts(session, root_id=root_id, holder_ids=[person.id])
    check_enough(person.name, lock_holders(session, [person.id])[person.id], asked)


def _check_something_is_missing(
    session: Session, kind: str, subject_id: int, actor: Actor, reason: str, now: datetime
) -> None:
    """Try the undo without a cover and leave nothing of it behind."""
    try:
        with session.begin_nested():
            undo(session, kind, subject_id, actor, reason, now, None)
            raise NothingMissing
    except WouldGoBelowZero:
        return


def _ask(
    session: Session,
    asked: Adjustment,
    matter: Matter,
    content: dict[str, Any],
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    key: str,
) -> int:
    if not reason.strip():
        raise ReasonNeeded
    asked.organisation_id = min(matter.organisation_ids)
    asked.reason, asked.asker_id, asked.asked_at = reason.strip(), actor.login_id, now
    session.add(asked)
    session.flush()
    note(
        session,
        operation="adjustment.ask",
        actor_id=actor.login_id,
        at=now,
        subject_kind=SUBJECT,
        subject_id=asked.id,
        organisation_id=asked.organisation_id,
        after=_said(asked),
        reason=reason,
    )
    tell_seconds(session, asked, matter, asker_name=actor.name, now=now)
    remember(session, actor.login_id, key, content, {"id": asked.id}, now)
    return asked.id


def _said(asked: Adjustment) -> dict[str, Any]:
    said = {
        "kind": asked.kind,
        "volunteer_id": asked.volunteer_id,
        "minutes": asked.minutes,
        "points_hundredths": asked.points_hundredths,
        "record_id": asked.record_id,
        "batch_id": asked.batch_id,
    }
    return {name: value for name, value in said.items() if value}
