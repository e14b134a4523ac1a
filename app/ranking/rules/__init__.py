"""The year's order, schemes of awards and the stages of a year; no database, no clock."""

from app.ranking.rules.ordering import (
    CSV_HEADER,
    LEAST_PEOPLE,
    Placed,
    Row,
    TeamRow,
    canonical_csv,
    placed_from,
    ranked,
    ranked_teams,
    sha256_of,
)

__all__ = [
    "CSV_HEADER",
    "LEAST_PEOPLE",
    "Placed",
    "Row",
    "TeamRow",
    "canonical_csv",
    "placed_from",
    "ranked",
    "ranked_teams",
    "sha256_of",
]
