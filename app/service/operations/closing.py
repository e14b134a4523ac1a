"""Close an activity: who was there and how long, posted as a service day is, in one commit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.activities.operations import check_may_close, close_held, hold_own
from app.errors import N_, RuleBroken
from app.service.operations.days import DayResult, log_day, result_kept, result_to_keep
from app.service.operations.friends import NewFriend
from app.service.operations.lines import EntersAs, Line, Outcome
from app.teams.rules import Actor
from app.trail.operations import remember, remembered


class SignedIn(NamedTuple):
    """What somebody's check-in proves: from which minute of the day, and at most how long."""

    starts_minute: int | None
    minutes: int


class NotAllFit(RuleBroken):
    """Somebody's hours are refused: nothing is posted, and the activity stays open."""

    code = "not_all_fit"
    message = N_("Nothing was recorded yet: look at the rows that are marked.")

    def __init__(self, outcomes: Sequence[Outcome] = (), **figures: object) -> None:
        super().__init__(**figures)
        self.outcomes = list(outcomes)


def close_activity(
    session: Session,
    activity_id: int,
    lines: Sequence[Line],
    *,
    signed_in: Mapping[int, SignedIn],
    no_shows: Collection[int] = (),
    friends: Sequence[NewFriend] = (),
    like: Line | None = None,
    once_a_day: bool = False,
    over_limit_reason: str | None = None,
    enters_as: EntersAs = "leader",
    actor: Actor,
    now: datetime,
    key: str,
) -> DayResult:
    """Post who was there, all or none, and close; whoever had a place and came not is named.

    Two leaders closing at once: the second is told that it is closed. Evidence is "signed in"
    for as much as a check-in proves; what a leader adds to it is entered.
    """
    content = {
        "operation": "close_activity",
        "activity_id": activity_id,
        "lines": [list(line) for line in lines],
        "no_shows": sorted(no_shows),
        "friends": [list(friend) for friend in friends],
    }
    held = hold_own(session, activity_id, actor)
    closing_key = f"{key}-close"
    before = remembered(session, actor.login_id, closing_key, content)
    if before is not None:
        return result_kept(before)
    check_may_close(held, now)
    activity = held.activity
    result = DayResult(None, [])
    if lines or friends:
        result = log_day(
            session,
            actor=actor,
            team_id=activity.team_id,
            service_on=activity.service_on,
            lines=[_of_activity(line, activity_id, signed_in) for line in lines],
            friends=friends,
            like=like._replace(activity_id=activity_id) if like else None,
            once_a_day=once_a_day,
            over_limit_reason=over_limit_reason,
            enters_as=enters_as,
            now=now,
            key=key,
        )
    if any(outcome.status == "refused" for outcome in result.outcomes):
        raise NotAllFit(result.outcomes)
    close_held(
        session,
        held,
        present={line.volunteer_id for line in lines},
        no_shows=no_shows,
        batch_id=result.batch_id,
        actor=actor,
        now=now,
    )
    remember(session, actor.login_id, closing_key, content, result_to_keep(result), now)
    return result


def _of_activity(line: Line, activity_id: int, signed_in: Mapping[int, SignedIn]) -> Line:
    """Return a line as the activity's, signed in if the check-in proves all of it."""
    proof = signed_in.get(line.volunteer_id)
    if proof is None or line.minutes > proof.minutes:
        return line._replace(activity_id=activity_id)
    starts = line.starts_minute if proof.starts_minute is None else proof.starts_minute
    return line._replace(activity_id=activity_id, evidence="signed_in", starts_minute=starts)
