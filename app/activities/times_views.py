"""One person's times at the check-in desk: written down by the leader, a mistaken tick taken back.

The form carries the times it showed. Whoever came or went by the code while the leader typed is
shown to the leader first; a field nobody changed never undoes what the code said.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.activities.access import Run, run_activity
from app.activities.check_forms import Kept, TimesForm
from app.activities.check_showing import clock, stay_text
from app.activities.desk_page import instant_in, named_here, page_of, settings_here
from app.activities.models import CheckIn
from app.activities.operations.desk import Shown, TimesMovedOn, set_times, take_back
from app.activities.queries.checking import admits, people_here
from app.clock import now
from app.db import db, transaction
from app.errors import NotFound, RuleBroken
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.policy import allow, not_found
from app.web.saying import say

blueprint = Blueprint("check_times", __name__)
NOTHING_TYPED = Kept()


class Clocks(NamedTuple):
    """The minutes of the day that the fields show for somebody's times."""

    came: int | None
    went: int | None


@blueprint.route(
    "/activities/<int:activity_id>/check-in/<int:volunteer_id>", methods=["GET", "POST"]
)
@allow("check_in.run")
def times(activity_id: int, volunteer_id: int) -> ResponseReturnValue:
    """Write down when somebody came and went who forgot, as the leader's word."""
    actor = current_actor()
    run = run_activity(actor, activity_id)
    name = _name(run, volunteer_id, actor)
    stay = _stay(run, volunteer_id)
    form = TimesForm()
    if not form.is_submitted():
        _show(form, stay, run)
        return _page(form, run, volunteer_id, name, stay), 200
    if form.validate():
        try:
            return _timed(form, run, volunteer_id, actor)
        except TimesMovedOn as refusal:
            form.refuse(refusal)
            stay = _stay(run, volunteer_id)
            _show(form, stay, run, _kept(form, run))
        except RuleBroken as refusal:
            form.refuse(refusal)
    return _page(form, run, volunteer_id, name, stay), 422


@blueprint.post("/activities/<int:activity_id>/check-in/<int:volunteer_id>/take-back")
@allow("check_in.run")
def untick(activity_id: int, volunteer_id: int) -> ResponseReturnValue:
    """Take a tick back that was for somebody else."""
    actor = current_actor()
    run = run_activity(actor, activity_id)
    _name(run, volunteer_id, actor)
    try:
        with transaction() as session:
            take_back(session, run.activity.id, volunteer_id, actor=actor, now=now())
    except NotFound:
        raise
    except RuleBroken as refusal:
        flash(say(refusal), "warning")
    else:
        flash(_("Taken back."), "toast")
    return redirect(url_for("check_desk.desk", activity_id=activity_id), 303)


def _timed(form: TimesForm, run: Run, volunteer_id: int, actor: Actor) -> ResponseReturnValue:
    shown, was = form.shown, _clocks(form.shown, run)
    in_at = _meant(form.in_clock.data, was.came, shown.in_at, run)
    out_at = _meant(form.out_clock.data, was.went, shown.out_at, run)
    assert in_at is not None, "the form asks for it"
    with transaction() as session:
        set_times(
            session,
            run.activity.id,
            volunteer_id,
            in_at=in_at,
            out_at=out_at,
            shown=shown,
            actor=actor,
            now=now(),
        )
    flash(_("Written down."), "toast")
    return redirect(url_for("check_desk.desk", activity_id=run.activity.id), 303)


def _meant(
    typed: int | None, was: int | None, was_at: datetime | None, run: Run
) -> datetime | None:
    """Return the instant a field means; left as it was, it keeps its seconds and its way."""
    if typed is None:
        return None
    return was_at if typed == was else instant_in(run, typed)


def _kept(form: TimesForm, run: Run) -> Kept:
    was = _clocks(form.shown, run)
    return Kept(form.in_clock.data != was.came, form.out_clock.data != was.went)


def _show(form: TimesForm, stay: CheckIn | None, run: Run, kept: Kept = NOTHING_TYPED) -> None:
    there = Shown(stay.in_at, stay.out_at) if stay else Shown()
    form.show(there, _clocks(there, run), kept)


def _clocks(times: Shown, run: Run) -> Clocks:
    zone = ZoneInfo(settings_here(run).time_zone)
    return Clocks(_minute(times.in_at, zone), _minute(times.out_at, zone))


def _minute(at: datetime | None, zone: ZoneInfo) -> int | None:
    local = at.astimezone(zone) if at else None
    return local.hour * 60 + local.minute if local else None


def _page(form: TimesForm, run: Run, volunteer_id: int, name: str, stay: CheckIn | None) -> str:
    window = admits(run.activity, settings_here(run))
    return render_template(
        "activities/check_times.html",
        form=form,
        volunteer_id=volunteer_id,
        name=name,
        stay=stay_text(stay) if stay else None,
        may_take_back=stay is not None and stay.in_by in ("leader", "card"),
        opens=clock(window.opens_at),
        closes=clock(window.closes_at),
        **page_of(run),
    )


def _name(run: Run, volunteer_id: int, actor: Actor) -> str:
    """Return the name of somebody the desk may name; anybody else is not found."""
    home = run.team.organisation_id
    found = people_here(db.session(), run.activity, home, [volunteer_id])
    is_named = found and named_here(run, actor, [volunteer_id])
    return found[0].name if is_named else not_found()


def _stay(run: Run, volunteer_id: int) -> CheckIn | None:
    return db.session.scalar(
        select(CheckIn)
        .where(CheckIn.activity_id == run.activity.id, CheckIn.volunteer_id == volunteer_id)
        .execution_options(populate_existing=True)
    )
