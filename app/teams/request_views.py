"""Who asks to join, to leave, or for somebody who acts: leaders and organisers answer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.organisations.queries import root_id_of, subtree_ids
from app.people.queries import (
    Namesake,
    helpers_of,
    perhaps,
    same_person,
    volunteers_by_ids,
)
from app.people.rules.names import masked_phone
from app.teams import operations, queries
from app.teams.access import today
from app.teams.forms import offered
from app.teams.join_forms import AcceptForm, AnswerForm, MatchForm, WhyForm
from app.teams.models import JoinRequest
from app.teams.queries import RequestRow, TeamRow
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.policy import allow, not_found

blueprint = Blueprint("joining", __name__, url_prefix="/joining")

NO_TEAM = 0


# ── the list ──────────────────────────────────────────────────────────────────────────────


@blueprint.get("")
@allow("join_request.answer")
def everything() -> ResponseReturnValue:
    """Show what waits for this person's answer."""
    return _list(AnswerForm(formdata=None))


def _list(form: AnswerForm, refused: str | None = None) -> ResponseReturnValue:
    session, actor = db.session(), current_actor()
    page = render_template(
        "teams/joining.html",
        requests=queries.requests_for(session, actor),
        asks=queries.asks_for(session, actor),
        helpers=queries.helper_asks_for(session, actor, today()),
        form=form,
        refused=refused,
    )
    return page, 422 if form.is_submitted() else 200


@blueprint.post("/teams/<int:ask_id>")
@allow("join_request.answer")
def answer_team(ask_id: int) -> ResponseReturnValue:
    """Take a volunteer into the team, or say why not; take note of who leaves."""
    return _answer(f"team-{ask_id}", operations.answer_team_ask, ask_id)


@blueprint.post("/helpers/<int:ask_id>")
@allow("join_request.answer")
def answer_helper(ask_id: int) -> ResponseReturnValue:
    """Confirm that somebody may act for a volunteer, or say why not."""
    return _answer(f"helper-{ask_id}", operations.answer_helper_ask, ask_id)


def _answer(place: str, operation: Any, ask_id: int) -> ResponseReturnValue:
    form, accepts = AnswerForm(), request.form.get("do") == "accept"
    if not form.validate():
        return _list(form, place)
    try:
        with transaction() as session:
            operation(
                session,
                ask_id,
                accept=accepts,
                reason=form.reason.data or "",
                actor=current_actor(),
                now=now(),
                today=today(),
            )
    except RuleBroken as refusal:
        form.refuse(refusal)
        return _list(form, place)
    flash(_("Answered."), "toast")
    return redirect(url_for(".everything"), 303)


# ── one request ───────────────────────────────────────────────────────────────────────────


@blueprint.get("/<int:request_id>")
@allow("join_request.answer")
def one(request_id: int) -> ResponseReturnValue:
    """Show one request with the ways to answer it."""
    return _page(request_id)


@blueprint.post("/<int:request_id>/accept")
@allow("join_request.answer")
def accept(request_id: int) -> ResponseReturnValue:
    """Make a volunteer of whoever asked."""
    actor, form = current_actor(), AcceptForm()
    _offer_teams(form, _found(actor, request_id), actor)
    if form.validate():
        try:
            with transaction() as session:
                operations.accept_request(
                    session,
                    request_id,
                    team_id=form.team.data or None,
                    is_another=form.is_another.data,
                    actor=actor,
                    now=now(),
                    today=today(),
                )
        except RuleBroken as refusal:
            form.refuse(refusal)
        else:
            return redirect(url_for(".one", request_id=request_id), 303)
    return _page(request_id, accept_form=form)


@blueprint.post("/<int:request_id>/match")
@allow("join_request.answer")
def match(request_id: int) -> ResponseReturnValue:
    """Say that whoever asked is known already."""
    actor, form = current_actor(), MatchForm()
    _offer_teams(form, _found(actor, request_id), actor)
    if form.validate():
        try:
            with transaction() as session:
                operations.match_request(
                    session,
                    request_id,
                    number=form.number.data or "",
                    team_id=form.team.data or None,
                    actor=actor,
                    now=now(),
                    today=today(),
                )
        except RuleBroken as refusal:
            form.refuse(refusal, "number")
        else:
            return redirect(url_for(".one", request_id=request_id), 303)
    return _page(request_id, match_form=form)


@blueprint.post("/<int:request_id>/refuse")
@allow("join_request.answer")
def refuse(request_id: int) -> ResponseReturnValue:
    """Refuse with a reason: an organiser the request, a leader for the own team."""
    actor, form = current_actor(), WhyForm(prefix="no-")
    _found(actor, request_id)
    if form.validate():
        try:
            with transaction() as session:
                operations.refuse_request(
                    session, request_id, reason=form.reason.data or "", actor=actor, now=now()
                )
        except RuleBroken as refusal:
            form.refuse(refusal)
        else:
            flash(_("Refused with your reason."), "toast")
            return redirect(url_for(".everything"), 303)
    return _page(request_id, refuse_form=form)


