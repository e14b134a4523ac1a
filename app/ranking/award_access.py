"""Whose year somebody may read and close, and what they may do about a question that waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.errors import NotAllowed, NotFound
from app.organisations.queries import subtree_of_code
from app.ranking.operations.holding import matter_of
from app.ranking.queries.scopes import FIRST_YEAR
from app.ranking.queries.snapshots import Freeze, Snapshot, find_snapshot
from app.second_person.queries import is_behind, seconds_for
from app.second_person.rules import ALONE_AFTER, check_second
from app.teams.access import today
from app.teams.rules import Actor
from app.web.policy import not_found


@dataclass(frozen=True)
class Closing:
    """One organisation's year within somebody's reach."""

    organisation_id: int
    code: str
    name: str
    year: int
    today: date
    # Whether the reader may change the scheme and ask; anybody else only reads, or is the second.
    may_ask: bool
    # The organisation and all below it, as they stand today.
    below: tuple[int, ...]

    @property
    def address(self) -> dict[str, Any]:
        """Return what names it in an address."""
        return {"code": self.code, "year": self.year}


@dataclass(frozen=True)
class Seen:
    """What somebody may do about the question that waits."""

    freeze: Freeze
    may_decide: bool = False
    may_withdraw: bool = False
    # When the asker may do it alone; None where somebody else could confirm it.
    alone_from: datetime | None = None
    # Why somebody who reaches it may not decide.
    refusal: NotAllowed | None = None
    # How many could be the second person; told to the asker.
    others: int = 0


def closing_of(session: Session, actor: Actor, code: str, year: int) -> Closing:
    """Return an organisation's year within reach; a year that has not begun is none."""
    nodes, this_day = subtree_of_code(session, code), today()
    found = nodes[0] if nodes else not_found()
    if found.id not in actor.organises | actor.audits or not FIRST_YEAR <= year <= this_day.year:
        not_found()
    may_ask = found.id in actor.organises
    below = tuple(node.id for node in nodes)
    return Closing(found.id, found.code, found.name, year, this_day, may_ask, below)


def below_of(closing: Closing, snapshot: Snapshot | None) -> tuple[int, ...]:
    """Return the organisation and those below it: now, or as a snapshot has them."""
    return closing.below if snapshot is None else snapshot.organisation_ids


def snapshot_here(session: Session, closing: Closing, snapshot_id: int) -> Snapshot:
    """Return a frozen list of this organisation's year."""
    found = find_snapshot(session, snapshot_id)
    here = closing.organisation_id, closing.year
    if found is None or (found.organisation_id, found.year) != here:
        not_found()
    return found


def seen_question(session: Session, actor: Actor, freeze: Freeze, now: datetime) -> Seen:
    """Return what the reader may do about a question that waits, right now."""
    matter, on = matter_of(freeze.organisation_id), today()
    if freeze.asker_id == actor.login_id:
        others = len(seconds_for(session, matter, asker_id=freeze.asker_id, on=on))
        alone_from = None if others else freeze.asked_at + ALONE_AFTER
        return Seen(freeze, may_withdraw=True, alone_from=alone_from, others=others)
    behind = is_behind(session, actor.login_id, freeze.asker_id, on)
    try:
        check_second(actor, matter, asker_id=freeze.asker_id, is_behind=behind)
    except NotFound:
        return Seen(freeze, refusal=NotAllowed())
    except NotAllowed as refusal:
        return Seen(freeze, refusal=refusal)
    return Seen(freeze, may_decide=True)
