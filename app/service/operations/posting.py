"""Write a plan: records, awards, totals and one trail row, one statement per table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import (
    COPY_FROM,
    Statement,
    allow_long_statements,
    asking_ids,
    driver_instant,
    fetch_together,
    ids_of,
    many,
    run,
    written_together,
)
from app.db import is_postgresql
from app.errors import N_
from app.ledger.operations import (
    Held,
    NewEntry,
    Slots,
    SystemAccount,
    post,
    reserve_with_accounts,
    system_accounts,
)
from app.ledger.rules import Leg
from app.service.operations.lines import (
    PROVISIONAL,
    DayKey,
    Outcome,
    Plan,
    PlannedRecord,
)
from app.service.totals import Change, keep_totals
from app.teams.rules import Actor
from app.trail.operations import note

SUBJECT = "service_record"
# The accounts opposite an award: purpose and unit.
MINUTES = ("service_issued", "minutes")
POINTS = ("points_issued", "points")
SETTLED = N_("Settled by the entry of the team's day.")

_CASTS_BY_COLUMN = {
    "id": "bigint",
    "root_id": "bigint",
    "volunteer_id": "bigint",
    "team_id": "bigint",
    "organisation_id": "bigint",
    "colour_id": "bigint",
    "service_on": "date",
    "minutes": "integer",
    "starts_minute": "integer",
    "content": "text",
    "place": "text",
    "note": "text",
    "evidence": "text",
    "external_id": "text",
    "part": "integer",
    "first_part_id": "bigint",
    "state": "text",
    "waits_reason": "text",
    "is_guest": "boolean",
    "is_service_day": "boolean",
    "is_service_month": "boolean",
    "earns_points": "boolean",
    "daily_limit_minutes": "integer",
    "points_hundredths": "bigint",
    "recorder_id": "bigint",
    "recorded_at": "timestamptz",
    "approver_id": "bigint",
    "decided_at": "timestamptz",
    "reason": "text",
    "corrects_id": "bigint",
    "batch_id": "bigint",
    "award_entry_id": "bigint",
}
_INTO = f"service_records ({', '.join(_CASTS_BY_COLUMN)})"
INSERT_RECORD = Statement(
    f"INSERT INTO {_INTO} VALUES ({', '.join('?' * len(_CASTS_BY_COLUMN))})",
    f"INSERT INTO {_INTO} SELECT * FROM {{rows}}",
    tuple(_CASTS_BY_COLUMN.values()),
    copy_into=_INTO,
)
_SUBMIT_DRAFTS = "UPDATE service_records SET state = 'submitted' WHERE id IN ?ids"
_REJECT = (
    "UPDATE service_records SET state = 'rejected', approver_id = ?, decided_at = ?, reason = ? "
    "WHERE id IN ?ids"
)


class StalePlan(ValueError):
    """The plan was judged outside this transaction: its locks are gone."""


def carry_out(
    session: Session,
    plan: Plan,
    *,
    actor: Actor,
    now: datetime,
    batch_id: int | Callable[[int], None] | None,
    key: str | None,
    organisation_id: int | None = None,
    also: Callable[[list[Outcome], int | None], None] | None = None,
    operation: str = "service_record.enter",
    counts: Mapping[str, Any] | None = None,
) -> int | None:
    """Write what was planned in this very transaction; the plan's outcomes get their records.

    `batch_id` may be what writes the batch of a new id, when there is anything to put into it;
    the batch's id is returned. `also` may send more rows with `many` in the same trip.
    `operation` and `counts`: how the one trail row names it (an import does), and what it
    tells besides.
    """
    if plan.locked_in is None or plan.locked_in is not session.get_transaction():
        raise StalePlan("plan and carry out inside one transaction()")
    settle_claims(session, plan.settles, actor_id=actor.login_id, now=now)
    opens = batch_id if callable(batch_id) and plan.records else None
    ready = make_ready(session, plan, now=now, opens_batch=opens is not None)
    batch_id = ready.batch_id if callable(batch_id) else batch_id
    plan.outcomes = _with_records(plan, ready.record_ids)
    with written_together(session, len(plan.records)):
        if opens is not None and batch_id is not None:
            opens(batch_id)
        write_records(session, plan, ready, actor=actor, now=now, batch_id=batch_id, key=key)
        if plan.records:
            note(
                session,
                operation=operation,
                actor_id=actor.login_id,
                at=now,
                subject_kind="batch" if batch_id else SUBJECT,
                subject_id=batch_id or ready.record_ids[0],
                batch_id=batch_id,
                organisation_id=organisation_id or plan.records[0].organisation_id,
                after={
                    "approved": plan.count("approved"),
                    "waiting": plan.count("waiting"),
                    "minutes": sum(record.minutes for record in plan.records),
                    "settled_claims": sorted(plan.settles),
                    **(counts or {}),
                },
                reason=next((record.reason for record in plan.records if record.reason), None),
            )
        if also is not None:
            also(plan.outcomes, batch_id)
    return batch_id


def insert_records(
    session: Session,
    plan: Plan,
    *,
    actor: Actor,
    now: datetime,
    batch_id: int | None,
    key: str | None,
    corrects: Sequence[int | None] = (),
) -> list[int]:
    """Insert the planned records, award the approved ones and keep the totals."""
    ready = make_ready(session, plan, now=now)
    write_records(
        session,
        plan,
        ready,
        actor=actor,
        now=now,
        batch_id=batch_id,
        key=key,
        corrects=corrects,
    )
    return ready.record_ids


class Ready(NamedTuple):
    """What is asked of the database before the rows are written: ids, slots and accounts."""

    record_ids: list[int]
    slots: Slots | None
    awarding: Mapping[int, Awarding]
    batch_id: int | None = None


def make_ready(session: Session, plan: Plan, *, now: datetime, opens_batch: bool = False) -> Ready:
    """Reserve the ids of a plan's records and awards, and find the accounts opposite."""
    if len(plan.records) >= COPY_FROM:
        allow_long_statements(session)
    approved = [record for record in plan.records if record.is_approved]
    asked = [asking_ids(session, "service_records", len(plan.records))] if plan.records else []
    if opens_batch:
        asked.append(asking_ids(session, "batches", 1))
    if approved:
        roots = {record.root_id for record in approved}
        slots, accounts, found = reserve_with_accounts(
            session, len(approved), now, _opposite(roots), *asked
        )
        awarding = _awarding(roots, accounts, plan.held)
    else:
        slots, awarding, found = None, {}, fetch_together(session, *asked)
    ids = [ids_of(rows) for rows in found]
    return Ready(ids[0] if ids else [], slots, awarding, ids[1][0] if opens_batch else None)


