"""Frozen rankings as they are kept, the stage of a year, and what was asked for."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from app.people.models import Login
from app.ranking.models import (
    NoticeExtension,
    Objection,
    RankingAward,
    RankingFinal,
    RankingFreeze,
    RankingSnapshot,
)
from app.ranking.queries.lists import Until
from app.ranking.rules.awarding import Award
from app.ranking.rules.stages import stage_of


class Snapshot(NamedTuple):
    """One frozen ranking; `until_on` counts extensions of its notice."""

    id: int
    organisation_id: int
    year: int
    number: int
    corrects_id: int | None
    scheme_id: int
    mark: int
    organisation_ids: tuple[int, ...]
    rule_versions: tuple[int, ...]
    least_people: int
    people: int
    minutes: int
    sha256: str
    colours_sha256: str
    teams_sha256: str
    awards_sha256: str
    frozen_at: datetime
    notice_from_on: date
    until_on: date
    # Who decided on it, why it was corrected, and whether one person acted alone.
    asker: str
    second: str | None
    reason: str
    is_alone: bool
    final_at: datetime | None

    @property
    def until(self) -> Until:
        """Return which records it was made of."""
        return Until(self.year, self.organisation_ids, self.mark)


class Freeze(NamedTuple):
    """One question and its answer."""

    id: int
    organisation_id: int
    year: int
    asked_for: str
    scheme_id: int
    snapshot_id: int | None
    reason: str
    asker_id: int
    asker: str
    asked_at: datetime
    state: str
    second: str | None
    answered_at: datetime | None
    answer: str
    is_alone: bool


class Stage(NamedTuple):
    """Where the year of an organisation stands; the snapshot is the newest one, or the final."""

    stage: str
    snapshot: Snapshot | None
    asked: Freeze | None


_ASKER, _SECOND = aliased(Login), aliased(Login)


def find_snapshot(session: Session, snapshot_id: int) -> Snapshot | None:
    """Return a frozen ranking, or None."""
    row = session.execute(_snapshots().where(RankingSnapshot.id == snapshot_id)).first()
    return None if row is None else _snapshot(row)


def snapshots_of(session: Session, organisation_id: int, year: int) -> list[Snapshot]:
    """Return the frozen rankings of a year, the newest first."""
    rows = session.execute(
        _snapshots()
        .where(RankingSnapshot.organisation_id == organisation_id, RankingSnapshot.year == year)
        .order_by(RankingSnapshot.number.desc())
    )
    return [_snapshot(row) for row in rows]


def latest_snapshot(session: Session, organisation_id: int, year: int) -> Snapshot | None:
    """Return the frozen ranking that stands, or None: corrected ones stand no more."""
    row = session.execute(
        _snapshots()
        .where(RankingSnapshot.organisation_id == organisation_id, RankingSnapshot.year == year)
        .order_by(RankingSnapshot.number.desc())
        .limit(1)
    ).first()
    return None if row is None else _snapshot(row)


def stage_in(session: Session, organisation_id: int, year: int) -> Stage:
    """Return where a year stands, and the question that waits for a second person."""
    snapshot = latest_snapshot(session, organisation_id, year)
    is_final = snapshot is not None and snapshot.final_at is not None
    asked = session.execute(
        _freezes().where(
            RankingFreeze.organisation_id == organisation_id,
            RankingFreeze.year == year,
            RankingFreeze.state == "asked",
        )
    ).first()
    return Stage(
        stage_of(snapshot is not None, is_final),
        snapshot,
        None if asked is None else Freeze._make(asked),
    )


def find_freeze(session: Session, freeze_id: int) -> Freeze | None:
    """Return a question with its answer, or None."""
    row = session.execute(_freezes().where(RankingFreeze.id == freeze_id)).first()
    return None if row is None else Freeze._make(row)


def freezes_of(session: Session, organisation_id: int, year: int) -> list[Freeze]:
    """Return everything two people decided about a year, newest first."""
    rows = session.execute(
        _freezes()
        .where(RankingFreeze.organisation_id == organisation_id, RankingFreeze.year == year)
        .order_by(RankingFreeze.id.desc())
    )
    return [Freeze._make(row) for row in rows]


def awards_in(session: Session, snapshot_id: int) -> list[Award]:
    """Return the titles a frozen ranking gives, in the order they were given."""
    rows = session.execute(
        select(
            RankingAward.position,
            RankingAward.category,
            RankingAward.title,
            RankingAward.colour_id,
            RankingAward.kind,
            RankingAward.volunteer_id,
            RankingAward.team_id,
            RankingAward.rank,
            RankingAward.is_tied,
        )
        .where(RankingAward.snapshot_id == snapshot_id)
        .order_by(RankingAward.id)
    )
    return [Award._make(row) for row in rows]


def open_objections(session: Session, organisation_id: int, year: int) -> int:
    """Return how many objections to a year's notice wait for an answer."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Objection)
            .where(
                Objection.organisation_id == organisation_id,
                Objection.year == year,
                Objection.state == "open",
            )
        )
        or 0
    )


