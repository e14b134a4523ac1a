"""The check-in code that people scan: on the leader's screen, renewed, and on paper."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.activities.access import run_activity
from app.activities.check_showing import clock
from app.activities.desk_page import page_of
from app.activities.models import Activity
from app.activities.operations import renew_codes
from app.activities.queries.checking import count_in
from app.activities.rules import Code, paper_code, screen_code
from app.activities.rules.codes import GOOD_FOR
from app.clock import now
from app.db import db, transaction
from app.errors import NotFound, RuleBroken
from app.teams.papers import public_address, qr
from app.web.actor import current_actor
from app.web.policy import allow
from app.web.saying import say

blueprint = Blueprint("check_code", __name__)


@blueprint.get("/activities/<int:activity_id>/code")
@allow("check_in.run")
def screen(activity_id: int) -> str:
    """Show the code that people scan, large, for a screen everybody can see."""
    run = run_activity(current_actor(), activity_id)
    return render_template("activities/check_screen.html", **page_of(run), **_shown(run.activity))


@blueprint.get("/activities/<int:activity_id>/code/now")
@allow("check_in.run")
def code_now(activity_id: int) -> str:
    """Give the script the code of this moment, without the page around it."""
    run = run_activity(current_actor(), activity_id)
    return render_template("activities/_code.html", **page_of(run), **_shown(run.activity))


@blueprint.post("/activities/<int:activity_id>/code/renew")
@allow("check_in.run")
def renew(activity_id: int) -> ResponseReturnValue:
    """Make new codes: one that was passed on stops at once, on the screen and on paper."""
    actor = current_actor()
    run_activity(actor, activity_id)
    try:
        with transaction() as session:
            renew_codes(session, activity_id, actor=actor, now=now())
    except NotFound:
        raise
    except RuleBroken as refusal:
        flash(say(refusal), "warning")
    else:
        flash(_("New codes. The old ones no longer work, paper included."), "success")
    return redirect(url_for(".screen", activity_id=activity_id), 303)


@blueprint.get("/activities/<int:activity_id>/code/paper")
@allow("check_in.run")
def paper(activity_id: int) -> str:
    """Show the paper code, to print on A4 and hang up where nobody has a screen."""
    run = run_activity(current_actor(), activity_id)
    activity = run.activity
    code = paper_code(activity.id, activity.paper_secret)
    return render_template("activities/check_paper.html", **page_of(run), **_drawn(code))


def _shown(activity: Activity) -> dict[str, Any]:
    at = now()
    came, gone = count_in(db.session(), activity.id)
    code = screen_code(activity.id, activity.screen_secret, at)
    return {"came": came, "gone": gone, "until": clock(at + GOOD_FOR), **_drawn(code)}


def _drawn(code: Code) -> dict[str, Any]:
    opens = public_address("check.scan", token=code.token)
    address = public_address("check.typed")
    return {
        "symbol": qr(opens or url_for("check.scan", token=code.token, _external=True)),
        "typed": f"{code.typed[:3]} {code.typed[3:]}",
        "address": address,
        "is_reachable": opens is not None,
    }
