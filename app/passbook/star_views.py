"""The stars of one person: which levels, since when, and what the next one takes."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.clock import now, today_in
from app.db import db
from app.passbook.access import own_passbook, owner_for
from app.passbook.queries import Owner, settings_for
from app.passbook.star_showing import next_star, star_level_name, star_rows
from app.service.queries import served_minutes_of, star_dates_of, stars_of
from app.web.actor import current_actor
from app.web.languages import chosen_zone
from app.web.policy import allow

blueprint = Blueprint("stars", __name__)


@blueprint.get("/me/stars")
@allow("profile.read")
def own() -> ResponseReturnValue:
    """Show the own stars."""
    actor = current_actor()
    if actor.volunteer_id is None:
        return redirect(url_for("home.desk"), 303)
    return _page(own_passbook(db.session(), actor), is_own=True, sees_points=True)


@blueprint.get("/volunteers/<number>/stars")
@allow("passbook.read")
def of_person(number: str) -> str:
    """Show somebody's stars to whoever may see their hours."""
    today = today_in(chosen_zone(), now())
    owner, reach = owner_for(db.session(), current_actor(), number, today)
    return _page(owner, is_own=reach.is_own, sees_points=reach.sees_points)


def _page(owner: Owner, *, is_own: bool, sees_points: bool) -> str:
    session, at = db.session(), now()
    settings = settings_for(session, owner)
    minutes = served_minutes_of(session, owner.id)
    stars = stars_of(session, owner.id, minutes, settings, at)
    return render_template(
        "passbook/stars.html",
        owner=owner,
        is_own=is_own,
        sees_points=sees_points,
        served_minutes=minutes,
        stars=stars,
        level_name=star_level_name(stars.level),
        sentence=next_star(stars),
        levels=len(settings.star_hours),
        rows=star_rows(star_dates_of(session, owner.id, settings, at)),
    )
