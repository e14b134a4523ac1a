"""Reverse records by mirrored entries, and reject what they leave without an object."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy.orm import Session

from app.bulk import Statement, fetch, many
from app.errors import N_
from app.ledger.operations import Cover
from app.ledger.operations import reverse as reverse_entries
from app.service.operations.records import Kept, groups_of
from app.service.operations.rejecting import reject_rows
from app.service.totals import Change
from app.teams.rules import Actor

_REVERSE = Statement(
    "UPDATE service_records SET state = 'reversed', reversal_entry_id = ? WHERE id = ?",
    "UPDATE service_records t SET state = 'reversed', reversal_entry_id = r.a FROM {rows} "
    "WHERE t.id = r.b",
    ("bigint", "bigint"),
)
_OTHER_PROPOSALS = (
    "SELECT id FROM service_records WHERE state = 'submitted' AND corrects_id IN ?ids"
)
OVERTAKEN = N_("The record it would have corrected was corrected or reversed otherwise.")


class Hearer(Protocol):
    """What a package above the service does about records reversed, in the same commit.

    It returns the groups of the records whose people it told: they need no second notice.
    """

    def __call__(
        self, session: Session, reversed_records: Sequence[Kept], /, *, actor: Actor, now: datetime
    ) -> Collection[int]: ...


class Overtaken(NamedTuple):
    """The corrections that lost their object, and the groups of records told of otherwise."""

    proposal_ids: list[int]
    told_groups: frozenset[int]


_hearers: list[Hearer] = []


def hear_of_reversals(hearer: Hearer) -> None:
    """Let what stands above the service follow when a record it speaks of is reversed.

    It is called once a reversal is whole: what takes a corrected record's place is approved.
    """
    if hearer not in _hearers:
        _hearers.append(hearer)


def reverse_awards(
    session: Session,
    records: Sequence[Kept],
    *,
    actor: Actor,
    now: datetime,
    reason: str | None,
    key: str | None,
    cover: Cover | None = None,
) -> None:
    """Post the mirrors of the records' awards and move the records to reversed.

    `cover`: what two people agreed to pay for, where less is left than is taken back.
    """
    awards = {record.id: int(record.award_entry_id or 0) for record in records}
    done = reverse_entries(
        session,
        list(awards.values()),
        actor_id=actor.login_id,
        now=now,
        root_id=records[0].root_id,
        reason=reason,
        key=key,
        cover=cover,
    )
    many(
        session,
        _REVERSE,
        [(done.reversal_ids[entry_id], record_id) for record_id, entry_id in awards.items()],
    )


def overtake_proposals(
    session: Session, reversed_records: Sequence[Kept], *, actor: Actor, now: datetime
) -> Overtaken:
    """Tell who hears of it, and reject the corrections still proposed for what is reversed."""
    if not reversed_records:
        return Overtaken([], frozenset())
    heard = [hear(session, reversed_records, actor=actor, now=now) for hear in _hearers]
    told = frozenset[int]().union(*heard)
    gone = sorted(record.id for record in reversed_records)
    proposals = [row[0] for row in fetch(session, _OTHER_PROPOSALS, gone)]
    if not proposals:
        return Overtaken([], told)
    overtaken = [each.id for each in groups_of(session, proposals)]
    reject_rows(session, overtaken, actor_id=actor.login_id, now=now, reason=OVERTAKEN)
    return Overtaken(overtaken, told)


def going(record: Kept) -> Change:
    """Return what the totals lose by a reversed record."""
    return Change(
        record.day_key, bool(record.is_service_day), record.minutes, record.points_hundredths, -1
    )
