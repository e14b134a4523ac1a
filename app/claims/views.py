"""A volunteer's own claims: the list, a new one, taking one back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.claims import operations
from app.claims.access import Ground, ground_of, own_claim
from app.claims.forms import ClaimForm, WithdrawForm
from app.claims.queries import beside_records, own_claims
from app.claims.showing import sent_text, shown_claims
from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.people.queries.purposes import photos_show
from app.pictures.fields import ACCEPT
from app.service.access import Seen
from app.service.operations import Line
from app.service.record_page import whole_of
from app.service.showing import what_and_when
from app.teams.access import own_volunteer_id, today
from app.web.actor import current_actor
from app.web.forms import offered
from app.web.policy import allow, not_found

blueprint = Blueprint("claims", __name__)

# At which field a refusal is shown.
FIELDS = {
    "future_date": "service_on",
    "unknown_team": "team",
    "bad_duration": "hours",
    "daily_limit": "hours",
    "overlap": "starts",
    "bad_time": "starts",
    "day_has_one": "further",
}


@blueprint.get("/me/claims")
@allow("service_record.claim")
def mine() -> ResponseReturnValue:
    """List the own claims, with what became of each."""
    claims = own_claims(db.session(), own_volunteer_id(current_actor()))
    return render_template("claims/mine.html", claims=shown_claims(claims))


@blueprint.route("/me/claims/new", methods=["GET", "POST"])
@allow("service_record.claim")
def new() -> ResponseReturnValue:
    """Claim service outside the plan; `again` names one sent back, which fills the form in."""
    actor = current_actor()
    volunteer_id = own_volunteer_id(actor)
    ground = ground_of(db.session(), volunteer_id, today())
    before = _sent_back(request.args.get("again", ""))
    form = ClaimForm() if request.method == "POST" else _prefilled(before, ground)
    _offer(form, ground)
    if not form.validate_on_submit():
        return _page(form, ground, before)
    line = Line(
        volunteer_id=volunteer_id,
        team_id=ground.by_code[form.team.data].id,
        service_on=form.service_on.data or today(),
        minutes=form.minutes or 0,
        starts_minute=form.starts.data,
        content=form.content.data or "",
        place=form.place.data or None,
        note=form.note.data or None,
        keep_both=bool(form.further.data),
    )
    try:
        with transaction() as session:
            claimed = operations.claim(
                session,
                line,
                actor=actor,
                now=now(),
                key=form.sent_key,
                picture=form.photo.data,
                resends_id=before.record.id if before else None,
                keeps_picture=bool(before and form.keep_photo.data),
            )
    except RuleBroken as refusal:
        form.refuse(refusal, FIELDS.get(refusal.code))
        return _page(form, ground, before)
    if claimed.was_sent_before:
        flash(_("This claim was sent before; nothing was added."), "info")
    else:
        flash(sent_text(claimed.waits_reason), "success")
    return redirect(url_for(".mine"), 303)


def _sent_back(given: str) -> Seen | None:
    """Return the claim sent back that is said anew."""
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        not_found()
    seen = own_claim(db.session(), current_actor(), int(given))
    return seen if seen.record.state == "rejected" else not_found()


def _prefilled(before: Seen | None, ground: Ground) -> ClaimForm:
    if before is None:
        first = ground.own[0].code if ground.own else None
        return ClaimForm(data={"service_on": today(), "team": first})
    whole = whole_of(db.session(), before.record)
    first_half, minutes = whole[0], sum(half.minutes for half in whole)
    starts = first_half.starts_minute
    ends = None if starts is None else (starts + minutes) % (24 * 60)
    return ClaimForm(
        data={
            "service_on": first_half.service_on,
            "team": first_half.team_code,
            "hours": minutes,
            "starts": starts,
            "ends": ends,
            "next_day": len(whole) > 1,
            "content": first_half.content,
            "place": first_half.place,
            "note": first_half.note,
            "keep_photo": True,
        }
    )


def _offer(form: ClaimForm, ground: Ground) -> None:
    groups: dict[str, list[Any]] = {}
    if ground.own:
        groups[_("My teams")] = offered((team.code, team.name) for team in ground.own)
    for name, teams in ground.others:
        label = _("As a guest: %(organisation)s", organisation=name)
        groups[label] = offered((team.code, team.name) for team in teams)
    form.team.choices = groups


def _page(form: ClaimForm, ground: Ground, before: Seen | None) -> tuple[str, int]:
    old = beside_records(db.session(), [before.record.id]) if before else {}
    is_refused = form.is_submitted()
    page = render_template(
        "claims/new.html",
        form=form,
        accept=ACCEPT,
        timely_from=ground.timely_from,
        before=before.record if before else None,
        old_picture_id=next((one.picture_id for one in old.values()), None),
        asks_further=bool(form.further.data or form.further.errors),
        held_photo=form.photo.held if is_refused else None,
        acting_for=current_actor().acting_for,
        photos_show=photos_show(db.session(), own_volunteer_id(current_actor()), today()),
    )
    return page, 422 if is_refused else 200


@blueprint.route("/me/claims/<int:record_id>/withdraw", methods=["GET", "POST"])
@allow("service_record.claim")
def withdraw(record_id: int) -> ResponseReturnValue:
    """Take a claim back that still waits."""
    actor, form = current_actor(), WithdrawForm()
    seen = own_claim(db.session(), actor, record_id)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                operations.withdraw_claim(
                    session, record_id, actor=actor, now=now(), key=form.sent_key
                )
        except RuleBroken as refusal:
            form.refuse(refusal)
        else:
            flash(_("Withdrawn. You can send it again from this list."), "success")
            return redirect(url_for(".mine"), 303)
    page = render_template("claims/withdraw.html", form=form, what=what_and_when(seen.record))
    return page, 422 if form.is_submitted() else 200
