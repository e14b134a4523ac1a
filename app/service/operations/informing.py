"""Tell volunteers what somebody else decided on their hours; nobody is told of an own act.

A claim is told of in words of its own (app/claims/notices.py). A timely entry of a team's day
and an import tell nobody (docs/adr/0010).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.notices.operations import tell_each
from app.notices.rules import Figure, Told
from app.service.notices import APPROVED, CORRECTED, REVERSED, SENT_BACK
from app.service.operations.records import Kept, records_by_id
from app.teams.rules import Actor
from app.trail.rules import mask_text

_TEAMS = "SELECT id, name FROM teams WHERE id IN ?ids"
_CLAIM_APPROVED, _CLAIM_SENT_BACK = "claim.approved", "claim.sent_back"
_CLAIM_SETTLED = "claim.settled"
Which = Literal["entries", "claims", "all"]


def tell_approved(
    session: Session,
    records: Sequence[Kept],
    corrected: Sequence[Kept],
    *,
    actor: Actor,
    now: datetime,
    reason: str | None,
) -> None:
    """Tell whose waiting hours were approved, and whose were corrected.

    `corrected`: what was reversed and nobody told its person of yet.
    """
    plain = [record for record in records if record.corrects_id is None]
    _tell(session, APPROVED, plain, actor=actor, now=now, reason=None)
    _tell(session, _CLAIM_APPROVED, plain, actor=actor, now=now, reason=None, which="claims")
    group_of = {old.id: old.group_id for old in corrected}
    minutes: dict[int, int] = {}
    for old in corrected:
        minutes[old.group_id] = minutes.get(old.group_id, 0) + old.minutes
    corrections = [record for record in records if record.corrects_id in group_of]
    before = {
        record.group_id: {"before_minutes": minutes[group_of[record.corrects_id]]}
        for record in corrections
        if record.corrects_id is not None
    }
    _tell(session, CORRECTED, corrections, actor=actor, now=now, reason=reason, more=before)


def tell_sent_back(
    session: Session, records: Sequence[Kept], *, actor: Actor, now: datetime, reason: str
) -> None:
    """Tell whose hours were sent back; a correction sent back changed nothing."""
    plain = [record for record in records if record.corrects_id is None]
    _tell(session, SENT_BACK, plain, actor=actor, now=now, reason=reason)
    _tell(session, _CLAIM_SENT_BACK, plain, actor=actor, now=now, reason=reason, which="claims")


def tell_settled(
    session: Session, record_ids: Iterable[int], *, actor: Actor, now: datetime
) -> None:
    """Tell whose claims were settled by the entry of the team's day."""
    claims = records_by_id(session, record_ids)
    _tell(session, _CLAIM_SETTLED, claims, actor=actor, now=now, reason=None, which="claims")


def tell_reversed(
    session: Session, records: Sequence[Kept], *, actor: Actor, now: datetime, reason: str | None
) -> None:
    """Tell whose hours were taken back, claimed ones too: those counted."""
    _tell(session, REVERSED, records, actor=actor, now=now, reason=reason, which="all")


def _tell(
    session: Session,
    kind: str,
    records: Iterable[Kept],
    *,
    actor: Actor,
    now: datetime,
    reason: str | None,
    more: Mapping[int, Mapping[str, Figure]] | None = None,
    which: Which = "entries",
) -> None:
    """Tell each person once for each service; both halves of a night are one."""
    groups: dict[int, list[Kept]] = {}
    for record in records:
        is_claim = record.is_claim and record.corrects_id is None
        is_told = which in {"all", "claims" if is_claim else "entries"}
        if is_told and not actor.benefits(record.volunteer_id):
            groups.setdefault(record.group_id, []).append(record)
    if not groups:
        return
    teams = _names(session, {group[0].team_id for group in groups.values()})
    told = [
        Told(
            group[0].volunteer_id,
            {
                "service_on": group[0].service_on,
                "team": teams[group[0].team_id],
                "served_minutes": sum(record.minutes for record in group),
                "reason": mask_text(reason or ""),
                **(more or {}).get(group_id, {}),
            },
            f"/records/{group[0].id}",
            group[0].id,
        )
        for group_id, group in groups.items()
    ]
    tell_each(session, kind, told, at=now, subject_kind="service_record")


def _names(session: Session, team_ids: Iterable[int]) -> dict[int, str]:
    return dict(fetch(session, _TEAMS, sorted(team_ids)))
