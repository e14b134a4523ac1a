"""What was said of the activities at which somebody served: their own page, and the desk's."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.db import db
from app.evaluations.queries import OfServed, evaluations_count, evaluations_of
from app.people.models import Volunteer
from app.people.queries import get_volunteer
from app.service.showing import Chip
from app.teams.access import own_volunteer_id, readable_person
from app.web.actor import current_actor
from app.web.pagination import page_of
from app.web.policy import allow, not_found

blueprint = Blueprint("own_evaluations", __name__)


@blueprint.get("/me/evaluations")
@allow("profile.read")
def mine() -> ResponseReturnValue:
    """Show what was said of the activities at which one served, or for whom one acts."""
    volunteer_id = own_volunteer_id(current_actor())
    return _page(get_volunteer(db.session(), volunteer_id), is_own=True)


@blueprint.get("/admin/people/<int:volunteer_id>/evaluations")
@allow("passbook.read")
def of_person(volunteer_id: int) -> ResponseReturnValue:
    """Show it to whoever reads the person's passbook from a desk; nobody else finds it."""
    actor = current_actor()
    person = readable_person(actor, volunteer_id)
    if person.organisation_id not in actor.organises | actor.audits:
        not_found()
    return _page(person, is_own=False)


def _page(person: Volunteer, *, is_own: bool) -> str:
    session = db.session()
    page = page_of(evaluations_count(session, person.id))
    found = evaluations_of(session, person.id, offset=page.offset, size=page.size)
    return render_template(
        "evaluations/of_person.html",
        person=person,
        is_own=is_own,
        lines=[(_chip(one), one) for one in found],
        page=page,
    )


def _chip(one: OfServed) -> Chip:
    return Chip(one.colour_key, one.colour_glyph)