def write_records(
    session: Session,
    plan: Plan,
    ready: Ready,
    *,
    actor: Actor,
    now: datetime,
    batch_id: int | None,
    key: str | None,
    corrects: Sequence[int | None] = (),
) -> None:
    """Write the records of a plan, their awards and the totals: nothing is asked here."""
    records, slots = plan.records, ready.slots
    approved = [i for i, record in enumerate(records) if record.is_approved]
    awards: dict[int, int] = {}
    if slots is not None:
        awards = {place: slots.first_id + i for i, place in enumerate(approved)}
        entries = [
            ready.awarding[records[i].root_id].entry(
                records[i].volunteer_id,
                ready.record_ids[i],
                records[i].minutes,
                records[i].points_hundredths,
                records[i].rule_version_id,
            )
            for i in approved
        ]
        # Before the records that name them: a deferred reference left open makes SQLite look
        # for children of each record it inserts.
        post(session, entries, slots, actor_id=actor.login_id, key=key)
    rows = _rows(
        session, records, ready.record_ids, awards, actor.login_id, now, batch_id, corrects
    )
    many(session, INSERT_RECORD, rows)
    if approved:
        keep_totals(session, [_change(records[i]) for i in approved], before=plan.days_before)


def awarding_of(
    session: Session, root_ids: Iterable[int], held: Mapping[int, Held]
) -> dict[int, Awarding]:
    """Return what makes the awards, by organisation root."""
    roots = set(root_ids)
    return _awarding(roots, system_accounts(session, _opposite(roots)), held)


def _opposite(roots: Iterable[int]) -> list[SystemAccount]:
    return [(root_id, *account) for root_id in sorted(roots) for account in (MINUTES, POINTS)]


def _awarding(
    roots: Iterable[int], accounts: Mapping[SystemAccount, int], held: Mapping[int, Held]
) -> dict[int, Awarding]:
    return {
        root_id: Awarding(held, accounts[root_id, *MINUTES], accounts[root_id, *POINTS])
        for root_id in roots
    }


