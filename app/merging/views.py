"""Two numbers of one person: find the other one, look at what joining does, and do it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.merging.access import chosen_plan, other_in_address, own_standing_person, sent_id
from app.merging.forms import MergeForm
from app.merging.operations import FIELDS, Plan, merge_people, seen_of
from app.merging.showing import Preview, preview_of
from app.people.models import Volunteer
from app.people.queries import Namesake, perhaps, search_volunteers, without_full_phone
from app.people.step_up import asks_again
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.policy import allow, not_found
from app.web.submitting import carried_out

blueprint = Blueprint("merging", __name__, url_prefix="/admin/people")
MOST_FOUND = 20
LONGEST_WORD = 60


@blueprint.get("/<int:volunteer_id>/merge")
@allow("volunteer.change")
def merge(volunteer_id: int) -> ResponseReturnValue:
    """Find who else somebody is in the books; once chosen, show what joining the two would do."""
    actor = current_actor()
    person = own_standing_person(actor, volunteer_id)
    other_id = other_in_address()
    if other_id is None:
        return _finding(actor, person)
    plan = chosen_plan(actor, volunteer_id, other_id)
    form = MergeForm(formdata=None)
    form.gone.data, form.seen.data = str(other_id), seen_of(plan)
    return _preview(plan, form)


@blueprint.post("/<int:volunteer_id>/merge")
@allow("volunteer.change")
@asks_again
def join(volunteer_id: int) -> ResponseReturnValue:
    """Join the two: the one of the address stays."""
    actor, form = current_actor(), MergeForm()
    other_id = sent_id(form.gone.data) or not_found()
    plan = chosen_plan(actor, volunteer_id, other_id)
    name, numbers = plan.kept.name, (plan.gone.number, plan.kept.number)
    if form.validate_on_submit() and carried_out(
        form,
        lambda session: merge_people(
            session,
            volunteer_id,
            other_id,
            actor=actor,
            now=now(),
            reason=form.reason.data or "",
            key=form.sent_key,
            fields_of_gone=_fields_of_gone(),
            seen=form.seen.data,
        ),
    ):
        said = {"name": name, "old": numbers[0], "number": numbers[1]}
        flash(_("%(name)s has one number now: %(number)s. %(old)s leads to it.", **said), "success")
        return redirect(url_for("person_desk.person", volunteer_id=volunteer_id), 303)
    db.session.rollback()
    plan = chosen_plan(actor, volunteer_id, other_id)
    form.seen.data = seen_of(plan)
    return _preview(plan, form), 422


def _fields_of_gone() -> list[str]:
    return [name for name in FIELDS if request.form.get(f"field-{name}") == "gone"]


def _finding(actor: Actor, person: Volunteer) -> str:
    session, typed = db.session(), without_full_phone(request.args.get("q", "")[:LONGEST_WORD])
    found: list[Namesake] = (
        search_volunteers(session, actor.organises, typed, limit=MOST_FOUND)
        if typed
        else perhaps(
            session, actor.organises, name=person.name, phone=person.phone, except_id=person.id
        )
    )
    others = [one for one in found if one.id != person.id and one.state in ("active", "left")]
    return render_template("merging/find.html", person=person, others=others, typed=typed)


def _preview(plan: Plan, form: MergeForm) -> str:
    shown: Preview = preview_of(db.session(), plan)
    chosen = {name: request.form.get(f"field-{name}", "kept") for name in FIELDS}
    return render_template("merging/preview.html", plan=plan, shown=shown, form=form, chosen=chosen)
