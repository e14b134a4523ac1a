"""Whose organisations' data an organiser or auditor asks about; everything else is not there."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from app.organisations.queries import Node, forest, subtree_ids
from app.teams.rules import Actor
from app.web.policy import not_found


class Desk(NamedTuple):
    """An organisation with all below it, and those that may be chosen instead."""

    organisation: Node
    organisations: list[Node]
    scope: list[int]
    # Who only audits reads names, and no forms.
    organises: bool


def desk_of(session: Session, actor: Actor, code: str | None) -> Desk:
    """Return the organisation of a code; the topmost one within reach when none is asked."""
    nodes = forest(session, actor.organises | actor.audits)
    chosen = next((node for node in nodes if code in {None, "", node.code}), None) or not_found()
    return Desk(
        chosen, nodes, subtree_ids(session, chosen.id), organises=chosen.id in actor.organises
    )
