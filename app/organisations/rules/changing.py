"""What speaks against merging, splitting and retiring organisations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from app.errors import N_, RuleBroken
from app.organisations.rules.tree import LeavesItsRoot, MovesBelowItself

CHANGES = ("merged", "split", "retired", "reopened")


class OrganisationRetired(RuleBroken):
    """Nothing new is made at an organisation that is no longer in service."""

    code = "organisation_retired"
    message = N_("%(name)s was retired on %(retired_on)s; choose one that is in service.")


class InService(RuleBroken):
    """What was never retired cannot be taken into service again."""

    code = "in_service"
    message = N_("%(name)s is in service.")


class RootStays(RuleBroken):
    """The accounts of everybody below are kept with the root."""

    code = "root_stays"
    message = N_("%(name)s stands at the top and keeps everybody's accounts, so it stays.")


class MergesIntoItself(RuleBroken):
    """One organisation is not two."""

    code = "merges_into_itself"
    message = N_("Choose another organisation than %(name)s itself.")


class StillInUse(RuleBroken):
    """People, teams or organisations would stand at an organisation nobody can choose."""

    code = "still_in_use"
    message = N_(
        "%(name)s cannot be retired yet: %(teams)s teams, %(people)s people and"
        " %(organisations)s organisations below it are still in service."
    )


class ParentRetired(RuleBroken):
    """An organisation in service would hang below one that is not."""

    code = "parent_retired"
    message = N_("%(parent)s, below which %(name)s stands, is retired; move or reopen that first.")


class YearUnderWay(RuleBroken):
    """A correction of the list would count other people than the ones it gave notice of."""

    code = "year_under_way"
    message = N_(
        "The ranking of %(year)s of %(name)s is under notice, or somebody asked for it. Whom it"
        " counts must not change before it is final."
    )


class NoPart(RuleBroken):
    """A split makes at least one new organisation."""

    code = "no_part"
    message = N_("Fill in at least one new organisation.")


class PartWithoutTeam(RuleBroken):
    """A new organisation begins with a team."""

    code = "part_without_team"
    message = N_("Choose at least one team for %(name)s.")


class TeamNotThere(RuleBroken):
    """The team stands elsewhere by now, is retired, or was named twice."""

    code = "team_not_there"
    message = N_("A team that was chosen does not stand in %(name)s any more. Look at it again.")


class SameCode(RuleBroken):
    """Two new organisations would bear one code."""

    code = "same_code"
    message = N_("The code %(given)s is filled in twice.")


class NobodyChosen(RuleBroken):
    """Nobody was ticked, or none of them stands there any more."""

    code = "nobody_chosen"
    message = N_("Choose at least one person who belongs to %(name)s.")


class Belonging(NamedTuple):
    """One membership of somebody in a team that stands in the organisation to be split."""

    id: int
    volunteer_id: int
    team_id: int
    from_on: date


def check_merge(
    *,
    name: str,
    root: str,
    gone_id: int,
    kept_id: int,
    below: Collection[int],
    tree: Collection[int],
) -> None:
    """Refuse to merge an organisation into itself, one below it, or one of another tree."""
    if gone_id == kept_id:
        raise MergesIntoItself(name=name)
    if kept_id in below:
        raise MovesBelowItself(name=name)
    if kept_id not in tree:
        raise LeavesItsRoot(name=name, root=root)


def check_empty(*, name: str, teams: int, people: int, organisations: int) -> None:
    """Refuse to retire what is still in use."""
    if teams or people or organisations:
        raise StillInUse(name=name, teams=teams, people=people, organisations=organisations)


def sides_of(
    belongings: Sequence[Belonging], part_of_team: Mapping[int, int]
) -> dict[int, dict[int | None, Belonging]]:
    """Return by person the sides (a part's place, None: stays) with the longest membership."""
    found: dict[int, dict[int | None, Belonging]] = {}
    for one in sorted(belongings, key=lambda each: (each.from_on, each.id)):
        side = part_of_team.get(one.team_id)
        found.setdefault(one.volunteer_id, {}).setdefault(side, one)
    return found


def side_taken(
    sides: Mapping[int | None, Belonging], chosen: Mapping[int, int | None], volunteer_id: int
) -> int | None:
    """Return where somebody goes: where all their teams go, as chosen, or with the longest."""
    wished = chosen.get(volunteer_id, -1)
    if wished in sides:
        return wished
    return min(sides, key=lambda side: (sides[side].from_on, sides[side].id))
