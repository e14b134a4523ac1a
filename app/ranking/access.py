"""Whose ranking somebody may preview: GUARANTEES §4, row "ranking: preview, what-if"."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from app.organisations.queries import Node, forest
from app.ranking.queries import Scope
from app.teams.queries import TeamRow, teams_in, teams_led_by
from app.teams.rules import Actor


class Reach(NamedTuple):
    """The organisations somebody may rank, each behind its parent, and the teams they lead."""

    organisations: tuple[Node, ...]
    led: tuple[TeamRow, ...]

    @property
    def is_leader_only(self) -> bool:
        """Tell whether only the own teams may be ranked."""
        return not self.organisations

    @property
    def is_empty(self) -> bool:
        """Tell whether nobody may be ranked: what remains is the own place."""
        return not self.organisations and not self.led


def reach_of(session: Session, actor: Actor) -> Reach:
    """Return what an actor may rank."""
    organisations = forest(session, actor.organises | actor.audits)
    led = () if organisations else tuple(teams_led_by(session, actor))
    return Reach(tuple(organisations), led)


def may_preview(actor: Actor, scope: Scope) -> bool:
    """Tell whether a scope lies within the actor's reach."""
    if scope.organisation_id in actor.organises | actor.audits:
        return True
    return scope.team is not None and scope.team.id in actor.leads


def teams_to_choose(session: Session, reach: Reach, scope: Scope) -> list[TeamRow]:
    """Return the teams whose ranking may be asked for, retired ones included."""
    if reach.is_leader_only:
        return list(reach.led)
    return teams_in(session, scope.organisation_ids)
