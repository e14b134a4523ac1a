"""A volunteer card, scanned: its QR opens a page that asks for the PIN, and nothing more.

The token in the QR shows that somebody holds the card. It leaves the address at once, for a
cookie, so that it stands in no history, no Referer and no address that is passed on.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.db import db
from app.errors import RuleBroken
from app.people import queries
from app.people.access import current_sign_in, take_secret_turn
from app.people.entering import enter as begin
from app.people.entering import fitting
from app.people.forms import CardForm
from app.people.in_hand import in_hand, put_away, take_in_hand
from app.people.queries import Candidate, CardHeld
from app.people.rules.names import number_tail
from app.people.rules.naming import masked_name
from app.people.rules.passwords import digest
from app.people.rules.sign_in import SecretWrong, TooManyTries
from app.web.addresses import way_back
from app.web.edge import edge
from app.web.policy import allow, not_found

blueprint = Blueprint("card", __name__)


@blueprint.get("/card/<token>")
@allow("sign_in.use")
def enter(token: str) -> ResponseReturnValue:
    """Take the card in hand and go on without its token."""
    card = queries.card_by_token(db.session(), digest(token)) or not_found()
    if card.withdrawn_at is not None:
        return render_template("people/card_gone.html"), 410
    signed = current_sign_in()
    if signed and signed.volunteer_id == card.volunteer_id:
        return redirect(way_back(), 303)
    take_in_hand(card)
    # A leader at the door of an activity scans cards to check their owners in.
    return redirect(edge().card_desk() or url_for(".ask"), 303)


@blueprint.route("/card", methods=["GET", "POST"])
@allow("sign_in.use")
def ask() -> ResponseReturnValue:
    """Ask the card's owner for the PIN or password; without a card there is the sign-in page."""
    card = in_hand()
    if card is None:
        return redirect(url_for("people.sign_in"), 303)
    form, owner = CardForm(), _owner(card)
    status = 422 if form.is_submitted() else 200
    if owner and owner.password_hash and form.validate_on_submit():
        try:
            return _entered(card, owner, form)
        except TooManyTries as refusal:
            status = 429
            form.refuse(refusal)
        except RuleBroken as refusal:
            form.refuse(refusal, "secret")
    page = render_template(
        "people/card.html",
        form=form,
        name=masked_name(card.name),
        tail=number_tail(card.number),
        has_account=bool(owner and owner.password_hash),
        has_pin=bool(owner and owner.has_pin),
    )
    return page, status


@blueprint.post("/sign-in/without-card")
@allow("sign_in.use")
def leave() -> ResponseReturnValue:
    """It is somebody else's card: forget it, sign in the other way."""
    put_away()
    return redirect(url_for("people.sign_in"), 303)


def _owner(card: CardHeld) -> Candidate | None:
    if card.login_id is None:
        return None
    return next(iter(queries.candidates_by_id(db.session(), [card.login_id])), None)


def _entered(card: CardHeld, owner: Candidate, form: CardForm) -> Response:
    secret = form.secret.data or ""
    turn_id = take_secret_turn("sign-in", f"card of {card.volunteer_id}", secret, [owner])
    if not fitting([owner], secret):
        raise SecretWrong
    return begin(owner, secret, turn_id, is_shared=form.is_shared.data)
