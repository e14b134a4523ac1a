"""What volunteers are told about their claims, beside what is told of all their hours."""

from __future__ import annotations

from app.errors import N_
from app.notices.rules import Kind

KINDS: tuple[Kind, ...] = (
    Kind(
        "claim.split",
        N_("Part of your claim was approved"),
        N_(
            "%(service_on)s, %(team)s: of %(claimed_minutes)s hours claimed, "
            "%(counted_minutes)s hours count. %(reason)s"
        ),
        group="record",
    ),
)
