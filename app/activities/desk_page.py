"""What every page of the check-in desk bears, and the clock it reads times by."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from flask import request

from app.activities.access import Run
from app.activities.queries.checking import admits, listed_here
from app.activities.rules import OPEN, refused_at
from app.activities.rules.window import instant_of
from app.db import db
from app.organisations.queries import settings_of
from app.organisations.rules import Settings
from app.teams.queries import within_reach
from app.teams.rules import Actor
from app.web.saying import say


def page_of(run: Run) -> dict[str, Any]:
    """Return what the head of each page says of the activity."""
    activity = run.activity
    return {
        "activity": activity,
        "team": run.team,
        "ends_minute": (activity.starts_minute + activity.minutes) % 1440,
        "back": f"{request.script_root}/activities/{activity.id}",
        "refusal": None if activity.state in OPEN else say(refused_at(activity.state)),
    }


def settings_here(run: Run) -> Settings:
    """Return what is set where the activity's team stands."""
    return settings_of(db.session(), run.team.organisation_id)


def instant_in(run: Run, clock_minute: int) -> datetime:
    """Return the instant that a clock time means at this activity."""
    settings = settings_here(run)
    window = admits(run.activity, settings)
    return instant_of(window, run.activity.service_on, clock_minute, settings.time_zone)


def named_here(run: Run, actor: Actor, volunteer_ids: Collection[int]) -> set[int]:
    """Return whom the desk may name: those on its list, and those within the reader's reach."""
    session = db.session()
    listed = listed_here(session, run.activity.id, volunteer_ids)
    return listed | within_reach(session, actor, set(volunteer_ids) - listed)
