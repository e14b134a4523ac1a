"""What volunteers are told about complaints; what was said stands in their archive alone."""

from __future__ import annotations

from app.errors import N_
from app.notices.rules import Kind

ENTERED, ANSWERED = "archive.complaint_entered", "archive.complaint_answered"
KINDS: tuple[Kind, ...] = (
    Kind(
        ENTERED,
        N_("A complaint about your service was entered"),
        N_("It was received on %(received_on)s and stands in your archive, where you can read it."),
        group="record",
    ),
    Kind(
        ANSWERED,
        N_("A complaint about your service was answered"),
        N_("What came of it on %(answered_on)s stands in your archive."),
        group="record",
    ),
)
