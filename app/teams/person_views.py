"""One person at the organiser's desk: card, edit, activation code, memberships, roles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.organisations.models import Organisation
from app.people import operations as people
from app.people import queries as people_queries
from app.people.models import Volunteer
from app.people.queries import Namesake
from app.people.rules.names import normal_name, normal_phone
from app.people.rules.passwords import CODE_LIFETIME, shown_code
from app.teams import operations, queries
from app.teams.access import own_person, readable_person, today
from app.teams.forms import (
    GRANTED_ROLES,
    KINDS,
    MEMBER_ROLES,
    SEXES,
    EditPersonForm,
    JoinForm,
    NewPersonForm,
    PersonForm,
    RoleForm,
    offered,
    said,
)
from app.teams.rules import Actor, may_issue_code
from app.web.actor import current_actor
from app.web.policy import allow, not_found

blueprint = Blueprint("person_desk", __name__, url_prefix="/admin/people")


@blueprint.get("/<int:volunteer_id>")
@allow("volunteer.read")
def person(volunteer_id: int) -> ResponseReturnValue:
    """One person's card: who they are, their teams, their account."""
    actor = current_actor()
    return _card(actor, readable_person(actor, volunteer_id))


@blueprint.route("/add", methods=["GET", "POST"])
@allow("volunteer.create")
def add() -> ResponseReturnValue:
    """Add a person; who looks like somebody known is shown before they are added twice."""
    actor = current_actor()
    form, alike = NewPersonForm(), list[Namesake]()
    _offer_choices(form)
    names = _organisation_names()
    form.organisation.choices = offered((one, names[one]) for one in sorted(actor.organises))
    form.team.choices = offered([(0, _("No team yet")), *_team_choices(actor)])
    if form.validate_on_submit():
        try:
            alike = [] if form.is_another.data else _alike(form, actor)
            if not alike:
                return _added(form, actor)
            form.renew_key()
        except RuleBroken as refusal:
            form.refuse(refusal, FIELD_OF.get(refusal.code))
    status = 422 if form.is_submitted() else 200
    return render_template("people/add.html", form=form, alike=_hints(alike)), status


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
    flash(_("%(name)s is added with the number %(number)s.", name=name, number=number), "success")
    return redirect(url_for(".person", volunteer_id=volunteer_id), 303)


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
            return redirect(url_for(".person", volunteer_id=volunteer_id), 303)
    status = 422 if form.is_submitted() else 200
    volunteer = own_person(actor, volunteer_id)
    return render_template("people/edit.html", form=form, person=volunteer), status


def _changes(form: EditPersonForm) -> dict[str, Any]:
    changes = {
        "name": form.name.data,
        "kind": form.kind.data,
        "sex": form.sex.data,
        "born_on": form.born_on.data,
        "is_named": form.is_named.data,
        "state": "left" if form.has_left.data else "active",
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
        "is_named": volunteer.is_named,
        "has_left": volunteer.state == "left",
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
            "url": url_for(".person", volunteer_id=one.id),
            "name": one.name,
            "number": one.number or "",
        }
        for one in alike
    ]


# ── new friends, activation codes ─────────────────────────────────────────────────────────


@blueprint.post("/<int:volunteer_id>/confirm")
@allow("volunteer.change")
def confirm(volunteer_id: int) -> ResponseReturnValue:
    """Confirm a new friend, who gets a number."""
    actor = current_actor()
    own_person(actor, volunteer_id)
    with transaction() as session:
        confirmed = people.confirm_new_friend(
            session, volunteer_id, actor_id=actor.login_id, now=now()
        )
        name, number = confirmed.name, confirmed.number
    flash(
        _("%(name)s is confirmed with the number %(number)s.", name=name, number=number), "success"
    )
    return redirect(url_for(".person", volunteer_id=volunteer_id), 303)


@blueprint.route("/<int:volunteer_id>/code", methods=["GET", "POST"])
@allow("activation_code.issue")
def code(volunteer_id: int) -> ResponseReturnValue:
    """Ask first, then show a fresh activation code once, as a slip to print."""
    actor = current_actor()
    volunteer = readable_person(actor, volunteer_id)
    back = url_for(".person", volunteer_id=volunteer_id)
    return code_page(actor, volunteer, back)


def code_page(actor: Actor, volunteer: Volunteer, back: str) -> ResponseReturnValue:
    """Return the question, or after a POST the slip, for a person in the actor's reach."""
    on, volunteer_id = today(), volunteer.id
    shown = {"person": volunteer, "back": back}
    if request.method == "GET":
        may_issue_code(actor, queries.standing_of(db.session(), volunteer_id, on))
        return render_template("teams/ask_code.html", **shown)
    at = now()
    with transaction() as session:
        fresh = operations.issue_code_to(session, volunteer_id, actor=actor, now=at, today=on)
    shown["person"] = people_queries.get_volunteer(db.session(), volunteer_id)
    until = at + CODE_LIFETIME
    page = render_template("teams/slip.html", code=shown_code(fresh), until=until, **shown)
    answer = make_response(page)
    answer.headers["Cache-Control"] = "no-store"
    return answer


