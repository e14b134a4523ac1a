"""Remind leaders of what has ended and is not closed, and tell organisers once it is late."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.activities.queries.leading import Unclosed, unclosed
from app.notices.operations import tell, tell_logins
from app.organisations.queries import subtree_ids
from app.people.queries.pauses import is_dormant
from app.teams.models import Membership
from app.teams.queries import lasts, organisers_above

KIND, LATE_KIND = "activity.not_closed", "activity.late"
# The day after, and again when so many working days are left: each of them once.
AGAIN_AT = (3, 1)


def remind_unclosed(session: Session, root_id: int, today: date, now: datetime) -> None:
    """Tell the leaders of a tree's teams what they have not closed since yesterday or before."""
    waiting = [
        each
        for each in unclosed(session, subtree_ids(session, root_id), now)
        if each.service_on < today and not each.left.is_over
    ]
    leaders = _leaders(session, {each.team.id for each in waiting}, today)
    for each in waiting:
        _remind(session, each, leaders.get(each.team.id, ()), now)


def tell_late(session: Session, root_id: int, today: date, now: datetime) -> None:
    """Tell the organisers, once for each, what was not closed while its hours counted at once."""
    late = [
        each for each in unclosed(session, subtree_ids(session, root_id), now) if each.left.is_over
    ]
    homes = {each.team.organisation_id for each in late}
    organisers = {home: organisers_above(session, home, today) for home in homes}
    for each in late:
        tell_logins(
            session,
            LATE_KIND,
            organisers[each.team.organisation_id],
            figures={
                "title": each.title,
                "team": each.team.name,
                "service_on": each.service_on,
                "last_on": each.left.last_on,
            },
            path=f"/activities/{each.activity_id}/people",
            at=now,
            subject_kind="activity",
            subject_id=each.activity_id,
        )


def _remind(session: Session, each: Unclosed, leaders: Iterable[int], now: datetime) -> None:
    reached = [days for days in AGAIN_AT if each.left.days <= days]
    tell(
        session,
        KIND,
        leaders,
        figures={
            "title": each.title,
            "service_on": each.service_on,
            "days_left": each.left.days,
        },
        path=f"/activities/{each.activity_id}/people",
        at=now,
        subject_kind="activity",
        subject_id=each.activity_id,
        once=str(min(reached)) if reached else "",
    )


def _leaders(session: Session, team_ids: Iterable[int], on: date) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    rows = session.execute(
        select(Membership.team_id, Membership.volunteer_id).where(
            Membership.team_id.in_(set(team_ids)),
            Membership.role == "leader",
            lasts(Membership, on),
            ~is_dormant(Membership.volunteer_id, on),
        )
    )
    for team_id, volunteer_id in rows:
        found.setdefault(team_id, []).append(volunteer_id)
    return found
