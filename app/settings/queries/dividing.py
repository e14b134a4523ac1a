"""Who goes where when an organisation is split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.organisations.rules import Belonging, side_taken, sides_of
from app.people.models import Volunteer
from app.teams.models import Membership, Team
from app.teams.queries.spans import not_over

Sides = Mapping[int | None, Belonging]


class Divided(NamedTuple):
    """The people of an organisation by the sides their teams go to; None is the side that stays."""

    sides: Mapping[int, Sides]
    without_team: tuple[int, ...]

    def to(
        self, place: int | None, chosen: Mapping[int, int | None], without_team: int | None
    ) -> list[int]:
        """Return who goes to a part."""
        found = [
            person
            for person, sides in self.sides.items()
            if side_taken(sides, chosen, person) == place
        ]
        return sorted([*found, *(self.without_team if without_team == place else ())])

    @property
    def torn(self) -> dict[int, Sides]:
        """Those with teams on several sides, who stay or go as somebody chooses."""
        return {person: sides for person, sides in self.sides.items() if len(sides) > 1}


def divided(
    session: Session, organisation_id: int, parts: Sequence[Sequence[int]], on: date
) -> Divided:
    """Return where the people of an organisation go with their teams, now or from a later day."""
    part_of_team = {team_id: place for place, ids in enumerate(parts) for team_id in ids}
    belongings = _belongings(session, organisation_id, on)
    sides = sides_of(belongings, part_of_team)
    here = (
        Volunteer.organisation_id == organisation_id,
        Volunteer.state.in_(("active", "proposed")),
    )
    everybody = session.scalars(select(Volunteer.id).where(*here).order_by(Volunteer.id))
    return Divided(sides, tuple(each for each in everybody if each not in sides))


def _belongings(session: Session, organisation_id: int, on: date) -> list[Belonging]:
    query = (
        select(Membership.id, Membership.volunteer_id, Membership.team_id, Membership.from_on)
        .join(Team, Team.id == Membership.team_id)
        .join(Volunteer, Volunteer.id == Membership.volunteer_id)
        .where(
            Volunteer.organisation_id == organisation_id,
            Volunteer.state.in_(("active", "proposed")),
            Team.organisation_id == organisation_id,
            or_(Team.retired_on.is_(None), Team.retired_on > on),
            not_over(Membership, on),
        )
    )
    return [Belonging(*row) for row in session.execute(query)]
