"""Sign many up at once as the leader: those expected at a service day that was just announced."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.activities.models import SignUp
from app.activities.operations.holding import Held, hold_own, note_change
from app.activities.operations.signing_up import check_age, people_of
from app.activities.operations.telling import tell_signed_up_by_leader
from app.errors import RuleBroken
from app.people.models import Volunteer
from app.teams.rules import Actor


class Left(NamedTuple):
    """Somebody who was ticked and could not be signed up, with the reason."""

    name: str
    refusal: RuleBroken


def sign_up_expected(
    session: Session,
    activity_id: int,
    expected: Collection[int],
    *,
    actor: Actor,
    now: datetime,
) -> list[Left]:
    """Give those expected a place at an activity nobody is signed up for yet; return who is left.

    It takes as many statements however many they are. When the places end, the rest wait in turn.
    """
    wanted = list(dict.fromkeys(expected))
    if not wanted:
        return []
    held = hold_own(session, activity_id, actor)
    # Whoever is not of this community stood on no page and is passed over.
    here = people_of(session, held, wanted)
    people = [here[one] for one in wanted if one in here]
    left = [Left(each.name, why) for each in people if (why := _why_not(held, each))]
    fit = [each.id for each in people if not _why_not(held, each)]
    if fit:
        _write(session, held, fit, actor, now)
    return left


def _why_not(held: Held, person: Volunteer) -> RuleBroken | None:
    try:
        check_age(held, person, is_leader=True)
    except RuleBroken as refusal:
        return refusal
    return None


def _write(session: Session, held: Held, fit: list[int], actor: Actor, now: datetime) -> None:
    activity = held.activity
    placed = fit if activity.places is None else fit[: activity.places]
    waiting = fit[len(placed) :]
    session.execute(
        insert(SignUp),
        [
            {
                "activity_id": activity.id,
                "volunteer_id": one,
                "state": "placed" if at < len(placed) else "waiting",
                "made_by_id": actor.login_id,
                "made_at": now,
                "placed_at": now if at < len(placed) else None,
            }
            for at, one in enumerate(fit)
        ],
    )
    activity.taken = len(placed)
    session.flush()
    said = {"volunteers": placed, "waiting": waiting}
    note_change(session, "sign_up", activity, held.team, actor=actor, now=now, after=said)
    tell_signed_up_by_leader(session, activity, placed, waiting, actor=actor, now=now)
