"""The desk 核销台: a code typed or scanned, what waits here, handing over, the sheet to sign."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.errors import RuleBroken
from app.people.queries import without_full_phone
from app.rewards import desk_showing as showing
from app.rewards.desk_access import (
    TypedTooOften,
    redemption_of_code,
    served_by,
    served_redemption,
)
from app.rewards.desk_forms import CancelForm, CodeForm, HandOverForm
from app.rewards.operations.settling import cancel as cancel_redemption
from app.rewards.operations.settling import hand_over
from app.rewards.queries import desk as queries
from app.rewards.queries.desk import AtDesk
from app.teams.access import today
from app.web.actor import current_actor
from app.web.filters import points
from app.web.forms import Form
from app.web.pagination import page_of
from app.web.policy import allow
from app.web.submitting import carried_out

blueprint = Blueprint("pick_up", __name__, url_prefix="/pick-up")

LATEST = 10
SHEET = 200


# ── a code, and what waits here ───────────────────────────────────────────────────────────


@blueprint.route("", methods=["GET", "POST"])
@allow("redemption.hand_over")
def desk() -> ResponseReturnValue:
    """Take a code; below stands what waits here, and what was handed over today."""
    form, status = CodeForm(), 200
    if form.is_submitted():
        status = 422
    if form.validate_on_submit():
        try:
            found = redemption_of_code(db.session(), current_actor(), form.code.data or "", now())
        except RuleBroken as refusal:
            status = 429 if isinstance(refusal, TypedTooOften) else 422
            form.refuse(refusal, "code")
        else:
            return redirect(url_for(".one", redemption_id=found.id), 303)
    return _desk_page(form), status


def _desk_page(form: CodeForm) -> str:
    session, served = db.session(), served_by(current_actor())
    find = request.args.get("find", "")[:80]
    page = page_of(queries.count_waiting(session, served, find), size=20)
    waiting = queries.waiting_here(session, served, find, offset=page.offset, size=page.size)
    given = queries.count_handed_over(session, served, served.today)
    latest = queries.handed_over_on(session, served, served.today, offset=0, size=LATEST)
    return render_template(
        "rewards/desk/desk.html",
        form=form,
        find=find,
        page=page,
        waiting=[showing.waiting_line(each, served.today) for each in waiting],
        given=given,
        latest=[showing.handed_line(each) for each in latest],
    )


@blueprint.post("/find")
@allow("redemption.hand_over")
def find() -> ResponseReturnValue:
    """Turn what was typed into an address; a phone typed in full leaves its last digits there."""
    text = without_full_phone(request.form.get("find", "")[:80])
    return redirect(url_for(".desk", find=text or None, _anchor="waiting"), 303)


# ── one redemption ────────────────────────────────────────────────────────────────────────


@blueprint.route("/<int:redemption_id>", methods=["GET", "POST"])
@allow("redemption.hand_over")
def one(redemption_id: int) -> ResponseReturnValue:
    """Show whose and what it is; one tap notes that it was handed over."""
    actor, form = current_actor(), HandOverForm()
    found = served_redemption(db.session(), actor, redemption_id, now())
    if form.validate_on_submit():
        done = carried_out(
            form,
            lambda session: hand_over(
                session, redemption_id, actor=actor, now=now(), key=form.sent_key
            ),
        )
        if done is not None:
            person = showing.who(found.volunteer_name, found.number)
            said = _("Handed over: %(what)s, %(who)s.", what=showing.what(found), who=person)
            flash(said, "success")
            return redirect(url_for(".desk"), 303)
    return _one_page("rewards/desk/one.html", form, redemption_id)


@blueprint.route("/<int:redemption_id>/cancel", methods=["GET", "POST"])
@allow("redemption.hand_over")
def cancel(redemption_id: int) -> ResponseReturnValue:
    """Ask for a reason, then give points and stock back."""
    actor, form = current_actor(), CancelForm()
    found = served_redemption(db.session(), actor, redemption_id, now())
    if form.validate_on_submit():
        done = carried_out(
            form,
            lambda session: cancel_redemption(
                session,
                redemption_id,
                actor=actor,
                now=now(),
                reason=form.reason.data or "",
                key=form.sent_key,
            ),
        )
        if done is not None:
            back = points(found.cost_hundredths)
            flash(_("Cancelled. The person has %(points)s points back.", points=back), "success")
            return redirect(url_for(".one", redemption_id=redemption_id), 303)
    if found.state != "to_collect" and not form.is_submitted():
        return redirect(url_for(".one", redemption_id=redemption_id), 303)
    return _one_page("rewards/desk/cancel.html", form, redemption_id)


def _one_page(template: str, form: Form, redemption_id: int) -> ResponseReturnValue:
    found = served_redemption(db.session(), current_actor(), redemption_id, now())
    page = render_template(
        template,
        form=form,
        redemption=found,
        shown=showing.shown(found, today()),
        signing=_to_sign(found),
    )
    return page, 422 if form.is_submitted() else 200


def _to_sign(found: AtDesk) -> list[showing.Signing]:
    """Return the line somebody signs who agreed so."""
    is_due = found.consent == "signature" and found.state == "collected"
    return [showing.signing(found)] if is_due else []


# ── the sheet ─────────────────────────────────────────────────────────────────────────────


@blueprint.get("/sheet")
@allow("redemption.hand_over")
def sheet() -> str:
    """Everything handed over on a day, with room for signatures."""
    session, served = db.session(), served_by(current_actor())
    on = _day_asked(served.today)
    page = page_of(queries.count_handed_over(session, served, on), size=SHEET)
    found = queries.handed_over_on(
        session, served, on, offset=page.offset, size=page.size, newest_first=False
    )
    return render_template(
        "rewards/desk/sheet.html",
        on=on,
        latest_on=served.today,
        lines=[showing.signing(each) for each in found],
        page=page,
    )


def _day_asked(today_on: date) -> date:
    """Return the day asked for; today when it is none, or has not come."""
    try:
        asked = date.fromisoformat(request.args.get("on", "")[:10])
    except ValueError:
        return today_on
    return min(asked, today_on)
