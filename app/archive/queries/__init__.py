"""What stands in somebody's archive, and what an organisation's archives hold together."""

from app.archive.queries.entries import (
    CommendationRow,
    ComplaintRow,
    DetailsRow,
    Entries,
    TrainingRow,
    details_of,
    entries_of,
)
from app.archive.queries.service import Recent, YearColour, last_records, years_by_colour

__all__ = [
    "CommendationRow",
    "ComplaintRow",
    "DetailsRow",
    "Entries",
    "Recent",
    "TrainingRow",
    "YearColour",
    "details_of",
    "entries_of",
    "last_records",
    "years_by_colour",
]
