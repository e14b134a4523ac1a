"""Who may join whom: an organiser over both, or nobody is there."""

from __future__ import annotations

from flask import request

from app.clock import now
from app.db import db
from app.errors import NotFound
from app.merging.operations import Plan, plan_merge
from app.people.models import Volunteer
from app.teams.access import own_person
from app.teams.rules import Actor
from app.web.policy import not_found


def own_standing_person(actor: Actor, volunteer_id: int) -> Volunteer:
    """Return a person an organiser may change who was not joined with another, or answer 404."""
    person = own_person(actor, volunteer_id)
    return not_found() if person.state in ("matched", "proposed") else person


def sent_id(given: str | None) -> int | None:
    """Return the id somebody chose; None where none was, and 404 for what is no id."""
    if not given:
        return None
    is_id = given.isascii() and given.isdigit() and len(given) < 19
    return int(given) if is_id else not_found()


def chosen_plan(actor: Actor, kept_id: int, gone_id: int) -> Plan:
    """Return what joining two people would do; 404 where one of them is out of reach."""
    # Held, so that the plan asks for nobody again.
    both = [own_standing_person(actor, one) for one in (kept_id, gone_id)]
    try:
        return plan_merge(db.session(), both[0].id, both[1].id, actor=actor, now=now())
    except NotFound:
        not_found()


def other_in_address() -> int | None:
    """Return who the address says is the other one."""
    return sent_id(request.args.get("with"))
