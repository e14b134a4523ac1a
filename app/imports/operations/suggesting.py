"""Offer a way out for each cause of refusal: the team, the person, the date that was meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from difflib import SequenceMatcher
from typing import Any

from sqlalchemy.orm import Session

from app.imports.operations.reading import ReadFile
from app.imports.queries import Candidate, candidates_in, reach_of, team_names_of
from app.imports.rules.causes import Case, Cause
from app.imports.rules.guesses import dates_meant
from app.imports.rules.near_names import NearNames
from app.imports.rules.reach import Reach, folded
from app.imports.rules.refusals import (
    AmbiguousName,
    NameMismatch,
    OrganisationBeyond,
    OtherPhone,
    SeveralOrganisations,
    SeveralTeams,
    TeamRetired,
    UnknownName,
    UnknownNumber,
    UnknownOrganisation,
    UnknownTeam,
)
from app.sheets.durations import DurationWithoutUnit
from app.teams.rules import Actor

MOST_OPTIONS = 4
_TYPED_CODES = frozenset(
    {"missing", "unknown_team", "unknown_org", "unknown_volunteer", "ambiguous_name"}
    | {"name_mismatch", "bad_date", "future_date", "bad_time", "bad_duration", "overlap"}
    | {"bad_points", "conflict"}
)

Option = dict[str, Any]


def suggest(
    session: Session, file: ReadFile, causes: Sequence[Cause], *, actor: Actor, today: date
) -> None:
    """Fill the options of each case that something may be done about."""
    reach = reach_of(session, actor)
    cases = [(cause.code, case) for cause in causes for case in cause.cases.values()]
    people = _people(session, reach, cases)
    for code, case in cases:
        case.options = _options(reach, people, case, today)
        case.may_type = code in _TYPED_CODES and bool(case.sample.key)
    _tell_teams(session, [option for _code, case in cases for option in case.options])


def _tell_teams(session: Session, options: Iterable[Option]) -> None:
    """Say of each person offered in which teams they are: namesakes are told apart by it."""
    people = [option for option in options if option["kind"] == "person"]
    teams = team_names_of(session, [option["volunteer_id"] for option in people])
    for option in people:
        option["teams"] = teams.get(option["volunteer_id"], [])


def _options(reach: Reach, people: _People, case: Case, today: date) -> list[Option]:
    broken, cell = case.sample.broken, case.sample.cell
    if isinstance(broken, UnknownTeam | SeveralTeams | TeamRetired):
        return _teams(reach, str(broken.figures.get("team", cell)))
    if isinstance(broken, UnknownOrganisation | SeveralOrganisations | OrganisationBeyond):
        return _organisations(reach, cell)
    if isinstance(broken, UnknownName | AmbiguousName | OtherPhone | NameMismatch | UnknownNumber):
        return people.options(case)
    if isinstance(broken, DurationWithoutUnit):
        return [{"kind": "unit", "unit": unit} for unit in ("hours", "minutes")]
    if broken.code == "bad_date":
        return [
            {"kind": "date", "on": on.isoformat(), "cells": [[case.sample.key, on.isoformat()]]}
            for on in dates_meant(cell, today)
        ]
    return []


def _teams(reach: Reach, meant: str) -> list[Option]:
    """Return the likeliest teams first; who has few is offered all of them."""
    open_teams = [
        team
        for team in reach.teams.values()
        if team.retired_on is None and reach.may_import_for(team)
    ]
    ranked = sorted(open_teams, key=lambda team: (-_likeness(meant, team.name), team.id))
    return [
        {"kind": "team", "name": team.name, "code": team.code, "cells": [["team", team.code]]}
        for team in ranked[: MOST_OPTIONS * 2]
    ]


def _organisations(reach: Reach, meant: str) -> list[Option]:
    """Return the likeliest of the organisations the actor may import for first."""
    own = [node for node in reach.nodes.values() if node.id in reach.actor.organises]
    ranked = sorted(own, key=lambda node: (-_likeness(meant, node.name), node.id))
    return [
        {
            "kind": "organisation",
            "name": node.name,
            "code": node.code,
            "cells": [["organisation", node.code]],
        }
        for node in ranked[:MOST_OPTIONS]
    ]


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, folded(one), folded(other), autojunk=False).ratio()


class _People:
    """The people an actor may be told of, found by name, by number and by likeness."""

    def __init__(self, known: Iterable[Candidate]) -> None:
        self.known = list(known)
        self.by_name: dict[str, list[Candidate]] = {}
        self.by_number: dict[str, Candidate] = {}
        for each in self.known:
            self.by_name.setdefault(folded(each.name), []).append(each)
            if each.number:
                self.by_number[each.number] = each
        self._near: NearNames | None = None

    def options(self, case: Case) -> list[Option]:
        """Return whom a row may mean."""
        broken = case.sample.broken
        name = str(broken.figures.get("name") or case.said.get("name", ""))
        found = list(self.by_name.get(folded(name), ())) if name else []
        if isinstance(broken, NameMismatch):
            held = self.by_number.get(str(broken.figures["number"]))
            found = ([held] if held else []) + found
        if not found and name:
            found = [each for near in self._like(name) for each in self.by_name[near]]
        numbered = [each for each in dict.fromkeys(found) if each.number]
        return [_person(each) for each in numbered[:MOST_OPTIONS]]

    def _like(self, name: str) -> list[str]:
        if self._near is None:
            self._near = NearNames(self.by_name)
        return self._near.like(folded(name))


def _people(session: Session, reach: Reach, cases: Iterable[tuple[str, Case]]) -> _People:
    """Look people up only where a case asks for them."""
    asks = {"unknown_volunteer", "ambiguous_name", "name_mismatch"}
    if not any(code in asks for code, _case in cases):
        return _People(())
    return _People(candidates_in(session, reach))


def _person(candidate: Candidate) -> Option:
    # The number says who it is; a name that disagrees would be refused again.
    cells = [["number", candidate.number], ["name", ""]]
    return {"kind": "person", **_about(candidate), "cells": cells}


def _about(candidate: Candidate) -> dict[str, Any]:
    return {
        "name": candidate.name,
        "number": candidate.number or "",
        "phone": candidate.masked_phone,
        "volunteer_id": candidate.id,
    }
