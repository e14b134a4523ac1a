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
from app.organisations.queries import forest, root_id_of, subtree_ids
from app.service.operations import regroup
from app.settings import showing
from app.settings.access import own_node, tree_reach, tree_scope
from app.settings.forms import MoveForm, NewNodeForm, NodeForm
from app.settings.queries import changes
from app.settings.rules import TREE_CHANGES
from app.teams.forms import offered
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
    scope = tree_scope(actor)
    return render_template(
        "settings/tree.html",
        nodes=forest(session, scope),
        reach=tree_reach(actor),
        may_add=bool(tree_reach(actor)),
        history=showing.history(changes(session, scope, TREE_CHANGES)),
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
        "settings/node.html", form=form, one=found, targets=len(_targets(found.id))
    ), status


@blueprint.route("/<code>/move", methods=["GET", "POST"])
@allow("organisation.change")
def move(code: str) -> ResponseReturnValue:
    """Hang an organisation, with all below it, under another one."""
    actor, found = current_actor(), own_node(current_actor(), code)
    form = MoveForm(data={"parent": found.parent_id})
    form.parent.choices = _targets(found.id)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                regroup(
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
    nodes = forest(db.session(), ids)
    return offered((node.id, f"{'　' * node.depth}{node.name} ({node.code})") for node in nodes)


def _targets(organisation_id: int) -> list[tuple[int, str]]:
    """Return where an organisation may hang: in reach, in its tree, not below itself."""
    session = db.session()
    tree = set(subtree_ids(session, root_id_of(session, organisation_id)))
    below = subtree_ids(session, organisation_id)
    return _parents((set(tree_reach(current_actor())) & tree).difference(below))
