"""Retire an organisation nobody uses any more, or take it into service again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.organisations import operations as organisations
from app.organisations import rules
from app.organisations.queries import get_organisation
from app.people.operations.homes import everybody_of
from app.settings.operations.holding import hold_tree, open_one, teams_in_service, today_at
from app.settings.operations.merging import children_in_service
from app.trail.operations import remember, remembered


def retire_organisation(
    session: Session, organisation_id: int, *, reason: str, actor_id: int, now: datetime, key: str
) -> None:
    """Let nothing new be made at an organisation without teams, people and others below it."""
    content = _content("retire", organisation_id, reason)
    if remembered(session, actor_id, key, content) is not None:
        return
    why = organisations.checked_reason(reason)
    hold_tree(session)
    one = open_one(session, organisation_id)
    if one.parent_id is None:
        raise rules.RootStays(name=one.name)
    on = today_at(session, organisation_id, now)
    rules.check_empty(
        name=one.name,
        teams=len(teams_in_service(session, organisation_id, on)),
        people=len(everybody_of(session, organisation_id)),
        organisations=len(children_in_service(session, organisation_id)),
    )
    organisations.close_organisation(session, organisation_id, on=on)
    organisations.keep_change(
        session, "retired", organisation_id, on=on, actor_id=actor_id, now=now, reason=why
    )
    sides: tuple[dict[str, Any], dict[str, Any]] = ({"retired_on": None}, {"retired_on": on})
    organisations.note_organisation(
        session, "retire_organisation", organisation_id, actor_id, now, *sides, why
    )
    remember(session, actor_id, key, content, {"on": on.isoformat()}, now)


def reopen_organisation(
    session: Session, organisation_id: int, *, reason: str, actor_id: int, now: datetime, key: str
) -> None:
    """Take a retired organisation into service again; what had gone elsewhere stays there."""
    content = _content("reopen", organisation_id, reason)
    if remembered(session, actor_id, key, content) is not None:
        return
    why = organisations.checked_reason(reason)
    hold_tree(session)
    one = organisations.held_organisation(session, organisation_id)
    parent = get_organisation(session, one.parent_id) if one.parent_id is not None else None
    if parent is not None and parent.retired_on is not None:
        raise rules.ParentRetired(name=one.name, parent=parent.name)
    was_on = organisations.open_organisation(session, organisation_id)
    on = today_at(session, organisation_id, now)
    organisations.keep_change(
        session, "reopened", organisation_id, on=on, actor_id=actor_id, now=now, reason=why
    )
    sides: tuple[dict[str, Any], dict[str, Any]] = ({"retired_on": was_on}, {"retired_on": None})
    organisations.note_organisation(
        session, "reopen_organisation", organisation_id, actor_id, now, *sides, why
    )
    remember(session, actor_id, key, content, {"on": on.isoformat()}, now)


def _content(verb: str, organisation_id: int, reason: str) -> dict[str, Any]:
    return {
        "operation": f"organisation.{verb}",
        "organisation": organisation_id,
        "why": reason,
    }
