"""Write a plan: records, awards, totals and one trail row, one statement per table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import (
    COPY_FROM,
    allow_long_statements,
    asking_ids,
    fetch_together,
    ids_of,
    many,
    written_together,
)
from app.db import is_postgresql
from app.ledger.operations import (
    Slots,
    SystemAccount,
    asking_slots,
    post,
    reserve_with_accounts,
    slots_asked,
    system_accounts,
)
from app.organisations.rules import line_above
from app.service.operations.awarding import (
    MINUTES,
    POINTS,
    SUBJECT,
    Awarding,
    awarding_by_root,
    opposite,
)
from app.service.operations.informing import tell_settled
from app.service.operations.lines import (
    DayKey,
    Line,
    Outcome,
    Plan,
    PlannedRecord,
)
from app.service.operations.locking import people_in
from app.service.operations.naming import with_record_ids
from app.service.operations.rejecting import settle_claims
from app.service.operations.rows import INSERT_RECORD, rows_of
from app.service.standings import Above
from app.service.totals import Change, keep_totals, organisations_of
from app.teams.rules import Actor
from app.trail.operations import note

# More rows than a page ever has; an import of 100,000 would else take 100 MB for them.
PART_ROWS = 10_000


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
    early: Reserved | None = None,
    on_behalf_of_id: int | None = None,
    names_records: bool = True,
) -> int | None:
    """Write what was planned in this very transaction; the plan's outcomes get their records.

    `batch_id` may be what writes the batch of a new id, when there is anything to put into it;
    the batch's id is returned. `also` may send more rows with `many` in the same trip.
    `operation` and `counts`: how the one trail row names it (an import does), and what it
    tells besides. `early`: what was reserved for its lines while they were locked.
    `on_behalf_of_id`: for whom the actor acted. `names_records`: whether anybody reads the
    outcomes afterwards; 100,000 with their ids take 40 MB.
    """
    if plan.locked_in is None or plan.locked_in is not session.get_transaction():
        raise StalePlan("plan and carry out inside one transaction()")
    settle_claims(session, plan.settles, actor_id=actor.login_id, now=now)
    if plan.settles:
        tell_settled(session, plan.settles, actor=actor, now=now)
    opens = batch_id if callable(batch_id) and plan.records else None
    ready = make_ready(session, plan, now=now, opens_batch=opens is not None, early=early)
    batch_id = ready.batch_id if callable(batch_id) else batch_id
    if names_records:
        plan.outcomes = with_record_ids(plan, ready.record_ids)
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
                on_behalf_of_id=on_behalf_of_id,
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
    """What is asked of the database before the rows are written: ids, slots, accounts, the tree."""

    record_ids: list[int]
    slots: Slots | None
    awarding: Mapping[int, Awarding]
    above: Above
    batch_id: int | None = None


class Reserved(NamedTuple):
    """Ids for new rows, and the accounts opposite the awards."""

    record_ids: list[int]
    batch_id: int | None
    slots: Slots | None
    accounts: Mapping[SystemAccount, int]

    def suits(self, plan: Plan) -> bool:
        """Tell whether enough was reserved for lines that were not judged yet."""
        return len(plan.records) <= len(self.record_ids)


def asking_early(session: Session, lines: Sequence[Line], now: datetime) -> list[tuple[Any, ...]]:
    """Return the queries for `early_from`; none on SQLite, which has no trips to save."""
    if not is_postgresql(session) or not lines:
        return []
    return [
        asking_ids(session, "service_records", len(lines)),
        asking_ids(session, "batches", 1),
        *asking_slots(len(lines), now, people_in(lines), (MINUTES[0], POINTS[0])),
    ]


def early_from(answers: Sequence[Sequence[Any]]) -> Reserved | None:
    """Return what was reserved for lines not yet judged, a record for each."""
    if not answers:
        return None
    record_ids, batch_ids, *about_slots = answers
    return Reserved(ids_of(record_ids), ids_of(batch_ids)[0], *slots_asked(about_slots))


def make_ready(
    session: Session,
    plan: Plan,
    *,
    now: datetime,
    opens_batch: bool = False,
    early: Reserved | None = None,
) -> Ready:
    """Reserve the ids of a plan's records and awards, and find the accounts opposite."""
    if len(plan.records) >= COPY_FROM:
        allow_long_statements(session)
    approved = [record for record in plan.records if record.is_approved]
    roots = {record.root_id for record in approved}
    if early is None or not early.suits(plan):
        early = _reserved(session, plan, len(approved), roots, now=now, opens_batch=opens_batch)
    accounts = early.accounts
    if not accounts.keys() >= set(opposite(roots)):
        # The organisation's very first award.
        accounts = system_accounts(session, opposite(roots))
    return Ready(
        early.record_ids[: len(plan.records)],
        early.slots if approved else None,
        awarding_by_root(roots, accounts, plan.held),
        {
            organisation_id: line_above(plan.tree, organisation_id)
            for organisation_id in organisations_of(map(_change, approved), plan.days_before)
        },
        early.batch_id if opens_batch else None,
    )