# ── memberships and roles ─────────────────────────────────────────────────────────────────


@blueprint.post("/<int:volunteer_id>/memberships")
@allow("team_member.change")
def join(volunteer_id: int) -> ResponseReturnValue:
    """Put a person into a team, as member or leader."""
    actor = current_actor()
    own_person(actor, volunteer_id)
    form = _join_form(actor)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                operations.join_team(
                    session,
                    team_id=form.team.data,
                    volunteer_id=volunteer_id,
                    role=form.role.data,
                    from_on=form.from_on.data or today(),
                    actor=actor,
                    now=now(),
                )
        except RuleBroken as refusal:
            form.refuse(refusal, "team")
        else:
            flash(_("Saved."), "toast")
            return redirect(url_for(".person", volunteer_id=volunteer_id), 303)
    return _card(actor, own_person(actor, volunteer_id), join_form=form), 422


@blueprint.post("/<int:volunteer_id>/roles")
@allow("role.grant")
def grant(volunteer_id: int) -> ResponseReturnValue:
    """Grant a role to a person's login, which is made when missing."""
    actor = current_actor()
    readable_person(actor, volunteer_id)
    form = _role_form(actor)
    if form.validate_on_submit():
        scope = None if form.role.data == "admin" else form.organisation.data
        at = now()
        try:
            with transaction() as session:
                login = people.login_for(session, volunteer_id, actor_id=actor.login_id, now=at)
                people.grant_role(
                    session,
                    login.id,
                    role=form.role.data,
                    organisation_id=scope,
                    granter_id=actor.login_id,
                    granter_is_admin=actor.is_admin,
                    now=at,
                    today=today(),
                )
        except RuleBroken as refusal:
            form.refuse(refusal, "role")
        else:
            flash(_("Saved."), "toast")
            return redirect(url_for(".person", volunteer_id=volunteer_id), 303)
    return _card(actor, readable_person(actor, volunteer_id), role_form=form), 422


@blueprint.post("/<int:volunteer_id>/roles/<int:role_id>/end")
@allow("role.grant")
def end_role(volunteer_id: int, role_id: int) -> ResponseReturnValue:
    """End a role at once."""
    actor = current_actor()
    readable_person(actor, volunteer_id)
    login = people_queries.login_of(db.session(), volunteer_id)
    roles = people_queries.roles_of(db.session(), login.id, today()) if login else []
    if role_id not in {role.id for role in roles}:
        not_found()
    with transaction() as session:
        people.end_role(
            session,
            role_id,
            granter_id=actor.login_id,
            granter_is_admin=actor.is_admin,
            now=now(),
            today=today(),
        )
    flash(_("Saved."), "toast")
    return redirect(url_for(".person", volunteer_id=volunteer_id), 303)


# ── parts of the pages ────────────────────────────────────────────────────────────────────


def _card(
    actor: Actor,
    volunteer: Volunteer,
    *,
    join_form: JoinForm | None = None,
    role_form: RoleForm | None = None,
) -> str:
    session, on = db.session(), today()
    login = people_queries.login_of(session, volunteer.id)
    is_own = volunteer.organisation_id in actor.organises
    receivers = queries.code_receivers(session, actor, [volunteer.id], on)
    names = _organisation_names()
    return render_template(
        "people/person.html",
        person=volunteer,
        organisation_name=names.get(volunteer.organisation_id, ""),
        organisation_names=names,
        kinds=said(KINDS),
        sexes=said(SEXES),
        member_roles=said(MEMBER_ROLES),
        granted_roles=said(GRANTED_ROLES),
        memberships=queries.membership_rows(session, [volunteer.id]),
        on=on,
        roles=people_queries.roles_of(session, login.id, on) if login else [],
        login=login,
        is_own=is_own,
        may_issue=volunteer.id in receivers,
        join_form=(join_form or _join_form(actor)) if is_own else None,
        role_form=(role_form or _role_form(actor)) if actor.is_admin else None,
    )


def _join_form(actor: Actor) -> JoinForm:
    form = JoinForm() if request.endpoint == "person_desk.join" else JoinForm(formdata=None)
    form.team.choices = offered(_team_choices(actor))
    form.role.choices = offered(said(MEMBER_ROLES).items())
    if not form.is_submitted() or form.from_on.raw_data is None:
        form.from_on.data = today()
    return form


def _role_form(actor: Actor) -> RoleForm:
    form = RoleForm() if request.endpoint == "person_desk.grant" else RoleForm(formdata=None)
    form.role.choices = offered(said(GRANTED_ROLES).items())
    form.organisation.choices = offered(_organisation_names().items())
    return form


def _offer_choices(form: PersonForm) -> None:
    form.kind.choices = offered(said(KINDS).items())
    form.sex.choices = offered(said(SEXES).items())


def _team_choices(actor: Actor) -> list[tuple[int, str]]:
    teams = queries.teams_in(db.session(), actor.organises, on=today())
    return [(team.id, team.name) for team in teams]


def _organisation_names() -> dict[int, str]:
    names = select(Organisation.id, Organisation.name).order_by(Organisation.id)
    return dict(db.session.execute(names).all())
