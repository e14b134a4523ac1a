"""The seven colours and teams of a new community; teams made, renamed, moved, retired."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import N_, NotFound, RuleBroken
from app.organisations.operations import check_in_service
from app.organisations.queries import get_organisation, root_id_of
from app.teams.models import Colour, Team, TeamPlacement
from app.teams.queries import colours_of
from app.teams.rules import day_before
from app.trail.operations import note

# A team's first placement reaches back before any service an import may bring.
FIRST_DAY = date(1900, 1, 1)
LONGEST_NAME = 40
# Pages stand at these words where a team's code stands in an address.
RESERVED_CODES = frozenset({"add"})


class Theme(NamedTuple):
    key: str
    name: str
    glyph: str
    hex: str


SEVEN = (
    Theme("red", "扶贫帮困", "红", "#b3261e"),
    Theme("orange", "青春助跑", "橙", "#e8751a"),
    Theme("yellow", "治安巡逻", "黄", "#f2c230"),
    Theme("green", "生态环保", "绿", "#2f7d4f"),
    Theme("cyan", "法律维权", "青", "#45b8c4"),
    Theme("blue", "家电维修", "蓝", "#2b5fb3"),
    Theme("purple", "卫生保健", "紫", "#8a5bb5"),
)


class TeamCodeTaken(RuleBroken):
    code = "team_code_taken"
    message = N_("The team code %(code)s is taken by %(name)s.")


class TeamCodeUnfit(RuleBroken):
    code = "bad_team_code"
    message = N_("A team code has 2 to 32 letters, digits, - and _ only.")


class TeamNameUnfit(RuleBroken):
    code = "bad_team_name"
    message = N_("A team needs a name, of at most %(longest)s characters.")


class ColourForeign(RuleBroken):
    code = "bad_colour"
    message = N_("This colour belongs to another organisation.")


class OtherTree(RuleBroken):
    code = "other_tree"
    message = N_("A team moves within its own tree of organisations only.")


def create_colours(session: Session, root_id: int) -> dict[str, int]:
    """Give an organisation root the seven colours; return their ids by key."""
    for position, theme in enumerate(SEVEN, start=1):
        row = Colour(organisation_id=root_id, position=position, **theme._asdict())
        session.add(row)
    session.flush()
    return {colour.key: colour.id for colour in colours_of(session, root_id)}


def create_default_teams(
    session: Session, organisation_id: int, *, actor_id: int | None, now: datetime
) -> list[Team]:
    """Make the seven teams of a new community, one for each colour; colours when missing."""
    organisation = get_organisation(session, organisation_id)
    root_id = root_id_of(session, organisation_id)
    colours = {colour.key: colour.id for colour in colours_of(session, root_id)}
    colours = colours or create_colours(session, root_id)
    return [
        create_team(
            session,
            organisation_id=organisation_id,
            colour_id=colours[theme.key],
            code=f"{organisation.code}-{theme.key}",
            name=f"{theme.glyph}色{theme.name}队",
            actor_id=actor_id,
            now=now,
        )
        for theme in SEVEN
        if theme.key in colours
    ]


def create_team(
    session: Session,
    *,
    organisation_id: int,
    colour_id: int,
    code: str,
    name: str,
    actor_id: int | None,
    now: datetime,
) -> Team:
    """Make a team; it counts as standing there since ever."""
    _check_code(session, code)
    check_in_service(session, organisation_id)
    _check_colour(session, organisation_id, colour_id)
    team = Team(
        organisation_id=organisation_id, colour_id=colour_id, code=code, name=_kept_name(name)
    )
    try:
        with session.begin_nested():
            session.add(team)
    except IntegrityError:
        # Somebody took the code since it was checked.
        _refuse_taken(session, code)
        raise
    _place(session, team, FIRST_DAY)
    after = {"code": code, "name": team.name, "colour_id": colour_id}
    _note(session, "create_team", team, actor_id, now, after=after)
    return team


def rename_team(session: Session, team_id: int, *, name: str, actor_id: int, now: datetime) -> None:
    """Give a team another name."""
    team = _locked(session, team_id)
    before, after = {"name": team.name}, {"name": _kept_name(name)}
    if before == after:
        return
    team.name = after["name"]
    _note(session, "rename_team", team, actor_id, now, before=before, after=after)


def move_team(
    session: Session,
    team_id: int,
    *,
    organisation_id: int,
    colour_id: int,
    from_on: date,
    actor_id: int,
    now: datetime,
) -> None:
    """Place a team in another organisation or colour from a day on (today, to a view).

    Records keep the organisation and colour the team had on their date.
    """
    team = _locked(session, team_id)
    if (team.organisation_id, team.colour_id) == (organisation_id, colour_id):
        return
    if root_id_of(session, organisation_id) != root_id_of(session, team.organisation_id):
        raise OtherTree
    check_in_service(session, organisation_id)
    _check_colour(session, organisation_id, colour_id)
    before = {"organisation_id": team.organisation_id, "colour_id": team.colour_id}
    team.organisation_id, team.colour_id = organisation_id, colour_id
    _place(session, team, from_on)
    after = {"organisation_id": organisation_id, "colour_id": colour_id, "from_on": from_on}
    _note(session, "move_team", team, actor_id, now, before=before, after=after)


def retire_team(session: Session, team_id: int, *, on: date, actor_id: int, now: datetime) -> None:
    """Retire a team from a day on; what it served stays."""
    _set_retired(session, "retire_team", team_id, on, actor_id, now)


def reopen_team(session: Session, team_id: int, *, actor_id: int, now: datetime) -> None:
    """Take a retired team into service again."""
    _set_retired(session, "reopen_team", team_id, None, actor_id, now)


def _set_retired(
    session: Session, operation: str, team_id: int, on: date | None, actor_id: int, now: datetime
) -> None:
    team = _locked(session, team_id)
    if on is None:
        check_in_service(session, team.organisation_id)
    before, team.retired_on = {"retired_on": team.retired_on}, on
    session.flush()
    _note(session, operation, team, actor_id, now, before=before, after={"retired_on": on})


def _place(session: Session, team: Team, from_on: date) -> None:
    """End the open placement the day before, and begin the new one."""
    present = session.scalar(
        select(TeamPlacement).where(
            TeamPlacement.team_id == team.id, TeamPlacement.until_on.is_(None)
        )
    )
    if present is not None and present.from_on >= from_on:
        # Moved twice on one day: the day has one placement, the last.
        present.organisation_id, present.colour_id = team.organisation_id, team.colour_id
    else:
        if present is not None:
            present.until_on = day_before(from_on)
        session.add(
            TeamPlacement(
                team_id=team.id,
                organisation_id=team.organisation_id,
                colour_id=team.colour_id,
                from_on=from_on,
            )
        )
    session.flush()


def _locked(session: Session, team_id: int) -> Team:
    team = session.get(Team, team_id)
    if team is None:
        raise NotFound
    session.refresh(team, with_for_update={"key_share": True})
    return team


def _check_code(session: Session, code: str) -> None:
    # A number would stand for a logged day in the address of a team's day.
    is_address = code.isdigit() or code.lower() in RESERVED_CODES
    if is_address or not re.fullmatch(r"[\w-]{2,32}", code):
        raise TeamCodeUnfit
    _refuse_taken(session, code)


def _refuse_taken(session: Session, code: str) -> None:
    taken = session.scalar(select(Team.name).where(Team.code == code))
    if taken is not None:
        raise TeamCodeTaken(code=code, name=taken)


def _check_colour(session: Session, organisation_id: int, colour_id: int) -> None:
    colour = session.get(Colour, colour_id)
    if colour is None or colour.organisation_id != root_id_of(session, organisation_id):
        raise ColourForeign


def _kept_name(name: str) -> str:
    kept = " ".join(name.split())
    if not kept or len(kept) > LONGEST_NAME:
        raise TeamNameUnfit(longest=LONGEST_NAME)
    return kept


def _note(
    session: Session,
    operation: str,
    team: Team,
    actor_id: int | None,
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any],
) -> None:
    session.flush()
    note(
        session,
        operation=operation,
        actor_id=actor_id,
        at=now,
        subject_kind="team",
        subject_id=team.id,
        organisation_id=team.organisation_id,
        before=before,
        after=after,
    )
