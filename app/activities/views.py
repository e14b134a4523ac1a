"""Activities for everybody: what comes, the month, what was; signing up for oneself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import ColumnElement

from app.activities import operations, queries
from app.activities.access import runs_it, seen_activity, signing_up
from app.activities.activity_page import page_of_activity
from app.activities.choosing import Asked, asked, rows_of, views_of
from app.activities.public_showing import (
    OF_DAY,
    Group,
    by_month,
    by_week,
    line,
    month_heading,
    outcome,
    service_days_of,
    weekdays,
    weeks,
)
from app.clock import now, today_in
from app.db import db, transaction
from app.errors import RuleBroken
from app.organisations.queries import settings_of, substitute_days
from app.teams.access import own_volunteer_id
from app.teams.rules import Actor
from app.web.actor import current_actor, find_actor
from app.web.filters import day_weekday, month
from app.web.languages import chosen_zone
from app.web.pagination import page_of, url_with
from app.web.policy import allow
from app.web.saying import say

blueprint = Blueprint("activities", __name__)

OWN_PAGE = 100
# No calendar of ours reaches further.
EARLIEST, LATEST = 1970, 2199


# ── lists ─────────────────────────────────────────────────────────────────────────────────


@blueprint.get("/activities")
@allow("activity.read")
def coming() -> str:
    """Show what comes, today first; or what there is on one date."""
    today = _today()
    on, found = _day_asked(), asked(today)
    when = queries.coming(today) if on is None else queries.on_day(on)
    page = page_of(queries.count_of(db.session(), found.wanted, when))
    listed = queries.page_of_list(
        db.session(), found.wanted, when, offset=page.offset, size=page.size
    )
    if on is None:
        groups = by_week(listed, today)
    else:
        lines = [line(each, today) for each in listed]
        groups = [Group(day_weekday(on, with_year=on.year != today.year), lines)] if lines else []
    return _list_page("coming", found, groups, page, on=on)


@blueprint.get("/activities/past")
@allow("activity.read")
def past() -> str:
    """Show what was, the newest first."""
    today = _today()
    found, when = asked(today), queries.past(today)
    page = page_of(queries.count_of(db.session(), found.wanted, when))
    listed = queries.page_of_list(
        db.session(),
        found.wanted,
        when,
        offset=page.offset,
        size=page.size,
        newest_first=True,
    )
    return _list_page("past", found, by_month(listed, today), page)


def _list_page(
    view: str, found: Asked, groups: list[Group], page: Any, *, on: date | None = None
) -> str:
    return render_template(
        "activities/list.html",
        view=view,
        on=on,
        groups=groups,
        page=page,
        views=views_of(view, found),
        rows=rows_of(found),
        is_narrowed=any(request.args.get(name) for name in ("colour", "team", "org", "mine")),
        team=found.team,
        all_url=url_with({"on": None, "page": None}),
    )


@blueprint.get("/activities/calendar")
@allow("activity.read")
def calendar() -> str:
    """Show a month as a table of its dates."""
    session, today = db.session(), _today()
    first, found = _month_asked(today), asked(today)
    settings = settings_of(session, found.organisation_id)
    substitutes = substitute_days(session, found.organisation_id)
    after = _month_after(first)
    last = after - timedelta(days=1)
    in_month = queries.month_of(session, found.wanted, first, last, of_day=OF_DAY)
    service_days = service_days_of(first, settings, substitutes)
    return render_template(
        "activities/calendar.html",
        title=month_heading(first),
        is_service_month=first.month == settings.service_month,
        service_days=[day_weekday(on) for on in sorted(service_days)],
        weekdays=weekdays(),
        weeks=weeks(first, in_month, service_days, today),
        before=_month_link(_month_before(first)),
        after=_month_link(after),
        now_url=url_with({"month": None}) if first != today.replace(day=1) else None,
        views=views_of("calendar", found),
        rows=rows_of(found),
        kept={name: request.args.get(name) for name in ("colour", "team", "org", "mine")},
    )


# ── one activity ──────────────────────────────────────────────────────────────────────────


@blueprint.get("/activities/<int:activity_id>")
@allow("activity.read")
def activity(activity_id: int) -> str:
    """Show one activity: what, when, where, and what the reader may do now."""
    actor = find_actor()
    shown = seen_activity(actor, activity_id)
    person = signing_up(actor, shown)
    page = page_of_activity(db.session(), shown, person, now(), is_run=runs_it(actor, shown))
    return render_template(
        "activities/activity.html",
        page=page,
        shown=shown,
        activity=shown.activity,
        person=person,
    )


@blueprint.post("/activities/<int:activity_id>/sign-up")
@allow("activity.sign_up")
def sign_up(activity_id: int) -> ResponseReturnValue:
    """Sign oneself up, or whom one acts for; when all places are taken, wait for one."""

    def step(person_id: int, actor: Actor) -> str:
        with transaction() as session:
            made = operations.sign_up(session, activity_id, person_id, actor=actor, now=now())
        if made.state == "placed":
            return _placed(actor)
        place = queries.place_of(db.session(), activity_id, person_id)
        return _waits(actor, place.turn if place else 1)

    return _own_step(activity_id, step)


@blueprint.get("/activities/<int:activity_id>/withdraw")
@allow("activity.sign_up")
def ask_withdraw(activity_id: int) -> ResponseReturnValue:
    """Ask before a place is given back for which others wait."""
    actor = current_actor()
    own_volunteer_id(actor)
    shown = seen_activity(actor, activity_id)
    person = signing_up(actor, shown)
    if person is None or queries.place_of(db.session(), activity_id, person.id) is None:
        return redirect(url_for(".activity", activity_id=activity_id), 303)
    return render_template("activities/ask_withdraw.html", activity=shown.activity, person=person)


@blueprint.post("/activities/<int:activity_id>/withdraw")
@allow("activity.sign_up")
def withdraw(activity_id: int) -> ResponseReturnValue:
    """Give one's place back, or one's turn in the line."""

    def step(person_id: int, actor: Actor) -> str:
        with transaction() as session:
            operations.withdraw(session, activity_id, person_id, actor=actor, now=now())
        return _withdrawn(actor)

    return _own_step(activity_id, step)


def _own_step(activity_id: int, step: Callable[[int, Actor], str]) -> ResponseReturnValue:
    """Do something for the person the page named, say what came of it, and show the page again."""
    actor = current_actor()
    person_id = own_volunteer_id(actor)
    seen_activity(actor, activity_id)
    if request.form.get("volunteer") != str(person_id):
        # Acting for somebody began or ended on this device since the page was read.
        flash(_("Nothing was done: look for whom you act, and choose again."), "warning")
        return redirect(url_for(".activity", activity_id=activity_id), 303)
    try:
        flash(step(person_id, actor), "success")
    except (operations.SignedUpAlready, operations.NotSignedUp) as refusal:
        # A second tap, or Back: what it asks for is so already.
        flash(say(refusal), "info")
    except RuleBroken as refusal:
        if refusal.code == "not_found":
            raise
        flash(say(refusal), "warning")
    return redirect(url_for(".activity", activity_id=activity_id), 303)


def _placed(actor: Actor) -> str:
    if actor.acting_for:
        return str(_("%(name)s has a place.", name=actor.acting_for.name))
    return str(_("You have a place."))


def _waits(actor: Actor, turn: int) -> str:
    if actor.acting_for:
        said = _(
            "All places are taken; %(name)s is number %(turn)s in the line and moves up by itself.",
            name=actor.acting_for.name,
            turn=turn,
        )
        return str(said)
    said = _("All places are taken; you are number %(turn)s in the line.", turn=turn)
    return str(said)


def _withdrawn(actor: Actor) -> str:
    if actor.acting_for:
        return str(_("%(name)s is no longer signed up.", name=actor.acting_for.name))
    return str(_("You are no longer signed up."))


# ── one's own ─────────────────────────────────────────────────────────────────────────────


@blueprint.get("/me/activities")
@allow("profile.read")
def mine() -> str:
    """Show one's own sign-ups: what comes, what one waits for, what was."""
    person_id, today = own_volunteer_id(current_actor()), _today()
    ahead = _own(person_id, queries.coming(today), size=OWN_PAGE)
    page = page_of(queries.count_own(db.session(), person_id, queries.past(today)))
    was = _own(
        person_id, queries.past(today), size=page.size, offset=page.offset, newest_first=True
    )
    return render_template(
        "activities/mine.html",
        placed=[line(each.activity, today) for each in ahead if each.activity.own == "placed"],
        waiting=[
            (line(each.activity, today), each.turn)
            for each in ahead
            if each.activity.own == "waiting"
        ],
        past=[(line(each.activity, today), outcome(each)) for each in was],
        page=page,
    )


