"""One person's figures and lines, for every page and command that shows them."""

from app.passbook.queries.figures import (
    Owner,
    Share,
    Summary,
    asking_owner,
    find_owner,
    find_owner_by_id,
    settings_for,
    summary_of,
    teams_shared,
)
from app.passbook.queries.lines import (
    Line,
    Month,
    Statement,
    asking_latest,
    history_of,
    statement_of,
    year_span,
)
from app.passbook.queries.records import (
    FILTERS,
    Colour,
    Record,
    asking_waiting,
    records_with_teams,
    waiting_of,
)

__all__ = [
    "FILTERS",
    "Colour",
    "Line",
    "Month",
    "Owner",
    "Record",
    "Share",
    "Statement",
    "Summary",
    "asking_latest",
    "asking_owner",
    "asking_waiting",
    "find_owner",
    "find_owner_by_id",
    "history_of",
    "records_with_teams",
    "settings_for",
    "statement_of",
    "summary_of",
    "teams_shared",
    "waiting_of",
    "year_span",
]
