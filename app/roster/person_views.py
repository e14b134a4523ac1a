"""One person at the organiser's desk: card, edit, activation code, memberships, roles."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.organisations.queries import names_in_service
from app.people import operations as people
from app.people import queries as people_queries
from app.people.models import Volunteer
from app.people.queries.merged import formers_of, standing_for
from app.people.queries.pauses import pauses_of
from app.people.rules.names import ERASED_NAME
from app.people.rules.pausing import is_over
from app.people.step_up import asks_again, asks_again_where
from app.roster.ending import end_and_say
from app.roster.queries.profile import service_of
from app.roster.queries.roles import granted_by, roles_ever_of
from app.roster.showing import glance, is_asleep, pause_lines
from app.teams import operations, queries
from app.teams.access import (
    organisation_names,
    own_person,
    readable_person,
    team_choices,
    today,
)
from app.teams.forms import (
    GRANTED_ROLES,
    KINDS,
    MEMBER_ROLES,
    SEXES,
    JoinForm,
    RoleForm,
    offered,
    said,
)
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.policy import allow, not_found

blueprint = Blueprint("person_desk", __name__, url_prefix="/admin/people")


@blueprint.get("/<int:volunteer_id>")
@allow("volunteer.read")
def person(volunteer_id: int) -> ResponseReturnValue:
    """One person's card: who they are, their teams, their account."""
    actor = current_actor()
    found = readable_person(actor, volunteer_id)
    if found.state == "matched":
        # Old links lead to who somebody is today.
        standing_id = standing_for(db.session(), volunteer_id)
        return redirect(url_for(".person", volunteer_id=standing_id), 303)
    return _card(actor, found)


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


# ── memberships and roles ─────────────────────────────────────────────────────────────────


@blueprint.post("/<int:volunteer_id>/memberships")
@allow("team_member.change")
@asks_again_where("role", "leader")
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
@asks_again
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
                    until_on=form.until_on.data,
                )
        except RuleBroken as refusal:
            form.refuse(refusal, "until_on" if refusal.code == "bad_date" else "role")
        else:
            flash(_("Saved."), "toast")
            return redirect(url_for(".person", volunteer_id=volunteer_id), 303)
    return _card(actor, readable_person(actor, volunteer_id), role_form=form), 422


@blueprint.post("/<int:volunteer_id>/roles/<int:role_id>/end")
@allow("role.grant")
@asks_again
def end_role(volunteer_id: int, role_id: int) -> ResponseReturnValue:
    """End a role at once."""
    actor = current_actor()
    readable_person(actor, volunteer_id)
    login = people_queries.login_of(db.session(), volunteer_id)
    roles = people_queries.roles_of(db.session(), login.id, today()) if login else []
    if role_id not in {role.id for role in roles}:
        not_found()
    end_and_say(actor, role_id)
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
    names = organisation_names()
    roles = roles_ever_of(session, login.id) if login else []
    pauses = pauses_of(session, volunteer.id)
    open_pauses = [one for one in pauses if not is_over(one.until_on, on)]
    reads_passbook = volunteer.organisation_id in actor.organises | actor.audits
    service = service_of(session, volunteer.id, on.year) if reads_passbook else None
    return render_template(
        "people/person.html",
        person=volunteer,
        former_numbers=[one.number for one in formers_of(session, volunteer.id) if one.number],
        is_erased=volunteer.name == ERASED_NAME,
        organisation_name=names.get(volunteer.organisation_id, ""),
        organisation_names=names,
        kinds=said(KINDS),
        sexes=said(SEXES),
        member_roles=said(MEMBER_ROLES),
        granted_roles=said(GRANTED_ROLES),
        memberships=queries.membership_rows(session, [volunteer.id]),
        on=on,
        roles=roles,
        granted=granted_by(session, roles),
        is_asleep=is_asleep(pauses, on),
        open_pauses=open_pauses,
        pauses=pause_lines(pauses),
        login=login,
        is_own=is_own,
        reads_passbook=reads_passbook,
        glance=glance(service, on) if service else [],
        service=service,
        own_approvals=queries.approved_by_oneself(session, volunteer.id)
        if is_own and login and login.password_hash
        else [],
        may_issue=volunteer.id in receivers,
        is_pin_over=login is not None
        and login.pin_set_at is not None
        and people_queries.needs_password(session, login.id, on),
        join_form=(join_form or _join_form(actor)) if is_own else None,
        role_form=(role_form or _role_form(actor)) if actor.is_admin else None,
    )


def _join_form(actor: Actor) -> JoinForm:
    form = JoinForm() if request.endpoint == "person_desk.join" else JoinForm(formdata=None)
    form.team.choices = offered(team_choices(actor))
    form.role.choices = offered(said(MEMBER_ROLES).items())
    if not form.is_submitted() or form.from_on.raw_data is None:
        form.from_on.data = today()
    return form


def _role_form(actor: Actor) -> RoleForm:
    form = RoleForm() if request.endpoint == "person_desk.grant" else RoleForm(formdata=None)
    form.role.choices = offered(said(GRANTED_ROLES).items())
    form.organisation.choices = offered(names_in_service(db.session()).items())
    return form
