"""Who a roster's row is, and what it changes: each row is judged on what the rows before left.

The books hold working copies; nothing here writes. A row that is refused has changed nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple

from app.errors import RuleBroken
from app.imports.rules.reach import Known, Reach, TeamNode, folded
from app.imports.rules.refusals import (
    AmbiguousName,
    CellRefused,
    HasOtherNumber,
    JoinsInFuture,
    LeaderOfWhich,
    NameMismatch,
    OrganisationBeyond,
    OrganisationMissing,
    OtherTree,
    PeopleAreOrganisers,
    PersonBeyond,
    RowsDisagree,
    SomebodyElse,
    TeamRetired,
)
from app.imports.rules.roster_rows import RosterRow
from app.people.rules.names import checked_birth_date
from app.teams.rules import Span, day_before, may_name_leader, overlaps

Status = Literal["created", "updated", "duplicate"]

# Beyond any volunteer's id: a person who is not written yet benefits nobody who acts.
NOBODY = -1
_FIELDS = ("sex", "born_on", "phone", "kind")


class Kept(NamedTuple):
    """A membership as it stands in the books."""

    id: int
    team_id: int
    role: str
    from_on: date
    until_on: date | None


@dataclass
class Belonging:
    """A person's place in one team: the present membership, and the spans that are over."""

    team_id: int
    role: str = "member"
    from_on: date | None = None
    kept: Kept | None = None
    # Since when the present role lasts, when a roster changed it.
    role_from_on: date | None = None
    past: list[Span] = field(default_factory=list)

    @property
    def is_present(self) -> bool:
        return self.from_on is not None

    @property
    def first_on(self) -> date:
        """The first day ever in the team."""
        days = [span.from_on for span in self.past]
        return min([*days, self.from_on] if self.from_on else days)


@dataclass
class Entry:
    """A person in the books of an import; without an id they are new."""

    known: Known | None
    organisation_id: int
    number: str | None
    name: str
    phone: str | None
    kind: str
    sex: str | None
    born_on: date | None
    state: str
    belongings: dict[int, Belonging] = field(default_factory=dict)
    # What rows of this file have said so far, by column and team: the value and the row.
    said: dict[tuple[str, int], tuple[Any, int]] = field(default_factory=dict)

    @property
    def id(self) -> int | None:
        return self.known.id if self.known else None

    @property
    def is_changed(self) -> bool:
        """Tell whether the card differs from what is kept."""
        return self.known is not None and self.card() != self.known[1:]

    def card(self) -> tuple[Any, ...]:
        """Return the fields in the order in which they are kept."""
        return (
            self.organisation_id,
            self.number,
            self.name,
            self.phone,
            self.kind,
            self.sex,
            self.born_on,
            self.state,
        )


def entry_of(known: Known, memberships: Iterable[Kept], today: date) -> Entry:
    """Return a person's working copy."""
    entry = Entry(known, *known[1:])
    for kept in sorted(memberships, key=lambda each: (each.from_on, each.id)):
        belonging = entry.belongings.setdefault(kept.team_id, Belonging(kept.team_id))
        is_over = kept.until_on is not None and kept.until_on < today
        if is_over or belonging.is_present:  # two at once are an old mistake; the first counts
            belonging.past.append(Span(kept.from_on, kept.until_on))
        else:
            belonging.role, belonging.from_on, belonging.kept = kept.role, kept.from_on, kept
    return entry


class _Step(NamedTuple):
    """One change a row asks for: which column, and how to make it."""

    key: str
    apply: Callable[[], None]


