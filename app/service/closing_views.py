"""Close an activity on one page: who was there, how long, who had a place and came not."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.activities.models import Activity
from app.activities.queries.open_on import open_activities_on
from app.activities.rules import OPEN, begins_at
from app.clock import now
from app.db import db, transaction
from app.errors import NotAllowed, NotFound, RuleBroken
from app.service import operations
from app.service.access import Entry, activity_to_close
from app.service.closing_page import ClosingPage
from app.service.forms import ClosingForm
from app.service.log_page import QUICK_HOURS
from app.web.actor import current_actor
from app.web.policy import allow

blueprint = Blueprint("closing", __name__)


@blueprint.route("/activities/<int:activity_id>/close", methods=["GET", "POST"])
@allow("service_record.enter")
def close(activity_id: int) -> ResponseReturnValue:
    """The closing of an activity; only its "record" button records."""
    actor = current_actor()
    activity, entry = activity_to_close(db.session(), actor, activity_id)
    if request.method == "GET" and activity.state == "closed" and activity.batch_id:
        return redirect(url_for("log.result", batch_id=activity.batch_id), 303)
    form = ClosingForm()
    if request.method == "GET":
        form.guest.process(request.args)
    page = ClosingPage(db.session(), actor, entry, form, activity, now())
    if request.method == "GET" and not _may_close_now(page):
        return render_template("service/not_closable.html", page=page, activity=activity)
    if request.method == "POST" and form.do.data == "record":
        return _record(page, entry, form, activity)
    if request.method == "POST":
        page.turn()
    return _show(page)


def _may_close_now(page: ClosingPage) -> bool:
    activity = page.activity
    zone = page.ground.settings.time_zone
    begun = begins_at(activity.service_on, activity.starts_minute, zone) <= now()
    return activity.state in OPEN and begun


def _record(
    page: ClosingPage, entry: Entry, form: ClosingForm, activity: Activity
) -> ResponseReturnValue:
    is_fit = form.validate()
    if is_fit and page.unknown_people():
        form.present.errors = [_("Tick the people again.")]
        is_fit = False
    if not is_fit:
        return _show(page, 422)
    lines = page.lines()
    activity_id = activity.id
    is_alone = len(open_activities_on(db.session(), activity.team_id, activity.service_on)) < 2
    try:
        with transaction() as session:
            result = operations.close_activity(
                session,
                activity_id,
                lines,
                signed_in=page.signed_in(),
                no_shows=form.no_show.data,
                friends=page.new_friends(),
                like=page.model_line(),
                once_a_day=is_alone,
                over_limit_reason=form.over_limit_reason.data or None,
                enters_as=entry.enters_as,
                actor=page.actor,
                now=now(),
                key=form.sent_key,
            )
    except operations.NotAllFit as refusal:
        page.show_result(operations.DayResult(None, refusal.outcomes), lines)
        page.checked = {line.volunteer_id for line in lines}
        form.refuse(refusal)
        return _show(page, 422)
    except (NotFound, NotAllowed):
        raise
    except RuleBroken as refusal:
        form.refuse(refusal)
        return _show(page, 422)
    flash(_("The activity is closed."), "success")
    if result.batch_id is None:
        return redirect(url_for(".close", activity_id=activity_id), 303)
    return redirect(url_for("log.result", batch_id=result.batch_id), 303)


def _show(page: ClosingPage, status: int = 200) -> tuple[str, int]:
    rows = page.rows()
    shown = render_template(
        "service/closing.html",
        page=page,
        form=page.form,
        team=page.team,
        activity=page.activity,
        rows=rows,
        errors=page.errors(rows) if status != 200 else [],
        quick=QUICK_HOURS,
        has_last=False,
    )
    return shown, status
