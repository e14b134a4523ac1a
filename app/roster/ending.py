"""End a role from whichever page, and say what came of it."""

from __future__ import annotations

from flask import flash
from flask_babel import gettext as _

from app.clock import now
from app.db import transaction
from app.people.operations import end_role
from app.people.rules.roles import LastAdmin, LastOrganiser
from app.teams.access import today
from app.teams.rules import Actor
from app.web.saying import say


def end_and_say(actor: Actor, role_id: int) -> None:
    """End a role at once; that somebody has to stay is said where one came from."""
    try:
        with transaction() as session:
            end_role(
                session,
                role_id,
                granter_id=actor.login_id,
                granter_is_admin=actor.is_admin,
                now=now(),
                today=today(),
            )
    except (LastAdmin, LastOrganiser) as refusal:
        flash(say(refusal), "error")
    else:
        flash(_("The role has ended."), "toast")
