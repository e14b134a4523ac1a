"""Confirm, refuse or withdraw what was asked for; or, where nobody could, do it alone.

A notice and a correction are frozen with the answer, so confirm and do_alone run inside
`to_carry_out`, which opens the transaction each of them needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.db import transaction
from app.ledger.marks import at_one_instant, is_at_one_instant
from app.ranking.models import RankingFinal, RankingFreeze
from app.ranking.operations.asking import check_ready_for_final, check_stage, check_year
from app.ranking.operations.freezing import freeze
from app.ranking.operations.holding import hold_freeze, hold_year, matter_of, today_at
from app.ranking.operations.telling import tell_asker
from app.ranking.queries.schemes import latest_scheme
from app.ranking.queries.snapshots import Snapshot, stage_in
from app.ranking.rules.stages import (
    FREEZE_SUBJECT,
    AnsweredAlready,
    RankingUnknown,
    SchemeChanged,
    SnapshotReplaced,
)
from app.second_person.queries import first_of, is_behind, seconds_for
from app.second_person.rules import check_alone, check_first, check_second, check_still_first
from app.service.operations.refusals import ReasonNeeded
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered


class Answer(NamedTuple):
    """What becomes of a question, and who said so."""

    state: str
    operation: str
    words: str = ""
    second_id: int | None = None
    is_alone: bool = False


@contextmanager
def to_carry_out(asked_for: str) -> Iterator[Session]:
    """Open the transaction in which a question is confirmed or done alone.

    What is frozen is read as of one instant. The final list is judged by the last objection
    that came in, even while this waited for it.
    """
    with transaction() if asked_for == "final" else at_one_instant() as session:
        yield session


def confirm(session: Session, freeze_id: int, *, actor: Actor, now: datetime, key: str) -> int:
    """Agree as the second person: it is frozen, or final, in this very transaction.

    Returns the snapshot's id.
    """
    content = {"operation": "ranking.confirm", "freeze_id": freeze_id}
    asked = _held(session, freeze_id)
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["snapshot"])
    _check_second(session, asked, actor, now)
    on = today_at(session, asked.organisation_id, now)
    check_still_first(first_of(session, asked.asker_id, on), matter_of(asked.organisation_id))
    snapshot_id = _carry_out(session, asked, now)
    second = Answer("done", "confirm", second_id=actor.login_id)
    _answer(session, asked, second, actor, now, snapshot_id)
    tell_asker(session, asked, "ranking.confirmed", second_name=actor.name, now=now)
    remember(session, actor.login_id, key, content, {"snapshot": snapshot_id}, now)
    return snapshot_id


def do_alone(
    session: Session, freeze_id: int, *, actor: Actor, now: datetime, reason: str, key: str
) -> int:
    """Do alone what was asked for a day ago and nobody could confirm; marked for good."""
    content = {"operation": "ranking.alone", "freeze_id": freeze_id, "reason": reason}
    asked = _held(session, freeze_id)
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["snapshot"])
    matter, on = matter_of(asked.organisation_id), today_at(session, asked.organisation_id, now)
    if asked.asker_id != actor.login_id:
        raise RankingUnknown
    check_first(actor, matter)
    _check_waits(asked)
    others = seconds_for(session, matter, asker_id=actor.login_id, on=on)
    check_alone(asked_at=asked.asked_at, now=now, others=len(others))
    if not reason.strip():
        raise ReasonNeeded
    snapshot_id = _carry_out(session, asked, now)
    alone = Answer("done", "alone", words=reason.strip(), is_alone=True)
    _answer(session, asked, alone, actor, now, snapshot_id)
    remember(session, actor.login_id, key, content, {"snapshot": snapshot_id}, now)
    return snapshot_id


def refuse(
    session: Session, freeze_id: int, *, actor: Actor, now: datetime, reason: str, key: str
) -> None:
    """Refuse as the second person, with a reason; nothing is frozen."""
    content = {"operation": "ranking.refuse", "freeze_id": freeze_id, "reason": reason}
    asked = _held(session, freeze_id)
    if remembered(session, actor.login_id, key, content) is not None:
        return
    _check_second(session, asked, actor, now)
    if not reason.strip():
        raise ReasonNeeded
    refused = Answer("refused", "refuse", words=reason.strip(), second_id=actor.login_id)
    _answer(session, asked, refused, actor, now, None)
    tell_asker(session, asked, "ranking.refused", second_name=actor.name, now=now)
    remember(session, actor.login_id, key, content, {}, now)


def withdraw(session: Session, freeze_id: int, *, actor: Actor, now: datetime, key: str) -> None:
    """Take back what one asked for, while it waits."""
    content = {"operation": "ranking.withdraw", "freeze_id": freeze_id}
    asked = _held(session, freeze_id)
    if remembered(session, actor.login_id, key, content) is not None:
        return
    if asked.asker_id != actor.login_id:
        raise RankingUnknown
    _check_waits(asked)
    _answer(session, asked, Answer("withdrawn", "withdraw"), actor, now, None)
    remember(session, actor.login_id, key, content, {}, now)


def _held(session: Session, freeze_id: int) -> RankingFreeze:
    asked = hold_freeze(session, freeze_id)
    hold_year(session, asked.organisation_id, asked.year)
    return asked


def _check_second(session: Session, asked: RankingFreeze, actor: Actor, now: datetime) -> None:
    on = today_at(session, asked.organisation_id, now)
    behind = is_behind(session, actor.login_id, asked.asker_id, on)
    matter = matter_of(asked.organisation_id)
    check_second(actor, matter, asker_id=asked.asker_id, is_behind=behind)
    _check_waits(asked)


def _check_waits(asked: RankingFreeze) -> None:
    if asked.state != "asked":
        raise AnsweredAlready


def _carry_out(session: Session, asked: RankingFreeze, now: datetime) -> int:
    """Freeze, or make final; the question is answered after it: both or neither."""
    if is_at_one_instant(session) == (asked.asked_for == "final"):
        raise RuntimeError(f"a {asked.asked_for} is carried out inside to_carry_out()")
    stage = stage_in(session, asked.organisation_id, asked.year)
    check_stage(stage, asked.asked_for, asked.year)
    standing = stage.snapshot
    if (standing.id if standing else None) != asked.snapshot_id:
        raise SnapshotReplaced
    if asked.asked_for == "final":
        assert standing is not None
        return _make_final(session, asked, standing, now)
    return _freeze(session, asked, standing, now)


def _freeze(
    session: Session, asked: RankingFreeze, standing: Snapshot | None, now: datetime
) -> int:
    scheme = latest_scheme(session, asked.organisation_id, asked.year)
    if scheme is None or scheme.id != asked.scheme_id:
        raise SchemeChanged
    today = today_at(session, asked.organisation_id, now)
    check_year(session, asked.organisation_id, asked.year, today)
    return freeze(session, asked, scheme.scheme, standing, today=today, now=now)


def _make_final(session: Session, asked: RankingFreeze, standing: Snapshot, now: datetime) -> int:
    check_ready_for_final(session, standing, today_at(session, asked.organisation_id, now))
    session.add(
        RankingFinal(
            snapshot_id=standing.id,
            freeze_id=asked.id,
            organisation_id=asked.organisation_id,
            year=asked.year,
            final_at=now,
        )
    )
    return standing.id


def _answer(
    session: Session,
    asked: RankingFreeze,
    answer: Answer,
    actor: Actor,
    now: datetime,
    snapshot_id: int | None,
) -> None:
    # Last of all: what a freeze writes joins it only while it is asked for.
    asked.second_id, asked.is_alone, asked.answer = answer.second_id, answer.is_alone, answer.words
    asked.state, asked.answered_at = answer.state, now
    session.flush()
    note(
        session,
        operation=f"ranking.{answer.operation}",
        actor_id=actor.login_id,
        at=now,
        subject_kind=FREEZE_SUBJECT,
        subject_id=asked.id,
        organisation_id=asked.organisation_id,
        before={"state": "asked"},
        after={"state": answer.state, **({"snapshot": snapshot_id} if snapshot_id else {})},
        reason=answer.words or None,
    )