@blueprint.post("/<int:request_id>/phone")
@allow("volunteer_private.read")
def phone(request_id: int) -> ResponseReturnValue:
    """Show the full phones once, to call; who looked and why stays in the trail."""
    actor, form = current_actor(), WhyForm(prefix="phone-")
    if _found(actor, request_id).organisation_id not in actor.organises:
        not_found()
    if not form.validate():
        return _page(request_id, phone_form=form)
    with transaction() as session:
        shown = operations.phone_shown(
            session, request_id, reason=form.reason.data or "", actor=actor, now=now()
        )
        phones = (shown.phone, shown.guardian_phone)
    return _page(request_id, phones=phones)


# ── parts of the page ─────────────────────────────────────────────────────────────────────


def _found(actor: Actor, request_id: int) -> RequestRow:
    return queries.find_request(db.session(), actor, request_id) or not_found()


def _page(
    request_id: int,
    *,
    accept_form: AcceptForm | None = None,
    match_form: MatchForm | None = None,
    refuse_form: WhyForm | None = None,
    phone_form: WhyForm | None = None,
    phones: tuple[str, str | None] | None = None,
) -> ResponseReturnValue:
    actor = current_actor()
    found = _found(actor, request_id)
    forms: dict[str, Any] = {
        "accept_form": accept_form or AcceptForm(formdata=None),
        "match_form": match_form or MatchForm(formdata=None),
        "refuse_form": refuse_form or WhyForm(formdata=None, prefix="no-"),
        "phone_form": phone_form or WhyForm(formdata=None, prefix="phone-"),
    }
    for name in ("accept_form", "match_form"):
        _offer_teams(forms[name], found, actor)
    refused = [form for form in (accept_form, match_form, refuse_form, phone_form) if form]
    answer = make_response(
        render_template(
            "teams/request.html",
            request_row=found,
            known=[_choice(one) for one in _known(actor, found)],
            teams=[(choice.value, choice.label) for choice in forms["accept_form"].team.choices],
            sees_whole=found.organisation_id in actor.organises,
            phones=phones,
            refused=refused[0] if refused else None,
            joined=_joined(actor, found),
            **forms,
        ),
        422 if refused else 200,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _offer_teams(form: Any, found: RequestRow, actor: Actor) -> None:
    """Offer the wished teams first; an organiser may choose any other, or none yet."""
    mine = [team for team in found.teams if _is_mine(actor, team)]
    choices = [(team.id, team.name) for team in mine]
    if found.organisation_id in actor.organises:
        others = queries.teams_in(db.session(), actor.organises, on=today())
        choices += [(team.id, team.name) for team in others if team not in mine]
        choices.append((NO_TEAM, _("No team yet")))
    form.team.choices = offered(choices)
    # What was sent without a team is not guessed.
    if form.team.raw_data is None and choices:
        form.team.data = choices[0][0]


def _is_mine(actor: Actor, team: TeamRow) -> bool:
    return team.id in actor.leads or team.organisation_id in actor.organises


def _known(actor: Actor, found: RequestRow) -> list[Namesake]:
    """Return who it may be; a leader sees only who bears the same name and phone, both."""
    if found.state != "open":
        return []
    session = db.session()
    phone = session.get_one(JoinRequest, found.id).phone
    tree = subtree_ids(session, root_id_of(session, found.organisation_id))
    if found.organisation_id not in actor.organises:
        return same_person(session, tree, name=found.name, phone=phone)
    return perhaps(session, actor.organises, name=found.name, phone=phone)


def _choice(one: Namesake) -> dict[str, Any]:
    hint = " · ".join(filter(None, (one.number, masked_phone(one.phone))))
    return {"value": one.number, "label": one.name, "hint": hint}


def _joined(actor: Actor, found: RequestRow) -> dict[str, Any] | None:
    """Return whom the request became, and where their slip is handed out."""
    if found.volunteer_id is None:
        return None
    session, on = db.session(), today()
    (person,) = volunteers_by_ids(session, [found.volunteer_id])
    receivers = queries.code_receivers(session, actor, [person.id], on)
    teams = queries.membership_rows(session, [person.id], on=on)
    led = [team for team in teams if team.team_id in actor.leads]
    organises = person.organisation_id in actor.organises
    slip = None
    if person.id in receivers and organises:
        slip = url_for("codes.person", volunteer_id=person.id)
    elif person.id in receivers and led:
        slip = url_for("codes.member", code=led[0].team_code, membership_id=led[0].id)
    card = url_for("person_desk.person", volunteer_id=person.id) if organises else None
    return {
        "person": person,
        "teams": teams,
        "slip": slip,
        "card": card,
        "guardian_slip": _guardian_slip(actor, person.id) if organises else None,
    }


def _guardian_slip(actor: Actor, child_id: int) -> str | None:
    """Return where the code of a child's guardian is handed out, if the actor may."""
    on = today()
    ids = [one.helper_id for one in helpers_of(db.session(), child_id, on)]
    first = queries.first_code_receivers(db.session(), actor, ids, on)
    return url_for("codes.person", volunteer_id=min(first)) if first else None
