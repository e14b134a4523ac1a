"""One's own teams: ask to join one, say when one leaves; for oneself or whom one acts for."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.organisations.queries import root_id_of, subtree_ids
from app.people.queries import get_volunteer
from app.teams import operations, queries
from app.teams.access import own_volunteer_id, today
from app.teams.forms import MEMBER_ROLES, offered, said
from app.teams.join_forms import AskTeamForm, LeaveForm
from app.web.actor import current_actor
from app.web.policy import allow

blueprint = Blueprint("own_teams", __name__, url_prefix="/me/teams")


@blueprint.get("")
@allow("team_member.ask")
def mine() -> ResponseReturnValue:
    """Show one's teams, and what one asked."""
    return _page()


@blueprint.post("/ask")
@allow("team_member.ask")
def ask() -> ResponseReturnValue:
    """Ask to be taken into a team."""
    actor, form = current_actor(), AskTeamForm()
    volunteer_id = own_volunteer_id(actor)
    _offer_teams(form, volunteer_id)
    if form.validate():
        try:
            with transaction() as session:
                operations.ask_to_join_team(
                    session,
                    form.team.data,
                    volunteer_id=volunteer_id,
                    actor=actor,
                    now=now(),
                    today=today(),
                )
        except RuleBroken as refusal:
            form.refuse(refusal, "team")
        else:
            flash(_("Asked. The team's leader or an organiser answers."), "success")
            return redirect(url_for(".mine"), 303)
    return _page(ask_form=form)


@blueprint.post("/<int:membership_id>/leave")
@allow("team_member.ask")
def leave(membership_id: int) -> ResponseReturnValue:
    """Say one's last day in a team."""
    actor, form = current_actor(), LeaveForm()
    volunteer_id = own_volunteer_id(actor)
    if form.validate():
        try:
            with transaction() as session:
                operations.leave_team(
                    session,
                    membership_id,
                    volunteer_id=volunteer_id,
                    last_on=form.last_on.data or today(),
                    actor=actor,
                    now=now(),
                    today=today(),
                )
        except RuleBroken as refusal:
            form.refuse(refusal, "last_on")
        else:
            flash(_("Noted; the leader is told. Until that day you may take it back."), "success")
            return redirect(url_for(".mine"), 303)
    return _page(leave_form=form, leaving=membership_id)


@blueprint.post("/asks/<int:ask_id>/withdraw")
@allow("team_member.ask")
def withdraw(ask_id: int) -> ResponseReturnValue:
    """Take back what one asked."""
    actor = current_actor()
    with transaction() as session:
        operations.withdraw_ask(
            session,
            ask_id,
            volunteer_id=own_volunteer_id(actor),
            actor=actor,
            now=now(),
            today=today(),
        )
    flash(_("Taken back."), "toast")
    return redirect(url_for(".mine"), 303)


def _page(
    *,
    ask_form: AskTeamForm | None = None,
    leave_form: LeaveForm | None = None,
    leaving: int | None = None,
) -> ResponseReturnValue:
    session, actor, on = db.session(), current_actor(), today()
    volunteer_id = own_volunteer_id(actor)
    form = ask_form or AskTeamForm(formdata=None)
    _offer_teams(form, volunteer_id)
    asks = queries.asks_of(session, volunteer_id)
    shown = render_template(
        "teams/own_teams.html",
        memberships=queries.membership_rows(session, [volunteer_id], on=on),
        on=on,
        member_roles=said(MEMBER_ROLES),
        asks=asks,
        # Leaving may be taken back even after the leader took note of it.
        may_withdraw={ask.id for ask in asks if _may_withdraw(ask)},
        ask_form=form,
        leave_form=leave_form or LeaveForm(formdata=None, last_on=on),
        leaving=leaving,
        acting_for=actor.acting_for,
    )
    return shown, 422 if ask_form or leave_form else 200


def _may_withdraw(ask: queries.AskRow) -> bool:
    if ask.kind == "join":
        return ask.state == "open"
    return ask.state in {"open", "accepted"} and (ask.last_on or today()) >= today()


def _offer_teams(form: AskTeamForm, volunteer_id: int) -> None:
    """Offer the teams of the tree one neither belongs to nor has asked."""
    session, on = db.session(), today()
    home_id = get_volunteer(session, volunteer_id).organisation_id
    belongs = {one.team_id for one in queries.membership_rows(session, [volunteer_id], on=on)}
    asked = {
        ask.team_id
        for ask in queries.asks_of(session, volunteer_id)
        if ask.kind == "join" and ask.state == "open"
    }
    teams = queries.teams_in(session, subtree_ids(session, root_id_of(session, home_id)), on=on)
    open_ones = [team for team in teams if team.id not in belongs | asked]
    form.team.choices = offered((team.id, team.name) for team in open_ones)
