"""The public page on which a visitor asks to join, and what happens next."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.organisations.models import Organisation
from app.organisations.queries import find_organisation, heir_of, roots, subtree_ids
from app.people.access import account_key, address
from app.people.rules.consent import PRIVACY_VERSION
from app.people.rules.purposes import MINORS_VERSION
from app.teams import operations, queries
from app.teams.access import today
from app.teams.forms import offered
from app.teams.join_forms import JoinRequestForm
from app.teams.operations.joining import TooManyRequests
from app.web.policy import allow, not_found

blueprint = Blueprint("join", __name__, url_prefix="/join")

FIELD_OF = {"missing": "name", "bad_phone": "phone", "bad_date": "born_on"}


@blueprint.route("", methods=["GET", "POST"])
@allow("join_request.make")
def ask() -> ResponseReturnValue:
    """Ask to join; whoever asks twice, or is known, is answered alike."""
    community = _community()
    if community is None:
        return redirect(f"{request.script_root}/start", 303)
    form, status = JoinRequestForm(), 422
    teams = queries.teams_in(db.session(), subtree_ids(db.session(), community.id), on=today())
    form.teams.choices = offered((team.id, team.name) for team in teams)
    if form.validate_on_submit():
        try:
            _ask(form, community)
            return redirect(url_for(".sent", org=request.args.get("org")), 303)
        except TooManyRequests as refusal:
            status = 429
            form.refuse(refusal)
        except RuleBroken as refusal:
            form.refuse(refusal, FIELD_OF.get(refusal.code))
    page = render_template(
        "teams/join.html",
        form=form,
        teams=teams,
        community=community,
        version=PRIVACY_VERSION,
        minors_version=MINORS_VERSION,
    )
    return page, status if form.is_submitted() else 200


@blueprint.get("/sent")
@allow("join_request.make")
def sent() -> ResponseReturnValue:
    """Say what happens next."""
    community = _community()
    if community is None:
        return redirect(f"{request.script_root}/start", 303)
    return render_template("teams/join_sent.html", community=community)


def _ask(form: JoinRequestForm, community: Organisation) -> None:
    at, on = now(), today()
    asking = operations.asking_of(
        organisation_id=community.id,
        name=form.name.data or "",
        phone=form.phone.data or "",
        born_on=form.born_on.data,
        guardian_name=form.guardian_name.data or "",
        guardian_phone=form.guardian_phone.data or "",
        team_ids=form.teams.data or [],
        today=on,
    )
    with transaction() as session:
        operations.ask_to_join(
            session,
            asking,
            address_sha256=account_key(f"join {on}", address()),
            is_machine=bool(form.homepage.data),
            now=at,
        )


def _community() -> Organisation | None:
    """Return whom the visitor asks: the organisation named in the address, or the first.

    An address printed before a merge leads to whoever goes on for that organisation.
    """
    session, code = db.session(), request.args.get("org")
    if code:
        named = find_organisation(session, code) or not_found()
        return heir_of(session, named) or not_found()
    found = roots(db.session())
    return found[0] if found else None
