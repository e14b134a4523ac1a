"""The partner units that offer or donate items."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.rewards.keeping_access import Keeping, keeping_of, own_keeping, own_partner
from app.rewards.keeping_forms import PARTNER_FIELDS, PartnerForm, PressForm
from app.rewards.keeping_views import frame
from app.rewards.operations import partners as operations
from app.rewards.queries.keeping import partners
from app.web.actor import current_actor
from app.web.policy import allow
from app.web.submitting import carried_out

blueprint = Blueprint("partners", __name__, url_prefix="/partners")


@blueprint.get("")
@allow("stock.read")
def listing() -> ResponseReturnValue:
    """The partners of an organisation."""
    kept = keeping_of(db.session(), current_actor(), request.args.get("org"))
    return _listing_page(kept, PartnerForm(formdata=None), 200)


@blueprint.post("")
@allow("shelf.change")
def add() -> ResponseReturnValue:
    """Add a partner."""
    kept = own_keeping(db.session(), current_actor(), request.args.get("org"))
    form = PartnerForm()
    if form.validate_on_submit():
        added = carried_out(
            form,
            lambda session: operations.add_partner(
                session,
                kept.organisation.id,
                form.name.data or "",
                form.contact.data or "",
                actor=current_actor(),
                now=now(),
                key=form.sent_key,
            ),
            PARTNER_FIELDS,
        )
        if added is not None:
            flash(_("The partner is on the list."), "toast")
            return redirect(url_for(".listing", org=kept.code), 303)
    return _listing_page(kept, form, 422)


@blueprint.route("/<int:partner_id>", methods=["GET", "POST"])
@allow("shelf.change")
def change(partner_id: int) -> ResponseReturnValue:
    """Let a partner be called otherwise."""
    kept, partner = own_partner(db.session(), current_actor(), partner_id)
    said = {"name": partner.name, "contact": partner.contact}
    has_ended = partner.ended_at is not None
    form = PartnerForm() if request.method == "POST" else PartnerForm(data=said)
    if form.validate_on_submit():
        done = carried_out(
            form,
            lambda session: (
                operations.change_partner(
                    session,
                    partner_id,
                    form.name.data or "",
                    form.contact.data or "",
                    actor=current_actor(),
                    now=now(),
                )
                or True
            ),
            PARTNER_FIELDS,
        )
        if done is not None:
            flash(_("Saved."), "toast")
            return redirect(url_for(".listing", org=kept.code), 303)
    page = render_template(
        "rewards/partners/change.html",
        **frame(kept, ""),
        form=form,
        partner_id=partner_id,
        name=said["name"],
        has_ended=has_ended,
    )
    return page, 422 if form.is_submitted() else 200


@blueprint.post("/<int:partner_id>/end")
@allow("shelf.change")
def end(partner_id: int) -> ResponseReturnValue:
    """Offer a partner no longer where one chooses."""
    return _turned(partner_id, operations.end_partner, _("The partner is offered no longer."))


@blueprint.post("/<int:partner_id>/put-back")
@allow("shelf.change")
def put_back(partner_id: int) -> ResponseReturnValue:
    """Offer an ended partner again."""
    return _turned(partner_id, operations.put_back_partner, _("The partner is on the list."))


def _turned(partner_id: int, operate: Any, said: str) -> ResponseReturnValue:
    kept, _partner = own_partner(db.session(), current_actor(), partner_id)
    actor = current_actor()
    carried_out(
        PressForm(), lambda session: operate(session, partner_id, actor=actor, now=now()) or True
    )
    flash(said, "toast")
    return redirect(url_for(".listing", org=kept.code), 303)


def _listing_page(kept: Keeping, form: PartnerForm, status: int) -> tuple[str, int]:
    page = render_template(
        "rewards/partners/list.html",
        **frame(kept, "partners.listing"),
        form=form,
        partners=partners(db.session(), kept.organisation.id),
    )
    return page, status