def _snapshots() -> Select[*tuple[Any, ...]]:
    extended = (
        select(func.max(NoticeExtension.until_on))
        .where(NoticeExtension.snapshot_id == RankingSnapshot.id)
        .scalar_subquery()
    )
    return (
        select(
            RankingSnapshot,
            extended,
            _ASKER.display_name,
            _SECOND.display_name,
            RankingFreeze.reason,
            RankingFreeze.is_alone,
            RankingFinal.final_at,
        )
        .join(RankingFreeze, RankingFreeze.id == RankingSnapshot.freeze_id)
        .join(_ASKER, _ASKER.id == RankingFreeze.asker_id)
        .outerjoin(_SECOND, _SECOND.id == RankingFreeze.second_id)
        .outerjoin(RankingFinal, RankingFinal.snapshot_id == RankingSnapshot.id)
    )


def _snapshot(row: Any) -> Snapshot:
    kept, extended_until, asker, second, reason, is_alone, final_at = row
    return Snapshot(
        id=kept.id,
        organisation_id=kept.organisation_id,
        year=kept.year,
        number=kept.number,
        corrects_id=kept.corrects_id,
        scheme_id=kept.scheme_id,
        mark=kept.mark,
        organisation_ids=tuple(json.loads(kept.scope)),
        rule_versions=tuple(json.loads(kept.rule_versions)),
        least_people=kept.least_people,
        people=kept.people,
        minutes=kept.minutes,
        sha256=kept.sha256,
        colours_sha256=kept.colours_sha256,
        teams_sha256=kept.teams_sha256,
        awards_sha256=kept.awards_sha256,
        frozen_at=kept.frozen_at,
        notice_from_on=kept.notice_from_on,
        until_on=max(kept.notice_until_on, extended_until or kept.notice_until_on),
        asker=asker,
        second=second,
        reason=reason,
        is_alone=is_alone,
        final_at=final_at,
    )


def _freezes() -> Select[*tuple[Any, ...]]:
    return (
        select(
            RankingFreeze.id,
            RankingFreeze.organisation_id,
            RankingFreeze.year,
            RankingFreeze.asked_for,
            RankingFreeze.scheme_id,
            RankingFreeze.snapshot_id,
            RankingFreeze.reason,
            RankingFreeze.asker_id,
            _ASKER.display_name,
            RankingFreeze.asked_at,
            RankingFreeze.state,
            _SECOND.display_name.label("second"),
            RankingFreeze.answered_at,
            RankingFreeze.answer,
            RankingFreeze.is_alone,
        )
        .join(_ASKER, _ASKER.id == RankingFreeze.asker_id)
        .outerjoin(_SECOND, _SECOND.id == RankingFreeze.second_id)
    )
