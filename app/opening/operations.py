"""Take balances over from paper books, and take a whole batch of them back by reversals.

However many rows there are: one statement a table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import (
    COPY_FROM,
    Statement,
    allow_long_statements,
    driver_instant,
    fetch,
    many,
    next_ids,
)
from app.db import is_postgresql
from app.errors import NotFound, RuleBroken
from app.ledger.operations import (
    Held,
    NewEntry,
    SystemAccount,
    lock_holders,
    open_accounts,
    post,
    reserve,
    reverse,
    system_accounts,
)
from app.ledger.rules import Leg
from app.notices.operations import tell_each
from app.notices.rules import Told
from app.opening.notices import TAKEN_BACK, TAKEN_OVER
from app.opening.queries import SUBJECT, LiveOpening, homes_of, live_of_batch, standing_of
from app.opening.rules import OpeningLine, Standing, Status, check_entitled, judge
from app.organisations.queries import asking_above, lines_above
from app.teams.rules import Actor
from app.trail.operations import note
from app.trail.rules import mask_text

PURPOSE = "opening"
_CASTS = {
    "id": "bigint",
    "root_id": "bigint",
    "organisation_id": "bigint",
    "volunteer_id": "bigint",
    "as_of_on": "date",
    "minutes": "bigint",
    "points_hundredths": "bigint",
    "note": "text",
    "state": "text",
    "recorder_id": "bigint",
    "recorded_at": "timestamptz",
    "batch_id": "bigint",
    "entry_id": "bigint",
}
_INTO = f"opening_records ({', '.join(_CASTS)})"
_INSERT = Statement(
    f"INSERT INTO {_INTO} VALUES ({', '.join('?' * len(_CASTS))})",
    f"INSERT INTO {_INTO} SELECT * FROM {{rows}}",
    tuple(_CASTS.values()),
    copy_into=_INTO,
)
_REVERSE = Statement(
    "UPDATE opening_records SET state = 'reversed', reversal_entry_id = ? WHERE id = ?",
    "UPDATE opening_records t SET state = 'reversed', reversal_entry_id = r.a FROM {rows} "
    "WHERE t.id = r.b",
    ("bigint", "bigint"),
)


class Outcome(NamedTuple):
    """What becomes of one line; `place`: which earlier line of the same sheet it meets."""

    status: Status
    refusal: RuleBroken | None = None
    place: int | None = None


@dataclass
class Plan:
    """Lines as they were judged, with what posting the new ones needs."""

    lines: Sequence[OpeningLine]
    outcomes: list[Outcome]
    homes: Mapping[int, int]
    roots: Mapping[int, int]
    held: Mapping[int, Held] = field(default_factory=dict)

    @property
    def new(self) -> list[OpeningLine]:
        """Return the lines to be posted."""
        judged = zip(self.lines, self.outcomes, strict=True)
        return [line for line, outcome in judged if outcome.status == "created"]

    def count(self, status: Status) -> int:
        """Return how many lines have a status."""
        return sum(outcome.status == status for outcome in self.outcomes)

    def root_of(self, volunteer_id: int) -> int:
        """Return the organisation root of a volunteer."""
        return self.roots[self.homes[volunteer_id]]


def plan_openings(
    session: Session, lines: Sequence[OpeningLine], *, actor: Actor, today: date, locks: bool
) -> Plan:
    """Judge lines in their order; with `locks`, behind the people's locks, ready to be posted."""
    people = sorted({line.volunteer_id for line in lines})
    homes = homes_of(session, people)
    above = lines_above(fetch(session, *asking_above(sorted(set(homes.values())))))
    plan = Plan(lines, [], homes, {home: line[-1] for home, line in above.items()})
    if locks and people:
        plan.held = _locked(session, plan, people)
    standing = standing_of(session, people)
    for place, line in enumerate(lines):
        plan.outcomes.append(_outcome(line, place, plan, standing, actor, today))
    return plan


def _locked(session: Session, plan: Plan, people: Sequence[int]) -> dict[int, Held]:
    """Lock everybody's accounts; who has none yet is given some first."""
    held = lock_holders(session, people)
    missing: dict[int, list[int]] = {}
    for volunteer_id in people:
        if volunteer_id not in held:
            missing.setdefault(plan.root_of(volunteer_id), []).append(volunteer_id)
    for root_id, holder_ids in sorted(missing.items()):
        open_accounts(session, root_id=root_id, holder_ids=holder_ids)
    return lock_holders(session, people) if missing else held


def _outcome(
    line: OpeningLine,
    place: int,
    plan: Plan,
    standing: dict[int, Standing],
    actor: Actor,
    today: date,
) -> Outcome:
    before = standing.get(line.volunteer_id)
    try:
        check_entitled(
            plan.homes.get(line.volunteer_id),
            frozenset(actor.organises),
            is_own=actor.benefits(line.volunteer_id),
            opening=actor.openings.get(line.volunteer_id),
        )
        status = judge(line, before, today)
    except RuleBroken as refusal:
        return Outcome("refused", refusal, before.place if before else None)
    if status == "created":
        standing[line.volunteer_id] = Standing(*line[1:4], place)
    return Outcome(status, None, before.place if before else None)


