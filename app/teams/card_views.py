"""A person's card, written: add somebody, change what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.organisations.queries import names_in_service
from app.people import operations as people
from app.people import queries as people_queries
from app.people.models import Volunteer
from app.people.operations.numbers import NumberTaken
from app.people.queries import Namesake
from app.people.rules.names import normal_name, normal_phone
from app.teams import operations, queries
from app.teams.access import own_person, team_choices, today
from app.teams.forms import KINDS, SEXES, EditPersonForm, NewPersonForm, PersonForm, offered, said
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.policy import allow

blueprint = Blueprint("person_card", __name__, url_prefix="/admin/people")


@blueprint.route("/add", methods=["GET", "POST"])
@allow("volunteer.create")
def add() -> ResponseReturnValue:
    """Add a person; who looks like somebody known is shown before they are added twice."""
    actor = current_actor()
    form, alike = NewPersonForm(), list[Namesake]()
    _offer_choices(form)
    names = names_in_service(db.session(), actor.organises)
    form.organisation.choices = offered(names.items())
    form.team.choices = offered([(0, _("No team yet")), *team_choices(actor)])
    asks_me = _may_be_me(form, actor)
    if form.validate_on_submit() and _says_who(form, asks_me):
        try:
            alike = [] if form.is_another.data else _alike(form, actor)
            if not alike:
                return _added(form, actor)
            form.renew_key()
        except RuleBroken as refusal:
            form.refuse(refusal, FIELD_OF.get(refusal.code))
    if form.errors:
        _refuse_taken(form)
    status = 422 if form.is_submitted() else 200
    page = render_template("people/add.html", form=form, alike=_hints(alike), asks_me=asks_me)
    return page, status


def _refuse_taken(form: NewPersonForm) -> None:
    """Say beside the other errors that a number is taken: one round shows all that is wrong."""
    number = form.number.data
    if not number or form.number.errors:
        return
    holder = people_queries.volunteer_by_number(db.session(), number)
    if holder is not None:
        form.refuse(NumberTaken(number=holder.number, name=holder.name), "number")


def _may_be_me(form: NewPersonForm, actor: Actor) -> bool:
    """Tell whether the actor, who has not said who they are, may be writing themselves down."""
    typed = " ".join((form.name.data or "").split()).casefold()
    return actor.volunteer_id is None and typed == actor.name.casefold()


def _says_who(form: NewPersonForm, asks_me: bool) -> bool:
    """Ask whether it is oneself: nobody is added silently beside their own sign-in."""
    if asks_me and not form.is_me.data:
        form.is_me.errors = [_("Say whether this is you.")]
        form.renew_key()
        return False
    return True


# Where a refusal of the core belongs on the page.
FIELD_OF = {
    "missing": "name",
    "bad_number": "number",
    "number_taken": "number",
    "bad_phone": "phone",
    "bad_date": "born_on",
}


def _added(form: NewPersonForm, actor: Actor) -> Response:
    at, on = now(), today()
    with transaction() as session:
        volunteer = people.add_volunteer(
            session,
            organisation_id=form.organisation.data,
            name=form.name.data or "",
            number=form.number.data,
            phone=form.phone.data,
            kind=form.kind.data,
            sex=form.sex.data or None,
            born_on=form.born_on.data,
            actor_id=actor.login_id,
            now=at,
            key=form.sent_key,
        )
        volunteer_id, name, number = volunteer.id, volunteer.name, volunteer.number
        team_id = form.team.data
        if team_id and not queries.memberships_of(session, [volunteer_id], [team_id]):
            operations.join_team(
                session,
                team_id=team_id,
                volunteer_id=volunteer_id,
                from_on=form.from_on.data or on,
                actor=actor,
                now=at,
            )
        if form.is_me.data == "yes" and _may_be_me(form, actor):
            operations.link_oneself(session, volunteer_id, actor=actor, now=at, today=on)
    flash(_("%(name)s is added with the number %(number)s.", name=name, number=number), "success")
    return redirect(url_for("person_desk.person", volunteer_id=volunteer_id), 303)


@blueprint.route("/<int:volunteer_id>/edit", methods=["GET", "POST"])
@allow("volunteer.change")
def edit(volunteer_id: int) -> ResponseReturnValue:
    """Change a person's card; an empty phone keeps the one that is known."""
    actor = current_actor()
    volunteer = own_person(actor, volunteer_id)
    form = EditPersonForm(data=_card_of(volunteer))
    _offer_choices(form)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                people.edit_volunteer(
                    session, volunteer_id, _changes(form), actor_id=actor.login_id, now=now()
                )
        except RuleBroken as refusal:
            form.refuse(refusal, FIELD_OF.get(refusal.code))
        else:
            flash(_("Saved."), "toast")
            return redirect(url_for("person_desk.person", volunteer_id=volunteer_id), 303)
    status = 422 if form.is_submitted() else 200
    volunteer = own_person(actor, volunteer_id)
    return render_template("people/edit.html", form=form, person=volunteer), status


def _changes(form: EditPersonForm) -> dict[str, Any]:
    changes = {
        "name": form.name.data,
        "kind": form.kind.data,
        "sex": form.sex.data,
        "born_on": form.born_on.data,
    }
    if form.forget_phone.data:
        return changes | {"phone": None}
    return changes | ({"phone": form.phone.data} if form.phone.data else {})


def _card_of(volunteer: Volunteer) -> dict[str, Any]:
    return {
        "name": volunteer.name,
        "kind": volunteer.kind,
        "sex": volunteer.sex or "",
        "born_on": volunteer.born_on,
    }


def _alike(form: NewPersonForm, actor: Actor) -> list[Namesake]:
    return people_queries.duplicates_of(
        db.session(),
        actor.organises,
        name=normal_name(form.name.data or ""),
        phone=normal_phone(form.phone.data or ""),
    )


def _hints(alike: Sequence[Namesake]) -> list[dict[str, Any]]:
    return [
        {
            "url": url_for("person_desk.person", volunteer_id=one.id),
            "name": one.name,
            "number": one.number or "",
        }
        for one in alike
    ]


def _offer_choices(form: PersonForm) -> None:
    form.kind.choices = offered(said(KINDS).items())
    form.sex.choices = offered(said(SEXES).items())
