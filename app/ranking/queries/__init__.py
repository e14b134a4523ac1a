"""A year's ranking: pages and places from the kept standings, the whole of it, and from records."""

from app.ranking.queries.people import (
    MainTeam,
    OwnPlace,
    Size,
    find_places,
    main_teams,
    meant_in_team,
    own_places,
    page_of_places,
    preview,
    size_of,
)
from app.ranking.queries.recounting import recounted
from app.ranking.queries.scopes import (
    ColourUnknown,
    NoSuchYear,
    Scope,
    TeamUnknown,
    scope_of,
    years_of,
)
from app.ranking.queries.teams import PlacedTeam, teams_preview

__all__ = [
    "ColourUnknown",
    "MainTeam",
    "NoSuchYear",
    "OwnPlace",
    "PlacedTeam",
    "Scope",
    "Size",
    "TeamUnknown",
    "find_places",
    "main_teams",
    "meant_in_team",
    "own_places",
    "page_of_places",
    "preview",
    "recounted",
    "scope_of",
    "size_of",
    "teams_preview",
    "years_of",
]
