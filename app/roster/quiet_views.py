"""Who has not served for long: proposed to be marked as resting, ticked by an organiser."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import and_
from sqlalchemy.orm import Session

from app.clock import now
from app.db import db
from app.errors import N_, RuleBroken
from app.roster.forms import TickedForm
from app.roster.operations import Rest, rest
from app.roster.queries.people import (
    Scope,
    among,
    count_people,
    memberships_where,
    people_page,
    served_of,
)
from app.roster.queries.quiet import quiet_where
from app.teams.access import today
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.languages import chosen_zone
from app.web.pagination import page_of
from app.web.policy import allow
from app.web.submitting import carried_out

blueprint = Blueprint("quiet_desk", __name__, url_prefix="/admin/people/quiet")
PAGE = 100


class NobodyTicked(RuleBroken):
    code = "nobody_ticked"
    message = N_("Tick the people first.")


@blueprint.get("")
@allow("volunteer.change")
def quiet() -> ResponseReturnValue:
    """Show who has not served for as many months as is set."""
    return _page(current_actor(), TickedForm(formdata=None))


@blueprint.post("")
@allow("volunteer.change")
def let_rest() -> ResponseReturnValue:
    """Mark those ticked as resting from today on; they are told."""
    actor, form = current_actor(), TickedForm()
    if form.validate_on_submit():
        count = carried_out(form, lambda session: _rested(session, form, actor))
        if count:
            flash(
                ngettext("%(num)s person rests now.", "%(num)s people rest now.", count), "success"
            )
            return redirect(url_for(".quiet"), 303)
    return _page(actor, form), 422


def _rested(session: Session, form: TickedForm, actor: Actor) -> int:
    """Let those rest who are still on the list; return how many."""
    scope = _scope(actor)
    wanted = and_(quiet_where(session, scope), among(form.ticked()))
    ids = [row.id for row in people_page(session, wanted, on=scope.on)]
    if not ids:
        raise NobodyTicked
    asked = Rest(scope.on, None, form.reason.data or "")
    rest(session, ids, asked, actor=actor, now=now(), today=scope.on)
    return len(ids)


def _scope(actor: Actor) -> Scope:
    return Scope(actor.organises, today(), chosen_zone())


def _page(actor: Actor, form: TickedForm) -> str:
    session, scope = db.session(), _scope(actor)
    where = quiet_where(session, scope)
    page = page_of(count_people(session, where), size=PAGE)
    rows = people_page(session, where, on=scope.on, offset=page.offset, limit=page.size)
    ids = [row.id for row in rows]
    ticked = set(ids) if "all" in request.args else set(form.ticked())
    return render_template(
        "roster/quiet.html",
        form=form,
        rows=rows,
        page=page,
        ticked=ticked,
        teams_of=memberships_where(session, among(ids), scope),
        served=served_of(session, ids, scope.on.year),
        usual=form.reason.data or _("No service for a long time"),
    )
