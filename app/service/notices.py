"""What volunteers are told about decisions on their hours."""

from __future__ import annotations

from app.errors import N_
from app.notices.rules import Kind

APPROVED, SENT_BACK = "record.approved", "record.sent_back"
CORRECTED, REVERSED = "record.corrected", "record.reversed"
KINDS: tuple[Kind, ...] = (
    Kind(
        APPROVED,
        N_("Your hours were approved"),
        N_("%(service_on)s, %(team)s: %(served_minutes)s hours count."),
        group="record",
    ),
    Kind(
        SENT_BACK,
        N_("An entry of your hours was sent back"),
        N_("%(service_on)s, %(team)s: %(served_minutes)s hours do not count. %(reason)s"),
        group="record",
    ),
    Kind(
        CORRECTED,
        N_("Your hours were corrected"),
        N_(
            "%(service_on)s, %(team)s: now %(served_minutes)s hours count, before"
            " %(before_minutes)s. %(reason)s"
        ),
        group="record",
    ),
    Kind(
        REVERSED,
        N_("Hours of yours were taken back"),
        N_("%(service_on)s, %(team)s: %(served_minutes)s hours no longer count. %(reason)s"),
        group="record",
    ),
)