class RosterBooks:
    """Everybody a roster may mean, and the changes its rows have made so far."""

    def __init__(self, reach: Reach, entries: Iterable[Entry], today: date) -> None:
        self.reach = reach
        self.today = today
        self.entries = list(entries)
        self._by_number: dict[str, Entry] = {}
        self._by_name: dict[str, list[Entry]] = {}
        for entry in self.entries:
            self._index(entry)

    def take(self, row: RosterRow) -> tuple[Status, tuple[str, ...]]:
        """Judge one row and keep what it changes; return its status and changed columns."""
        self._check_dates(row)
        organisation_id = self._organisation_id(row)
        found = self._identify(row, organisation_id)
        teams = self._teams(row, organisation_id)
        roles = self._roles(row, teams, found)
        says = _says(row, organisation_id, teams, roles)
        if found is None:
            entry = self._new(row, organisation_id, teams)
            steps = self._joinings(row, entry, teams, roles)
            self.entries.append(entry)
            self._index(entry)
        else:
            entry = found
            _refuse_disagreement(entry, says)
            steps = self._card_steps(row, entry, organisation_id)
            steps += self._joinings(row, entry, teams, roles)
        for step in steps:
            step.apply()
        for key, value in says.items():
            entry.said.setdefault(key, (value, row.row.number))
        if found is None:
            return "created", ()
        changed = tuple(dict.fromkeys(step.key for step in steps))
        return ("updated", changed) if changed else ("duplicate", ())

    def _index(self, entry: Entry) -> None:
        if entry.number:
            self._by_number[entry.number] = entry
        named = self._by_name.setdefault(folded(entry.name), [])
        if all(each is not entry for each in named):
            named.append(entry)

    # ── what the row says ─────────────────────────────────────────────────────────────────

    def _check_dates(self, row: RosterRow) -> None:
        try:
            checked_birth_date(row.born_on, self.today)
        except RuleBroken as broken:
            raise CellRefused("born_on", broken) from None
        if row.joined_on is not None and row.joined_on > self.today:
            figures = {"joined_on": row.joined_on, "today": self.today}
            raise CellRefused("joined_on", JoinsInFuture(**figures))

    def _organisation_id(self, row: RosterRow) -> int | None:
        if row.organisation is None:
            return None
        try:
            return self.reach.organisation(row.organisation).id
        except RuleBroken as broken:
            raise CellRefused("organisation", broken) from None

    def _teams(self, row: RosterRow, organisation_id: int | None) -> list[TeamNode]:
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

    def _roles(
        self, row: RosterRow, teams: list[TeamNode], found: Entry | None
    ) -> Mapping[int, str]:
        """Return the role in each team the row says one for; may add the only team there is."""
        roles: dict[int, str] = {}
        organisation_id = self._organisation_id(row)
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

    # ── who the row is ────────────────────────────────────────────────────────────────────

    def _identify(self, row: RosterRow, organisation_id: int | None) -> Entry | None:
        namesakes = [
            each
            for each in self._by_name.get(folded(row.name), ())
            if each.organisation_id in self.reach.visible
        ]
        if row.number is not None:
            return self._numbered(row, row.number, namesakes)
        if row.phone is not None:
            same = [each for each in namesakes if each.phone == row.phone]
            if same:
                return _only(row, same)
            # Whoever was listed without a phone has one now.
            without = [each for each in namesakes if not each.phone]
            return self._by_name_only(row, without, organisation_id)
        return self._by_name_only(row, namesakes, organisation_id)

    def _numbered(self, row: RosterRow, number: str, namesakes: list[Entry]) -> Entry | None:
        held = self._by_number.get(number)
        if held is None:
            same = [each for each in namesakes if row.phone and each.phone == row.phone]
            numbered = [each for each in same if each.number]
            if numbered:
                figures = {"name": row.name, "held": numbered[0].number}
                raise CellRefused("number", HasOtherNumber(**figures))
            return _only(row, same) if same else None
        if held.organisation_id not in self.reach.visible:
            raise CellRefused("number", PersonBeyond(number=number))
        if folded(row.name) != folded(held.name) and not _is_corroborated(row, held):
            figures = {"number": number, "held": held.name, "name": row.name}
            raise CellRefused("name", NameMismatch(**figures))
        return held

    def _by_name_only(
        self, row: RosterRow, namesakes: list[Entry], organisation_id: int | None
    ) -> Entry | None:
        """A name alone means somebody near: in the row's organisation, else where one may edit."""
        if organisation_id is not None:
            near = [each for each in namesakes if each.organisation_id == organisation_id]
        elif self.reach.actor.organises:
            organises = self.reach.actor.organises
            near = [each for each in namesakes if each.organisation_id in organises]
        else:
            near = namesakes
        if not near:
            return None
        entry = _only(row, near)
        if _contradicts(row, entry):
            raise CellRefused("name", SomebodyElse(name=row.name))
        return entry

    # ── what it changes ───────────────────────────────────────────────────────────────────

    def _new(self, row: RosterRow, organisation_id: int | None, teams: list[TeamNode]) -> Entry:
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

    def _card_steps(self, row: RosterRow, entry: Entry, organisation_id: int | None) -> list[_Step]:
        """Return the fields that differ; blanks never erase."""
        said: dict[str, Any] = {key: getattr(row, key) for key in _FIELDS}
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
        target = changed.get("organisation_id", entry.organisation_id)
        if self.reach.root_of(target) != self.reach.root_of(entry.organisation_id):
            raise CellRefused("organisation", OtherTree(name=entry.name))

    def _joinings(
        self, row: RosterRow, entry: Entry, teams: list[TeamNode], roles: Mapping[int, str]
    ) -> list[_Step]:
        """Return the teams joined, the roles changed and the dates of joining corrected."""
        steps = self._date_steps(row, entry, teams)
        for team in teams:
            belonging = entry.belongings.get(team.id) or Belonging(team.id)
            role = roles.get(team.id)
            if not belonging.is_present:
                steps += self._join_steps(row, entry, team, belonging, role or "member")
            elif role is not None and role != belonging.role:
                self._check_may_lead(team, entry)
                steps.append(_Step("role", _role_change(belonging, role, self.today)))
        return steps

    def _join_steps(
        self, row: RosterRow, entry: Entry, team: TeamNode, belonging: Belonging, role: str
    ) -> list[_Step]:
        from_on = row.joined_on or self.today
        if overlaps(Span(from_on, None), belonging.past):
            return []  # they joined then and have left since: the row tells nothing new
        if self.reach.root_of(team.organisation_id) != self.reach.root_of(entry.organisation_id):
            raise CellRefused("team", OtherTree(name=entry.name))
        if role == "leader":
            self._check_may_lead(team, entry)

        def join() -> None:
            belonging.role, belonging.from_on = role, from_on
            entry.belongings[team.id] = belonging
            if entry.state == "left":
                entry.state = "active"

        return [_Step("team", join)]

    def _check_may_lead(self, team: TeamNode, entry: Entry) -> None:
        try:
            may_name_leader(
                self.reach.actor,
                organisation_id=team.organisation_id,
                volunteer_id=entry.id or NOBODY,
            )
        except RuleBroken as broken:
            raise CellRefused("role", broken) from None

    def _date_steps(self, row: RosterRow, entry: Entry, teams: list[TeamNode]) -> list[_Step]:
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
        return [_Step("joined_on", _moving(each, joined_on)) for each in wrong]


