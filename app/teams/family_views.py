"""At the organiser's desk: who acts for a person, their consent, their full phone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.people import operations as people
from app.people import queries as people_queries
from app.people.models import Volunteer
from app.people.purpose_showing import purpose_cards
from app.people.queries import ActingRow
from app.people.rules.consent import PRIVACY_VERSION, is_child
from app.people.rules.purposes import CHOSEN
from app.people.showing import naming_card
from app.teams import operations
from app.teams.access import own_person, today
from app.teams.forms import offered
from app.teams.join_forms import ANOTHER_GUARDIAN, THE_PERSON, ActingForm, NamingForm, WhyForm
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.policy import allow, not_found

blueprint = Blueprint("family", __name__, url_prefix="/admin/people/<int:volunteer_id>")


@blueprint.route("/acting", methods=["GET", "POST"])
@allow("volunteer.change")
def acting(volunteer_id: int) -> ResponseReturnValue:
    """Show who acts for a person and what they agreed to; let somebody act."""
    actor = current_actor()
    person = own_person(actor, volunteer_id)
    form = ActingForm()
    if form.validate_on_submit():
        try:
            _let_act(form, volunteer_id, actor)
        except RuleBroken as refusal:
            form.refuse(refusal, "number")
        else:
            flash(_("Saved."), "toast")
            return redirect(url_for(".acting", volunteer_id=volunteer_id), 303)
    status = 422 if form.is_submitted() else 200
    return acting_page(own_person(actor, person.id), form), status


def _let_act(form: ActingForm, volunteer_id: int, actor: Actor) -> None:
    with transaction() as session:
        operations.let_somebody_act(
            session,
            volunteer_id=volunteer_id,
            number=form.number.data or "",
            name=form.name.data or "",
            kind=form.kind.data,
            from_on=form.from_on.data or today(),
            until_on=form.until_on.data,
            consent=form.consent.data or "",
            actor=actor,
            now=now(),
        )


def acting_page(
    person: Volunteer, form: ActingForm, sent: Mapping[str, NamingForm] | None = None
) -> str:
    """Return the page of who acts for a person and of what they agreed to."""
    session, on = db.session(), today()
    if not form.errors:
        form.from_on.data = on
        form.kind.data = "guardian" if is_child(person.born_on, on) else "helper"
    # In Python: a template's own translation would take what somebody typed for a msgid of ours.
    helpers = [
        one._replace(consent=_(one.consent) if one.consent else None)
        for one in people_queries.helpers_of(session, person.id, on)
    ]
    return render_template(
        "people/acting.html",
        person=person,
        helpers=helpers,
        wards=people_queries.wards_of(session, person.id, on),
        consents=people_queries.consents_of(session, person.id),
        version=PRIVACY_VERSION,
        needs_guardian=is_child(person.born_on, on)
        and not any(one.kind == "guardian" for one in helpers),
        on=on,
        form=form,
        naming=naming_card(session, person.id, on),
        purposes=purpose_cards(session, person.id, on),
        signing={
            purpose: (sent or {}).get(purpose) or naming_form(helpers, on, None, purpose)
            for purpose in ("boards", *CHOSEN)
        },
    )


def naming_form(helpers: Iterable[ActingRow], on: date, sent: Any, purpose: str) -> NamingForm:
    """Return the form of who signed a paper; the guardians of today stand in it by name."""
    # Several stand on one page: each has ids of its own, and only one is sent.
    form = NamingForm(formdata=sent, prefix="" if purpose == "boards" else f"{purpose}-")
    guardians = [
        (str(one.helper_id), _("the guardian %(name)s", name=one.name))
        for one in helpers
        if one.kind == "guardian" and one.from_on <= on
    ]
    form.signed.choices = offered(
        [
            *([] if purpose == "minors" else [(THE_PERSON, _("the person"))]),
            *guardians,
            (ANOTHER_GUARDIAN, _("a guardian who is no volunteer here")),
        ]
    )
    return form


@blueprint.post("/acting/<int:acting_id>/end")
@allow("volunteer.change")
def end(volunteer_id: int, acting_id: int) -> ResponseReturnValue:
    """End that somebody acts for this person."""
    actor = current_actor()
    own_person(actor, volunteer_id)
    helpers = people_queries.helpers_of(db.session(), volunteer_id, today())
    if acting_id not in {one.id for one in helpers}:
        not_found()
    with transaction() as session:
        operations.end_helper(session, acting_id, actor=actor, now=now(), today=today())
    flash(_("Saved."), "toast")
    return redirect(url_for(".acting", volunteer_id=volunteer_id), 303)


@blueprint.post("/consent")
@allow("volunteer.change")
def consent(volunteer_id: int) -> ResponseReturnValue:
    """Keep that this person agreed to the privacy notice on paper."""
    actor = current_actor()
    own_person(actor, volunteer_id)
    with transaction() as session:
        people.give_consent(
            session, volunteer_id, given_by="paper", actor_id=actor.login_id, now=now()
        )
    flash(_("Saved."), "toast")
    return redirect(url_for(".acting", volunteer_id=volunteer_id), 303)


@blueprint.route("/phone", methods=["GET", "POST"])
@allow("volunteer_private.read")
def phone(volunteer_id: int) -> ResponseReturnValue:
    """Show the full phone once, for a reason its owner can read."""
    person = own_person(current_actor(), volunteer_id)
    return _phone_page(volunteer_id, person.id, person.name)


@blueprint.route("/acting/<int:acting_id>/phone", methods=["GET", "POST"])
@allow("volunteer_private.read")
def guardian_phone(volunteer_id: int, acting_id: int) -> ResponseReturnValue:
    """Show the full phone of whoever acts for this person, for a reason they can read.

    Wherever they belong: a child's guardian has to be reached.
    """
    own_person(current_actor(), volunteer_id)
    helpers = people_queries.helpers_of(db.session(), volunteer_id, today())
    acting = next((one for one in helpers if one.id == acting_id), None) or not_found()
    return _phone_page(volunteer_id, acting.helper_id, acting.name)


def _phone_page(volunteer_id: int, owner_id: int, name: str) -> ResponseReturnValue:
    """Ask why, then show the owner's phone; back leads to the person it was asked for."""
    actor, form, shown = current_actor(), WhyForm(), None
    if form.validate_on_submit():
        with transaction() as session:
            shown = people.show_phone(
                session,
                owner_id,
                reason=form.reason.data or "",
                actor_id=actor.login_id,
                now=now(),
            )
    is_refused = request.method == "POST" and bool(form.errors)
    page = render_template(
        "people/phone.html",
        volunteer_id=volunteer_id,
        name=name,
        phone=shown,
        form=form,
        is_shown=request.method == "POST" and not is_refused,
    )
    answer = make_response(page, 422 if is_refused else 200)
    answer.headers["Cache-Control"] = "no-store"
    return answer
