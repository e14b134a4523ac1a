"""Who may do what: the roles of one's organisations, who granted them, and their end."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.db import db
from app.people.step_up import asks_again
from app.roster.access import MOST_TEAMS, sought
from app.roster.ending import end_and_say
from app.roster.queries.roles import granted_by, leaders_in, named_leader_by, roles_where
from app.teams.access import organisation_names, read_scope
from app.teams.forms import GRANTED_ROLES, said
from app.web.actor import current_actor
from app.web.policy import allow

blueprint = Blueprint("roles_desk", __name__, url_prefix="/admin/roles")


@blueprint.get("")
@allow("role.read")
def roles() -> ResponseReturnValue:
    """Show who holds which role, since when and by whom; leaders once there are not too many."""
    actor, session = current_actor(), db.session()
    scope = read_scope(actor)
    found = sought(scope, {"organisation": request.args.get("organisation", "")})
    ids = found.scope.organisation_ids if found.scope.below is None else found.scope.below
    rows = roles_where(
        session,
        ids,
        found.scope.on,
        with_admins=actor.is_admin and found.organisation is None,
        with_past="past" in request.args,
    )
    is_few = len(found.teams) <= MOST_TEAMS
    leaders = leaders_in(session, ids, found.scope.on) if is_few else []
    return render_template(
        "roster/roles.html",
        found=found,
        rows=rows,
        granted=granted_by(session, rows),
        leaders=leaders,
        named=named_leader_by(session, leaders),
        is_few=is_few,
        on=found.scope.on,
        with_past="past" in request.args,
        role_names=said(GRANTED_ROLES),
        organisation_names=organisation_names(),
        may_end=actor.is_admin,
        me=actor.login_id,
        readable=scope,
    )


@blueprint.post("/<int:role_id>/end")
@allow("role.grant")
@asks_again
def end(role_id: int) -> ResponseReturnValue:
    """End a role at once."""
    end_and_say(current_actor(), role_id)
    return redirect(url_for(".roles"), 303)
