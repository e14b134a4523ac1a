"""Check in and out with one's own phone: scan or type, confirm, done.

The token in the QR proves that somebody stands before the screen. It leaves the address at
once, for a cookie, so that it stands in no history and in nothing that is passed on.
"""

from __future__ import annotations

from typing import NamedTuple, cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.activities.check_forms import ConfirmForm, TypedForm
from app.activities.check_showing import at_door, clock
from app.activities.models import Activity
from app.activities.operations.checking_in import Proof, Wants, check
from app.activities.queries.checking import (
    Here,
    admits,
    check_good,
    open_near,
    people_here,
    token_of_typed,
)
from app.activities.rules import CodeStale, CodeUnknown, check_open, read_token
from app.activities.rules.window import check_window
from app.activities.scanning import keep_scan, kept_scan
from app.clock import now
from app.db import db, transaction
from app.errors import N_, RuleBroken
from app.organisations.queries import root_id_of, settings_of
from app.people import operations as people
from app.people.access import account_key, address, browser_digest, give_turn_back
from app.people.queries import get_volunteer
from app.people.rules.sign_in import TooManyTries
from app.teams.queries import TeamRow, get_team
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.policy import allow, not_found
from app.web.saying import say

blueprint = Blueprint("check", __name__)


class TypedTooOften(RuleBroken):
    """Guessing is slow; nobody is locked out of the activity by it."""

    code = "too_many_tries"
    message = N_(
        "Too many wrong tries. Please wait %(seconds)s seconds, scan the code instead, or let"
        " the leader tick you."
    )


class Door(NamedTuple):
    """The activity somebody stands before, and who may go in or out with this scan."""

    proof: Proof
    activity: Activity
    team: TeamRow
    people: list[Here]
    refusal: RuleBroken | None


# ── scan or type ──────────────────────────────────────────────────────────────────────────


@blueprint.get("/in/<token>")
@allow("sign_in.use")
def scan(token: str) -> ResponseReturnValue:
    """Remember that a good code was scanned, and go on without its token."""
    at = now()
    try:
        check_good(db.session(), read_token(token), at)
    except RuleBroken as refusal:
        return render_template("activities/check_stale.html", reason=say(refusal)), 422
    answer = redirect(url_for(".confirm"), 303)
    keep_scan(answer, token, at)
    return answer


@blueprint.route("/in", methods=["GET", "POST"])
@allow("check_in.self")
def typed() -> ResponseReturnValue:
    """Take six characters instead of a scan."""
    form = TypedForm()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            return _scanned(form.characters.data or "", current_actor())
        except TypedTooOften as refusal:
            status = 429
            form.refuse(refusal)
        except RuleBroken as refusal:
            form.refuse(refusal, "characters")
    return render_template("activities/check_typed.html", form=form), status


def _scanned(characters: str, actor: Actor) -> ResponseReturnValue:
    at, turn_id = now(), _turn(actor)
    person = get_volunteer(db.session(), actor.own_id or not_found())
    near = open_near(db.session(), root_id_of(db.session(), person.organisation_id), now=at)
    token = token_of_typed(near, characters, at)
    if token is None:
        raise CodeUnknown
    give_turn_back(turn_id)
    answer = redirect(url_for(".confirm"), 303)
    keep_scan(answer, token, at)
    return answer


def _turn(actor: Actor) -> int:
    """Count a try by login and by device before it is judged; what was typed is not kept."""
    device = browser_digest()
    try:
        with transaction() as session:
            return people.take_turn(
                session,
                account=account_key("check-in", f"login {actor.login_id}"),
                login_ids=[actor.login_id],
                # Of its own: wrong codes at one activity keep nobody there from signing in.
                address=f"check-in {device or address()}",
                device=device,
                now=now(),
            )
    except TooManyTries as refusal:
        raise TypedTooOften(seconds=refusal.figures["seconds"]) from refusal


# ── confirm ───────────────────────────────────────────────────────────────────────────────


@blueprint.route("/in/here", methods=["GET", "POST"])
@allow("check_in.self")
def confirm() -> ResponseReturnValue:
    """Show the activity and who may come or go with this scan; one tap does it."""
    actor, form, proof = current_actor(), ConfirmForm(), kept_scan()
    if proof is None:
        return _scan_again(is_posted=request.method == "POST")
    if form.validate_on_submit():
        wants, volunteer_id = form.chosen or not_found()
        try:
            return _checked(proof, volunteer_id, cast(Wants, wants), form.sent_key, actor)
        except RuleBroken as refusal:
            form.refuse(refusal)
    door = _door(proof, actor)
    status = 422 if form.is_submitted() or door.refusal else 200
    return _confirm_page(form, door, actor), status


def _checked(
    proof: Proof, volunteer_id: int, wants: Wants, key: str, actor: Actor
) -> ResponseReturnValue:
    with transaction() as session:
        done = check(session, proof, volunteer_id, wants, actor=actor, now=now(), key=key)
    at = clock(done.at)
    said = (
        _("%(name)s checked in at %(at)s. Scan once more when you leave.", name=done.name, at=at)
        if wants == "in"
        else _("%(name)s checked out at %(at)s. Thank you.", name=done.name, at=at)
    )
    flash(said, "success")
    return redirect(url_for(".confirm"), 303)


def _scan_again(*, is_posted: bool) -> ResponseReturnValue:
    if is_posted:
        return render_template("activities/check_stale.html", reason=say(CodeStale())), 422
    return redirect(url_for(".typed"), 303)


def _door(proof: Proof, actor: Actor) -> Door:
    """Return before which activity this browser stands, and who may come or go there."""
    session = db.session()
    activity = session.get(Activity, proof.scanned.activity_id) or not_found()
    team = get_team(session, activity.team_id)
    ids = {*actor.acts_for, *filter(None, (actor.volunteer_id,))}
    people_at_door = people_here(session, activity, team.organisation_id, ids) or not_found()
    return Door(proof, activity, team, people_at_door, _refusal(proof, activity, team))


def _refusal(proof: Proof, activity: Activity, team: TeamRow) -> RuleBroken | None:
    """Return what the operation would refuse whoever it is for."""
    try:
        check_good(db.session(), proof.scanned, proof.at)
        check_open(activity.state)
        settings = settings_of(db.session(), team.organisation_id)
        check_window(admits(activity, settings), proof.at)
    except RuleBroken as refusal:
        return refusal
    return None


def _confirm_page(form: ConfirmForm, door: Door, actor: Actor) -> str:
    choices = [at_door(one, door.proof.at) for one in door.people]
    able = [] if door.refusal else [each for each in choices if each.wants]
    first = next((each for each in able if each.id == actor.own_id), able[0] if able else None)
    return render_template(
        "activities/check_confirm.html",
        form=form,
        activity=door.activity,
        ends_minute=(door.activity.starts_minute + door.activity.minutes) % 1440,
        team=door.team,
        at=clock(door.proof.at),
        reason=say(door.refusal) if door.refusal and not form.errors else None,
        able=able,
        others=[each for each in choices if each not in able and each.has_come],
        chosen=form.who.data or (first.value if first else ""),
        is_weak=door.proof.scanned.kind == "paper_code",
    )
