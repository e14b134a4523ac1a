"""Whose claims somebody sees and splits; with which teams one may claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.claims.queries import Beside, beside_records, shows_picture, without_withheld
from app.claims.rules import first_timely_day
from app.organisations.calendar import WorkingCalendar
from app.organisations.queries import (
    root_id_of,
    settings_of,
    subtree,
    working_calendar,
)
from app.people.queries import get_volunteer
from app.service.access import Seen, changeable_record, seen_record
from app.teams.access import today
from app.teams.queries import TeamRow, membership_rows, teams_in
from app.teams.rules import Actor
from app.web.policy import not_found


class Ground(NamedTuple):
    """Where somebody may claim, and from which day on the team's leader decides."""

    own: list[TeamRow]
    # By the name of the organisation, the nearest first.
    others: list[tuple[str, list[TeamRow]]]
    timely_from: date

    @property
    def by_code(self) -> dict[str, TeamRow]:
        """Return every team that may be chosen."""
        listed = [self.own, *(teams for _name, teams in self.others)]
        return {team.code: team for teams in listed for team in teams}


def ground_of(session: Session, volunteer_id: int, today: date) -> Ground:
    """Return the teams of a volunteer, then the others of the tree, as guest."""
    home = get_volunteer(session, volunteer_id).organisation_id
    nodes = subtree(session, root_id_of(session, home))
    teams = teams_in(session, [node.id for node in nodes], on=today)
    own_ids = {row.team_id for row in membership_rows(session, [volunteer_id], on=today)}
    by_home: dict[int, list[TeamRow]] = {}
    for team in teams:
        if team.id not in own_ids:
            by_home.setdefault(team.organisation_id, []).append(team)
    settings = settings_of(session, home)
    calendar = WorkingCalendar(working_calendar(session, home))
    return Ground(
        [team for team in teams if team.id in own_ids],
        [
            (node.name, by_home[node.id])
            for node in sorted(nodes, key=lambda node: node.id != home)
            if node.id in by_home
        ],
        first_timely_day(today, calendar, settings.timely_working_days),
    )


def own_claim(session: Session, actor: Actor, record_id: int) -> Seen:
    """Return a claim of one's own, or of somebody one acts for."""
    seen = seen_record(session, actor, record_id)
    is_claim = seen.record.evidence == "claimed" and seen.record.corrects_id is None
    return seen if seen.is_own and is_claim else not_found()


def claim_to_split(session: Session, actor: Actor, record_id: int) -> Seen:
    """Return a claim of a team the actor leads or organises; the operation says who may."""
    seen = changeable_record(session, actor, record_id)
    is_claim = seen.record.evidence == "claimed" and seen.record.corrects_id is None
    return seen if is_claim else not_found()


def beside(session: Session, actor: Actor, record_ids: Sequence[int]) -> Mapping[int, Any]:
    """Return what claims have to say beside records this actor looks at (service.asides)."""
    found: dict[int, Beside] = beside_records(session, record_ids)
    return without_withheld(session, actor, found, today())


def may_see_picture(session: Session, actor: Actor | None, picture_id: int) -> bool:
    """Tell whether a picture belongs to a claim this actor sees (pictures.serving)."""
    return actor is not None and shows_picture(session, actor, picture_id, today())
