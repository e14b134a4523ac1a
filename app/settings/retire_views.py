"""Retire an organisation, or take it into service again, each with a reason."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.errors import RuleBroken
from app.organisations.models import Organisation
from app.organisations.rules import RootStays, check_empty
from app.people.step_up import asks_again
from app.settings import operations, queries
from app.settings.access import own_node, own_open_node
from app.settings.tree_forms import ReasonForm
from app.teams.access import today
from app.web.actor import current_actor
from app.web.policy import allow, not_found
from app.web.submitting import carried_out

blueprint = Blueprint("tree_retire", __name__, url_prefix="/admin/organisations")


@blueprint.get("/<code>/retire")
@allow("organisation.change")
def ask_retire(code: str) -> str:
    """Ask for the reason, or say what still stands there."""
    one = own_open_node(current_actor(), code)
    form = ReasonForm(formdata=None)
    blocked = _blocked(one)
    if blocked is not None:
        form.refuse(blocked)
    return _page(one, form, is_open=True, may=blocked is None)


@blueprint.post("/<code>/retire")
@allow("organisation.change")
@asks_again
def retire(code: str) -> ResponseReturnValue:
    """Retire an organisation at which nobody and nothing is left."""
    one = own_node(current_actor(), code)
    done = _("%(name)s is retired. Its past years stay.", name=one.name)
    return _carried_out(one, operations.retire_organisation, done, is_open=True)


@blueprint.get("/<code>/reopen")
@allow("organisation.change")
def ask_reopen(code: str) -> str:
    """Ask for the reason."""
    one = own_node(current_actor(), code)
    if one.retired_on is None:
        not_found()
    return _page(one, ReasonForm(formdata=None), is_open=False)


@blueprint.post("/<code>/reopen")
@allow("organisation.change")
def reopen(code: str) -> ResponseReturnValue:
    """Take a retired organisation into service again."""
    one = own_node(current_actor(), code)
    done = _("%(name)s is in service again.", name=one.name)
    return _carried_out(one, operations.reopen_organisation, done, is_open=False)


def _carried_out(
    one: Organisation, operate: Callable[..., None], done: str, *, is_open: bool
) -> ResponseReturnValue:
    form, actor = ReasonForm(), current_actor()
    if form.validate_on_submit() and carried_out(
        form,
        lambda session: operate(
            session,
            one.id,
            reason=form.reason.data or "",
            actor_id=actor.login_id,
            now=now(),
            key=form.sent_key,
        ),
    ):
        flash(done, "success")
        return redirect(url_for("tree.rename", code=one.code), 303)
    return _page(one, form, is_open=is_open), 422


def _blocked(one: Organisation) -> RuleBroken | None:
    """Return what speaks against it today, said before anybody fills in a reason."""
    if one.parent_id is None:
        return RootStays(name=one.name)
    session = db.session()
    use = queries.uses_of(session, [one.id], today())[one.id]
    below = len(queries.names_below(session, one.id))
    try:
        check_empty(name=one.name, teams=use.teams, people=use.people, organisations=below)
    except RuleBroken as refusal:
        return refusal
    return None


def _page(one: Organisation, form: ReasonForm, *, is_open: bool, may: bool = True) -> str:
    return render_template(
        "settings/node_retire.html", one=one, form=form, is_open=is_open, may=may
    )
