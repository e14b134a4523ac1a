"""Which titles a scheme gives by the live lists of a year; dear to make, so kept a minute."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import allow_long_reading
from app.ranking.preview_ground import Ground
from app.ranking.queries.lists import TeamTotal, live_rankings, team_totals
from app.ranking.rules.awarding import Award, Rankings, awards_of
from app.ranking.rules.schemes import Scheme, Weights
from app.web.kept import kept_if_dear


class Judged(NamedTuple):
    """The titles a scheme gives, and the teams by id; no person's name."""

    awards: Sequence[Award]
    teams: dict[int, TeamTotal]

    def of_person(self, volunteer_id: int) -> list[Award]:
        """Return the titles somebody receives."""
        return [one for one in self.awards if one.volunteer_id == volunteer_id]


def judged(session: Session, ground: Ground, *schemes: Scheme) -> list[Judged]:
    """Return what each scheme gives by the lists of a year as they stand now."""
    organisation_id, year = ground.closing.organisation_id, ground.year
    least = ground.around.settings.ranking_least_people

    @cache
    def teams() -> list[TeamTotal]:
        return team_totals(session, year, sorted(ground.below))

    @cache
    def rankings(weights: Weights | None) -> Rankings:
        # Whole lists are read; once a minute at most where that is dear.
        allow_long_reading(session)
        return live_rankings(session, organisation_id, year, weights, teams(), least)

    def judge(scheme: Scheme) -> Judged:
        awards = awards_of(scheme, rankings(scheme.weights))
        return Judged(awards, {team.team_id: team for team in teams()})

    return [
        kept_if_dear(
            ("awards.judged", organisation_id, year, tuple(ground.below), *_told(scheme)),
            partial(judge, scheme),
        )
        for scheme in schemes
    ]


def _told(scheme: Scheme) -> tuple[object, ...]:
    """Return a scheme as part of a key."""
    return (*scheme[:-1], tuple(sorted(scheme.exclusions.items())))
