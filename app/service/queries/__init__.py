"""What pages show of service: what waits, a team's day, one person's service, the totals."""

from app.service.queries.batches import BatchRow, batch_rows, find_batch, records_of_batch
from app.service.queries.days import (
    LastDay,
    day_of_team,
    had_people_by,
    last_day_of_team,
    last_service_day,
    latest_service_day,
    next_service_day,
    pending_claims,
    recorded_already,
)
from app.service.queries.records import (
    MOST_LISTED,
    RecordRow,
    find_record,
    open_records_of,
    records_by_id,
)
from app.service.queries.totals import (
    Sums,
    TotalRow,
    served_minutes_of,
    served_minutes_of_many,
    sums_of,
    totals_of_volunteer,
)
from app.service.queries.waiting import (
    FOR_ORGANISERS,
    Tally,
    WaitingRow,
    badges_for,
    count_waiting_for,
    tallies_for,
    waiting_for,
)

__all__ = [
    "FOR_ORGANISERS",
    "MOST_LISTED",
    "BatchRow",
    "LastDay",
    "RecordRow",
    "Sums",
    "Tally",
    "TotalRow",
    "WaitingRow",
    "badges_for",
    "batch_rows",
    "count_waiting_for",
    "day_of_team",
    "find_batch",
    "find_record",
    "had_people_by",
    "last_day_of_team",
    "last_service_day",
    "latest_service_day",
    "next_service_day",
    "open_records_of",
    "pending_claims",
    "recorded_already",
    "records_by_id",
    "records_of_batch",
    "served_minutes_of",
    "served_minutes_of_many",
    "sums_of",
    "tallies_for",
    "totals_of_volunteer",
    "waiting_for",
]
