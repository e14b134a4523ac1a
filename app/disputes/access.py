"""Whose dispute somebody may read, and who may answer it: whatever lies outside answers 404."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.db import db
from app.disputes.queries import (
    DisputeRow,
    counting_open,
    find_dispute,
    refused_among,
    refused_by,
)
from app.disputes.rules import may_answer
from app.errors import NotAllowed
from app.notices.access import inbox_of
from app.notices.queries import unread_in
from app.service.access import count_waiting
from app.teams.rules import Actor
from app.web.edge import Counts
from app.web.policy import not_found


class Seen(NamedTuple):
    """A dispute somebody may see, and how near they are to it."""

    row: DisputeRow
    is_own: bool
    leads: bool
    organises: bool
    # Why they may not answer it, though they lead or organise; None where they may.
    refusal: NotAllowed | None

    @property
    def is_near(self) -> bool:
        """Tell whether they lead the team or organise above it, and it is not their own."""
        return (self.leads or self.organises) and not self.is_own

    @property
    def may_answer(self) -> bool:
        return self.is_near and self.row.is_open and self.refusal is None


class Reach(NamedTuple):
    """What of others' disputes somebody may list."""

    team_ids: frozenset[int]
    organisation_ids: frozenset[int]
    # Their own, and their wards': those stand in the passbooks.
    without: frozenset[int]


def waiting_for(session: Session, actor: Actor, rows: Sequence[DisputeRow]) -> set[int]:
    """Return which open disputes wait for this person: of those passed on none they refused."""
    passed_on = [row.id for row in rows if row.state == "passed_on"]
    refused = refused_among(session, passed_on, actor.login_id) if passed_on else set()
    return {row.id for row in rows if _waits_for(actor, row)} - refused


def _waits_for(actor: Actor, row: DisputeRow) -> bool:
    """Say whether an open dispute is this person's to answer; passed on, only organisers'."""
    if actor.needs_another(row.volunteer_id):
        return False
    leads = row.state == "open" and row.recorded.team_id in actor.leads
    return leads or row.team_organisation_id in actor.organises


def seen_dispute(session: Session, actor: Actor, dispute_id: int) -> Seen:
    """Return a dispute: one's own, of a team one leads, or below what one organises or audits."""
    row = find_dispute(session, dispute_id)
    if row is None:
        not_found()
    is_own = actor.benefits(row.volunteer_id)
    leads = row.recorded.team_id in actor.leads
    organises = row.team_organisation_id in actor.organises
    if not (is_own or leads or organises or row.team_organisation_id in actor.audits):
        not_found()
    refusal = _refusal(session, actor, row, is_own, leads, organises)
    return Seen(row, is_own, leads, organises, refusal)


def answerable_dispute(session: Session, actor: Actor, dispute_id: int) -> Seen:
    """Return a dispute of a team the actor leads or organises, whatever its state."""
    seen = seen_dispute(session, actor, dispute_id)
    return seen if seen.is_near else not_found()


def own_dispute(session: Session, actor: Actor, dispute_id: int) -> Seen:
    """Return a dispute of the actor's own, or of whom they act for."""
    seen = seen_dispute(session, actor, dispute_id)
    return seen if seen.is_own else not_found()


def reach_of(actor: Actor) -> Reach:
    """Return which teams and organisations somebody answers or reads disputes of."""
    own = frozenset({actor.volunteer_id}) if actor.volunteer_id else frozenset[int]()
    return Reach(actor.leads, actor.organises | actor.audits, own | actor.acts_for)


def count_for(actor: Actor) -> Counts:
    """Return what is counted beside the ways through the site, disputes among it."""
    if not (actor.leads or actor.organises):
        # Most people decide about nothing; for them it is one short statement.
        return Counts(0, 0, unread_in(db.session(), inbox_of(actor)))
    return count_waiting(
        actor,
        counting_open(actor.leads, actor.organises, actor.needs_another_for, actor.login_id),
    )


def _refusal(
    session: Session, actor: Actor, row: DisputeRow, is_own: bool, leads: bool, organises: bool
) -> NotAllowed | None:
    if not row.is_open:
        return None
    asks_who_refused = row.state == "passed_on" and organises
    try:
        may_answer(
            is_own=is_own,
            opening=actor.openings.get(row.volunteer_id),
            leads=leads,
            organises=organises,
            state=row.state,
            refused_it=asks_who_refused and actor.login_id in refused_by(session, row.id),
        )
    except NotAllowed as refusal:
        return refusal
    return None
