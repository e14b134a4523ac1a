"""Merge an organisation into another one: what it has goes on there, its past stays its own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.expiry.queries import other_terms
from app.organisations import operations as organisations
from app.organisations import rules
from app.organisations.models import Organisation
from app.organisations.queries import get_organisation, root_id_of, subtree_ids
from app.people.operations.homes import everybody_of, give_home
from app.service.operations import regroup_all
from app.settings.operations.holding import (
    hold_tree,
    open_one,
    place_teams,
    refuse_years_under_way,
    teams_in_service,
    today_at,
)
from app.settings.operations.keeping import applied_at, keep_applied
from app.trail.operations import remember, remembered


def merge_organisations(
    session: Session,
    gone_id: int,
    into_id: int,
    *,
    reason: str,
    actor_id: int,
    now: datetime,
    key: str,
) -> None:
    """Hang an organisation below another one and retire it; teams and people go on there.

    Records, frozen years and open matters stay with the one that is gone, which whoever
    organises the other one now reaches.
    """
    content = {"operation": "organisation.merge", "gone": gone_id, "into": into_id, "why": reason}
    if remembered(session, actor_id, key, content) is not None:
        return
    why = organisations.checked_reason(reason)
    hold_tree(session)
    gone, into = _checked(session, gone_id, into_id)
    on = today_at(session, gone_id, now)
    before: dict[str, Any] = {"parent_id": gone.parent_id, "code": gone.code, "name": gone.name}
    terms = other_terms(session, gone_id, into_id)
    _regroup(session, gone, into, actor_id, now)
    teams = teams_in_service(session, gone_id, on)
    place_teams(session, teams, into_id, on=on, actor_id=actor_id, now=now)
    people = give_home(
        session,
        everybody_of(session, gone_id),
        from_id=gone_id,
        organisation_id=into_id,
        actor_id=actor_id,
        now=now,
        reason=why,
        terms=terms,
    )
    organisations.close_organisation(session, gone_id, on=on)
    _keep(session, gone_id, into_id, on, why, actor_id, now)
    after = {"into": into.code, "name": into.name, "teams": len(teams), "people": len(people)}
    organisations.note_organisation(
        session, "merge_organisations", gone_id, actor_id, now, before, after, why
    )
    remember(session, actor_id, key, content, {"into": into_id}, now)


def children_in_service(session: Session, organisation_id: int) -> list[int]:
    """Return the organisations right below one that are in service."""
    below = select(Organisation.id).where(
        Organisation.parent_id == organisation_id, Organisation.retired_on.is_(None)
    )
    return list(session.scalars(below.order_by(Organisation.id)))


def _checked(session: Session, gone_id: int, into_id: int) -> tuple[Organisation, Organisation]:
    held = {each: open_one(session, each) for each in sorted({gone_id, into_id})}
    gone, into = held[gone_id], held[into_id]
    root_id = root_id_of(session, gone_id)
    if gone_id == root_id:
        raise rules.RootStays(name=gone.name)
    rules.check_merge(
        name=gone.name,
        root=get_organisation(session, root_id).name,
        gone_id=gone_id,
        kept_id=into_id,
        below=subtree_ids(session, gone_id),
        tree=subtree_ids(session, root_id),
    )
    return gone, into


def _regroup(
    session: Session, gone: Organisation, into: Organisation, actor_id: int, now: datetime
) -> None:
    """Hang it, and what is in service right below it, under the other one."""
    before = applied_at(session, gone.id)
    moved = [*children_in_service(session, gone.id), gone.id]
    changed = regroup_all(session, dict.fromkeys(moved, into.id), actor_id=actor_id, now=now)
    refuse_years_under_way(session, changed)
    keep_applied(session, gone.id, before, actor_id=actor_id, now=now)


def _keep(
    session: Session,
    gone_id: int,
    into_id: int,
    on: date,
    why: str,
    actor_id: int,
    now: datetime,
) -> None:
    organisations.keep_change(
        session, "merged", gone_id, into_id=into_id, on=on, actor_id=actor_id, now=now, reason=why
    )