def _own(
    person_id: int, when: ColumnElement[bool], *, size: int, **more: Any
) -> list[queries.OwnSignUp]:
    return queries.own_sign_ups(db.session(), person_id, when, size=size, **more)


# ── what the address asks for ─────────────────────────────────────────────────────────────


def _today() -> date:
    return today_in(chosen_zone(), now())


def _day_asked() -> date | None:
    return _date_in(request.args.get("on", ""))


def _month_asked(today: date) -> date:
    return _date_in(f"{request.args.get('month', '')}-01") or today.replace(day=1)


def _date_in(typed: str) -> date | None:
    if len(typed) != len("2026-03-28") or not typed.isascii():
        return None
    try:
        found = date.fromisoformat(typed)
    except ValueError:
        return None
    return found if EARLIEST <= found.year <= LATEST else None


def _month_before(first: date) -> date:
    if first.month == 1:
        return first.replace(year=first.year - 1, month=12)
    return first.replace(month=first.month - 1)


def _month_after(first: date) -> date:
    if first.month == 12:
        return first.replace(year=first.year + 1, month=1)
    return first.replace(month=first.month + 1)


def _month_link(first: date) -> dict[str, str] | None:
    if not EARLIEST <= first.year <= LATEST:
        return None
    return {"url": url_with({"month": f"{first:%Y-%m}"}), "label": month(first)}
