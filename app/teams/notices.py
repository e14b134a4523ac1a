"""What volunteers are told about answers to what they asked."""

from __future__ import annotations

from app.errors import N_
from app.notices.rules import Kind

JOINED, NOT_JOINED = "team.joined", "team.not_joined"
HELPER_ACTS, HELPER_REFUSED = "helper.acts", "helper.refused"
KINDS: tuple[Kind, ...] = (
    Kind(JOINED, N_("You are in the team"), N_("%(team)s has taken you in.")),
    Kind(NOT_JOINED, N_("The team said no"), N_("%(team)s did not take you in: %(reason)s")),
    Kind(
        HELPER_ACTS,
        N_("Somebody may act for somebody"),
        N_("%(helper)s may act for %(volunteer)s from now on. All of it is marked."),
    ),
    Kind(
        HELPER_REFUSED,
        N_("Acting for somebody was refused"),
        N_("%(helper)s may not act for %(volunteer)s: %(reason)s"),
    ),
)
