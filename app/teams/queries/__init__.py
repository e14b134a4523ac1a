"""Who acts, which teams there are, where they stood and who belonged to them when."""

from app.teams.queries.actors import (
    actor_of,
    code_receivers,
    code_receivers_and_first,
    first_code_receivers,
    standing_of,
    standings_of,
)
from app.teams.queries.colours import (
    KeptColour,
    kept_colours,
)
from app.teams.queries.members import (
    Member,
    MembershipRow,
    members_of_teams,
    members_on,
    membership,
    membership_rows,
    memberships_of,
)
from app.teams.queries.own_records import OwnApproval, approved_by, approved_by_oneself
from app.teams.queries.people import (
    PersonRow,
    count_people,
    people_page,
    people_where,
)
from app.teams.queries.spans import (
    CHUNK,
    lasts,
)
from app.teams.queries.teams import (
    ColourRow,
    Placed,
    Placement,
    TeamCount,
    TeamRow,
    colours_of,
    get_team,
    placement_on,
    placements_of,
    team_by_code,
    team_counts,
    teams_by_ids,
    teams_in,
    teams_led_by,
)

__all__ = [
    "CHUNK",
    "ColourRow",
    "KeptColour",
    "Member",
    "MembershipRow",
    "OwnApproval",
    "PersonRow",
    "Placed",
    "Placement",
    "TeamCount",
    "TeamRow",
    "actor_of",
    "approved_by",
    "approved_by_oneself",
    "code_receivers",
    "code_receivers_and_first",
    "colours_of",
    "count_people",
    "first_code_receivers",
    "get_team",
    "kept_colours",
    "lasts",
    "members_of_teams",
    "members_on",
    "membership",
    "membership_rows",
    "memberships_of",
    "people_page",
    "people_where",
    "placement_on",
    "placements_of",
    "standing_of",
    "standings_of",
    "team_by_code",
    "team_counts",
    "teams_by_ids",
    "teams_in",
    "teams_led_by",
]