def take_over(
    session: Session,
    plan: Plan,
    *,
    actor: Actor,
    now: datetime,
    batch_id: int,
    organisation_id: int,
    counts: Mapping[str, Any],
) -> list[int]:
    """Post the new lines of a plan made in this transaction; return the openings' ids."""
    lines = plan.new
    if len(lines) >= COPY_FROM:
        allow_long_statements(session)
    ids = next_ids(session, "opening_records", len(lines))
    accounts = system_accounts(session, _opposite({plan.root_of(one[0]) for one in lines}))
    slots = reserve(session, len(lines), now)
    entries = [
        _entry(opening_id, line, plan.held[line.volunteer_id], plan.root_of(line[0]), accounts)
        for opening_id, line in zip(ids, lines, strict=True)
    ]
    post(session, entries, slots, actor_id=actor.login_id)
    rows = [
        _row(session, opening_id, line, plan, actor.login_id, now, batch_id, slots.first_id + i)
        for i, (opening_id, line) in enumerate(zip(ids, lines, strict=True))
    ]
    many(session, _INSERT, rows)
    note(
        session,
        operation="import.opening",
        actor_id=actor.login_id,
        at=now,
        subject_kind="batch",
        subject_id=batch_id,
        batch_id=batch_id,
        organisation_id=organisation_id,
        after={
            "minutes": sum(line.minutes for line in lines),
            "points_hundredths": sum(line.points_hundredths for line in lines),
            **counts,
        },
    )
    told = [
        Told(line.volunteer_id, _figures(line), "/me/ledger", opening_id)
        for opening_id, line in zip(ids, lines, strict=True)
    ]
    tell_each(session, TAKEN_OVER, told, at=now, subject_kind=SUBJECT)
    return ids


def _opposite(root_ids: set[int]) -> list[SystemAccount]:
    return [(root, PURPOSE, unit) for root in sorted(root_ids) for unit in ("minutes", "points")]


def _entry(
    opening_id: int,
    line: OpeningLine,
    held: Held,
    root_id: int,
    accounts: Mapping[SystemAccount, int],
) -> NewEntry:
    """Return the entry of one opening; what is nought has no legs."""
    legs: tuple[Leg, ...] = ()
    for unit, account_id, amount in (
        ("minutes", held.minutes_id, line.minutes),
        ("points", held.points_id, line.points_hundredths),
    ):
        if amount:
            opposite = accounts[root_id, PURPOSE, unit]
            legs += (Leg(account_id, amount), Leg(opposite, -amount))
    return NewEntry("opening", SUBJECT, opening_id, legs)


def _row(
    session: Session,
    opening_id: int,
    line: OpeningLine,
    plan: Plan,
    actor_id: int,
    now: datetime,
    batch_id: int,
    entry_id: int,
) -> tuple[Any, ...]:
    on: Any = line.as_of_on if is_postgresql(session) else line.as_of_on.isoformat()
    home = plan.homes[line.volunteer_id]
    return (
        *(opening_id, plan.roots[home], home, line.volunteer_id, on, line.minutes),
        *(line.points_hundredths, line.note, "approved", actor_id),
        *(driver_instant(session, now), batch_id, entry_id),
    )


def _figures(line: OpeningLine | LiveOpening) -> dict[str, Any]:
    return {
        "as_of_on": line.as_of_on,
        "served_minutes": line.minutes,
        "points_hundredths": line.points_hundredths,
    }


def take_back(
    session: Session,
    batch_id: int,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    key: str | None = None,
) -> list[int]:
    """Reverse every opening of a batch that counts, all or nothing; return their ids.

    Raises WouldGoBelowZero, naming the people who have spent what they were given. The caller
    notes it in the trail with the batch.
    """
    lock_holders(session, {one.volunteer_id for one in live_of_batch(session, batch_id)})
    # Read again under the lock: somebody may have been quicker.
    openings = live_of_batch(session, batch_id)
    if not {one.organisation_id for one in openings} <= actor.organises:
        raise NotFound
    if not openings:
        return []
    if len(openings) >= COPY_FROM:
        allow_long_statements(session)
    done = reverse(
        session,
        [one.entry_id for one in openings],
        actor_id=actor.login_id,
        now=now,
        root_id=0,  # only a cover would need one, and nothing is covered here
        reason=reason,
        key=key,
    )
    many(session, _REVERSE, [(done.reversal_ids[one.entry_id], one.id) for one in openings])
    told = [
        Told(
            one.volunteer_id,
            {**_figures(one), "reason": mask_text(reason)},
            "/me/ledger",
            one.id,
        )
        for one in openings
    ]
    tell_each(session, TAKEN_BACK, told, at=now, subject_kind=SUBJECT)
    return [one.id for one in openings]
