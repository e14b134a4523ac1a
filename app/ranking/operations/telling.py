"""Tell whoever could be the second person, and whoever asked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.notices.operations import tell_logins
from app.organisations.queries import get_organisation
from app.ranking.models import RankingFreeze
from app.ranking.operations.holding import matter_of, today_at
from app.ranking.rules.stages import FREEZE_SUBJECT
from app.second_person.queries import seconds_for
from app.trail.rules import mask_text


def tell_seconds(session: Session, asked: RankingFreeze, *, asker_name: str, now: datetime) -> None:
    """Tell everybody who could confirm it that it waits."""
    on = today_at(session, asked.organisation_id, now)
    matter = matter_of(asked.organisation_id)
    tell_logins(
        session,
        f"ranking.asked_{asked.asked_for}",
        seconds_for(session, matter, asker_id=asked.asker_id, on=on),
        figures={"asker": asker_name, "year": asked.year, "name": _name(session, asked)},
        path=_path(session, asked),
        at=now,
        subject_kind=FREEZE_SUBJECT,
        subject_id=asked.id,
    )


def tell_asker(
    session: Session, asked: RankingFreeze, kind: str, *, second_name: str, now: datetime
) -> None:
    """Tell whoever asked what the second person decided."""
    tell_logins(
        session,
        kind,
        [asked.asker_id],
        figures={"second": second_name, "year": asked.year, "reason": mask_text(asked.answer)},
        path=_path(session, asked),
        at=now,
        subject_kind=FREEZE_SUBJECT,
        subject_id=asked.id,
    )


def _name(session: Session, asked: RankingFreeze) -> str:
    return get_organisation(session, asked.organisation_id).name


def _path(session: Session, asked: RankingFreeze) -> str:
    code = get_organisation(session, asked.organisation_id).code
    return f"/awards/{code}/{asked.year}"
