"""Who may open whose passbook: GUARANTEES §4, row "passbook, balance"."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.errors import NotFound
from app.passbook.queries import Owner, find_owner, find_owner_by_id, teams_shared
from app.teams.rules import Actor


class Reach(NamedTuple):
    """How much of a passbook somebody may see.

    A leader sees minutes only: the lifetime figure, and lines with the teams they lead.
    """

    is_own: bool
    sees_points: bool
    team_ids: frozenset[int]


def owner_for(session: Session, actor: Actor, number: str, today: date) -> tuple[Owner, Reach]:
    """Return whose passbook a number opens and how far, or say that there is none."""
    owner = find_owner(session, number)
    if owner is None:
        raise NotFound
    is_own = actor.benefits(owner.id)
    if is_own or owner.organisation_id in actor.organises | actor.audits:
        return owner, Reach(is_own, True, frozenset())
    shared = teams_shared(session, owner.id, actor.leads, today)
    if not shared:
        raise NotFound
    return owner, Reach(False, False, shared)


def own_passbook(session: Session, actor: Actor) -> Owner:
    """Return the actor's own passbook, or their ward's while acting for them.

    An organiser who is no volunteer has none.
    """
    owner = find_owner_by_id(session, actor.own_id) if actor.own_id else None
    if owner is None:
        raise NotFound
    return owner
