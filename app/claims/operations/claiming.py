"""Claim service: judged as any entry, and then it waits for somebody else."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.claims.models import Claim
from app.claims.rules import ClaimUnknown, DayHasOne, NotSentBack, OnlyOwnClaims, SameAgain
from app.pictures.operations import keep_picture
from app.pictures.rules import Shrunk
from app.service.models import ServiceRecord
from app.service.operations import Line, Outcome, carry_out, plan_lines
from app.service.operations.locking import lock_and_read
from app.teams.rules import Actor
from app.trail.operations import asking_for, kept_result, remember


class Claimed(NamedTuple):
    """The record that waits now; `was_sent_before`: nothing was done, it is the first's."""

    record_id: int
    waits_reason: str
    was_sent_before: bool = False


def claim(
    session: Session,
    line: Line,
    *,
    actor: Actor,
    now: datetime,
    key: str,
    picture: Shrunk | None = None,
    resends_id: int | None = None,
    keeps_picture: bool = False,
) -> Claimed:
    """Hand in service of one's own, or of whom one acts for, with a photo if there is one.

    `line.keep_both`: it is a further service on a day that has one. `resends_id`: the record
    sent back of which this says more; its photo stays when `keeps_picture` and none came anew.
    """
    if not actor.benefits(line.volunteer_id):
        raise OnlyOwnClaims
    content = {
        "operation": "claim",
        "line": list(line),
        "picture": picture.sha256 if picture else None,
        "resends_id": resends_id,
        "keeps_picture": keeps_picture,
    }
    # The key is asked for under the lock: two taps may arrive at once.
    asked = asking_for(session, actor.login_id, key)
    locked, answers = lock_and_read(session, [line], now, *asked)
    before = kept_result(answers[len(asked) - 1], content)
    if before is not None:
        return Claimed(before["record_id"], before["waits_reason"], was_sent_before=True)
    kept_picture_id = _picture_of(session, resends_id, line) if resends_id else None
    plan = plan_lines(
        session,
        [line],
        actor=actor,
        enters_as="claimant",
        evidence="claimed",
        now=now,
        once_a_day=True,
        locked=locked,
    )
    _refuse(session, line, plan.outcomes[0])
    acts_for_other = line.volunteer_id != actor.volunteer_id
    carry_out(
        session,
        plan,
        actor=actor,
        now=now,
        batch_id=None,
        key=None,
        operation="service_record.claim",
        on_behalf_of_id=line.volunteer_id if acts_for_other else None,
    )
    outcome = plan.outcomes[0]
    claimed = Claimed(outcome.record_ids[0], outcome.waits_reason or "")
    picture_id = kept_picture_id if keeps_picture else None
    if picture is not None:
        picture_id = keep_picture(session, picture, actor_id=actor.login_id, now=now)
    session.add(Claim(record_id=claimed.record_id, picture_id=picture_id, resends_id=resends_id))
    session.flush()
    kept = {"record_id": claimed.record_id, "waits_reason": claimed.waits_reason}
    remember(session, actor.login_id, key, content, kept, now)
    return claimed


def _refuse(session: Session, line: Line, outcome: Outcome) -> None:
    if outcome.refusal is not None:
        raise outcome.refusal
    if outcome.status != "repeat":
        return
    record_id = outcome.record_ids[0]
    if line.keep_both:
        raise SameAgain(record=record_id)
    minutes = session.scalar(select(ServiceRecord.minutes).where(ServiceRecord.id == record_id))
    raise DayHasOne(record=record_id, service_on=line.service_on, minutes=minutes)


def _picture_of(session: Session, record_id: int, line: Line) -> int | None:
    """Return the photo of a claim sent back; somebody else's claim does not exist."""
    query = (
        select(Claim.picture_id, ServiceRecord.state)
        .join(ServiceRecord, ServiceRecord.id == Claim.record_id)
        .where(Claim.record_id == record_id, ServiceRecord.volunteer_id == line.volunteer_id)
    )
    found = session.execute(query).first()
    if found is None:
        raise ClaimUnknown
    if found.state != "rejected":
        raise NotSentBack(record=record_id)
    picture_id: int | None = found.picture_id
    return picture_id
