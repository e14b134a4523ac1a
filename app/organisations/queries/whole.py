"""Every organisation at once, for pages that ask several things of the tree."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.organisations.models import Organisation
from app.organisations.rules import line_above


class Branch(NamedTuple):
    """One organisation: below which it hangs, and since when it is not in service."""

    id: int
    parent_id: int | None
    code: str
    name: str
    retired_on: date | None


class WholeTree:
    """All organisations, a few hundred in a county, read with one statement."""

    def __init__(self, branches: Iterable[Branch]) -> None:
        self.branches = {branch.id: branch for branch in branches}
        self._parents = {each: branch.parent_id for each, branch in self.branches.items()}

    def root_of(self, organisation_id: int) -> int:
        """Return the root above an organisation."""
        return line_above(self._parents, organisation_id)[-1]

    def above(self, organisation_id: int) -> list[int]:
        """Return all above an organisation, the nearest first."""
        return self._line(organisation_id)[1:]

    def below(self, organisation_id: int) -> set[int]:
        """Return an organisation and all below it."""
        return {each for each in self._parents if organisation_id in self._line(each)}

    def same_root(self, organisation_id: int) -> set[int]:
        """Return all organisations of one tree."""
        return self.below(self.root_of(organisation_id))

    def in_service(self, organisation_ids: Iterable[int]) -> set[int]:
        """Return those at which something new may be made."""
        return {each for each in organisation_ids if self.branches[each].retired_on is None}

    def children(self, organisation_id: int) -> list[Branch]:
        """Return those in service right below an organisation, by code."""
        found = (
            branch
            for branch in self.branches.values()
            if branch.parent_id == organisation_id and branch.retired_on is None
        )
        return sorted(found, key=lambda branch: branch.code)

    def _line(self, organisation_id: int) -> list[int]:
        return line_above(self._parents, organisation_id)


def whole_tree(session: Session) -> WholeTree:
    """Return all organisations as they stand now."""
    rows = session.execute(
        select(
            Organisation.id, Organisation.parent_id, Organisation.code, Organisation.name,
            Organisation.retired_on,
        )
    )  # fmt: skip
    return WholeTree(Branch(*row) for row in rows)
