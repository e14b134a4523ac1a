"""Activation codes as slips of paper: one person's, or all of a team who have no account yet.

A POST hands the codes out and leads to a page that shows them for some minutes, on this device
only: reloaded, it shows the same slips and makes no new code.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db, transaction
from app.people import queries as people_queries
from app.people.models import Volunteer
from app.people.rules.passwords import CODE_LIFETIME, code_of, digest, shown_code
from app.teams import operations, queries
from app.teams.access import (
    may_change_members,
    member_of_team,
    membered_team,
    readable_person,
    today,
)
from app.teams.papers import SHOWN_FOR, public_address, qr, seed_of, shown
from app.teams.rules import Actor, may_issue_code
from app.web.actor import current_actor
from app.web.policy import allow, not_found

blueprint = Blueprint("codes", __name__)

SLIPS = "slips"
# As many as the cookie that remembers whose they are holds.
MOST_SLIPS = 200


class Slip(NamedTuple):
    """One slip of paper."""

    name: str
    number: str
    code: str
    until: datetime


@blueprint.route("/admin/people/<int:volunteer_id>/code", methods=["GET", "POST"])
@allow("activation_code.issue")
def person(volunteer_id: int) -> ResponseReturnValue:
    """Ask first, then show a person's fresh activation code, as a slip to print."""
    actor = current_actor()
    volunteer = readable_person(actor, volunteer_id)
    back = url_for("person_desk.person", volunteer_id=volunteer_id)
    return _code_page(actor, volunteer, back)


@blueprint.route("/teams/<code>/members/<int:membership_id>/code", methods=["GET", "POST"])
@allow("activation_code.issue")
def member(code: str, membership_id: int) -> ResponseReturnValue:
    """Hand an activation code to a member."""
    actor = current_actor()
    team = membered_team(actor, code)
    volunteer_id = member_of_team(team, membership_id).volunteer_id
    volunteer = people_queries.get_volunteer(db.session(), volunteer_id)
    return _code_page(actor, volunteer, url_for("teams.members", code=code))


@blueprint.route("/teams/<code>/codes", methods=["GET", "POST"])
@allow("activation_code.issue")
def team(code: str) -> ResponseReturnValue:
    """Slips for all members of a team who have no account yet, several on a sheet."""
    actor = current_actor()
    found = membered_team(actor, code)
    if not may_change_members(actor, found):
        not_found()
    back = url_for("teams.members", code=code)
    people = [one.volunteer_id for one in _without_account(actor, found.id)][:MOST_SLIPS]
    if request.method == "POST":
        with transaction() as writing:
            nonce = secrets.token_hex(16)
            given = operations.issue_first_codes(
                writing, people, actor=actor, now=now(), today=today(), seed=_seed(nonce)
            )
        _remember(nonce, given)
        return redirect(url_for(".team", code=code), 303)
    slips = _slips([one.volunteer_id for one in _members(found.id)])
    if slips and "new" not in request.args:
        return _shown("teams/slips.html", slips=slips, team=found, back=back)
    if not people:
        flash(_("Everybody in this team has an account, or a code from an organiser."), "info")
        return redirect(back, 303)
    return render_template("teams/ask_codes.html", team=found, count=len(people), back=back)


def _members(team_id: int) -> list[queries.Member]:
    members = queries.members_on(db.session(), team_id, today())
    return [one for one in members if one.number and one.state == "active"]


def _without_account(actor: Actor, team_id: int) -> list[queries.Member]:
    members = _members(team_id)
    people = [one.volunteer_id for one in members]
    first = queries.first_code_receivers(db.session(), actor, people, today())
    return [one for one in members if one.volunteer_id in first]


def _code_page(actor: Actor, volunteer: Volunteer, back: str) -> ResponseReturnValue:
    """Return the question, or after a POST the slip, for a person in the actor's reach."""
    if request.method == "GET":
        return _slip_or_question(actor, volunteer, back)
    nonce = secrets.token_hex(16)
    with transaction() as writing:
        operations.issue_code_to(
            writing, volunteer.id, actor=actor, now=now(), today=today(), seed=_seed(nonce)
        )
        volunteer_id = volunteer.id
    _remember(nonce, [volunteer_id])
    return redirect(request.script_root + request.path, 303)


def _slip_or_question(actor: Actor, volunteer: Volunteer, back: str) -> ResponseReturnValue:
    slips = _slips([volunteer.id])
    if slips and "new" not in request.args:
        return _shown("teams/slip.html", slip=slips[0], person=volunteer, back=back)
    standing = queries.standing_of(db.session(), volunteer.id, today())
    may_issue_code(actor, standing)
    return render_template(
        "teams/ask_code.html",
        person=volunteer,
        back=back,
        has_password=standing.has_password,
        held=people_queries.open_code_of(db.session(), volunteer.id, now()),
    )


def _shown(template: str, **given: Any) -> ResponseReturnValue:
    # The QR opens the page that asks for the code; the code itself stands in no address.
    opens = _address()
    return shown(template, address=opens, symbol=qr(opens) if opens else None, **given)


# ── the codes, for some minutes ───────────────────────────────────────────────────────────


def _seed(nonce: str) -> bytes:
    return seed_of("slips", nonce)


def _remember(nonce: str, volunteer_ids: Sequence[int]) -> None:
    until = (now() + SHOWN_FOR).isoformat()
    session[SLIPS] = {"nonce": nonce, "people": list(volunteer_ids), "until": until}


def _slips(volunteer_ids: Sequence[int]) -> list[Slip]:
    """Return the slips of these people that were handed out here minutes ago and still open."""
    kept: dict[str, Any] = session.get(SLIPS) or {}
    if not kept or datetime.fromisoformat(kept["until"]) < now():
        return []
    seed, here = _seed(kept["nonce"]), set(kept["people"]) & set(volunteer_ids)
    codes = {one: code_of(seed, one) for one in volunteer_ids if one in here}
    by_digest = {digest(code): one for one, code in codes.items()}
    found = people_queries.open_codes(db.session(), list(by_digest), now())
    opens = {by_digest[key]: held.issued_at + CODE_LIFETIME for key, held in found.items()}
    people = people_queries.volunteers_by_ids(db.session(), opens)
    return [
        Slip(one.name, one.number or "", shown_code(codes[one.id]), opens[one.id]) for one in people
    ]


def _address() -> str | None:
    """Return where a slip's owner goes; None when it is unknown from this machine itself."""
    return public_address("people.activate")
