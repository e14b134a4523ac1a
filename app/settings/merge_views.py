"""Merge an organisation into another one: choose, preview, confirm with a reason."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.organisations.models import Organisation
from app.organisations.queries import Branch, WholeTree, forest, whole_tree
from app.people.step_up import asks_again
from app.settings import operations, queries, tree_showing
from app.settings.access import merge_targets, open_targets, own_node, own_open_node
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
    session = db.session()
    tree = whole_tree(session)
    if request.args.get("into"):
        return _preview(gone, _target(gone, tree), ReasonForm(formdata=None), tree)
    targets = forest(session, merge_targets(current_actor(), gone, tree))
    return render_template("settings/merge.html", one=gone, targets=targets)


@blueprint.post("/<code>/merge")
@allow("organisation.change")
@asks_again
def merge(code: str) -> ResponseReturnValue:
    """Merge it, with the reason that was given."""
    actor = current_actor()
    # It may have been retired by this very sending, tapped twice.
    gone = own_node(actor, code)
    tree, form = whole_tree(db.session()), ReasonForm()
    into = _target(gone, tree)
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
    return _preview(gone, into, form, tree), 422


def _target(gone: Organisation, tree: WholeTree) -> Branch:
    """Return the organisation of its tree that was chosen; outside one's reach there is none."""
    code = request.values.get("into", "")
    within = open_targets(current_actor(), gone, tree) - {gone.id}
    found = (tree.branches[each] for each in within)
    return next((each for each in found if each.code == code), None) or not_found()


def _preview(gone: Organisation, into: Branch, form: ReasonForm, tree: WholeTree) -> str:
    session, on = db.session(), today()
    teams = teams_in(session, [gone.id], on=on)
    below = [branch.name for branch in tree.children(gone.id)]
    opened = queries.open_at(session, gone.id, [team.id for team in teams], on)
    colours = colours_of(session, tree.root_of(gone.id))
    facts: list[Any] = [
        (_("People"), tree_showing.people_text(opened.people)),
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
