"""The leader's members: who belongs to the team, and codes for them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.organisations.queries import root_id_of
from app.people.queries import volunteer_by_number
from app.people.rules.names import normal_name
from app.teams import operations, queries
from app.teams.access import may_change_members, member_of_team, membered_team, today
from app.teams.forms import MEMBER_ROLES, MemberForm, said
from app.teams.queries import TeamRow
from app.teams.rules import Actor, NobodyOfThisName
from app.web.actor import current_actor
from app.web.policy import allow, not_found

blueprint = Blueprint("teams", __name__, url_prefix="/teams")


@blueprint.get("")
@allow("team_member.read")
def mine() -> ResponseReturnValue:
    """The teams one leads; the only one is opened at once."""
    actor = current_actor()
    led = queries.teams_led_by(db.session(), actor)
    if len(led) == 1:
        return redirect(url_for(".members", code=led[0].code), 303)
    if not led:
        return redirect(url_for("teams_desk.teams"), 303)
    return render_template("teams/mine.html", teams=led)


@blueprint.get("/<code>")
@allow("team_member.read")
def members(code: str) -> ResponseReturnValue:
    """The members of a team."""
    actor = current_actor()
    return _members_page(actor, membered_team(actor, code), MemberForm(formdata=None))


@blueprint.post("/<code>/members")
@allow("team_member.change")
def add_member(code: str) -> ResponseReturnValue:
    """Take somebody of the community into the team, by number and name."""
    actor = current_actor()
    team = membered_team(actor, code)
    if not may_change_members(actor, team):
        not_found()
    form = MemberForm()
    if form.validate_on_submit():
        try:
            _join(form, team, actor)
        except RuleBroken as refusal:
            form.refuse(refusal, "number")
        else:
            flash(_("%(name)s belongs to the team now.", name=form.name.data), "toast")
            return redirect(url_for(".members", code=code), 303)
    return _members_page(actor, team, form), 422


@blueprint.post("/<code>/members/<int:membership_id>/end")
@allow("team_member.change")
def end_membership(code: str, membership_id: int) -> ResponseReturnValue:
    """End a membership with today as its last day."""
    actor = current_actor()
    team = membered_team(actor, code)
    if not may_change_members(actor, team):
        not_found()
    member_of_team(team, membership_id)
    with transaction() as session:
        operations.end_membership(session, membership_id, until_on=today(), actor=actor, now=now())
    flash(_("Today is the last day of this membership."), "toast")
    return redirect(url_for(".members", code=code), 303)


def _join(form: MemberForm, team: TeamRow, actor: Actor) -> None:
    name = normal_name(form.name.data or "")
    with transaction() as session:
        found = volunteer_by_number(session, form.number.data or "")
        if found is None or found.name != name or found.state != "active":
            raise NobodyOfThisName
        if not _same_tree(found.organisation_id, team.organisation_id):
            raise NobodyOfThisName
        operations.join_team(
            session, team_id=team.id, volunteer_id=found.id, from_on=today(), actor=actor, now=now()
        )


def _same_tree(one_id: int, other_id: int) -> bool:
    return root_id_of(db.session(), one_id) == root_id_of(db.session(), other_id)


def _members_page(actor: Actor, team: TeamRow, form: MemberForm) -> str:
    session, on = db.session(), today()
    members = queries.members_on(session, team.id, on)
    people = [one.volunteer_id for one in members]
    receivers, first = queries.code_receivers_and_first(session, actor, people, on)
    numbered = {one.volunteer_id for one in members if one.number and one.state == "active"}
    may_change = may_change_members(actor, team)
    return render_template(
        "teams/members.html",
        team=team,
        members=members,
        form=form,
        may_change=may_change,
        receivers=receivers,
        first_codes=len(first & numbered) if may_change else 0,
        member_roles=said(MEMBER_ROLES),
    )
