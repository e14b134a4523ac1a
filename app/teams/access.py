"""Who acts, and how far they reach: whatever lies outside does not exist (404)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now, today_in
from app.db import db
from app.errors import NotFound
from app.organisations.models import Organisation
from app.people.access import current_sign_in
from app.people.models import Volunteer
from app.people.queries import SignedIn, find_volunteer
from app.teams.queries import (
    MembershipRow,
    TeamRow,
    actor_of,
    membership,
    team_by_code,
    teams_in,
)
from app.teams.rules import Actor, Ward
from app.web.languages import chosen_zone
from app.web.policy import not_found


def load_actor() -> Actor | None:
    """Return whoever is signed in with their rights as the database says now (I-22)."""
    signed = current_sign_in()
    if signed is None:
        return None
    try:
        actor = actor_of(
            db.session(),
            signed.login_id,
            today(),
            is_proven=signed.factor_at is not None,
            admin_needs_factor=current_app.config["ADMIN_SECOND_FACTOR"],
        )
    except NotFound:
        return None
    return _acting(actor, signed)


def _acting(actor: Actor, signed: SignedIn) -> Actor:
    """Let the device act for whom it chose, if its owner still may today."""
    if signed.acting_for_id is None or signed.acting_for_id not in actor.acts_for:
        return actor
    ward = Ward(signed.acting_for_id, signed.acting_for_name or "")
    return replace(actor, acting_for=ward)


def find_actor_at(session: Session, login_id: int, at: datetime) -> Actor | None:
    """Return whoever a job runs for with their rights as the database says now, or None."""
    try:
        return actor_of(session, login_id, today_in(chosen_zone(), at))
    except NotFound:
        return None


def today() -> date:
    """Return the civil date of the site."""
    return today_in(chosen_zone(), now())


def own_volunteer_id(actor: Actor) -> int:
    """Return whose own pages these are, oneself or whom one acts for; a mere login has none."""
    return actor.own_id or not_found()


def read_scope(actor: Actor) -> frozenset[int]:
    """Return the organisations whose people and teams a desk may read; none is not found."""
    if actor.is_admin:
        return frozenset(db.session.scalars(select(Organisation.id)))
    return (actor.organises | actor.audits) or not_found()


def readable_person(actor: Actor, volunteer_id: int) -> Volunteer:
    """Return a person a desk may read, or answer 404."""
    found = find_volunteer(db.session(), volunteer_id)
    return found if found and _is_readable(actor, found.organisation_id) else not_found()


def own_person(actor: Actor, volunteer_id: int) -> Volunteer:
    """Return a person an organiser may change, or answer 404."""
    found = find_volunteer(db.session(), volunteer_id)
    # Whoever became somebody else is changed no more: there is the other to be changed.
    is_there = found is not None and found.state != "matched"
    is_own = found is not None and found.organisation_id in actor.organises
    return found if found and is_there and is_own else not_found()


def readable_team(actor: Actor, code: str) -> TeamRow:
    """Return a team a desk may read, or answer 404."""
    found = team_by_code(db.session(), code)
    return found if found and _is_readable(actor, found.organisation_id) else not_found()


def own_team(actor: Actor, code: str) -> TeamRow:
    """Return a team an organiser may change, or answer 404."""
    found = team_by_code(db.session(), code)
    return found if found and found.organisation_id in actor.organises else not_found()


def _is_readable(actor: Actor, organisation_id: int) -> bool:
    return actor.is_admin or organisation_id in actor.organises | actor.audits


def membered_team(actor: Actor, code: str) -> TeamRow:
    """Return a team whose members somebody may read: its leader, a desk above it."""
    found = team_by_code(db.session(), code)
    if found is None or not (
        found.id in actor.leads or found.organisation_id in actor.organises | actor.audits
    ):
        not_found()
    return found


def may_change_members(actor: Actor, team: TeamRow) -> bool:
    """Tell whether somebody may add and end members: its leader, an organiser above it."""
    return team.id in actor.leads or team.organisation_id in actor.organises


def member_of_team(team: TeamRow, membership_id: int) -> MembershipRow:
    """Return a membership of this team, or answer 404."""
    found = membership(db.session(), membership_id)
    if found is None or found.team_id != team.id:
        not_found()
    return found


def team_choices(actor: Actor) -> list[tuple[int, str]]:
    """Return the teams an organiser may choose from."""
    return [(team.id, team.name) for team in teams_in(db.session(), actor.organises, on=today())]


def organisation_names() -> dict[int, str]:
    """Return every organisation's name by id."""
    names = select(Organisation.id, Organisation.name).order_by(Organisation.id)
    return dict(db.session.execute(names).all())
