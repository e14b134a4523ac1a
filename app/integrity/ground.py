"""What every list of patterns is made from and made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.integrity import queries
from app.integrity.queries import Scope
from app.organisations.queries import Inherited
from app.organisations.rules import Settings
from app.teams.queries import TeamRow
from app.web.kept import kept_if_dear

# How a column's figures are shown: minutes as hours, shares in percent.
Kind = str
Cell = str | int | date | None


class Column(NamedTuple):
    """The heading of a column and how its cells are shown."""

    title: str
    kind: Kind


class Row(NamedTuple):
    """Whom or what a row is about, its figures, and how the records behind it are found."""

    name: str
    about: str
    team: TeamRow | None
    cells: tuple[Cell, ...]
    behind: Mapping[str, Any]


class Listed(NamedTuple):
    """A pattern's list."""

    columns: tuple[Column, ...]
    rows: list[Row]


@dataclass(frozen=True)
class Ground:
    """What the lists are made from: the scope, the teams in it, what the organisation decides."""

    session: Session
    scope: Scope
    teams: Mapping[int, TeamRow]
    house: Inherited
    # What was read already for this page.
    read: dict[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return self.house.settings


def kept(ground: Ground, what: str, make: Callable[[Session, Scope], Any]) -> Any:
    """Passing over very many records is dear: then the same serves for a minute."""
    if what not in ground.read:
        key = ("integrity", what, ground.scope)
        ground.read[what] = kept_if_dear(key, lambda: make(ground.session, ground.scope))
    return ground.read[what]


def login_names(ground: Ground, login_ids: Iterable[int]) -> dict[int, str]:
    return queries.login_names(ground.session, login_ids)


def people_names(ground: Ground, volunteer_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    found = queries.volunteer_names(ground.session, volunteer_ids)
    return {each: (name, number or "") for each, (name, number) in found.items()}
