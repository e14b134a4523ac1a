"""A volunteer's paper card, scanned by a leader who holds an activity now: check its owner in.

The leader sees of the owner what the card bears: name and number; and only of people of the
team's own tree.
"""

from __future__ import annotations

from typing import NamedTuple, cast

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.activities.access import run_activity
from app.activities.check_forms import CardForm
from app.activities.check_showing import clock
from app.activities.operations.checking_in import Wants
from app.activities.operations.desk import tick
from app.activities.queries.checking import Here, Near, open_run_by, people_here
from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.people.in_hand import in_hand, put_away
from app.people.queries import CardHeld
from app.teams.rules import Actor
from app.web.actor import current_actor, find_actor
from app.web.policy import allow, not_found

blueprint = Blueprint("check_card", __name__, url_prefix="/check-in/card")


class Offer(NamedTuple):
    """One activity at which a card's owner may come or go, or has done both."""

    activity_id: int
    title: str
    begins: str
    wants: Wants | None
    said: str


def card_desk() -> str | None:
    """Return where a leader goes with a card they scanned, while an activity of theirs is on."""
    actor = find_actor()
    if actor is None or actor.acting_for or not _near(actor):
        return None
    return url_for("check_card.offer")


@blueprint.route("", methods=["GET", "POST"])
@allow("check_in.run")
def offer() -> ResponseReturnValue:
    """Offer to check a card's owner in or out at an activity that the leader holds now."""
    actor, card, form = current_actor(), in_hand(), CardForm()
    if card is None:
        return redirect(url_for("people.sign_in"), 303)
    offers = _offers(actor, card)
    if not offers:
        return redirect(url_for("card.ask"), 303)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        chosen = {*form.activity.data} & {each.activity_id for each in offers} or not_found()
        try:
            return _ticked(min(chosen), card, cast(Wants, form.wants.data), form, actor)
        except RuleBroken as refusal:
            form.refuse(refusal)
            offers = _offers(actor, card)
    return render_template(
        "activities/check_card.html", form=form, name=card.name, number=card.number, offers=offers
    ), status


def _ticked(
    activity_id: int, card: CardHeld, wants: Wants, form: CardForm, actor: Actor
) -> ResponseReturnValue:
    with transaction() as session:
        tick(
            session,
            activity_id,
            [card.volunteer_id],
            wants,
            actor=actor,
            now=now(),
            method="card",
            key=form.sent_key,
        )
    put_away()
    said = _("%(name)s is checked in.") if wants == "in" else _("%(name)s is checked out.")
    flash(said % {"name": card.name}, "success")
    return redirect(url_for("check_desk.desk", activity_id=activity_id), 303)


def _near(actor: Actor) -> list[Near]:
    return open_run_by(db.session(), actor.leads, actor.organises, now=now())


def _offers(actor: Actor, card: CardHeld) -> list[Offer]:
    found = []
    for near in _near(actor):
        run = run_activity(actor, near.activity_id)
        home = run.team.organisation_id
        for one in people_here(db.session(), run.activity, home, [card.volunteer_id]):
            found.append(_offer(near, one))
    return found


def _offer(near: Near, one: Here) -> Offer:
    wants: Wants | None = None
    if one.in_at is None:
        wants, said = "in", _("Not here yet")
    elif one.out_at is None:
        wants, said = "out", _("In since %(at)s", at=clock(one.in_at))
    else:
        said = _("In %(in_at)s, out %(out_at)s", in_at=clock(one.in_at), out_at=clock(one.out_at))
    return Offer(near.activity_id, near.title, clock(near.begins_at), wants, said)
