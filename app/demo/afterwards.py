"""What came of the demo's service days: one closed and praised, a claim, disputes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.activities.models import Activity
from app.activities.operations.desk import tick
from app.activities.rules import Plan, begins_at
from app.claims.operations import claim
from app.demo.announcing import (
    ANNOUNCED_BEFORE,
    TO_CLOSE,
    announced,
    day_to_close,
    members_of,
    plan_of,
    sign_up_all,
)
from app.demo.calendar import SATURDAY, SERVICE_DAY, WORK, ZONE
from app.disputes.operations import raise_dispute, refuse
from app.disputes.rules import Recorded, Wish
from app.evaluations.operations import evaluate_as_leader, evaluate_as_served
from app.evaluations.rules import invite_token, read_invite
from app.people.operations import login_for
from app.service.models import ServiceRecord
from app.service.operations import Line, SignedIn
from app.service.operations.closing import close_activity
from app.teams.queries import actor_of
from app.teams.rules import Actor

if TYPE_CHECKING:
    from app.demo.operations import Cast

# All of it happens in the team of the demo's leader, where the demo's volunteer serves.
TEAM = TO_CLOSE
CAME = 7
WORDS_SERVED = ((5, "理得很精神，还陪我说了好一会儿话"), (4, "谢谢，等的时间稍长了一点"))
WORDS_LEADER = (4, "老人们都高兴，下次多备两把椅子")
CLAIMED_MINUTES = 60
RAISED_BEFORE, REFUSED_BEFORE = timedelta(days=5), timedelta(days=3)
OPEN_SINCE = timedelta(hours=20)


def look_back(session: Session, cast: Cast, now: datetime, *, volunteer_id: int) -> None:
    """Close an activity of some days ago, and let the volunteer claim and dispute."""
    volunteer = _actor(session, cast, volunteer_id, now)
    # What is disputed was entered before anybody could look at it.
    known_before = _records_of(session, cast, volunteer_id, now - RAISED_BEFORE)
    on = closed_day(now.astimezone(ZONE).date())
    _close_and_praise(session, cast, on, volunteer_id, now)
    _claim(session, cast, volunteer, on - timedelta(days=1), now)
    _dispute(session, cast, volunteer, known_before, now)


def closed_day(today: date) -> date:
    """Return a day on which nobody logs by hand, before the one that is still to be closed."""
    on = day_to_close(today) - timedelta(days=1)
    while on.day == SERVICE_DAY or on.weekday() == SATURDAY:
        on -= timedelta(days=1)
    return on


def _actor(session: Session, cast: Cast, volunteer_id: int, now: datetime) -> Actor:
    login = login_for(session, volunteer_id, actor_id=cast.organiser.login_id, now=now)
    return actor_of(session, login.id, now.astimezone(ZONE).date())


# ── closed, and what was said of it ───────────────────────────────────────────────────────


def _close_and_praise(
    session: Session, cast: Cast, on: date, volunteer_id: int, now: datetime
) -> None:
    plan = plan_of(TEAM, on, places=12)._replace(title=WORK[TEAM].others[1])
    announced_at = datetime.combine(on, time(9), ZONE) - ANNOUNCED_BEFORE
    activity_id = announced(session, cast, TEAM, plan, announced_at)
    others = [one for one in members_of(cast, TEAM) if one != volunteer_id]
    *came, no_show = [volunteer_id, *others][: CAME + 1]
    sign_up_all(session, cast, TEAM, activity_id, [*came, no_show], announced_at)
    _come_and_go(session, cast, activity_id, plan, came)
    _close(session, cast, activity_id, plan, came, no_show, now)
    stars, word = WORDS_LEADER
    evaluate_as_leader(
        session, activity_id, stars=stars, word=word, actor=cast.leaders[TEAM], now=now
    )
    secret = session.get_one(Activity, activity_id).paper_secret
    for number, (stars, word) in enumerate(WORDS_SERVED, start=1):
        invite = read_invite(invite_token(activity_id, number, secret))
        evaluate_as_served(session, invite, stars=stars, word=word, actor=None, now=now)


def _come_and_go(
    session: Session, cast: Cast, activity_id: int, plan: Plan, people: list[int]
) -> None:
    begun = begins_at(plan.service_on, plan.starts_minute, ZONE.key)
    over = begun + timedelta(minutes=plan.minutes)
    leader = cast.leaders[TEAM]
    tick(session, activity_id, people, "in", actor=leader, now=begun, method="card")
    tick(session, activity_id, people, "out", actor=leader, now=over, method="card")


def _close(
    session: Session,
    cast: Cast,
    activity_id: int,
    plan: Plan,
    came: list[int],
    no_show: int,
    now: datetime,
) -> None:
    like = Line(
        0,
        cast.team_ids[TEAM],
        plan.service_on,
        plan.minutes,
        plan.starts_minute,
        plan.title,
        plan.place,
    )
    close_activity(
        session,
        activity_id,
        [like._replace(volunteer_id=one) for one in came],
        signed_in=dict.fromkeys(came, SignedIn(plan.starts_minute, plan.minutes)),
        no_shows=[no_show],
        actor=cast.leaders[TEAM],
        now=now,
        key=f"demo-close-{plan.service_on}",
    )


# ── claimed and disputed ──────────────────────────────────────────────────────────────────


def _claim(session: Session, cast: Cast, volunteer: Actor, on: date, now: datetime) -> None:
    """Let the volunteer claim what was outside the plan; it waits for the leader."""
    assert volunteer.volunteer_id is not None
    line = Line(
        volunteer.volunteer_id,
        cast.team_ids[TEAM],
        on,
        CLAIMED_MINUTES,
        content="替楼上的老人取药送药",
        place="三号楼",
        keep_both=True,
    )
    claim(session, line, actor=volunteer, now=now, key="demo-claim")


def _records_of(
    session: Session, cast: Cast, volunteer_id: int, until: datetime
) -> list[ServiceRecord]:
    """Return the volunteer's last two whole records of the team as they stood then."""
    query = select(ServiceRecord).where(
        ServiceRecord.volunteer_id == volunteer_id,
        ServiceRecord.team_id == cast.team_ids[TEAM],
        ServiceRecord.state == "approved",
        ServiceRecord.decided_at < until,
    )
    return list(session.scalars(query.order_by(ServiceRecord.id.desc()).limit(2)))


def _dispute(
    session: Session,
    cast: Cast,
    volunteer: Actor,
    records: list[ServiceRecord],
    now: datetime,
) -> None:
    """Let one dispute wait for its answer, and one be refused with a reason."""
    newer, older = records
    refused = raise_dispute(
        session,
        older.id,
        _wish(older, "那天我是最后一个走的", minutes=older.minutes + 30),
        actor=volunteer,
        now=now - RAISED_BEFORE,
        key="demo-dispute-1",
    )
    refuse(
        session,
        refused,
        actor=cast.leaders[TEAM],
        now=now - REFUSED_BEFORE,
        reason="与签到表核对过，签退时间没有记错",
        key="demo-refuse",
    )
    raise_dispute(
        session,
        newer.id,
        _wish(newer, "内容写错了，我在食堂帮忙", content="社区食堂帮厨"),
        actor=volunteer,
        now=now - OPEN_SINCE,
        key="demo-dispute-2",
    )


def _wish(
    record: ServiceRecord, words: str, *, minutes: int | None = None, content: str | None = None
) -> Wish:
    instead = Recorded(
        record.service_on,
        minutes or record.minutes,
        record.starts_minute,
        record.team_id,
        content or record.content,
    )
    return Wish("content" if content else "hours", words, instead)
