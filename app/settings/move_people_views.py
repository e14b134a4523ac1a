"""Let people of an organisation belong to another one: tick, preview, confirm with a reason."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from app.clock import now
from app.db import db
from app.organisations.models import Organisation
from app.organisations.queries import Node, forest, whole_tree
from app.organisations.rules import NobodyChosen
from app.people.queries import without_full_phone
from app.people.step_up import asks_again
from app.settings import operations, queries
from app.settings.access import home_targets, own_node
from app.settings.tree_forms import ReasonForm, typed_people
from app.web.actor import current_actor
from app.web.forms import Form
from app.web.pagination import page_of
from app.web.policy import allow, not_found
from app.web.submitting import carried_out

SHOWN = 100

blueprint = Blueprint("tree_people", __name__, url_prefix="/admin/organisations")


@blueprint.get("/<code>/people")
@allow("volunteer.change")
def choose(code: str) -> ResponseReturnValue:
    """Tick the people of an organisation who shall belong to another one."""
    one = own_node(current_actor(), code)
    return _list(one, _homes(one), ReasonForm(formdata=None))


@blueprint.post("/<code>/people")
@allow("volunteer.change")
@asks_again
def move(code: str) -> ResponseReturnValue:
    """Show who would go where, or let them go: whichever button was used."""
    one = own_node(current_actor(), code)
    homes = _homes(one)
    into = _into(homes)
    meant = queries.people_meant(one.id, only=typed_people())
    people = queries.people_found(db.session(), meant)
    form = ReasonForm()
    if request.form.get("step") == "confirm":
        return _carry_out(one, into, people, form)
    form = ReasonForm(formdata=None)
    if not people:
        form.refuse(NobodyChosen(name=one.name))
        return _list(one, homes, form), 422
    return _preview(one, into, people, form)


def _carry_out(
    one: Organisation, into: Node, people: list[Any], form: ReasonForm
) -> ResponseReturnValue:
    actor = current_actor()
    moved = form.validate_on_submit() and carried_out(
        form,
        lambda session: operations.move_people(
            session,
            typed_people(),
            from_id=one.id,
            into_id=into.id,
            reason=form.reason.data or "",
            actor=actor,
            now=now(),
            key=form.sent_key,
        ),
    )
    if not moved:
        return _preview(one, into, people, form), 422
    said = ngettext(
        "%(num)s person belongs to %(name)s now.",
        "%(num)s people belong to %(name)s now.",
        moved,
        name=into.name,
    )
    flash(said, "success")
    return redirect(url_for("tree.rename", code=one.code), 303)


def _into(homes: list[Node]) -> Node:
    given = request.form.get("into", "")
    return next((node for node in homes if node.code == given), None) or not_found()


def _homes(one: Organisation) -> list[Node]:
    """Return where they may go; whoever does not organise this one finds no page."""
    actor, session = current_actor(), db.session()
    if one.id not in actor.organises:
        not_found()
    return forest(session, home_targets(actor, one, whole_tree(session)))


def _list(one: Organisation, homes: list[Node], form: Form) -> str:
    session, ticked = db.session(), typed_people()
    text = without_full_phone(request.args.get("q", "")[:60])
    where = queries.people_meant(one.id, text=text, only=ticked or None)
    page = page_of(queries.count_meant(session, where), size=SHOWN)
    people = queries.people_found(session, where, offset=page.offset, limit=page.size)
    return render_template(
        "settings/people_move.html",
        one=one,
        form=form,
        homes=[(node.code, f"{node.name} ({node.code})") for node in homes],
        into=request.values.get("into", ""),
        people=[(*each, each[0] in ticked) for each in people],
        page=page,
        text=text,
    )


def _preview(one: Organisation, into: Node, people: list[Any], form: Form) -> str:
    return render_template(
        "settings/people_move_preview.html", one=one, into=into, form=form, people=people
    )
