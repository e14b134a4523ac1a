"""The tree of organisations: make one below another, rename, move."""

from __future__ import annotations

from collections.abc import Collection

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.organisations import operations
from app.organisations.models import Organisation
from app.organisations.queries import forest, in_service_ids, past_of, whole_tree
from app.settings import operations as trees
from app.settings import queries, showing, tree_showing
from app.settings.access import (
    home_targets,
    merge_targets,
    move_targets,
    own_node,
    own_open_node,
    parent_in_reach,
    tree_reach,
    tree_scope,
)
from app.settings.forms import MoveForm, NewNodeForm, NodeForm
from app.settings.rules import TREE_CHANGES
from app.teams.access import today
from app.teams.forms import offered
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.policy import allow

blueprint = Blueprint("tree", __name__, url_prefix="/admin/organisations")

FIELD_OF = {
    "bad_code": "code",
    "code_taken": "code",
    "bad_name": "name",
    "moves_below_itself": "parent",
    "leaves_its_root": "parent",
}


@blueprint.get("")
@allow("organisation.read")
def tree() -> str:
    """The organisations of one's desk, each below its parent."""
    actor, session = current_actor(), db.session()
    scope, reach = tree_scope(actor), tree_reach(actor)
    uses = queries.uses_of(session, scope, today())
    found = queries.changes(session, scope, TREE_CHANGES)
    return render_template(
        "settings/tree.html",
        lines=tree_showing.node_lines(forest(session, scope), uses, reach),
        may_add=bool(reach),
        history=showing.history(found, tree_showing.tree_terms),
    )


@blueprint.route("/add", methods=["GET", "POST"])
@allow("organisation.change")
def add() -> ResponseReturnValue:
    """Make an organisation below another."""
    actor = current_actor()
    form = NewNodeForm()
    form.parent.choices = _parents(tree_reach(actor))
    if form.validate_on_submit():
        try:
            with transaction() as session:
                operations.create_organisation(
                    session,
                    code=form.code.data or "",
                    name=form.name.data or "",
                    parent_id=form.parent.data,
                    actor_id=actor.login_id,
                    now=now(),
                )
        except RuleBroken as refusal:
            form.refuse(refusal, FIELD_OF.get(refusal.code))
        else:
            flash(_("The organisation is made."), "toast")
            return redirect(url_for(".tree"), 303)
    status = 422 if form.is_submitted() else 200
    return render_template("settings/node_add.html", form=form), status


@blueprint.route("/<code>", methods=["GET", "POST"])
@allow("organisation.change")
def rename(code: str) -> ResponseReturnValue:
    """Give an organisation another name."""
    actor, found = current_actor(), own_node(current_actor(), code)
    form = NodeForm(data={"name": found.name})
    if form.validate_on_submit():
        try:
            with transaction() as session:
                operations.rename_organisation(
                    session,
                    found.id,
                    name=form.name.data or "",
                    actor_id=actor.login_id,
                    now=now(),
                )
        except RuleBroken as refusal:
            form.refuse(refusal, FIELD_OF.get(refusal.code))
        else:
            flash(_("Saved."), "toast")
            return redirect(url_for(".tree"), 303)
    status = 422 if form.is_submitted() else 200
    return render_template(
        "settings/node.html",
        form=form,
        one=found,
        past=tree_showing.past_lines(past_of(db.session(), [found.id]), found.id),
        ways=_ways(actor, found),
    ), status


@blueprint.route("/<code>/move", methods=["GET", "POST"])
@allow("organisation.change")
def move(code: str) -> ResponseReturnValue:
    """Hang an organisation, with all below it, under another one."""
    actor, found = current_actor(), own_open_node(current_actor(), code)
    form = MoveForm(data={"parent": found.parent_id})
    form.parent.choices = _targets(found)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                trees.move_node(
                    session,
                    found.id,
                    parent_id=form.parent.data,
                    actor_id=actor.login_id,
                    now=now(),
                )
        except RuleBroken as refusal:
            form.refuse(refusal, FIELD_OF.get(refusal.code))
        else:
            flash(_("%(name)s is moved.", name=found.name), "toast")
            return redirect(url_for(".tree"), 303)
    status = 422 if form.is_submitted() else 200
    return render_template("settings/node_move.html", form=form, one=found), status


def _parents(ids: Collection[int]) -> list[tuple[int, str]]:
    """Return organisations as choices, each indented below its parent."""
    nodes = forest(db.session(), in_service_ids(db.session(), ids))
    return offered((node.id, f"{'　' * node.depth}{node.name} ({node.code})") for node in nodes)


def _ways(actor: Actor, one: Organisation) -> list[tuple[str, str]]:
    """Return what may be done with an organisation: where that is, and in what words."""
    if one.retired_on is not None:
        return [(url_for("tree_retire.ask_reopen", code=one.code), _("Put into service again"))]
    tree = whole_tree(db.session())
    found = []
    if move_targets(actor, one, tree):
        found.append((url_for(".move", code=one.code), _("Move below another organisation")))
    if merge_targets(actor, one, tree):
        found.append((url_for("tree_merge.choose", code=one.code), _("Merge into another")))
    if parent_in_reach(actor, one):
        found.append((url_for("tree_split.choose", code=one.code), _("Split")))
    if home_targets(actor, one, tree):
        found.append((url_for("tree_people.choose", code=one.code), _("Move people")))
    if one.parent_id is not None:
        found.append((url_for("tree_retire.ask_retire", code=one.code), _("Retire")))
    return found


def _targets(one: Organisation) -> list[tuple[int, str]]:
    """Return where an organisation may hang."""
    return _parents(move_targets(current_actor(), one, whole_tree(db.session())))
