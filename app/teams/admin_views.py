"""The organiser's teams: make, rename, move, retire; members and leaders."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.organisations.queries import names_in_service, root_ids_of
from app.people.step_up import asks_again_where
from app.teams import operations, queries
from app.teams.access import member_of_team, own_team, read_scope, readable_team, today
from app.teams.forms import MEMBER_ROLES, NewTeamForm, TeamForm, offered, said
from app.teams.queries import TeamRow
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.pagination import page_of
from app.web.policy import allow, not_found

blueprint = Blueprint("teams_desk", __name__, url_prefix="/admin/teams")

# A county has hundreds.
PAGE_SIZE = 100
LONGEST_WORD = 60

FIELD_OF = {
    "team_code_taken": "code",
    "bad_team_code": "code",
    "bad_team_name": "name",
    "bad_colour": "colour",
    "other_tree": "organisation",
}


@blueprint.get("")
@allow("team.read")
def teams() -> ResponseReturnValue:
    """The teams of the desk's organisations, the retired ones last."""
    actor = current_actor()
    everything = queries.team_counts(db.session(), read_scope(actor), today())
    word = request.args.get("q", "").strip()[:LONGEST_WORD]
    found = [one for one in everything if _is_called(one, word)]
    page = page_of(len(found), size=PAGE_SIZE)
    return render_template(
        "teams/teams.html",
        counts=found[page.offset :][: page.size],
        page=page,
        word=word,
        is_long=len(everything) > PAGE_SIZE,
        may_add=bool(actor.organises),
    )


def _is_called(one: queries.TeamCount, word: str) -> bool:
    """Tell whether a team, its code, organisation or a leader bears a word."""
    names = (one.team.name, one.team.code, one.organisation_name, *one.leaders)
    return word.lower() in "\n".join(names).lower()


@blueprint.route("/add", methods=["GET", "POST"])
@allow("team.change")
def add() -> ResponseReturnValue:
    """Make a team."""
    actor = current_actor()
    form = NewTeamForm()
    _offer_choices(form, actor)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                operations.create_team(
                    session,
                    organisation_id=form.organisation.data,
                    colour_id=form.colour.data,
                    code=form.code.data or "",
                    name=form.name.data or "",
                    actor_id=actor.login_id,
                    now=now(),
                )
        except RuleBroken as refusal:
            form.refuse(refusal, FIELD_OF.get(refusal.code))
        else:
            flash(_("The team is made."), "toast")
            return redirect(url_for(".team", code=form.code.data), 303)
    status = 422 if form.is_submitted() else 200
    return render_template("teams/add.html", form=form), status


@blueprint.get("/<code>")
@allow("team.read")
def team(code: str) -> ResponseReturnValue:
    """One team: who leads it, who belongs to it."""
    actor = current_actor()
    found = readable_team(actor, code)
    session, on = db.session(), today()
    members = queries.members_on(session, found.id, on)
    people = [one.volunteer_id for one in members]
    receivers, first = queries.code_receivers_and_first(session, actor, people, on)
    numbered = {one.volunteer_id for one in members if one.number and one.state == "active"}
    return render_template(
        "teams/team.html",
        team=found,
        members=members,
        receivers=receivers,
        first_codes=len(first & numbered),
        has_cards=bool(numbered),
        is_own=found.organisation_id in actor.organises,
        member_roles=said(MEMBER_ROLES),
        me=actor.volunteer_id,
    )


@blueprint.route("/<code>/edit", methods=["GET", "POST"])
@allow("team.change")
def edit(code: str) -> ResponseReturnValue:
    """Rename a team, or move it to another organisation or colour from today on."""
    actor = current_actor()
    found = own_team(actor, code)
    form = TeamForm(data=_card_of(found))
    _offer_choices(form, actor)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                _save(session, form, found, actor)
        except RuleBroken as refusal:
            form.refuse(refusal, FIELD_OF.get(refusal.code))
        else:
            flash(_("Saved."), "toast")
            return redirect(url_for(".team", code=code), 303)
    status = 422 if form.is_submitted() else 200
    return render_template("teams/edit.html", form=form, team=found), status


@blueprint.post("/<code>/retire")
@allow("team.change")
def retire(code: str) -> ResponseReturnValue:
    """Retire a team from today on; nothing it served is lost."""
    actor = current_actor()
    found = own_team(actor, code)
    with transaction() as session:
        operations.retire_team(session, found.id, on=today(), actor_id=actor.login_id, now=now())
    flash(_("%(team)s is retired.", team=found.name), "toast")
    return redirect(url_for(".team", code=code), 303)


@blueprint.post("/<code>/reopen")
@allow("team.change")
def reopen(code: str) -> ResponseReturnValue:
    """Take a retired team into service again."""
    actor = current_actor()
    found = own_team(actor, code)
    with transaction() as session:
        operations.reopen_team(session, found.id, actor_id=actor.login_id, now=now())
    flash(_("%(team)s is in service again.", team=found.name), "toast")
    return redirect(url_for(".team", code=code), 303)


@blueprint.post("/<code>/members/<int:membership_id>/role")
@allow("role.grant_leader")
@asks_again_where("role", "leader")
def change_role(code: str, membership_id: int) -> ResponseReturnValue:
    """Make a member a leader from today on, or a leader a member again."""
    actor = current_actor()
    found = readable_team(actor, code)
    member_of_team(found, membership_id)
    role = request.form.get("role", "")
    if role not in dict(MEMBER_ROLES):
        not_found()
    with transaction() as session:
        operations.change_role(
            session, membership_id, role=role, from_on=today(), actor=actor, now=now()
        )
    flash(_("Saved."), "toast")
    return redirect(url_for(".team", code=code), 303)


@blueprint.post("/<code>/members/<int:membership_id>/end")
@allow("team_member.change")
def end_membership(code: str, membership_id: int) -> ResponseReturnValue:
    """End a membership with today as its last day."""
    actor = current_actor()
    found = own_team(actor, code)
    member_of_team(found, membership_id)
    with transaction() as session:
        operations.end_membership(session, membership_id, until_on=today(), actor=actor, now=now())
    flash(_("Today is the last day of this membership."), "toast")
    return redirect(url_for(".team", code=code), 303)


def _save(session: Session, form: TeamForm, found: TeamRow, actor: Actor) -> None:
    operations.rename_team(
        session, found.id, name=form.name.data or "", actor_id=actor.login_id, now=now()
    )
    operations.move_team(
        session,
        found.id,
        organisation_id=form.organisation.data,
        colour_id=form.colour.data,
        from_on=today(),
        actor_id=actor.login_id,
        now=now(),
    )


def _card_of(found: TeamRow) -> dict[str, Any]:
    return {
        "name": found.name,
        "colour": found.colour.id,
        "organisation": found.organisation_id,
    }


def _offer_choices(form: TeamForm, actor: Actor) -> None:
    session = db.session()
    form.organisation.choices = offered(names_in_service(session, actor.organises).items())
    form.colour.choices = offered(
        (colour.id, f"{colour.glyph} {colour.name}")
        for root_id in root_ids_of(session, actor.organises)
        for colour in queries.colours_of(session, root_id, on=today())
    )