def _says(
    row: RosterRow, organisation_id: int | None, teams: list[TeamNode], roles: Mapping[int, str]
) -> dict[tuple[str, int], Any]:
    """Return what a row says of a person, by column and, where it matters, team."""
    says: dict[tuple[str, int], Any] = {(key, 0): getattr(row, key) for key in _FIELDS}
    says["name", 0] = folded(row.name)
    says["number", 0] = row.number
    says["organisation", 0] = organisation_id
    says.update((("role", team_id), role) for team_id, role in roles.items())
    says.update((("joined_on", team.id), row.joined_on) for team in teams)
    return {key: value for key, value in says.items() if value is not None}


def _refuse_disagreement(entry: Entry, says: Mapping[tuple[str, int], Any]) -> None:
    """Two rows that say different things of one person would undo each other at every import."""
    for key, value in says.items():
        before = entry.said.get(key)
        if before is not None and before[0] != value:
            raise CellRefused(key[0], RowsDisagree(row=before[1]))


def _only(row: RosterRow, entries: list[Entry]) -> Entry:
    if len(entries) > 1:
        raise CellRefused("name", AmbiguousName(count=len(entries), name=row.name))
    return entries[0]


def _is_corroborated(row: RosterRow, held: Entry) -> bool:
    """A new name under a number is a correction when something else says who it is."""
    if row.phone is not None and row.phone == held.phone:
        return True
    return row.born_on is not None and row.born_on == held.born_on


def _contradicts(row: RosterRow, held: Entry) -> bool:
    sexes, births = {row.sex, held.sex} - {None}, {row.born_on, held.born_on} - {None}
    return len(sexes) > 1 or len(births) > 1


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


def _column(field_name: str) -> str:
    return {"organisation_id": "organisation", "state": "name"}.get(field_name, field_name)


def _setting(entry: Entry, key: str, value: Any, index: Callable[[Entry], None]) -> _Step:
    def change() -> None:
        setattr(entry, key, value)
        index(entry)

    return _Step(_column(key), change)


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


# ── what has to be written ────────────────────────────────────────────────────────────────


class NewMembership(NamedTuple):
    """A membership to be added."""

    team_id: int
    role: str
    from_on: date
    until_on: date | None


def membership_changes(entry: Entry) -> tuple[list[Kept], list[NewMembership]]:
    """Return the memberships changed in place, and those to be added."""
    changed: list[Kept] = []
    added: list[NewMembership] = []
    for belonging in entry.belongings.values():
        if belonging.from_on is None:
            continue
        kept = belonging.kept
        if kept is None:
            added.append(NewMembership(belonging.team_id, belonging.role, belonging.from_on, None))
        elif belonging.role_from_on is not None and belonging.role != kept.role:
            last_on = day_before(belonging.role_from_on)
            changed.append(kept._replace(from_on=belonging.from_on, until_on=last_on))
            added.append(
                NewMembership(
                    belonging.team_id, belonging.role, belonging.role_from_on, kept.until_on
                )
            )
        elif (belonging.role, belonging.from_on) != (kept.role, kept.from_on):
            changed.append(kept._replace(role=belonging.role, from_on=belonging.from_on))
    return changed, added
