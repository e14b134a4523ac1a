"""The leader's side of check-in: the code on the screen and on paper, the list, a scanned card."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from app.activities.access import Run, run_activity
from app.activities.check_forms import TickForm, TimesForm
from app.activities.check_showing import clock, desk_line, stay_text
from app.activities.models import Activity, CheckIn
from app.activities.operations import renew_codes
from app.activities.operations.checking_in import Wants
from app.activities.operations.desk import set_times, take_back, tick
from app.activities.queries.checking import (
    admits,
    count_in,
    people_here,
    presence,
)
from app.activities.rules import OPEN, Code, paper_code, refused_at, screen_code
from app.activities.rules.codes import GOOD_FOR
from app.activities.rules.window import instant_of
from app.clock import now
from app.db import db, transaction
from app.errors import N_, NotFound, RuleBroken
from app.organisations.queries import settings_of
from app.organisations.rules import Settings
from app.people.queries import volunteer_by_number
from app.teams.papers import public_address, qr
from app.teams.queries import members_on
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.policy import allow, not_found
from app.web.saying import say

blueprint = Blueprint("check_desk", __name__)


class NumberUnknown(RuleBroken):
    code = "unknown_volunteer"
    message = N_("There is nobody here with the number %(number)s.")


# ── the code ──────────────────────────────────────────────────────────────────────────────


@blueprint.get("/activities/<int:activity_id>/code")
@allow("check_in.run")
def screen(activity_id: int) -> str:
    """Show the code that people scan, large, for a screen everybody can see."""
    run = run_activity(current_actor(), activity_id)
    return render_template("activities/check_screen.html", **_page(run), **_shown(run.activity))


@blueprint.get("/activities/<int:activity_id>/code/now")
@allow("check_in.run")
def code_now(activity_id: int) -> str:
    """Give the script the code of this moment, without the page around it."""
    run = run_activity(current_actor(), activity_id)
    return render_template("activities/_code.html", **_page(run), **_shown(run.activity))


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
    return render_template("activities/check_paper.html", **_page(run), **_drawn(code))


def _page(run: Run) -> dict[str, Any]:
    activity = run.activity
    return {
        "activity": activity,
        "team": run.team,
        "ends_minute": (activity.starts_minute + activity.minutes) % 1440,
        "back": f"{request.script_root}/activities/{activity.id}",
        "refusal": None if activity.state in OPEN else say(refused_at(activity.state)),
    }


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


# ── the list ──────────────────────────────────────────────────────────────────────────────


@blueprint.route("/activities/<int:activity_id>/check-in", methods=["GET", "POST"])
@allow("check_in.run")
def desk(activity_id: int) -> ResponseReturnValue:
    """Show who has a place and who came; tick several in or out at once."""
    actor = current_actor()
    run, form = run_activity(actor, activity_id), TickForm()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            return _ticked(form, run, actor)
        except RuleBroken as refusal:
            form.refuse(refusal, _field_of(refusal))
    return _desk_page(form, run), status


def _ticked(form: TickForm, run: Run, actor: Actor) -> ResponseReturnValue:
    at = _instant(form.at.data, run) if form.at.data is not None else None
    chosen = [*form.present.data, *_by_number(form.number.data, run)]
    wants = cast(Wants, form.wants.data)
    with transaction() as session:
        count = tick(
            session,
            run.activity.id,
            chosen,
            wants,
            actor=actor,
            now=now(),
            at=at,
            key=form.sent_key,
        )
    if wants == "in":
        said = ngettext("%(num)s person checked in", "%(num)s people checked in", count)
    else:
        said = ngettext("%(num)s person checked out", "%(num)s people checked out", count)
    flash(said, "toast")
    return redirect(url_for(".desk", activity_id=run.activity.id), 303)


def _field_of(refusal: RuleBroken) -> str | None:
    fields = {"bad_time": "at", "unknown_volunteer": "number"}
    return fields.get(refusal.code)


def _by_number(number: str | None, run: Run) -> list[int]:
    """Return the person of the team's tree who bears a number; anybody else is nobody."""
    if not number:
        return []
    person = volunteer_by_number(db.session(), number)
    home = run.team.organisation_id
    if person is None or not people_here(db.session(), run.activity, home, [person.id]):
        raise NumberUnknown(number=number)
    return [person.id]


