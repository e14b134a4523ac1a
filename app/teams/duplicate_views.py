"""People who may be one and the same: said to be two, or looked at side by side."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db, transaction
from app.people import operations as people
from app.people import queries as people_queries
from app.teams import queries
from app.teams.access import own_person, today
from app.web.actor import current_actor
from app.web.policy import allow, not_found

blueprint = Blueprint("duplicates", __name__, url_prefix="/admin/people/duplicates")


@blueprint.get("")
@allow("volunteer.change")
def pairs() -> ResponseReturnValue:
    """List pairs that share a phone, or a name and something more."""
    session, actor = db.session(), current_actor()
    found = people_queries.duplicate_pairs(session, actor.organises)
    people = {side.id for pair in found for side in (pair.one, pair.other)}
    teams: dict[int, list[str]] = {}
    for row in queries.membership_rows(session, people, on=today()):
        teams.setdefault(row.volunteer_id, []).append(row.team_name)
    return render_template("people/duplicates.html", pairs=found, teams=teams)


@blueprint.post("")
@allow("volunteer.change")
def tell_apart() -> ResponseReturnValue:
    """Remember that two people are two."""
    actor = current_actor()
    one, other = _sent("one"), _sent("other")
    for volunteer_id in (one, other):
        own_person(actor, volunteer_id)
    with transaction() as session:
        people.tell_apart(session, one, other, actor_id=actor.login_id, now=now())
    flash(_("Remembered: these are two people."), "toast")
    return redirect(url_for(".pairs"), 303)


def _sent(name: str) -> int:
    typed = request.form.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else not_found()
