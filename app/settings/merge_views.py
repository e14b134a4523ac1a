"""Merge an organisation into another one: choose, preview, confirm with a reason."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.organisations.models import Organisation
from app.organisations.queries import root_id_of
from app.settings import operations, queries, tree_showing
from app.settings.access import merge_targets, own_node, own_open_node
from app.settings.tree_forms import ReasonForm
from app.teams.access import today
from app.teams.queries import colours_of, teams_in
from app.web.actor import current_actor
from app.web.policy import allow, not_found
from app.web.submitting import carried_out

blueprint = Blueprint("tree_merge", __name__, url_prefix="/admin/organisations")


@blueprint.get("/<code>/merge")
@allow("organisation.change")
def choose(code: str) -> ResponseReturnValue:
    """Choose into which organisation one is merged; once it is chosen, see what happens."""
    gone = own_open_node(current_actor(), code)
    if request.args.get("into"):
        return _preview(gone, _target(gone), ReasonForm(formdata=None))
    targets = merge_targets(current_actor(), gone)
    return render_template("settings/merge.html", one=gone, targets=targets)


@blueprint.post("/<code>/merge")
@allow("organisation.change")
def merge(code: str) -> ResponseReturnValue:
    """Merge it, with the reason that was given."""
    actor = current_actor()
    # It may have been retired by this very sending, tapped twice.
    gone = own_node(actor, code)
    into, form = _target(gone), ReasonForm()
    if form.validate_on_submit() and carried_out(
        form,
        lambda session: operations.merge_organisations(
            session,
            gone.id,
            into.id,
            reason=form.reason.data or "",
            actor_id=actor.login_id,
            now=now(),
            key=form.sent_key,
        ),
    ):
        flash(_("%(name)s is merged into %(into)s.", name=gone.name, into=into.name), "success")
        return redirect(url_for("tree.rename", code=into.code), 303)
    return _preview(gone, into, form), 422


def _target(gone: Organisation) -> Organisation:
    """Return the organisation that was chosen; outside one's reach there is none."""
    found = own_node(current_actor(), request.values.get("into", ""))
    same_root = root_id_of(db.session(), found.id) == root_id_of(db.session(), gone.id)
    return found if same_root and found.id != gone.id else not_found()


def _preview(gone: Organisation, into: Organisation, form: ReasonForm) -> str:
    session, on = db.session(), today()
    teams = teams_in(session, [gone.id], on=on)
    use = queries.uses_of(session, [gone.id], on)[gone.id]
    below = queries.names_below(session, gone.id)
    opened = queries.open_at(session, gone.id, [team.id for team in teams], on)
    colours = colours_of(session, root_id_of(session, gone.id))
    facts: list[Any] = [
        (_("People"), tree_showing.people_text(use.people)),
        *([(_("Organisations below it"), _(", ").join(below))] if below else []),
        *tree_showing.along(opened),
    ]
    return render_template(
        "settings/merge_preview.html",
        one=gone,
        into=into,
        form=form,
        teams=teams,
        facts=facts,
        staying=tree_showing.staying(opened),
        differences=tree_showing.differences(session, gone.id, into.id, colours, on),
        desk=queries.desk_of(session, gone.id, on),
        today=on,
    )
