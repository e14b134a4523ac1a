"""What every change of the tree begins with: the locks, the civil date, no year under way."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.clock import today_in
from app.ledger.operations import wait_out_postings
from app.organisations import operations as organisations
from app.organisations import rules
from app.organisations.models import Organisation
from app.organisations.queries import root_id_of, settings_of
from app.ranking.queries.under_way import years_under_way
from app.teams.operations import move_team
from app.teams.queries import TeamRow, teams_in


def hold_tree(session: Session) -> None:
    """Let nobody change the tree, post or freeze until the commit.

    Two that cross wait for each other here, and the second finds what the first has done.
    """
    organisations.lock_tree(session)
    wait_out_postings(session)


def open_one(session: Session, organisation_id: int) -> Organisation:
    """Return an organisation that is in service, held until the commit."""
    found = organisations.held_organisation(session, organisation_id)
    if found.retired_on is not None:
        raise rules.OrganisationRetired(name=found.name, retired_on=found.retired_on)
    return found


def today_at(session: Session, organisation_id: int, now: datetime) -> date:
    """Return the civil date of the tree an organisation stands in."""
    root_id = root_id_of(session, organisation_id)
    return today_in(settings_of(session, root_id).time_zone, now)


def refuse_years_under_way(session: Session, organisation_ids: Collection[int]) -> None:
    """Refuse while a list is under notice whose people would become others."""
    for found in years_under_way(session, organisation_ids):
        raise rules.YearUnderWay(name=found.organisation_name, year=found.year)


def teams_in_service(session: Session, organisation_id: int, on: date) -> list[TeamRow]:
    """Return the teams of an organisation that still serve; retired ones stay where they are."""
    return teams_in(session, [organisation_id], on=on)


def place_teams(
    session: Session,
    teams: Iterable[TeamRow],
    organisation_id: int,
    *,
    on: date,
    actor_id: int,
    now: datetime,
) -> None:
    """Let teams stand in another organisation from a day on, in the colour they bear."""
    for team in teams:
        move_team(
            session,
            team.id,
            organisation_id=organisation_id,
            colour_id=team.colour.id,
            from_on=on,
            actor_id=actor_id,
            now=now,
        )
