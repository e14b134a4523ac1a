"""Move an organisation below another one; let people belong elsewhere, their teams as they are."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from app.expiry.queries import other_terms
from app.organisations import operations as organisations
from app.organisations import rules
from app.organisations.queries import get_organisation, root_id_of
from app.people.operations.homes import give_home
from app.second_person.rules import Matter, check_no_benefit
from app.service.operations import regroup_all
from app.settings.operations.holding import hold_tree, refuse_years_under_way
from app.teams.rules import Actor
from app.trail.operations import remember, remembered


def move_node(
    session: Session, organisation_id: int, *, parent_id: int, actor_id: int, now: datetime
) -> None:
    """Hang an organisation, with all below it, under another one.

    Judged like a merge: whoever loses or gains it has no list under notice meanwhile.
    """
    hold_tree(session)
    changed = regroup_all(session, {organisation_id: parent_id}, actor_id=actor_id, now=now)
    refuse_years_under_way(session, changed)


def move_people(
    session: Session,
    volunteer_ids: Collection[int],
    *,
    from_id: int,
    into_id: int,
    reason: str,
    actor: Actor,
    now: datetime,
    key: str,
) -> int:
    """Move people of one organisation to another one; return how many it moved.

    Nobody moves themselves or a ward: when points end and what is on the shelf may differ there.
    """
    asked = sorted(set(volunteer_ids))
    content = {
        "operation": "organisation.move_people",
        "people": asked,
        "from": from_id,
        "into": into_id,
        "why": reason,
    }
    done = remembered(session, actor.login_id, key, content)
    if done is not None:
        return int(done["people"])
    check_no_benefit(actor, Matter(frozenset(), frozenset(asked)))
    why = organisations.checked_reason(reason)
    one, into = _checked(session, from_id, into_id)
    moved = give_home(
        session,
        asked,
        from_id=from_id,
        organisation_id=into_id,
        actor_id=actor.login_id,
        now=now,
        reason=why,
        terms=other_terms(session, from_id, into_id),
    )
    if not moved:
        raise rules.NobodyChosen(name=one)
    organisations.note_organisation(
        session,
        "move_people",
        from_id,
        actor.login_id,
        now,
        {"organisation": one},
        {"organisation": into, "people": len(moved)},
        why,
    )
    remember(session, actor.login_id, key, content, {"people": len(moved)}, now)
    return len(moved)


def _checked(session: Session, from_id: int, into_id: int) -> tuple[str, str]:
    """Return the names of both; refuse a target that is retired, elsewhere, or where they are."""
    one, into = get_organisation(session, from_id), get_organisation(session, into_id)
    if from_id == into_id:
        raise rules.MergesIntoItself(name=one.name)
    # Nobody merges or retires it before the commit.
    organisations.check_in_service(session, into_id)
    root_id = root_id_of(session, from_id)
    if root_id_of(session, into_id) != root_id:
        root = get_organisation(session, root_id)
        raise rules.LeavesItsRoot(name=one.name, root=root.name)
    return one.name, into.name
