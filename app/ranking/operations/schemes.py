"""Save a scheme: each change is a new version, and what was frozen keeps its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.organisations.queries import subtree_ids
from app.people.models import Volunteer
from app.ranking.models import RankingExclusion, RankingScheme, RankingTitle
from app.ranking.operations.holding import hold_year
from app.ranking.queries.snapshots import stage_in
from app.ranking.rules.schemes import Scheme, Weights, check_scheme
from app.ranking.rules.stages import FINAL, SCHEME_SUBJECT, IsFinal, RankingUnknown
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered

_UNWEIGHTED = Weights(0, 0, 0, 0)


def save_scheme(
    session: Session,
    organisation_id: int,
    year: int,
    scheme: Scheme,
    *,
    actor: Actor,
    now: datetime,
    key: str,
) -> int:
    """Save a scheme as the next version of its year; return its id."""
    content = {
        "operation": "ranking.save_scheme",
        "organisation_id": organisation_id,
        "year": year,
        "scheme": shown(scheme),
    }
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["id"])
    if organisation_id not in actor.organises:
        raise RankingUnknown
    hold_year(session, organisation_id, year)
    if stage_in(session, organisation_id, year).stage == FINAL:
        raise IsFinal(year=year)
    check_scheme(scheme, _numbers(session, organisation_id, scheme))
    row = _insert(session, organisation_id, year, scheme, actor, now)
    note(
        session,
        operation="ranking.save_scheme",
        actor_id=actor.login_id,
        at=now,
        subject_kind=SCHEME_SUBJECT,
        subject_id=row.id,
        organisation_id=organisation_id,
        after={"year": year, "version": row.version, **shown(scheme)},
    )
    remember(session, actor.login_id, key, content, {"id": row.id}, now)
    return row.id


def shown(scheme: Scheme) -> dict[str, Any]:
    """Return a scheme as the trail and a key's content tell it."""
    return {
        "weights": None if scheme.weights is None else list(scheme.weights),
        "minimum_minutes": scheme.minimum_minutes,
        "member_since": scheme.member_since.isoformat() if scheme.member_since else None,
        "titles_per_person": scheme.titles_per_person,
        "titles": [list(title) for title in scheme.titles],
        "exclusions": {str(one): why for one, why in sorted(scheme.exclusions.items())},
    }


def _numbers(session: Session, organisation_id: int, scheme: Scheme) -> dict[int, str]:
    """Return the numbers of the people left out; whoever is not of the organisation is unknown."""
    if not scheme.exclusions:
        return {}
    below = subtree_ids(session, organisation_id)
    rows = session.execute(
        select(Volunteer.id, Volunteer.number).where(
            Volunteer.id.in_(scheme.exclusions), Volunteer.organisation_id.in_(below)
        )
    )
    found = {row.id: row.number or "" for row in rows}
    if found.keys() != scheme.exclusions.keys():
        raise RankingUnknown
    return found


def _insert(
    session: Session,
    organisation_id: int,
    year: int,
    scheme: Scheme,
    actor: Actor,
    now: datetime,
) -> RankingScheme:
    last = session.scalar(
        select(func.max(RankingScheme.version)).where(
            RankingScheme.organisation_id == organisation_id, RankingScheme.year == year
        )
    )
    row = RankingScheme(
        organisation_id=organisation_id,
        year=year,
        version=(last or 0) + 1,
        is_weighted=scheme.weights is not None,
        **(scheme.weights or _UNWEIGHTED)._asdict(),
        minimum_minutes=scheme.minimum_minutes,
        member_since=scheme.member_since,
        titles_per_person=scheme.titles_per_person,
        made_by_id=actor.login_id,
        made_at=now,
    )
    session.add(row)
    session.flush()
    session.add_all(
        RankingTitle(scheme_id=row.id, position=position, **title._asdict())
        for position, title in enumerate(scheme.titles, start=1)
    )
    session.add_all(
        RankingExclusion(scheme_id=row.id, volunteer_id=volunteer_id, reason=reason.strip())
        for volunteer_id, reason in scheme.exclusions.items()
    )
    session.flush()
    return row
