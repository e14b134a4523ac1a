"""Which day a team's form is about, and what the team and the present say about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.clock import today_in
from app.organisations.calendar import WorkingCalendar
from app.organisations.rules import Settings
from app.service.operations.grounds import kept_grounds
from app.service.queries import had_people_by, last_service_day
from app.service.rules import FutureDate, is_timely
from app.teams.queries import TeamRow
from app.web.filters import day_weekday
from app.web.saying import say


class Ground(NamedTuple):
    """The day of the form, and what offers itself instead."""

    settings: Settings
    calendar: WorkingCalendar
    today: date
    on: date
    # The latest service day; None when nobody belonged to the team by then.
    service_day: date | None
    # What is wrong with the day asked for, where another one is shown instead.
    error: str
    # The whole tree the team stands in: a guest may come from anywhere in it.
    organisation_ids: Sequence[int]

    def is_timely(self, on: date) -> bool:
        """Say whether a leader's entry of this day still counts at once."""
        days = self.settings.timely_working_days
        return is_timely(on, self.today, calendar=self.calendar, working_days=days)


def ground_of(session: Session, team: TeamRow, asked: str, now: datetime) -> Ground:
    """Return the day asked for, else the latest service day, else today.

    A service day nobody belonged to the team by, or too late to enter, does not open by itself.
    """
    kept = kept_grounds(session, now)
    settings, calendar, substitutes, _versions = kept.house_of(team.organisation_id)
    today = today_in(settings.time_zone, now)
    latest = last_service_day(settings, substitutes, today)
    service_day = latest if had_people_by(session, team.id, latest) else None
    on, error = _read(asked, today)
    around = kept.tree_around(team.organisation_id)
    ground = Ground(settings, calendar, today, on or today, service_day, error, around)
    if on is None and service_day is not None and ground.is_timely(service_day):
        return ground._replace(on=service_day)
    return ground


def _read(asked: str, today: date) -> tuple[date | None, str]:
    if not asked:
        return None, ""
    try:
        on = date.fromisoformat(asked)
    except ValueError:
        return None, _("Fill in a date such as 2026-03-28.")
    if on > today:
        return None, say(FutureDate(service_on=on, today=today))
    return on, ""


def day_choices(ground: Ground, team: TeamRow, guests: Sequence[int]) -> list[dict[str, Any]]:
    """Return the days one tap leads to; guests already added come along."""
    days = {ground.today: _("Today")}
    if ground.service_day is not None:
        days[ground.service_day] = _("latest service day")
    return [
        {
            "url": url_for("log.day", team_code=team.code, on=on, guest=guests),
            "label": day_weekday(on, with_year=on.year != ground.today.year),
            "hint": hint,
            "current": on == ground.on,
        }
        for on, hint in sorted(days.items())
    ]
