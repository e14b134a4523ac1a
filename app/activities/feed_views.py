"""Calendars to subscribe to: a team's for everybody, one's own under a secret address."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.activities import queries
from app.activities.calendar_feed import calendar_text
from app.activities.operations.feeds import end_feed, make_feed
from app.activities.queries import FeedEvent
from app.clock import now, today_in
from app.db import db, transaction
from app.organisations.queries import settings_of
from app.people.rules.passwords import digest
from app.teams.access import own_volunteer_id
from app.teams.queries import TeamRow, team_by_code
from app.web.actor import current_actor
from app.web.languages import chosen_zone, language
from app.web.policy import allow, not_found

blueprint = Blueprint("feeds", __name__)

CALENDAR = "text/calendar; charset=utf-8"
# A calendar keeps what was for a while; programs ask for it again and again.
KEPT_DAYS = 90
KEEP_FOR = "private, max-age=900"


# ── what calendars read ───────────────────────────────────────────────────────────────────


@blueprint.get("/calendars/teams/<code>.ics")
@allow("activity.read")
def team_ics(code: str) -> Response:
    """Return the calendar of a team."""
    found = _team(code)
    events = queries.events_of_team(db.session(), found.id, _since())
    return _calendar(found.name, events)


@blueprint.get("/calendars/own/<token>.ics")
@allow("activity.read")
def own_ics(token: str) -> Response:
    """Return somebody's own calendar to whoever knows its address."""
    owner = (
        queries.owner_of_feed(db.session(), digest(token), today_in(chosen_zone(), now()))
        or not_found()
    )
    events = queries.events_of_person(db.session(), owner.volunteer_id, _since())
    return _calendar(_("My service days"), events)


def _calendar(name: str, events: list[FeedEvent]) -> Response:
    session = db.session()
    body = calendar_text(
        name,
        events,
        zones=_zones(each.organisation_id for each in events),
        changed_at=queries.changes_of(session, [each.id for each in events]),
        url_of=lambda id_: url_for("activities.activity", activity_id=id_, _external=True),
    )
    answer = Response(body, content_type=CALENDAR)
    answer.headers["Content-Disposition"] = 'inline; filename="qicai.ics"'
    # Said twice: a browser in which somebody is signed in is told by `g`.
    answer.headers["Cache-Control"] = g.keep_for = KEEP_FOR
    answer.vary.update(("Accept-Language", "Cookie"))
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _zones(organisation_ids: Iterable[int]) -> dict[int, str]:
    session = db.session()
    return {each: settings_of(session, each).time_zone for each in set(organisation_ids)}


def _since() -> date:
    return today_in(chosen_zone(), now()) - timedelta(days=KEPT_DAYS)


def _team(code: str) -> TeamRow:
    return team_by_code(db.session(), code) or not_found()


# ── where people find the addresses ───────────────────────────────────────────────────────


@blueprint.get("/activities/calendars/<code>")
@allow("activity.read")
def team(code: str) -> str:
    """Show the address of a team's calendar and what to do with it."""
    found = _team(code)
    address = url_for(".team_ics", code=found.code, language=language(), _external=True)
    return render_template(
        "activities/team_calendar.html", team=found, address=address, webcal=_webcal(address)
    )


@blueprint.get("/me/calendar")
@allow("profile.read")
def own() -> str:
    """Tell whether one's calendar has an address, and since when."""
    return _own_page(own_volunteer_id(current_actor()))


@blueprint.post("/me/calendar")
@allow("profile.change")
def make() -> str:
    """Make the address, or another; it is shown this once."""
    actor = current_actor()
    volunteer_id = own_volunteer_id(actor)
    with transaction() as session:
        token = make_feed(session, volunteer_id, actor=actor, now=now())
    address = url_for(".own_ics", token=token, language=language(), _external=True)
    return _own_page(volunteer_id, address)


@blueprint.post("/me/calendar/end")
@allow("profile.change")
def end() -> ResponseReturnValue:
    """Let the address stop."""
    actor = current_actor()
    volunteer_id = own_volunteer_id(actor)
    with transaction() as session:
        end_feed(session, volunteer_id, actor=actor, now=now())
    flash(_("The address no longer works."), "success")
    return redirect(url_for(".own"), 303)


def _own_page(volunteer_id: int, address: str | None = None) -> str:
    return render_template(
        "activities/own_calendar.html",
        made_at=queries.feed_made_at(db.session(), volunteer_id),
        address=address,
        webcal=_webcal(address) if address else None,
    )


def _webcal(address: str) -> str:
    """Return the address as calendar programs take it up by a tap."""
    return "webcal://" + address.split("://", 1)[1]
