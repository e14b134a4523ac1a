"""Log a team's day: one form, one batch, one commit, however often it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import Statement, for_sqlite, many, next_ids
from app.db import is_postgresql
from app.errors import RuleBroken
from app.service.operations.friends import NewFriend, propose_friends
from app.service.operations.lines import (
    EntersAs,
    Evidence,
    KeptRefusal,
    Line,
    Outcome,
)
from app.service.operations.locking import lock_and_read
from app.service.operations.planning import plan_lines
from app.service.operations.posting import asking_early, carry_out, early_from
from app.teams.rules import Actor
from app.trail.operations import asking_for, kept_result, remember

_BATCH = (
    "batches (id, kind, organisation_id, team_id, service_on, actor_id, made_at, file_name, "
    "file_sha256, rows, created, updated, duplicates, refused, blank)"
)
_INSERT_BATCH = Statement(
    f"INSERT INTO {_BATCH} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    f"INSERT INTO {_BATCH} SELECT * FROM {{rows}}",
    (
        *("bigint", "text", "bigint", "bigint", "date", "bigint", "timestamptz", "text", "text"),
        *("integer",) * 6,
    ),
)


class DayResult(NamedTuple):
    """What a logged day did; `was_sent_before`: nothing was done now, this is the first result."""

    batch_id: int | None
    outcomes: list[Outcome]
    was_sent_before: bool = False


def new_batch(
    session: Session,
    *,
    kind: str,
    organisation_id: int,
    actor_id: int,
    now: datetime,
    team_id: int | None = None,
    service_on: date | None = None,
    file_name: str | None = None,
    file_sha256: str | None = None,
    rows: int = 0,
    created: int = 0,
    updated: int = 0,
    duplicates: int = 0,
    refused: int = 0,
    blank: int = 0,
    batch_id: int | None = None,
) -> int:
    """Open the batch that many rows belong to, with what was counted of them.

    `batch_id`: reserved before, where nothing may be asked any more.
    """
    if batch_id is None:
        (batch_id,) = next_ids(session, "batches", 1)
    values: tuple[Any, ...] = (
        *(batch_id, kind, organisation_id, team_id, service_on, actor_id, now, file_name),
        *(file_sha256, rows, created, updated, duplicates, refused, blank),
    )
    if not is_postgresql(session):
        values = tuple(for_sqlite(value) for value in values)
    many(session, _INSERT_BATCH, [values])
    return batch_id


def log_day(
    session: Session,
    *,
    actor: Actor,
    team_id: int,
    service_on: date,
    lines: Sequence[Line],
    now: datetime,
    key: str,
    enters_as: EntersAs = "leader",
    evidence: Evidence = "entered",
    over_limit_reason: str | None = None,
    friends: Sequence[NewFriend] = (),
    once_a_day: bool = False,
    like: Line | None = None,
) -> DayResult:
    """Enter a team's day: what is accepted is posted even when other lines are refused.

    The same key with the same content does nothing and returns the first result. `friends`
    are people nobody knows yet, proposed in the same commit; their lines come after the
    others, with all but person and minutes as in `like`. `once_a_day`: see `plan_lines`.
    """
    content = {
        "operation": "log_day",
        "team_id": team_id,
        "service_on": service_on,
        "enters_as": enters_as,
        "evidence": evidence,
        "over_limit_reason": over_limit_reason,
        "lines": [list(line) for line in lines],
        "friends": [list(friend) for friend in friends],
        # What the friends' lines share: without other lines it stands nowhere else.
        "like": list(like) if friends and like else None,
    }
    # The key is asked for under the lock: two taps may arrive at once.
    asked = asking_for(session, actor.login_id, key)
    reserving = asking_early(session, lines, now)
    locked, answers = lock_and_read(session, lines, now, *asked, *reserving)
    before = kept_result(answers[len(asked) - 1], content)
    if before is not None:
        return result_kept(before)
    like = like or Line(0, team_id, service_on, 0)
    proposed = propose_friends(session, friends, like, actor=actor, now=now)
    plan = plan_lines(
        session,
        [*lines, *proposed.lines],
        actor=actor,
        enters_as=enters_as,
        evidence=evidence,
        now=now,
        over_limit_reason=over_limit_reason,
        once_a_day=once_a_day,
        # Friends are new, and then there is more to know.
        locked=None if friends else locked,
    )
    outcomes: list[Outcome] = []

    def open_batch(batch_id: int) -> None:
        new_batch(
            session,
            kind="day",
            organisation_id=plan.records[0].organisation_id,
            actor_id=actor.login_id,
            now=now,
            team_id=team_id,
            service_on=service_on,
            rows=len(plan.lines),
            created=plan.created,
            duplicates=plan.count("repeat"),
            refused=plan.count("refused"),
            batch_id=batch_id,
        )

    def keep(carried: list[Outcome], batch_id: int | None) -> None:
        outcomes[:] = _with_friends_refused(carried, len(lines), proposed.refusals)
        kept = result_to_keep(DayResult(batch_id, outcomes))
        remember(session, actor.login_id, key, content, kept, now)

    batch_id = carry_out(
        session,
        plan,
        actor=actor,
        now=now,
        batch_id=open_batch,
        key=key,
        also=keep,
        early=early_from(answers[len(asked) :]),
    )
    return DayResult(batch_id, outcomes)


def _with_friends_refused(
    outcomes: list[Outcome], lines: int, refusals: Sequence[RuleBroken | None]
) -> list[Outcome]:
    """Put the refused friends, who were not planned, back among the outcomes."""
    added = iter(outcomes[lines:])
    of_friends = [
        Outcome("refused", refusal=refusal) if refusal else next(added) for refusal in refusals
    ]
    return [*outcomes[:lines], *of_friends]


def result_to_keep(result: DayResult) -> dict[str, Any]:
    """Return a result as it is remembered under its key."""
    return {
        "batch_id": result.batch_id,
        "outcomes": [
            [*outcome[:3], _refusal_to_keep(outcome.refusal), *outcome[4:]]
            for outcome in result.outcomes
        ],
    }


def result_kept(kept: Mapping[str, Any]) -> DayResult:
    """Return the result remembered under a key."""
    outcomes = []
    for status, record_ids, waits_reason, refusal, *figures in kept["outcomes"]:
        outcomes.append(
            Outcome(status, tuple(record_ids), waits_reason, _refusal_kept(refusal), *figures)
        )
    return DayResult(kept["batch_id"], outcomes, was_sent_before=True)


def _refusal_to_keep(refusal: RuleBroken | None) -> dict[str, Any] | None:
    if refusal is None:
        return None
    figures = {
        name: {"on": value.isoformat()} if isinstance(value, date) else value
        for name, value in refusal.figures.items()
    }
    return {"code": refusal.code, "message": refusal.message, "figures": figures}


def _refusal_kept(kept: Mapping[str, Any] | None) -> RuleBroken | None:
    if kept is None:
        return None
    figures = {
        name: date.fromisoformat(value["on"]) if isinstance(value, dict) else value
        for name, value in kept["figures"].items()
    }
    return KeptRefusal(kept_code=kept["code"], kept_message=kept["message"], **figures)
