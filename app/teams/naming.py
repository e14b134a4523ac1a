"""How people are called to whoever leads or organises: in full only those within their reach.

A guest may come from the whole community and is found by number; whoever reads one number
after the other learns no names by it. What is typed in full is known already.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.people.rules.naming import masked_name
from app.teams.queries import within_reach
from app.teams.rules import Actor


class Names(NamedTuple):
    """Whose names stand in full, and what was typed to find somebody."""

    near: frozenset[int]
    typed: str = ""

    def knows(self, volunteer_id: int, name: str) -> bool:
        """Tell whether the reader may read, or has typed, this name."""
        return volunteer_id in self.near or _joined(self.typed) == _joined(name)

    def of(self, volunteer_id: int, name: str) -> str:
        """Return somebody's name, or no more of it than public pages show."""
        return name if self.knows(volunteer_id, name) else masked_name(name)


def names_for(
    session: Session, actor: Actor, volunteer_ids: Collection[int], typed: str = ""
) -> Names:
    """Return by which names these people are shown to somebody."""
    return Names(frozenset(within_reach(session, actor, volunteer_ids)), typed)


def _joined(text: str) -> str:
    return "".join(text.split())
