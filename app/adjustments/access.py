"""Which adjustments somebody reads, and what they may do to one: what lies outside answers 404."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.adjustments.queries import AdjustmentRow, find_adjustment, matter_of
from app.errors import NotAllowed, NotFound
from app.people.models import Volunteer
from app.second_person.queries import is_behind, seconds_for, today_of
from app.second_person.rules import ALONE_AFTER, Matter, check_no_benefit, check_second
from app.service.queries import BatchRow, RecordRow, find_batch, find_record
from app.teams.access import own_person
from app.teams.queries import get_team
from app.teams.rules import Actor
from app.web.policy import not_found


class Seen(NamedTuple):
    """An adjustment somebody may read, and what they may do to it right now."""

    row: AdjustmentRow
    may_decide: bool
    may_withdraw: bool
    # When the asker may do it alone; None where somebody else could confirm it.
    alone_from: datetime | None
    # Why somebody who reaches it may not decide.
    refusal: NotAllowed | None
    # How many could be the second person; told to the asker.
    others: int


def reach_of(actor: Actor) -> frozenset[int]:
    """Return the organisations whose adjustments somebody reads."""
    return (actor.organises | actor.audits) or not_found()


def seen_adjustment(session: Session, actor: Actor, adjustment_id: int, now: datetime) -> Seen:
    """Return an adjustment within reach, with what the reader may do to it."""
    row = find_adjustment(session, adjustment_id)
    if row is None or row.organisation_id not in actor.organises | actor.audits:
        not_found()
    if not row.waits:
        return Seen(row, False, False, None, None, 0)
    matter = matter_of(
        session,
        row.kind,
        volunteer_id=row.volunteer_id,
        subject_id=row.batch_id or row.record_id,
    )
    if row.asker_id == actor.login_id:
        return _seen_by_asker(session, row, matter, now)
    refusal = second_refusal(session, actor, row, matter, now)
    return Seen(row, refusal is None, False, None, refusal, 0)


def _seen_by_asker(session: Session, row: AdjustmentRow, matter: Matter, now: datetime) -> Seen:
    on = today_of(session, [row.organisation_id], now)
    others = len(seconds_for(session, matter, asker_id=row.asker_id, on=on))
    return Seen(row, False, True, None if others else row.asked_at + ALONE_AFTER, None, others)


def second_refusal(
    session: Session, actor: Actor, row: AdjustmentRow, matter: Matter, now: datetime
) -> NotAllowed | None:
    """Return why somebody may not be the second person; None where they may."""
    on = today_of(session, [row.organisation_id], now)
    try:
        behind = is_behind(session, actor.login_id, row.asker_id, on)
        check_second(actor, matter, asker_id=row.asker_id, is_behind=behind)
    except NotFound:
        return NotAllowed()
    except NotAllowed as refusal:
        return refusal
    return None


def waits_for(actor: Actor, row: AdjustmentRow) -> bool:
    """Tell whether something that waits is likely this person's to decide; its page judges."""
    if row.asker_id == actor.login_id:
        return False
    return row.volunteer_id is None or not actor.needs_another(row.volunteer_id)


def adjustable_person(session: Session, actor: Actor, volunteer_id: int) -> Volunteer:
    """Return somebody whose accounts an organiser may ask to adjust; never their own."""
    person = own_person(actor, volunteer_id)
    if person.state not in {"active", "left"}:
        not_found()
    check_no_benefit(actor, Matter(frozenset(), frozenset({volunteer_id})))
    return person


def undoable_record(session: Session, actor: Actor, record_id: int) -> RecordRow:
    """Return a record an organiser may take back, or a correction they may approve."""
    record = find_record(session, record_id)
    if record is None or get_team(session, record.team_id).organisation_id not in actor.organises:
        not_found()
    if not (record.state == "approved" or _is_waiting_correction(record)):
        not_found()
    check_no_benefit(actor, Matter(frozenset(), frozenset({record.volunteer_id})))
    return record


def _is_waiting_correction(record: RecordRow) -> bool:
    return record.state == "submitted" and record.corrects_id is not None


def undoable_batch(session: Session, actor: Actor, batch_id: int) -> tuple[BatchRow, Matter]:
    """Return a batch of service all of which an organiser reaches, and whose it is."""
    batch = find_batch(session, batch_id)
    if batch is None or batch.undone_at is not None:
        not_found()
    matter = matter_of(session, "batch", volunteer_id=None, subject_id=batch_id)
    if not matter.organisation_ids <= actor.organises:
        not_found()
    check_no_benefit(actor, matter)
    return batch, matter
