"""The counter for people without a phone: find, choose, agree, and take it along."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.errors import RuleBroken
from app.people.in_hand import put_away
from app.people.models import Volunteer
from app.people.queries import Candidate, without_full_phone
from app.rewards import previewing
from app.rewards.counter_pins import PinTooOften, check_typed_pin, owner_with_pin
from app.rewards.desk_access import card_holder, served_by, served_person, shelves_served
from app.rewards.desk_forms import PIN, CounterForm
from app.rewards.desk_showing import who
from app.rewards.operations.counter import redeem_at_counter
from app.rewards.operations.redeeming import Redeemed
from app.rewards.queries.desk import people_served
from app.rewards.queries.shelf import Judged, Shelf, person_shelf
from app.rewards.shelf_showing import blocked_text, left_text
from app.teams.access import today
from app.teams.queries import membership_rows
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.filters import points
from app.web.policy import allow, not_found
from app.web.saying import say
from app.web.submitting import carried_out

blueprint = Blueprint("counter", __name__, url_prefix="/counter")

MOST_FOUND = 20


# ── who ───────────────────────────────────────────────────────────────────────────────────


@blueprint.get("")
@allow("redemption.hand_over")
def find() -> str:
    """Find somebody by number, name or the card just scanned."""
    actor, session = current_actor(), db.session()
    text = request.args.get("find", "")[:80].strip()
    found = people_served(session, served_by(actor), text, limit=MOST_FOUND) if text else []
    teams: dict[int, list[str]] = {}
    for row in membership_rows(session, [each.id for each in found], on=today()):
        teams.setdefault(row.volunteer_id, []).append(row.team_name)
    holder = card_holder(session, actor)
    return render_template(
        "rewards/desk/find.html",
        text=text,
        is_full=len(found) == MOST_FOUND,
        people=[
            {
                "id": each.id,
                "who": who(each.name, each.number),
                "teams": _(", ").join(teams.get(each.id, [])),
                "is_own": actor.benefits(each.id),
            }
            for each in found
        ],
        holder=(holder.id, who(holder.name, holder.number)) if holder else None,
    )


@blueprint.post("")
@allow("redemption.hand_over")
def search() -> ResponseReturnValue:
    """Turn what was typed into an address; a phone typed in full leaves its last digits there."""
    text = without_full_phone(request.form.get("find", "")[:80])
    return redirect(url_for(".find", find=text or None), 303)


# ── what ──────────────────────────────────────────────────────────────────────────────────


@blueprint.get("/<int:volunteer_id>")
@allow("redemption.hand_over")
def shelf(volunteer_id: int) -> str:
    """Show somebody's points, and what they can have for them."""
    actor = current_actor()
    person = served_person(db.session(), actor, volunteer_id)
    seen = _shelf(actor, person)
    reader = seen.reader
    cards = [
        {
            "id": each.offer.id,
            "name": each.offer.name,
            "price": points(each.offer.terms.price_hundredths),
            "left": left_text(each.offer),
            "pictured_with": previewing.pictured(each),
            "can_redeem": each.can_redeem,
            "blocked": blocked_text(each, reader),
        }
        for each in seen.items
    ]
    closed = {say(each.closed) for each in seen.items if each.closed}
    return render_template(
        "rewards/desk/shelf.html",
        person=person,
        who=who(person.name, person.number),
        points=points(reader.points_hundredths if reader else 0),
        able=[card for card in cards if card["can_redeem"]],
        others=[card for card in cards if not card["can_redeem"]],
        notices=sorted(closed),
    )


def _shelf(actor: Actor, person: Volunteer, item_id: int | None = None) -> Shelf:
    """Return somebody's shelf, as far as this desk hands over from it."""
    session = db.session()
    seen = person_shelf(session, person.id, now(), item_id=item_id)
    homes = {each.offer.organisation_id for each in seen.items}
    served = shelves_served(session, actor, person, sorted(homes))
    return Shelf([each for each in seen.items if each.offer.organisation_id in served], seen.reader)


# ── agreed ────────────────────────────────────────────────────────────────────────────────


@blueprint.route("/<int:volunteer_id>/<int:item_id>", methods=["GET", "POST"])
@allow("redemption.hand_over")
def take(volunteer_id: int, item_id: int) -> ResponseReturnValue:
    """Show what it costs; the person agrees by PIN or signature, and takes it along."""
    actor, form = current_actor(), CounterForm()
    person = served_person(db.session(), actor, volunteer_id)
    owner = owner_with_pin(db.session(), volunteer_id)
    may_sign = person.organisation_id in actor.organises
    form.offer(has_pin=owner is not None, may_sign=may_sign)
    if form.validate_on_submit():
        try:
            _agreed(form, owner)
        except RuleBroken as refusal:
            form.refuse(refusal, "pin")
            status = 429 if isinstance(refusal, PinTooOften) else 422
            return _preview(form, person, item_id, owner, status)
        done = _redeemed(form, item_id, volunteer_id, actor)
        if done is not None and done.redemption_id is not None:
            put_away()
            flash(_("Redeemed and handed over."), "success")
            return redirect(url_for("pick_up.one", redemption_id=done.redemption_id), 303)
    return _preview(form, person, item_id, owner, 422 if form.is_submitted() else 200)


def _agreed(form: CounterForm, owner: Candidate | None) -> None:
    """Refuse a PIN that is not right; a signature follows on paper."""
    if form.consent.data == PIN:
        check_typed_pin(owner or not_found(), form.pin.data or "")


def _redeemed(form: CounterForm, item_id: int, volunteer_id: int, actor: Actor) -> Redeemed | None:
    asked = form.asked(item_id)
    done: Redeemed | None = carried_out(
        form,
        lambda session: redeem_at_counter(
            session,
            asked,
            volunteer_id=volunteer_id,
            consent=form.consent.data,
            actor=actor,
            now=now(),
            key=form.sent_key,
        ),
    )
    if done is not None and done.refusal is not None:
        form.refuse(done.refusal)
    return done


def _preview(
    form: CounterForm, person: Volunteer, item_id: int, owner: Candidate | None, status: int
) -> ResponseReturnValue:
    seen = _shelf(current_actor(), person, item_id)
    judged, reader = next(iter(seen.items), None), seen.reader
    if judged is None or reader is None:
        if not form.form_errors:
            not_found()
        # It left the shelf between the look and the tap.
        flash(form.form_errors[0], "warning")
        return redirect(url_for(".shelf", volunteer_id=person.id), 303)
    quantity = previewing.quantity_asked(form, judged)
    page = render_template(
        "rewards/desk/take.html",
        form=form,
        offer=judged.offer,
        pictured_with=previewing.pictured(judged),
        person=person,
        who=who(person.name, person.number),
        has_pin=owner is not None,
        quantity=quantity,
        steps=_steps(judged, quantity, person.id),
        **previewing.sums(judged, reader, quantity),
    )
    return page, status


def _steps(judged: Judged, quantity: int, volunteer_id: int) -> dict[str, str | None]:
    def address(count: int) -> str:
        item_id = judged.offer.id
        return url_for(".take", volunteer_id=volunteer_id, item_id=item_id, quantity=count)

    return previewing.steps(quantity, judged, address)
