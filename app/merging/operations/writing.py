"""The rows of a joining: records written anew or sent back, and the paper book."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.bulk import (
    Statement,
    driver_instant,
    many,
    run,
)
from app.merging.operations.deed import Deed, Posted
from app.merging.operations.planning import Plan
from app.service.models import Batch
from app.service.operations.records import Kept
from app.service.operations.rejecting import reject_rows
from app.service.operations.reversing import going, overtake_proposals
from app.service.totals import Change, keep_totals
from app.trail.operations import note
from app.trail.rules import mask_text

_NEW_RECORD = """
INSERT INTO service_records (id, root_id, volunteer_id, team_id, organisation_id, colour_id,
  service_on, minutes, starts_minute, content, place, note, evidence, external_id, part,
  first_part_id, state, waits_reason, is_guest, is_service_day, is_service_month, earns_points,
  daily_limit_minutes, points_hundredths, recorder_id, recorded_at, approver_id, decided_at,
  reason, corrects_id, batch_id, award_entry_id, activity_id)
SELECT {0}, o.root_id, {1}, o.team_id, o.organisation_id, o.colour_id, o.service_on, o.minutes,
  o.starts_minute, o.content, o.place, o.note, o.evidence, o.external_id, o.part, {2}, 'approved',
  o.waits_reason, o.is_guest, {3}, o.is_service_month, o.earns_points, o.daily_limit_minutes, {4},
  o.recorder_id, o.recorded_at, {5}, {6}, coalesce({7}, o.reason), o.id, NULL, {8}, o.activity_id
FROM {9}
"""
_AWARD_ANEW = Statement(
    _NEW_RECORD.format(*"?????????", "service_records o WHERE o.id = ?"),
    _NEW_RECORD.format(
        *(f"r.{letter}" for letter in "abcdefghi"),
        "{rows} JOIN service_records o ON o.id = r.j",
    ),
    (
        *("bigint", "bigint", "bigint", "boolean", "bigint", "bigint", "timestamptz", "text"),
        *("bigint", "bigint"),
    ),
)
_NEW_BOOK = (
    "INSERT INTO opening_records (id, root_id, organisation_id, volunteer_id, as_of_on, minutes, "
    "points_hundredths, note, state, recorder_id, recorded_at, batch_id, entry_id) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'approved', ?, ?, ?, ?)"
)
_NEXT_CORRECTION = Statement(
    "UPDATE service_records SET volunteer_id = ?, corrects_id = ? "
    "WHERE corrects_id = ? AND state = 'submitted'",
    "UPDATE service_records t SET volunteer_id = r.a, corrects_id = r.b FROM {rows} "
    "WHERE t.corrects_id = r.c AND t.state = 'submitted'",
    ("bigint", "bigint", "bigint"),
)


def write_records(session: Session, plan: Plan, deed: Deed, posted: Posted) -> None:
    """Write the records anew for the kept person, each naming the one it puts right."""
    at = driver_instant(session, deed.now)
    rows = [_row(plan, one, posted, deed, at) for one in plan.moving]
    many(session, _AWARD_ANEW, rows)
    changes = [going(one) for one in plan.served]
    changes += [_coming(plan, one) for one in plan.moving]
    if changes:
        keep_totals(session, changes)
    many(
        session,
        _NEXT_CORRECTION,
        [(plan.kept.id, new_id, old_id) for old_id, new_id in posted.record_ids.items()],
    )
    overtake_proposals(session, plan.served, actor=deed.actor, now=deed.now)


def _row(plan: Plan, one: Kept, posted: Posted, deed: Deed, at: Any) -> tuple[Any, ...]:
    first = one.first_part_id
    is_over = plan.verdicts[one.id].fate == "over_limit"
    return (
        posted.record_ids[one.id],
        plan.kept.id,
        None if first is None else posted.record_ids[first],
        plan.service_days[one.id],
        plan.points[one.id],
        deed.actor.login_id,
        at,
        mask_text(deed.reason) if is_over else None,
        posted.awards[one.id],
        one.id,
    )


def _coming(plan: Plan, one: Kept) -> Change:
    day = one.day_key._replace(volunteer_id=plan.kept.id)
    return Change(day, plan.service_days[one.id], one.minutes, plan.points[one.id], 1)


def send_back(session: Session, plan: Plan, deed: Deed) -> None:
    """Send back what waited and would count a second time."""
    if plan.sent_back:
        ids = [one.id for one in plan.sent_back]
        reason = mask_text(deed.reason)
        reject_rows(session, ids, actor_id=deed.actor.login_id, now=deed.now, reason=reason)


def move_book(session: Session, plan: Plan, deed: Deed, posted: Posted) -> None:
    """Take the paper book over for the kept person, in a batch of its own."""
    book = plan.gone_book
    if book is None or posted.book_id is None:
        return
    batch = Batch(
        kind="opening",
        organisation_id=plan.kept.organisation_id,
        actor_id=deed.actor.login_id,
        made_at=deed.now,
        rows=1,
        created=1,
        updated=0,
        duplicates=0,
        refused=0,
        blank=0,
    )
    session.add(batch)
    session.flush()
    about = (posted.book_id, book.root_id, plan.kept.organisation_id, plan.kept.id, book.as_of_on)
    said = (book.minutes, book.points_hundredths, book.note, deed.actor.login_id, deed.now)
    run(session, _NEW_BOOK, *about, *said, batch.id, posted.book_entry_id)
    note(
        session,
        operation="merge_people.book",
        actor_id=deed.actor.login_id,
        at=deed.now,
        subject_kind="batch",
        subject_id=batch.id,
        batch_id=batch.id,
        organisation_id=plan.kept.organisation_id,
        after={"minutes": book.minutes, "points_hundredths": book.points_hundredths},
    )
