"""What one activity's page says, and what its reader may do there at this moment."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.activities.announcement import Said, group_texts
from app.activities.models import Activity
from app.activities.public_showing import Mark, marks, near_day, room, times
from app.activities.queries import Clash, OwnPlace, Shown, clashes_of, place_of
from app.activities.queries.checking import admits
from app.activities.rules import OPEN, begins_at, ends_at
from app.clock import today_in
from app.organisations.queries import settings_of
from app.people.models import Volunteer
from app.people.queries.naming import public_name
from app.people.rules.consent import age_on
from app.web.filters import day_weekday


class Step(NamedTuple):
    """The one main button: to sign up, or to leave; `asks` first where somebody moves up by it."""

    text: str
    leaves: bool = False
    asks: bool = False


class ActivityPage(NamedTuple):
    """Everything the page shows beside the activity's own words."""

    day: str
    times: str
    marks: list[Mark]
    facts: list[tuple[str, str]]
    own: str
    step: Step | None
    # Why there is no button, or what holds instead.
    instead: str
    clashes: list[tuple[Clash, str, str]]
    is_run: bool
    # It admits people now, and the reader has a place.
    checks_in: bool
    shared: list[Said]
    room: str


def page_of_activity(
    session: Session, shown: Shown, person: Volunteer | None, now: datetime, *, is_run: bool
) -> ActivityPage:
    """Return what the page shows a reader; `person`: who would sign up, if anybody may."""
    activity = shown.activity
    settings = settings_of(session, shown.organisation_id)
    zone = settings.time_zone
    place = place_of(session, activity.id, person.id) if person else None
    today = today_in(zone, now)
    is_open = activity.state in OPEN
    clashes = clashes_of(session, activity, person.id, zone) if person and is_open else []
    step, instead = _step(shown, person, place, zone, now)
    return ActivityPage(
        near_day(activity.service_on, today),
        times(activity.starts_minute, activity.minutes),
        marks(activity, place.state if place else None),
        _facts(shown, _in_charge(session, shown, today, is_run=is_run)),
        _own_place(place, person) if is_open else "",
        step,
        instead,
        [_clash(clash) for clash in clashes],
        is_run,
        bool(
            place and place.state == "placed" and is_open and admits(activity, settings).holds(now)
        ),
        group_texts(activity, shown.team.name, zone, now, is_run=is_run),
        room(activity),
    )


def _facts(shown: Shown, in_charge: str) -> list[tuple[str, str]]:
    """Return the facts that are known, each with its name."""
    activity = shown.activity
    found = [
        (_("Place"), activity.place),
        (_("Bring"), activity.bring),
        (_("Places"), _places(shown)),
        (_("Who may come"), _least_age(activity)),
        (_("Person in charge"), in_charge),
        (_("Organisation"), shown.organisation_name),
    ]
    return [(label, value) for label, value in found if value]


def _in_charge(session: Session, shown: Shown, today: date, *, is_run: bool) -> str:
    """Return who is in charge: to the public as they agreed to, in full to who runs the team."""
    person = shown.in_charge
    if person is None:
        return ""
    return person.name if is_run else public_name(session, person.id, today)


def _places(shown: Shown) -> str:
    activity = shown.activity
    if activity.places is None:
        return str(_("as many as come"))
    if activity.state not in OPEN:
        return str(_("%(places)s in all", places=activity.places))
    left = max(0, activity.places - activity.taken)
    figures = {"left": left, "places": activity.places}
    if not shown.waiting:
        return str(_("%(left)s of %(places)s left", **figures))
    waits = ngettext("%(num)s person waits", "%(num)s people wait", shown.waiting)
    return str(_("%(left)s of %(places)s left; %(waits)s", waits=waits, **figures))


def _least_age(activity: Activity) -> str:
    if activity.least_age is None:
        return ""
    return str(_("people of %(age)s and older", age=activity.least_age))


def _own_place(place: OwnPlace | None, person: Volunteer | None) -> str:
    if place is None or person is None:
        return ""
    if place.state == "placed":
        return str(_("%(name)s has a place.", name=person.name))
    return str(_("%(name)s is number %(turn)s in the line.", name=person.name, turn=place.turn))


def _step(
    shown: Shown, person: Volunteer | None, place: OwnPlace | None, zone: str, now: datetime
) -> tuple[Step | None, str]:
    """Return the one button that fits this moment, or the sentence in its stead."""
    activity = shown.activity
    if activity.state not in OPEN or person is None:
        return None, ""
    if now >= ends_at(activity.service_on, activity.starts_minute, activity.minutes, zone):
        return None, str(_("Its planned time is over; its leader confirms who was there."))
    if now >= begins_at(activity.service_on, activity.starts_minute, zone):
        return None, _begun(place)
    if place is not None:
        text = _("Withdraw") if place.state == "placed" else _("Leave the line")
        asks = place.state == "placed" and shown.waiting > 0
        return Step(str(text), leaves=True, asks=asks), ""
    refusal = _too_young(activity, person)
    if refusal:
        return None, refusal
    is_full = activity.places is not None and activity.taken >= activity.places
    text = _("Wait for a place") if is_full else _("Sign up")
    return Step(str(text)), ""


def _begun(place: OwnPlace | None) -> str:
    if place is not None and place.state == "placed":
        return str(
            _("It has begun. If you are there, check in with the code on the leader's screen.")
        )
    return str(_("It has begun; its leader can still add you on the spot."))


def _too_young(activity: Activity, person: Volunteer) -> str:
    least = activity.least_age
    if least is None:
        return ""
    if person.born_on is None:
        said = _(
            "It is for people of %(age)s and older, and no birth date is on record:"
            " please ask the leader to add you.",
            age=least,
        )
        return str(said)
    if age_on(person.born_on, activity.service_on) < least:
        return str(_("It is for people of %(age)s and older.", age=least))
    return ""


def _clash(clash: Clash) -> tuple[Clash, str, str]:
    return clash, day_weekday(clash.service_on), times(clash.starts_minute, clash.minutes)
