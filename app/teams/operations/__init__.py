"""Every change to colours, teams and who belongs to them."""

from app.teams.operations.asks import (
    answer_team_ask,
    ask_to_join_team,
    leave_team,
    withdraw_ask,
)
from app.teams.operations.codes import issue_code_to, issue_first_codes
from app.teams.operations.colours import (
    add_colour,
    rename_colour,
    reopen_colour,
    retire_colour,
)
from app.teams.operations.helper_asks import (
    answer_helper_ask,
    ask_for_helper,
    end_helper,
    let_somebody_act,
    withdraw_helper_ask,
)
from app.teams.operations.joining import Asking, ask_to_join, asking_of
from app.teams.operations.linking import find_oneself, link_oneself
from app.teams.operations.members import change_role, end_membership, join_team, join_teams
from app.teams.operations.requests import (
    Joined,
    accept_request,
    match_request,
    phone_shown,
    refuse_request,
)
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
    "Asking",
    "Joined",
    "accept_request",
    "add_colour",
    "answer_helper_ask",
    "answer_team_ask",
    "ask_for_helper",
    "ask_to_join",
    "ask_to_join_team",
    "asking_of",
    "change_role",
    "create_colours",
    "create_default_teams",
    "create_team",
    "end_helper",
    "end_membership",
    "find_oneself",
    "issue_code_to",
    "issue_first_codes",
    "join_team",
    "join_teams",
    "leave_team",
    "let_somebody_act",
    "link_oneself",
    "match_request",
    "move_team",
    "phone_shown",
    "refuse_request",
    "rename_colour",
    "rename_team",
    "reopen_colour",
    "reopen_team",
    "retire_colour",
    "retire_team",
    "withdraw_ask",
    "withdraw_helper_ask",
]
