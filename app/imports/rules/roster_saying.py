"""What a roster's row says: its dates, organisation, teams and roles, within the actor's reach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from app.errors import RuleBroken
from app.imports.rules.reach import Reach, TeamNode, folded
from app.imports.rules.refusals import (
    CellRefused,
    JoinsInFuture,
    LeaderOfWhich,
    RowsDisagree,
    TeamRetired,
)
from app.imports.rules.roster_people import Entry
from app.imports.rules.roster_rows import RosterRow
from app.people.rules.names import checked_birth_date

FIELDS = ("sex", "born_on", "phone", "kind")


class Saying:
    """Reads rows as one importer may mean them on one day."""

    def __init__(self, reach: Reach, today: date) -> None:
        self.reach = reach
        self.today = today

    def check_dates(self, row: RosterRow) -> None:
        try:
            checked_birth_date(row.born_on, self.today)
        except RuleBroken as broken:
            raise CellRefused("born_on", broken) from None
        if row.joined_on is not None and row.joined_on > self.today:
            figures = {"joined_on": row.joined_on, "today": self.today}
            raise CellRefused("joined_on", JoinsInFuture(**figures))

    def organisation_id(self, row: RosterRow) -> int | None:
        if row.organisation is None:
            return None
        try:
            return self.reach.organisation(row.organisation).id
        except RuleBroken as broken:
            raise CellRefused("organisation", broken) from None

    def teams(self, row: RosterRow, organisation_id: int | None) -> list[TeamNode]:
        teams = [self._team("team", text, organisation_id) for text in row.teams]
        named = [said.team for said in row.roles if said.team is not None]
        teams += [self._team("role", text, organisation_id) for text in named]
        return list(dict.fromkeys(teams))

    def _team(self, key: str, text: str, organisation_id: int | None) -> TeamNode:
        try:
            team = self.reach.team_of(text, organisation_id)
            if team.retired_on is not None and team.retired_on <= self.today:
                raise TeamRetired(team=team.name)
        except RuleBroken as broken:
            raise CellRefused(key, broken) from None
        return team

    def roles(
        self, row: RosterRow, teams: list[TeamNode], found: Entry | None
    ) -> Mapping[int, str]:
        """Return the role in each team the row says one for; may add the only team there is."""
        roles: dict[int, str] = {}
        organisation_id = self.organisation_id(row)
        for said in row.roles:
            if said.team is not None:
                roles[self._team("role", said.team, organisation_id).id] = said.role
        bare = [said.role for said in row.roles if said.team is None]
        if bare and not teams:
            self._add_only_team(teams, found)
        for team, role in _bare_roles(row, bare, teams):
            roles.setdefault(team.id, role)
        return roles

    def _add_only_team(self, teams: list[TeamNode], found: Entry | None) -> None:
        present = [each for each in found.belongings.values() if each.is_present] if found else []
        if len(present) == 1 and present[0].team_id in self.reach.teams:
            teams.append(self.reach.teams[present[0].team_id])


def says(
    row: RosterRow, organisation_id: int | None, teams: list[TeamNode], roles: Mapping[int, str]
) -> dict[tuple[str, int], Any]:
    """Return what a row says of a person, by column and, where it matters, team."""
    says: dict[tuple[str, int], Any] = {(key, 0): getattr(row, key) for key in FIELDS}
    says["name", 0] = folded(row.name)
    says["number", 0] = row.number
    says["organisation", 0] = organisation_id
    says.update((("role", team_id), role) for team_id, role in roles.items())
    says.update((("joined_on", team.id), row.joined_on) for team in teams)
    return {key: value for key, value in says.items() if value is not None}


def refuse_disagreement(entry: Entry, says: Mapping[tuple[str, int], Any]) -> None:
    """Two rows that say different things of one person would undo each other at every import."""
    for key, value in says.items():
        before = entry.said.get(key)
        if before is not None and before[0] != value:
            raise CellRefused(key[0], RowsDisagree(row=before[1]))


def _bare_roles(
    row: RosterRow, bare: list[str], teams: list[TeamNode]
) -> Iterable[tuple[TeamNode, str]]:
    """A bare 队长 with several teams applies to the first, a bare 队员 to all."""
    if not bare or (not teams and "leader" not in bare):
        return []
    if len(bare) == 1 and teams:
        return [(team, bare[0]) for team in (teams[:1] if bare[0] == "leader" else teams)]
    if len(bare) == len(teams):
        return zip(teams, bare, strict=True)
    cell = "、".join(
        said.team or {"leader": "队长", "member": "队员"}[said.role] for said in row.roles
    )
    raise CellRefused("role", LeaderOfWhich(cell=cell))
