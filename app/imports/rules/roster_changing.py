"""What a roster's row changes of a person: the card, the teams, the roles, the joining dates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from app.errors import RuleBroken
from app.imports.rules.reach import Reach, TeamNode, folded
from app.imports.rules.refusals import (
    CellRefused,
    HasLeft,
    OrganisationBeyond,
    OrganisationMissing,
    OtherTree,
    OwnHome,
    PeopleAreOrganisers,
)
from app.imports.rules.roster_people import Belonging, Entry
from app.imports.rules.roster_rows import RosterRow
from app.imports.rules.roster_saying import FIELDS
from app.teams.rules import Span, may_name_leader, overlaps

# Beyond any volunteer's id: a person who is not written yet benefits nobody who acts.
NOBODY = -1


class Step(NamedTuple):
    """One change a row asks for: which column, and how to make it."""

    key: str
    apply: Callable[[], None]


class Changing:
    """Works out changes as steps to apply; a row that is refused has applied none."""

    def __init__(self, reach: Reach, today: date, index: Callable[[Entry], None]) -> None:
        self.reach = reach
        self.today = today
        self._index = index

    def new(self, row: RosterRow, organisation_id: int | None, teams: list[TeamNode]) -> Entry:
        organises = self.reach.actor.organises
        if not organises:
            raise CellRefused("name", PeopleAreOrganisers())
        if organisation_id is None:
            homes = [team.organisation_id for team in teams if team.organisation_id in organises]
            tops = self.reach.tops()
            if not homes and len(tops) != 1:
                raise CellRefused("organisation", OrganisationMissing())
            organisation_id = (homes or tops)[0]
        return Entry(
            known=None,
            organisation_id=organisation_id,
            number=row.number,
            name=row.name,
            phone=row.phone,
            kind=row.kind or "resident",
            sex=row.sex,
            born_on=row.born_on,
            state="active",
        )

    def card_steps(self, row: RosterRow, entry: Entry, organisation_id: int | None) -> list[Step]:
        """Return the fields that differ; blanks never erase."""
        said: dict[str, Any] = {key: getattr(row, key) for key in FIELDS}
        if folded(row.name) != folded(entry.name):
            said["name"] = row.name
        if entry.number is None and row.number is not None:
            said["number"] = row.number
        said["organisation_id"] = organisation_id
        changed = {
            key: value
            for key, value in said.items()
            if value is not None and value != getattr(entry, key)
        }
        if entry.state == "proposed" and entry.organisation_id in self.reach.actor.organises:
            changed["state"] = "active"
        if not changed:
            return []
        self._check_may_edit(entry, changed)
        return [_setting(entry, key, value, self._index) for key, value in changed.items()]

    def _check_may_edit(self, entry: Entry, changed: Mapping[str, Any]) -> None:
        key = _column(next(iter(changed)))
        organises = self.reach.actor.organises
        if not organises:
            raise CellRefused(key, PeopleAreOrganisers())
        if entry.organisation_id not in organises:
            held = self.reach.nodes[entry.organisation_id].name
            raise CellRefused(key, OrganisationBeyond(organisation=held))
        if "organisation_id" in changed:
            self._check_may_move(entry, changed["organisation_id"])

    def _check_may_move(self, entry: Entry, target: int) -> None:
        """Judge a new organisation like the page does: not one's own, nor away from those above."""
        reach = self.reach
        if reach.root_of(target) != reach.root_of(entry.organisation_id):
            raise CellRefused("organisation", OtherTree(name=entry.name))
        if entry.id is not None and reach.actor.needs_another(entry.id):
            raise CellRefused("organisation", OwnHome())
        held = {*reach.above(target), *reach.actor.organises}
        lost = [each for each in reach.above(entry.organisation_id) if each not in held]
        if lost:
            name = reach.nodes[lost[0]].name
            raise CellRefused("organisation", OrganisationBeyond(organisation=name))

    def joinings(
        self, row: RosterRow, entry: Entry, teams: list[TeamNode], roles: Mapping[int, str]
    ) -> list[Step]:
        """Return the teams joined, the roles changed and the dates of joining corrected."""
        steps = self._date_steps(row, entry, teams)
        for team in teams:
            belonging = entry.belongings.get(team.id) or Belonging(team.id)
            role = roles.get(team.id)
            if not belonging.is_present:
                steps += self._join_steps(row, entry, team, belonging, role or "member")
            elif role is not None and role != belonging.role:
                self._check_may_lead(team, entry)
                steps.append(Step("role", _role_change(belonging, role, self.today)))
        return steps

    def _join_steps(
        self, row: RosterRow, entry: Entry, team: TeamNode, belonging: Belonging, role: str
    ) -> list[Step]:
        from_on = row.joined_on or self.today
        if overlaps(Span(from_on, None), belonging.past):
            return []  # they joined then and have left since: the row tells nothing new
        if entry.state == "left" and entry.left_on is not None:
            raise CellRefused("team", HasLeft(name=entry.name, left_on=entry.left_on))
        if self.reach.root_of(team.organisation_id) != self.reach.root_of(entry.organisation_id):
            raise CellRefused("team", OtherTree(name=entry.name))
        if role == "leader":
            self._check_may_lead(team, entry)

        def join() -> None:
            belonging.role, belonging.from_on = role, from_on
            entry.belongings[team.id] = belonging
            if entry.state == "left":
                entry.state = "active"

        return [Step("team", join)]

    def _check_may_lead(self, team: TeamNode, entry: Entry) -> None:
        try:
            may_name_leader(
                self.reach.actor,
                organisation_id=team.organisation_id,
                volunteer_id=entry.id or NOBODY,
            )
        except RuleBroken as broken:
            raise CellRefused("role", broken) from None

    def _date_steps(self, row: RosterRow, entry: Entry, teams: list[TeamNode]) -> list[Step]:
        """Correct the date of joining so that it is the earliest of the row's teams."""
        joined_on = row.joined_on
        present = [
            belonging
            for team in teams
            if (belonging := entry.belongings.get(team.id)) is not None and belonging.is_present
        ]
        if joined_on is None or not present:
            return []
        earliest = min(each.first_on for each in present)
        if joined_on < earliest:
            wrong = [each for each in present if each.first_on == earliest]
        else:
            wrong = [each for each in present if each.first_on < joined_on]
        # Spans that are over say when it really began.
        wrong = [each for each in wrong if not each.past and _lasts_to(each, joined_on)]
        return [Step("joined_on", _moving(each, joined_on)) for each in wrong]


def _column(field_name: str) -> str:
    return {"organisation_id": "organisation", "state": "name"}.get(field_name, field_name)


def _setting(entry: Entry, key: str, value: Any, index: Callable[[Entry], None]) -> Step:
    def change() -> None:
        setattr(entry, key, value)
        index(entry)

    return Step(_column(key), change)


def _role_change(belonging: Belonging, role: str, today: date) -> Callable[[], None]:
    def change() -> None:
        belonging.role = role
        if belonging.kept is not None and belonging.from_on is not None:
            began_before = belonging.from_on < today
            belonging.role_from_on = today if began_before else None

    return change


def _moving(belonging: Belonging, joined_on: date) -> Callable[[], None]:
    def move() -> None:
        belonging.from_on = joined_on

    return move


def _lasts_to(belonging: Belonging, joined_on: date) -> bool:
    until_on = belonging.kept.until_on if belonging.kept else None
    return until_on is None or joined_on <= until_on