class Awarding:
    """Makes the entries that award a record, against the root's issuing accounts."""

    def __init__(self, held: Mapping[int, Held], minutes_id: int, points_id: int) -> None:
        self._held = held
        self._minutes_id = minutes_id
        self._points_id = points_id

    def entry(
        self, volunteer_id: int, record_id: int, minutes: int, points: int, rule_version_id: int
    ) -> NewEntry:
        """Return the award of one record; without points it has no legs in points."""
        held = self._held[volunteer_id]
        legs: tuple[Leg, ...] = (Leg(held.minutes_id, minutes), Leg(self._minutes_id, -minutes))
        if points:
            legs += (Leg(held.points_id, points), Leg(self._points_id, -points))
        return NewEntry("service", SUBJECT, record_id, legs, rule_version_id=rule_version_id)


def settle_claims(
    session: Session, claims: Mapping[int, str], *, actor_id: int, now: datetime
) -> None:
    """Reject the claims an entry settles; a draft is submitted first, for no step is skipped."""
    drafts = sorted(claim for claim, state in claims.items() if state == "draft")
    if drafts:
        run(session, _SUBMIT_DRAFTS, drafts)
    if claims:
        reject_rows(session, claims, actor_id=actor_id, now=now, reason=SETTLED)


def reject_rows(
    session: Session, record_ids: Iterable[int], *, actor_id: int, now: datetime, reason: str | None
) -> None:
    """Move submitted records to rejected."""
    run(session, _REJECT, actor_id, now, reason, sorted(record_ids))


def _change(record: PlannedRecord) -> Change:
    day = DayKey(
        record.volunteer_id,
        record.team_id,
        record.organisation_id,
        record.colour_id,
        record.service_on,
    )
    return Change(day, record.is_service_day, record.minutes, record.points_hundredths, 1)


def _rows(
    session: Session,
    records: Sequence[PlannedRecord],
    record_ids: Sequence[int],
    awards: Mapping[int, int],
    actor_id: int,
    now: datetime,
    batch_id: int | None,
    corrects: Sequence[int | None],
) -> list[tuple[Any, ...]]:
    """Return the rows as the driver takes them."""
    at = driver_instant(session, now)
    to_text = not is_postgresql(session)
    said: dict[date, str] = {}
    rows: list[tuple[Any, ...]] = []
    for i, record in enumerate(records):
        on: Any = record.service_on
        if to_text:
            on = said.get(on) or said.setdefault(on, on.isoformat())
        approved = record.is_approved
        back = record.first_part_back
        rows.append(
            (
                record_ids[i],
                *record[:5],
                on,
                *record[6:14],
                None if back is None else record_ids[i - back],
                "approved" if approved else "submitted",
                *record[16:23],
                actor_id,
                at,
                actor_id if approved else None,
                at if approved else None,
                record.reason,
                corrects[i] if corrects else None,
                batch_id,
                awards.get(i),
            )
        )
    return rows


def _with_records(plan: Plan, record_ids: Sequence[int]) -> list[Outcome]:
    """Return the outcomes with the ids of the records made, and of those met."""
    made: dict[int, list[int]] = {}
    for record_id, owner in zip(record_ids, plan.owners, strict=True):
        made.setdefault(owner, []).append(record_id)
    return [
        _with_record_ids(outcome, made.get(place), record_ids)
        for place, outcome in enumerate(plan.outcomes)
    ]


def _with_record_ids(
    outcome: Outcome, made: Sequence[int] | None, record_ids: Sequence[int]
) -> Outcome:
    if made is not None:
        return outcome._replace(record_ids=tuple(made))
    if outcome.status == "repeat":
        return outcome._replace(
            record_ids=tuple(_written(each, record_ids) for each in outcome.record_ids)
        )
    refusal = outcome.refusal
    if refusal is not None and isinstance(refusal.figures.get("record"), int):
        refusal.figures["record"] = _written(refusal.figures["record"], record_ids)
    return outcome


def _written(record_id: int, record_ids: Sequence[int]) -> int:
    """Return the real id of a record that was met before it was written."""
    return record_id if record_id < PROVISIONAL else record_ids[record_id - PROVISIONAL]
