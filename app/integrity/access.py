"""Whose patterns somebody may look at: organisers and auditors, theirs and below; never leaders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.organisations.queries import Node, forest
from app.teams.queries import TeamRow, teams_in
from app.teams.rules import Actor
from app.web.policy import not_found


class Reach(NamedTuple):
    """The organisation looked at, all that may be chosen, and the teams of it and those below."""

    organisation: Node
    organisations: Sequence[Node]
    teams: dict[int, TeamRow]


def reach_of(session: Session, actor: Actor, code: str | None) -> Reach:
    """Return the organisation of a code with the teams below it; the topmost when none is asked."""
    nodes = forest(session, actor.organises | actor.audits)
    chosen = next((node for node in nodes if code in {None, "", node.code}), None)
    if chosen is None:
        not_found()
    below = _below(nodes, chosen.id)
    return Reach(chosen, nodes, {team.id: team for team in teams_in(session, below)})


def _below(nodes: Sequence[Node], top_id: int) -> set[int]:
    """Return an organisation and those below it: in a forest children stand behind parents."""
    found = {top_id}
    for node in nodes:
        if node.parent_id in found:
            found.add(node.id)
    return found
