"""Evaluate an activity: as its leader, or by the link for somebody it served."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.activities.models import CheckIn, SignUp
from app.activities.operations import Held, hold, hold_own, runs
from app.evaluations.models import Evaluation
from app.evaluations.queries import is_used
from app.evaluations.rules import (
    EvaluatedAlready,
    Invite,
    NobodyServed,
    NotClosedYet,
    check_evaluation,
    check_invite,
)
from app.teams.rules import Actor
from app.trail.operations import note
from app.trail.rules import mask_text


def evaluate_as_leader(
    session: Session, activity_id: int, *, stars: int, word: str, actor: Actor, now: datetime
) -> None:
    """Keep what a leader or organiser says of a closed activity, once each."""
    held = hold_own(session, activity_id, actor)
    _check(held, stars, word)
    before = select(Evaluation.id).where(
        Evaluation.activity_id == activity_id, Evaluation.made_by_id == actor.login_id
    )
    if session.scalar(before) is not None:
        raise EvaluatedAlready
    _keep(session, held, "leader", stars, word, now, made_by_id=actor.login_id)


def evaluate_as_served(
    session: Session,
    invite: Invite,
    *,
    stars: int,
    word: str,
    actor: Actor | None,
    now: datetime,
) -> None:
    """Keep what somebody served says; a link works once, and not for those who served."""
    held = hold(session, invite.activity_id)
    check_invite(invite, held.activity.paper_secret)
    _check(held, stars, word)
    if actor is not None and _served_there(session, held, actor):
        raise NobodyServed
    if is_used(session, invite.activity_id, invite.number):
        raise EvaluatedAlready
    _keep(session, held, "served", stars, word, now, invite_number=invite.number)


def _check(held: Held, stars: int, word: str) -> None:
    if held.activity.state != "closed":
        raise NotClosedYet
    check_evaluation(stars, word)


def _served_there(session: Session, held: Held, actor: Actor) -> bool:
    """Tell whether whoever is signed in runs the activity, or was at it."""
    activity = held.activity
    if runs(actor, held.team):
        return True
    own = {actor.volunteer_id, *actor.acts_for} - {None}
    for table in (SignUp, CheckIn):
        there = select(table.id).where(
            table.activity_id == activity.id, table.volunteer_id.in_(own)
        )
        if session.scalar(there.limit(1)) is not None:
            return True
    return False


def _keep(
    session: Session,
    held: Held,
    rater: str,
    stars: int,
    word: str,
    now: datetime,
    *,
    made_by_id: int | None = None,
    invite_number: int | None = None,
) -> None:
    activity = held.activity
    session.add(
        Evaluation(
            activity_id=activity.id,
            rater=rater,
            invite_number=invite_number,
            stars=stars,
            word=mask_text(word.strip()),
            made_by_id=made_by_id,
            made_at=now,
        )
    )
    session.flush()
    note(
        session,
        operation="activity.evaluate",
        actor_id=made_by_id,
        at=now,
        subject_kind="activity",
        subject_id=activity.id,
        organisation_id=held.team.organisation_id,
        after={"rater": rater, "stars": stars},
    )
