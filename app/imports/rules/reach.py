"""How far an importer reaches: which organisations, teams and people a cell may mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple, TypeVar

from app.imports.rules.refusals import (
    AmbiguousName,
    CellRefused,
    NameMismatch,
    OrganisationBeyond,
    OtherPhone,
    SeveralOrganisations,
    SeveralTeams,
    TeamBeyond,
    UnknownName,
    UnknownNumber,
    UnknownOrganisation,
    UnknownTeam,
)
from app.imports.rules.service_rows import Who
from app.people.rules.names import typed_number
from app.sheets.values import parse_name
from app.teams.rules import Actor


class Node(NamedTuple):
    """An organisation of the tree."""

    id: int
    parent_id: int | None
    code: str
    name: str
    retired_on: date | None = None


class TeamNode(NamedTuple):
    """A team as it stands today."""

    id: int
    code: str
    name: str
    organisation_id: int
    retired_on: date | None


class Known(NamedTuple):
    """A volunteer as kept."""

    id: int
    organisation_id: int
    number: str | None
    name: str
    phone: str | None
    kind: str
    sex: str | None
    born_on: date | None
    state: str


T = TypeVar("T", Node, TeamNode)


@lru_cache(maxsize=16384)
def folded(text: str) -> str:
    """Return a name or a code as it is compared: one spelling, any case."""
    return parse_name(text).casefold()


class Reach:
    """The trees an actor belongs to, and what of them they may import for.

    What lies in other trees does not exist; what lies in their own but beyond their rights
    is named, and refused as not allowed.
    """

    def __init__(
        self,
        actor: Actor,
        nodes: Iterable[Node],
        teams: Iterable[TeamNode],
        home_ids: Iterable[int],
    ) -> None:
        self.actor = actor
        self.nodes = {node.id: node for node in nodes}
        by_id = {team.id: team for team in teams}
        homes = {*home_ids, *actor.organises, *actor.audits}
        homes |= {by_id[team_id].organisation_id for team_id in actor.leads if team_id in by_id}
        roots = {self.root_of(home) for home in homes if home in self.nodes}
        self.visible = frozenset(
            node_id for node_id in self.nodes if actor.is_admin or self.root_of(node_id) in roots
        )
        self.teams = {
            team_id: team for team_id, team in by_id.items() if team.organisation_id in self.visible
        }
        self._teams_by_word = _by_word(self.teams.values())
        # What was retired takes nobody in: whoever names it means what it was merged into.
        self._nodes_by_word = _by_word(
            self.nodes[node_id]
            for node_id in self.visible
            if self.nodes[node_id].retired_on is None
        )
        self._found: dict[str, TeamNode] = {}

    def root_of(self, organisation_id: int) -> int:
        """Return the root above an organisation."""
        return self.above(organisation_id)[-1]

    def above(self, organisation_id: int) -> list[int]:
        """Return the organisation itself, its parent, … the root."""
        path = [organisation_id]
        while (parent_id := self.nodes[path[-1]].parent_id) is not None:
            path.append(parent_id)
        return path

    def common(self, organisation_ids: Iterable[int]) -> int:
        """Return the lowest organisation all of these stand below, or the first one's root."""
        paths = [self.above(each) for each in sorted(set(organisation_ids))]
        shared = set(paths[0]).intersection(*paths[1:])
        return next((each for each in paths[0] if each in shared), paths[0][-1])

    def tops(self) -> list[int]:
        """Return the highest organisations the actor organises."""
        return sorted(
            each
            for each in self.actor.organises
            if each in self.nodes and self.nodes[each].parent_id not in self.actor.organises
        )

    def may_import_for(self, team: TeamNode) -> bool:
        """Tell whether the actor leads the team or organises above it."""
        actor = self.actor
        return team.organisation_id in actor.organises or team.id in actor.leads

    def team(self, text: str) -> TeamNode:
        """Return the team a name or a code means, which the actor may import for."""
        found = self._found.get(text)
        if found is None:
            found = self._found[text] = self._one_team(text, None)
        return found

    def team_of(self, text: str, organisation_id: int | None) -> TeamNode:
        """Return the team a name or a code means; of several, the one of an organisation."""
        return self._one_team(text, organisation_id)

    def _one_team(self, text: str, organisation_id: int | None) -> TeamNode:
        named = self._teams_by_word.get(folded(text), [])
        if not named:
            raise UnknownTeam(team=text)
        own = [team for team in named if self.may_import_for(team)]
        if not own:
            raise TeamBeyond(team=named[0].name)
        for fits in (
            [team for team in own if team.organisation_id == organisation_id],
            [team for team in own if team.retired_on is None],
        ):
            if len(fits) == 1:
                return fits[0]
        if len(own) > 1:
            codes = sorted(team.code for team in own)
            raise SeveralTeams(count=len(own), team=text, codes=codes)
        return own[0]

    def organisation(self, text: str) -> Node:
        """Return the organisation a name or a code means, which the actor organises."""
        named = self._nodes_by_word.get(folded(text), [])
        if not named:
            raise UnknownOrganisation(organisation=text)
        own = [node for node in named if node.id in self.actor.organises]
        if not own:
            raise OrganisationBeyond(organisation=named[0].name)
        if len(own) > 1:
            codes = sorted(node.code for node in own)
            raise SeveralOrganisations(count=len(own), organisation=text, codes=codes)
        return own[0]


class People:
    """The volunteers a service sheet names, by number and by name."""

    def __init__(
        self, by_number: Mapping[str, Known], by_name: Mapping[str, Sequence[Known]]
    ) -> None:
        self._by_number = by_number
        self._by_name = by_name
        self._found: dict[Who, int] = {}

    def find(self, who: Who) -> int:
        """Return the volunteer a row means, or refuse it."""
        found = self._found.get(who)
        if found is None:
            found = self._numbered(who) if who.number else self._named(who)
            self._found[who] = found
        return found

    def _numbered(self, who: Who) -> int:
        known = self._by_number.get(typed_number(who.number))
        if known is None:
            raise CellRefused("number", UnknownNumber(number=who.number))
        if who.name and folded(who.name) != folded(known.name):
            figures = {"number": known.number, "held": known.name, "name": who.name}
            raise CellRefused("name", NameMismatch(**figures))
        return known.id

    def _named(self, who: Who) -> int:
        namesakes = self._by_name.get(folded(who.name), ())
        if not namesakes:
            raise CellRefused("name", UnknownName(name=who.name))
        same = [known for known in namesakes if known.phone and known.phone == who.phone]
        if len(same) == 1:
            return same[0].id
        if len(namesakes) > 1:
            raise CellRefused("name", AmbiguousName(count=len(namesakes), name=who.name))
        if who.phone and namesakes[0].phone:
            raise CellRefused("phone", OtherPhone(name=who.name))
        return namesakes[0].id


def _by_word(things: Iterable[T]) -> dict[str, list[T]]:
    """Return teams or organisations by the code and by the name they may be called."""
    found: dict[str, list[T]] = {}
    for thing in sorted(things, key=lambda each: each.id):
        for word in dict.fromkeys((folded(thing.code), folded(thing.name))):
            found.setdefault(word, []).append(thing)
    return found
