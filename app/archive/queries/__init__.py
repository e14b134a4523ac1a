"""What stands in somebody's archive, and what an organisation's archives hold together."""

from app.archive.queries.entries import (
    CommendationRow,
    ComplaintRow,
    DetailsRow,
    Entries,
    Letterhead,
    TrainingRow,
    details_of,
    entries_of,
    letterhead_of,
)
from app.archive.queries.service import Recent, YearColour, last_records, years_by_colour

__all__ = [
    "CommendationRow",
    "ComplaintRow",
    "DetailsRow",
    "Entries",
    "Letterhead",
    "Recent",
    "TrainingRow",
    "YearColour",
    "details_of",
    "entries_of",
    "last_records",
    "letterhead_of",
    "years_by_colour",
]
