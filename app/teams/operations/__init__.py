"""Every change to colours, teams and who belongs to them."""

from app.teams.operations.codes import issue_code_to, issue_first_codes
from app.teams.operations.colours import (
    add_colour,
    rename_colour,
    reopen_colour,
    retire_colour,
)
from app.teams.operations.linking import find_oneself, link_oneself
from app.teams.operations.members import change_role, end_membership, join_team, join_teams
from app.teams.operations.teams import (
    create_colours,
    create_default_teams,
    create_team,
    move_team,
    rename_team,
    reopen_team,
    retire_team,
)

__all__ = [
    "add_colour",
    "change_role",
    "create_colours",
    "create_default_teams",
    "create_team",
    "end_membership",
    "find_oneself",
    "issue_code_to",
    "issue_first_codes",
    "join_team",
    "join_teams",
    "link_oneself",
    "move_team",
    "rename_colour",
    "rename_team",
    "reopen_colour",
    "reopen_team",
    "retire_colour",
    "retire_team",
]
