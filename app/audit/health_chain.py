"""What the doctor says of the chain: whether what was posted is sealed in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from app.audit.findings import Finding, Patient, aware
from app.audit.reading import Reading
from app.errors import N_

TAIL_MAY_WAIT = timedelta(hours=1)


def chain(reading: Reading, patient: Patient) -> Iterator[Finding]:
    """Warn of a late tail, which is no violation: it is found as long as nobody rewrites it."""
    unsealed = "FROM entries WHERE id > (SELECT coalesce(max(through_id), 0) FROM chain_links)"
    oldest = reading.rows(f"SELECT recorded_at {unsealed} ORDER BY id LIMIT 1")
    since = aware(oldest[0][0], patient.now) if oldest else None
    links = reading.number("SELECT count(*) FROM chain_links")
    if since is None or patient.now - since <= TAIL_MAY_WAIT:
        yield Finding(
            "chain",
            "good",
            N_("The entries are sealed; seals so far: %(links)s."),
            {"links": links},
        )
        return
    yield Finding(
        "chain",
        "warning",
        N_("%(count)s entries are not sealed yet, the oldest of %(since)s."),
        {"count": reading.number(f"SELECT count(*) {unsealed}"), "since": since},
        N_("A worker seals them about once a minute; ./run starts one beside the server."),
    )