def _reserved(
    session: Session,
    plan: Plan,
    awards: int,
    roots: Set[int],
    *,
    now: datetime,
    opens_batch: bool,
) -> Reserved:
    asked = [asking_ids(session, "service_records", len(plan.records))] if plan.records else []
    if opens_batch:
        asked.append(asking_ids(session, "batches", 1))
    slots: Slots | None = None
    accounts: Mapping[SystemAccount, int] = {}
    if awards:
        slots, accounts, found = reserve_with_accounts(
            session, awards, now, opposite(roots), *asked
        )
    else:
        found = fetch_together(session, *asked)
    ids = [ids_of(rows) for rows in found]
    return Reserved(ids[0] if ids else [], ids[1][0] if opens_batch else None, slots, accounts)


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
    approved = [i for i, record in enumerate(plan.records) if record.is_approved]
    _write_rows(session, plan, ready, approved, actor, now, batch_id, key, corrects)
    if approved:
        # By now the rows of 100,000 have left their room to the totals.
        changes = [_change(plan.records[i]) for i in approved]
        keep_totals(session, changes, before=plan.days_before, above=ready.above)


def _write_rows(
    session: Session,
    plan: Plan,
    ready: Ready,
    approved: Sequence[int],
    actor: Actor,
    now: datetime,
    batch_id: int | None,
    key: str | None,
    corrects: Sequence[int | None],
) -> None:
    records, slots = plan.records, ready.slots
    awards: dict[int, int] = {}
    if slots is not None:
        awards = {place: slots.first_id + i for i, place in enumerate(approved)}
        # Before the records that name them: a deferred reference left open makes SQLite look
        # for children of each record it inserts.
        for part in _parts(approved):
            entries = [
                ready.awarding[records[i].root_id].entry(
                    records[i].volunteer_id,
                    ready.record_ids[i],
                    records[i].minutes,
                    records[i].points_hundredths,
                    records[i].rule_version_id,
                )
                for i in part
            ]
            first = slots._replace(first_id=awards[part[0]])
            post(session, entries, first, actor_id=actor.login_id, key=key)
    for part in _parts(range(len(records))):
        rows = rows_of(
            session,
            records,
            ready.record_ids,
            awards,
            actor.login_id,
            now,
            batch_id,
            corrects,
            part,
        )
        many(session, INSERT_RECORD, rows)


def _parts(places: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield places in parts whose rows fit into little memory; nearly always there is one."""
    for at in range(0, len(places), PART_ROWS):
        yield places[at : at + PART_ROWS]


def _change(record: PlannedRecord) -> Change:
    day = DayKey(
        record.volunteer_id,
        record.team_id,
        record.organisation_id,
        record.colour_id,
        record.service_on,
    )
    return Change(day, record.is_service_day, record.minutes, record.points_hundredths, 1)
