"""Let a public notice last longer; it is never made shorter."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.ranking.models import NoticeExtension
from app.ranking.operations.holding import hold_year, today_at
from app.ranking.queries.snapshots import stage_in
from app.ranking.rules.stages import (
    NOTICE,
    SNAPSHOT_SUBJECT,
    ExtensionUnfit,
    NotUnderNotice,
    RankingUnknown,
    check_extension,
)
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered


def extend_notice(
    session: Session,
    organisation_id: int,
    year: int,
    until_on: date,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    key: str,
) -> None:
    """Let the notice of a year last until a later day, with a reason that stands on it."""
    content = {
        "operation": "ranking.extend",
        "organisation_id": organisation_id,
        "year": year,
        "until_on": until_on.isoformat(),
        "reason": reason,
    }
    if remembered(session, actor.login_id, key, content) is not None:
        return
    if organisation_id not in actor.organises:
        raise RankingUnknown
    hold_year(session, organisation_id, year)
    stage = stage_in(session, organisation_id, year)
    if stage.stage != NOTICE or stage.snapshot is None:
        raise NotUnderNotice(year=year)
    check_extension(stage.snapshot.until_on, until_on, today_at(session, organisation_id, now))
    if not reason.strip():
        raise ExtensionUnfit(until_on=stage.snapshot.until_on)
    session.add(
        NoticeExtension(
            snapshot_id=stage.snapshot.id,
            until_on=until_on,
            reason=reason.strip(),
            extended_by_id=actor.login_id,
            extended_at=now,
        )
    )
    session.flush()
    note(
        session,
        operation="ranking.extend",
        actor_id=actor.login_id,
        at=now,
        subject_kind=SNAPSHOT_SUBJECT,
        subject_id=stage.snapshot.id,
        organisation_id=organisation_id,
        before={"until_on": stage.snapshot.until_on.isoformat()},
        after={"until_on": until_on.isoformat()},
        reason=reason.strip(),
    )
    remember(session, actor.login_id, key, content, {}, now)
