"""Who changed what, what a points rule would have made of the years before, what stands where."""

from app.settings.queries.changes import Change, changes, last_changes
from app.settings.queries.dividing import Divided, divided
from app.settings.queries.effect import ColourEffect, Effect, effect_of
from app.settings.queries.standing import (
    Open,
    Use,
    count_meant,
    desk_of,
    names_below,
    open_at,
    people_found,
    people_meant,
    uses_of,
)

__all__ = [
    "Change",
    "ColourEffect",
    "Divided",
    "Effect",
    "Open",
    "Use",
    "changes",
    "count_meant",
    "desk_of",
    "divided",
    "effect_of",
    "last_changes",
    "names_below",
    "open_at",
    "people_found",
    "people_meant",
    "uses_of",
]
