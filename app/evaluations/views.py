"""The leader's page of what was said of an activity, and the page of somebody served."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.activities.access import Run, run_activity
from app.activities.models import Activity
from app.clock import now
from app.db import db
from app.evaluations import operations
from app.evaluations.forms import EvaluationForm
from app.evaluations.queries import is_used, next_invite, said_of
from app.evaluations.rules import (
    MOST_INVITES,
    Invite,
    average_tenths,
    check_invite,
    invite_token,
    read_invite,
)
from app.teams.papers import address_in_full, qr
from app.web.actor import current_actor, find_actor
from app.web.policy import allow, not_found
from app.web.submitting import carried_out

blueprint = Blueprint("evaluations", __name__)


@blueprint.route("/activities/<int:activity_id>/evaluations", methods=["GET", "POST"])
@allow("activity.change")
def of_activity(activity_id: int) -> ResponseReturnValue:
    """Show what was said of an activity, take the leader's word, hand out a link."""
    actor, form = current_actor(), EvaluationForm()
    run = run_activity(actor, activity_id)

    def give(session: Session) -> None:
        stars, word = form.given
        operations.evaluate_as_leader(
            session, activity_id, stars=stars, word=word, actor=actor, now=now()
        )

    if form.validate_on_submit() and carried_out(form, give):
        flash(_("Kept. It never changes points."), "success")
        return redirect(url_for(".of_activity", activity_id=activity_id), 303)
    return _leader_page(run, form, actor.login_id)


def _leader_page(run: Run, form: EvaluationForm, login_id: int) -> tuple[str, int]:
    activity = run.activity
    said = said_of(db.session(), activity.id)
    tenths = average_tenths([each.stars for each in said])
    number = next_invite(db.session(), activity.id)
    has_link = activity.state == "closed" and number <= MOST_INVITES
    token = invite_token(activity.id, number, activity.paper_secret)
    link = address_in_full("evaluations.thanks", token=token) if has_link else ""
    shown = render_template(
        "evaluations/of_activity.html",
        activity=activity,
        team=run.team,
        form=form,
        said=said,
        average="" if tenths is None else f"{tenths // 10}.{tenths % 10}",
        may_give=activity.state == "closed" and all(each.made_by_id != login_id for each in said),
        invitation=link,
        symbol=qr(link) if link else "",
    )
    return shown, 422 if form.is_submitted() else 200


@blueprint.route("/thanks/<token>", methods=["GET", "POST"])
@allow("evaluation.give")
def thanks(token: str) -> ResponseReturnValue:
    """Let somebody served say how it was: once, without signing in."""
    invite, form = read_invite(token), EvaluationForm()
    activity = _invited(invite)

    def give(session: Session) -> None:
        stars, word = form.given
        operations.evaluate_as_served(
            session, invite, stars=stars, word=word, actor=find_actor(), now=now()
        )

    if form.validate_on_submit() and carried_out(form, give):
        return redirect(url_for(".thanks", token=token), 303)
    used = is_used(db.session(), invite.activity_id, invite.number)
    shown = render_template(
        "evaluations/thanks.html", activity=activity, token=token, form=form, is_used=used
    )
    return shown, 422 if form.is_submitted() else 200


def _invited(invite: Invite) -> Activity:
    activity = db.session().get(Activity, invite.activity_id)
    if activity is None:
        not_found()
    check_invite(invite, activity.paper_secret)
    return activity