def _desk_page(form: TickForm, run: Run) -> str:
    session, activity = db.session(), run.activity
    people = presence(session, activity.id, now=now())
    listed = {one.volunteer_id for one in people}
    members = [
        member
        for member in members_on(session, run.team.id, activity.service_on)
        if member.volunteer_id not in listed and member.state == "active"
    ]
    window = admits(activity, _settings(run))
    return render_template(
        "activities/check_desk.html",
        form=form,
        lines=[desk_line(one) for one in people],
        members=members,
        came=sum(one.stay is not None for one in people),
        gone=sum(one.stay is not None and one.stay.out_at is not None for one in people),
        opens=clock(window.opens_at),
        closes=clock(window.closes_at),
        chosen=set(form.present.data or ()),
        **_page(run),
    )


# ── one person's times ────────────────────────────────────────────────────────────────────


@blueprint.route(
    "/activities/<int:activity_id>/check-in/<int:volunteer_id>", methods=["GET", "POST"]
)
@allow("check_in.run")
def times(activity_id: int, volunteer_id: int) -> ResponseReturnValue:
    """Write down when somebody came and went who forgot, as the leader's word."""
    actor = current_actor()
    run = run_activity(actor, activity_id)
    name = _name(run, volunteer_id)
    stay = _stay(run, volunteer_id)
    form = TimesForm(data=_typed_times(stay, run))
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            return _timed(form, run, volunteer_id, stay, actor)
        except RuleBroken as refusal:
            form.refuse(refusal)
    return _times_page(form, run, volunteer_id, name, stay), status


@blueprint.post("/activities/<int:activity_id>/check-in/<int:volunteer_id>/take-back")
@allow("check_in.run")
def untick(activity_id: int, volunteer_id: int) -> ResponseReturnValue:
    """Take a tick back that was for somebody else."""
    actor = current_actor()
    run = run_activity(actor, activity_id)
    try:
        with transaction() as session:
            take_back(session, run.activity.id, volunteer_id, actor=actor, now=now())
    except NotFound:
        raise
    except RuleBroken as refusal:
        flash(say(refusal), "warning")
    else:
        flash(_("Taken back."), "toast")
    return redirect(url_for(".desk", activity_id=activity_id), 303)


def _timed(
    form: TimesForm, run: Run, volunteer_id: int, stay: CheckIn | None, actor: Actor
) -> ResponseReturnValue:
    was = _typed_times(stay, run)
    in_at = _kept_or_new(form.in_clock.data, was["in_clock"], stay.in_at if stay else None, run)
    out_at = _kept_or_new(form.out_clock.data, was["out_clock"], stay.out_at if stay else None, run)
    assert in_at is not None
    with transaction() as session:
        set_times(
            session,
            run.activity.id,
            volunteer_id,
            in_at=in_at,
            out_at=out_at,
            actor=actor,
            now=now(),
        )
    flash(_("Written down."), "toast")
    return redirect(url_for(".desk", activity_id=run.activity.id), 303)


def _kept_or_new(
    typed: int | None, was: int | None, was_at: datetime | None, run: Run
) -> datetime | None:
    """Return the instant a field means; left as it was, it keeps its seconds and its way."""
    if typed is None:
        return None
    return was_at if typed == was else _instant(typed, run)


def _typed_times(stay: CheckIn | None, run: Run) -> dict[str, int | None]:
    zone, out_at = _settings(run).time_zone, stay.out_at if stay else None
    return {
        "in_clock": _minute(stay.in_at, zone) if stay else None,
        "out_clock": _minute(out_at, zone) if out_at else None,
    }


def _minute(at: datetime, zone: str) -> int:
    local = at.astimezone(ZoneInfo(zone))
    return local.hour * 60 + local.minute


def _times_page(
    form: TimesForm, run: Run, volunteer_id: int, name: str, stay: CheckIn | None
) -> str:
    window = admits(run.activity, _settings(run))
    return render_template(
        "activities/check_times.html",
        form=form,
        volunteer_id=volunteer_id,
        name=name,
        stay=stay_text(stay) if stay else None,
        may_take_back=stay is not None and stay.in_by in ("leader", "card"),
        opens=clock(window.opens_at),
        closes=clock(window.closes_at),
        **_page(run),
    )


def _name(run: Run, volunteer_id: int) -> str:
    home = run.team.organisation_id
    found = people_here(db.session(), run.activity, home, [volunteer_id])
    return found[0].name if found else not_found()


def _stay(run: Run, volunteer_id: int) -> CheckIn | None:
    return db.session.scalar(
        select(CheckIn).where(
            CheckIn.activity_id == run.activity.id, CheckIn.volunteer_id == volunteer_id
        )
    )


def _settings(run: Run) -> Settings:
    return settings_of(db.session(), run.team.organisation_id)


def _instant(clock_minute: int, run: Run) -> datetime:
    settings = _settings(run)
    window = admits(run.activity, settings)
    return instant_of(window, run.activity.service_on, clock_minute, settings.time_zone)
