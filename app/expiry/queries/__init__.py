"""Whose points expire under which setting, how they lie, and who would lose what by a date."""

from app.expiry.queries.houses import (
    KEY,
    House,
    houses_below,
    houses_if,
    houses_of,
    other_terms,
)
from app.expiry.queries.losing import (
    MOST_RECKONED,
    Loser,
    TooMany,
    losers_by,
    losers_named,
    losses_by,
)
from app.expiry.queries.lying import (
    AT_ONCE,
    Expired,
    coming_of,
    dues_of,
    expired_of,
    points_by_year,
)
from app.expiry.queries.people import among, late_since, moved_since

__all__ = [
    "AT_ONCE",
    "KEY",
    "MOST_RECKONED",
    "Expired",
    "House",
    "Loser",
    "TooMany",
    "among",
    "coming_of",
    "dues_of",
    "expired_of",
    "houses_below",
    "houses_if",
    "houses_of",
    "late_since",
    "losers_by",
    "losers_named",
    "losses_by",
    "moved_since",
    "other_terms",
    "points_by_year",
]
