"""One's own redemptions: the list, the ticket with its code, taking it back; the code scanned."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now, today_in
from app.db import db
from app.organisations.queries import settings_of
from app.rewards.operations.settling import cancel as cancel_redemption
from app.rewards.own_access import hands_over, own_redemption
from app.rewards.own_showing import STATE_NAMES, line_of, shown, what
from app.rewards.queries.own import counts_of, find_ticket, redemptions_of
from app.rewards.rules.moves import STATES
from app.rewards.scanned import keep_ticket, kept_ticket
from app.teams.access import own_volunteer_id
from app.teams.papers import address_in_full, qr
from app.teams.rules import Actor
from app.web.actor import current_actor, find_actor
from app.web.filters import number, points
from app.web.forms import Form
from app.web.languages import chosen_zone
from app.web.pagination import page_of, url_with
from app.web.policy import allow, not_found, sign_in_url
from app.web.submitting import carried_out

blueprint = Blueprint("redemptions", __name__)


class CancelForm(Form):
    """Carries nothing but its token and its key."""


# ── the list ──────────────────────────────────────────────────────────────────────────────


@blueprint.get("/rewards/mine")
@allow("redemption.make")
def mine() -> str:
    """Show what one redeemed: what is to be collected first, then the newest."""
    volunteer_id = own_volunteer_id(current_actor())
    session, today = db.session(), _today()
    counts = counts_of(session, volunteer_id)
    asked = request.args.get("show", "")
    show = asked if asked in counts else ""
    page = page_of(counts[show] if show else sum(counts.values()))
    found = redemptions_of(
        session, volunteer_id, [show] if show else list(STATES), offset=page.offset, size=page.size
    )
    return render_template(
        "rewards/mine.html",
        lines=[line_of(each, today) for each in found],
        filters=_filters(counts, show),
        page=page,
    )


def _filters(counts: dict[str, int], show: str) -> list[dict[str, Any]]:
    """Return the states there is something of; none when there is nothing to choose."""
    if len(counts) < 2 and not show:
        return []
    every = {"url": url_with({"show": None, "page": None}), "label": _("All"), "current": not show}
    return [every] + [
        {
            "url": url_with({"show": state, "page": None}),
            "label": f"{_(STATE_NAMES[state])} {number(counts[state])}",
            "current": state == show,
        }
        for state in STATES
        if state in counts
    ]


def _today() -> date:
    return today_in(chosen_zone(), now())


# ── the ticket ────────────────────────────────────────────────────────────────────────────


@blueprint.get("/rewards/mine/<int:redemption_id>")
@allow("redemption.make")
def ticket(redemption_id: int) -> str:
    """Show the code to collect something by, or how it ended."""
    actor, session = current_actor(), db.session()
    redemption = own_redemption(session, actor, redemption_id)
    settings = settings_of(session, redemption.organisation_id)
    said = shown(redemption, today_in(settings.time_zone, now()))
    address = address_in_full(".scan", token=redemption.token)
    place = redemption.collect_at or settings.pick_up_place
    return render_template(
        "rewards/ticket.html",
        redemption=redemption,
        said=said,
        symbol=qr(address) if said.code else None,
        place=place,
        hours="" if redemption.collect_at else settings.pick_up_hours,
        helper=redemption.made_by if redemption.asked_by == "helper" else "",
        is_own_ledger=redemption.volunteer_id == actor.own_id,
    )


@blueprint.route("/rewards/mine/<int:redemption_id>/cancel", methods=["GET", "POST"])
@allow("redemption.make")
def cancel(redemption_id: int) -> ResponseReturnValue:
    """Ask, then give points and stock back."""
    actor, form = current_actor(), CancelForm()
    redemption = own_redemption(db.session(), actor, redemption_id)
    back = points(redemption.cost_hundredths)
    if form.validate_on_submit() and _cancelled(form, redemption_id, actor):
        flash(_("Cancelled. %(points)s points are back.", points=back), "success")
        return redirect(url_for(".ticket", redemption_id=redemption_id), 303)
    if redemption.state != "to_collect" and not form.is_submitted():
        return redirect(url_for(".ticket", redemption_id=redemption_id), 303)
    page = render_template(
        "rewards/cancel.html", form=form, redemption=redemption, what=what(redemption), back=back
    )
    return page, 422 if form.is_submitted() else 200


def _cancelled(form: CancelForm, redemption_id: int, actor: Actor) -> bool:
    done = carried_out(
        form,
        lambda session: cancel_redemption(
            session, redemption_id, actor=actor, now=now(), reason="", key=form.sent_key
        ),
    )
    return done is not None


# ── the code scanned ──────────────────────────────────────────────────────────────────────


@blueprint.get("/r/<token>")
@allow("sign_in.use")
def scan(token: str) -> ResponseReturnValue:
    """Lead whoever scanned a ticket on, its token left behind; a visitor signs in first."""
    actor = find_actor()
    if actor is not None:
        return _follow(actor, token)
    answer = redirect(sign_in_url(url_for(".scanned")), 303)
    keep_ticket(answer, token)
    return answer


@blueprint.get("/r")
@allow("redemption.make")
def scanned() -> ResponseReturnValue:
    """Go on after signing in."""
    return _follow(current_actor(), kept_ticket() or "")


def _follow(actor: Actor, token: str) -> ResponseReturnValue:
    session = db.session()
    found = find_ticket(session, token) or not_found()
    if actor.benefits(found.volunteer_id):
        return redirect(url_for(".ticket", redemption_id=found.id), 303)
    if not hands_over(session, actor, found, now()):
        not_found()
    return redirect(f"{request.script_root}/pick-up/{found.id}", 303)
