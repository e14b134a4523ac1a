"""What volunteers are told about their claims, beside what is told of all their hours."""

from __future__ import annotations

from app.errors import N_
from app.notices.rules import Kind

KINDS: tuple[Kind, ...] = (
    Kind(
        "claim.approved",
        N_("Your claim was approved"),
        N_("%(service_on)s, %(team)s: %(served_minutes)s hours count."),
        group="record",
    ),
    Kind(
        "claim.sent_back",
        N_("Your claim was sent back"),
        N_("%(service_on)s, %(team)s: %(reason)s You can change it and send it again."),
        group="record",
    ),
    Kind(
        "claim.settled",
        N_("Your claim was settled"),
        N_("%(service_on)s, %(team)s: the team wrote that day down; its entry stands instead."),
        group="record",
    ),
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
