"""The shelf: what can be redeemed, one item, and the preview with the button that redeems."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.people.queries import get_volunteer
from app.rewards.operations.redeeming import Redeemed, redeem
from app.rewards.own_showing import briefly
from app.rewards.previewing import pictured, quantity_asked, steps, sums
from app.rewards.queries.own import waiting_of
from app.rewards.queries.shelf import Shelf, person_shelf, site_shelf
from app.rewards.shelf_forms import RedeemForm
from app.rewards.shelf_showing import item_facts, left_text, listed, standing
from app.teams.access import own_volunteer_id
from app.teams.rules import Actor
from app.web.actor import current_actor, find_actor
from app.web.edge import current_site
from app.web.pagination import page_of
from app.web.policy import allow, not_found
from app.web.submitting import carried_out

blueprint = Blueprint("rewards", __name__)

PAGE = 200


# ── the shelf ─────────────────────────────────────────────────────────────────────────────


@blueprint.get("/rewards")
@allow("shelf.read")
def shelf() -> str:
    """Show what there is, what it costs, and what is missing for the rest."""
    actor = find_actor()
    seen = _shelf(actor)
    found = listed(seen, request.args)
    page = page_of(len(found.cards), size=PAGE)
    waiting = waiting_of(db.session(), seen.reader.volunteer_id) if seen.reader else []
    return render_template(
        "rewards/shelf.html",
        reader=seen.reader,
        found=found,
        cards=found.cards[page.offset : page.offset + page.size],
        page=page,
        waiting=[(each, briefly(each.name, each.quantity)) for each in waiting],
    )


def _shelf(actor: Actor | None, item_id: int | None = None) -> Shelf:
    """Return the shelf of whose pages these are; whoever is no volunteer sees the site's."""
    if actor is not None and actor.own_id is not None:
        return person_shelf(db.session(), actor.own_id, now(), item_id=item_id)
    site = current_site()
    if site is None:
        return Shelf([], None)
    return site_shelf(db.session(), site.id, now(), item_id=item_id)


# ── one item ──────────────────────────────────────────────────────────────────────────────


@blueprint.get("/rewards/<int:item_id>")
@allow("shelf.read")
def item(item_id: int) -> str:
    """Show one item: what it is, its limits, who offers it, where to collect it."""
    seen = _shelf(find_actor(), item_id)
    judged = next(iter(seen.items), None) or not_found()
    return render_template(
        "rewards/item.html",
        offer=judged.offer,
        pictured_with=pictured(judged, "large"),
        about=item_facts(judged),
        left=left_text(judged.offer),
        reader=seen.reader,
        can_redeem=judged.can_redeem,
        reason=standing(judged.refusal or judged.closed),
    )


# ── redeeming ─────────────────────────────────────────────────────────────────────────────


@blueprint.route("/rewards/<int:item_id>/redeem", methods=["GET", "POST"])
@allow("redemption.make")
def take(item_id: int) -> ResponseReturnValue:
    """Show what redeeming would do; one tap does it, and the code stands on the next page."""
    actor, form = current_actor(), RedeemForm()
    volunteer_id = own_volunteer_id(actor)
    if form.validate_on_submit():
        if form.volunteer.data != str(volunteer_id):
            # Acting for somebody began or ended on this device since the page was read.
            form.renew_key()
            form.form_errors.append(_("Nothing was done: look for whom you act, and choose again."))
        else:
            done = _redeemed(form, item_id, volunteer_id, actor)
            if done is not None and done.redemption_id is not None:
                flash(_("Redeemed. Show this code to collect it."), "success")
                ticket = url_for("redemptions.ticket", redemption_id=done.redemption_id)
                return redirect(ticket, 303)
    return _preview(form, item_id, volunteer_id)


def _redeemed(form: RedeemForm, item_id: int, volunteer_id: int, actor: Actor) -> Redeemed | None:
    asked = form.asked(item_id)
    done: Redeemed | None = carried_out(
        form,
        lambda session: redeem(
            session, asked, volunteer_id=volunteer_id, actor=actor, now=now(), key=form.sent_key
        ),
    )
    if done is not None and done.refusal is not None:
        form.refuse(done.refusal)
    return done


def _preview(form: RedeemForm, item_id: int, volunteer_id: int) -> ResponseReturnValue:
    session = db.session()
    seen = person_shelf(session, volunteer_id, now(), item_id=item_id)
    judged, reader = next(iter(seen.items), None), seen.reader
    if judged is None or reader is None:
        if not form.form_errors:
            not_found()
        # It left the shelf between the look and the tap.
        flash(form.form_errors[0], "warning")
        return redirect(url_for(".shelf"), 303)
    quantity = quantity_asked(form, judged)
    offer = judged.offer
    page = render_template(
        "rewards/redeem.html",
        form=form,
        offer=offer,
        pictured_with=pictured(judged),
        volunteer=get_volunteer(session, volunteer_id),
        quantity=quantity,
        steps=steps(
            quantity,
            judged,
            lambda count: url_for(".take", item_id=item_id, quantity=count),
        ),
        waiting=[each for each in waiting_of(session, volunteer_id) if each.item_id == item_id],
        **sums(judged, reader, quantity),
    )
    return page, 422 if form.is_submitted() else 200
