"""What a plan's form offers: who may be in charge, found by name, and what stands meanwhile."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.activities.forms import NOBODY, PlanForm
from app.activities.queries.leading import last_activity
from app.activities.rules import Plan
from app.activities.rules.service_days import usual_hours
from app.clock import today_in
from app.organisations.queries import root_id_of, settings_of, subtree_ids
from app.people.models import Volunteer
from app.people.queries import Namesake, find_volunteer, search_volunteers
from app.teams.naming import Names, names_for
from app.teams.queries import Member, TeamRow, members_on
from app.teams.rules import Actor
from app.web.filters import clock_time, day
from app.web.forms import offered

MOST_FOUND = 8
NOBODY_NEAR = Names(frozenset())
SHORTEST_SEARCH = 2


class Found(NamedTuple):
    """What a search gave: people, or why there is nobody."""

    people: list[Namesake]
    note: str
    names: Names = NOBODY_NEAR

    def name_of(self, one: Namesake) -> str:
        """Return the name of somebody found; out of the reader's reach, with the number."""
        return _told(self.names, one.id, one.name, one.number)


def plan_like_last(session: Session, team: TeamRow, now: datetime) -> Plan:
    """Return the plan a new activity begins with: the team's last one's, else what is usual."""
    settings = settings_of(session, team.organisation_id)
    today = today_in(settings.time_zone, now)
    last = last_activity(session, team.id)
    if last is not None:
        return Plan(*(getattr(last, name) for name in Plan._fields))
    starts, minutes = usual_hours(settings.service_day_hours)
    return Plan("", today, starts, minutes, place=settings.service_day_place)


def offer_in_charge(
    session: Session, form: PlanForm, team: TeamRow, on: date, actor: Actor
) -> Found:
    """Offer the team's members as the person in charge, whoever was searched for, and nobody."""
    found = Found([], "")
    if form.do.data == "find":
        found = search(session, team, form.find.data or "", actor)
        if found.people:
            form.in_charge.data = found.people[0].id
    members = members_on(session, team.id, on)
    choices = {one.volunteer_id: _named(one) for one in members if _may_be_in_charge(one)}
    choices |= {one.id: found.name_of(one) for one in found.people if one.id not in choices}
    chosen = form.in_charge.data
    if chosen and chosen not in choices:
        person = find_volunteer(session, chosen)
        if person is not None and person.state == "active" and _is_here(session, person, team):
            choices[person.id] = _called(session, form, person, actor)
    form.in_charge.choices = offered([(NOBODY, _("Nobody named")), *choices.items()])
    return found


def search(session: Session, team: TeamRow, text: str, actor: Actor) -> Found:
    """Return people of the team's whole community by what was typed."""
    typed = text.strip()
    # One Chinese character is a surname already.
    if not typed or (len(typed) < SHORTEST_SEARCH and typed.isascii()):
        return Found([], _("Type at least 2 characters."))
    below = subtree_ids(session, root_id_of(session, team.organisation_id))
    people = search_volunteers(session, below, typed, limit=MOST_FOUND)
    present = [one for one in people if one.state == "active"]
    names = names_for(session, actor, [one.id for one in present], typed)
    return Found(present, "" if present else _("Nobody found."), names)


def differences(form: PlanForm, standing: Plan, typed: Plan) -> list[tuple[str, str]]:
    """Return by name what stands otherwise than it was typed, for whoever saves after another."""
    return [
        (str(form[_FIELDS.get(name, name)].label.text), _said(name, getattr(standing, name)))
        for name in Plan._fields
        if getattr(standing, name) != getattr(typed, name) and _FIELDS.get(name, name) in form
    ]


_FIELDS = {"starts_minute": "starts", "minutes": "ends", "in_charge_id": "in_charge"}


def _said(name: str, value: object) -> str:
    if isinstance(value, date):
        return day(value, with_year=True)
    if name == "starts_minute" and isinstance(value, int):
        return clock_time(value)
    if name == "minutes" and isinstance(value, int):
        return str(_("after %(minutes)s minutes", minutes=value))
    if name == "in_charge_id":
        return str(_("somebody else") if value else _("Nobody named"))
    return str(value) if value not in (None, "") else str(_("nothing"))


def _may_be_in_charge(member: Member) -> bool:
    return member.state == "active" and not member.is_dormant


def _named(member: Member) -> str:
    return str(_("%(name)s (leader)", name=member.name)) if member.role == "leader" else member.name


def _called(session: Session, form: PlanForm, person: Volunteer, actor: Actor) -> str:
    """Return the name of who is chosen: as it stood on the form that nobody has sent yet."""
    if not form.is_submitted():
        return person.name
    names = names_for(session, actor, [person.id])
    return _told(names, person.id, person.name, person.number)


def _told(names: Names, volunteer_id: int, name: str, number: str | None) -> str:
    if names.knows(volunteer_id, name):
        return name
    return str(
        _(
            "%(name)s (%(number)s)",
            name=names.of(volunteer_id, name),
            number=number or _("new friend"),
        )
    )


def _is_here(session: Session, person: object, team: TeamRow) -> bool:
    home: int = getattr(person, "organisation_id")  # noqa: B009
    return root_id_of(session, home) == root_id_of(session, team.organisation_id)
