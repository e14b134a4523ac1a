"""What people are told about disputes, and which of them organisers hear are overdue."""

from __future__ import annotations

from app.disputes.operations.telling import tell_overdue
from app.errors import N_
from app.notices.handling import Daily
from app.notices.rules import Kind

KINDS: tuple[Kind, ...] = (
    Kind(
        "dispute.raised",
        N_("A dispute waits for an answer"),
        N_("%(name)s disputes a record of %(service_on)s with %(team)s. Answer by %(due_on)s."),
        "dispute",
    ),
    Kind(
        "dispute.asked",
        N_("A question about your dispute"),
        N_("About the service of %(service_on)s with %(team)s. Open it and reply."),
        "dispute",
    ),
    Kind(
        "dispute.replied",
        N_("A reply to your question"),
        N_("%(name)s replied about the service of %(service_on)s with %(team)s."),
        "dispute",
    ),
    Kind(
        "dispute.corrected",
        N_("Your dispute led to a correction"),
        N_("The service of %(service_on)s with %(team)s was put right."),
        "dispute",
    ),
    Kind(
        "dispute.refused",
        N_("Your dispute was answered"),
        N_("The record of %(service_on)s with %(team)s stays as it is. Open it for the reason."),
        "dispute",
    ),
    Kind(
        "dispute.overtaken",
        N_("The record you disputed was changed"),
        N_("The record of %(service_on)s with %(team)s was corrected or reversed by somebody."),
        "dispute",
    ),
    Kind(
        "dispute.passed_on",
        N_("A dispute was passed on to you"),
        N_(
            "A leader refused it: %(name)s, %(service_on)s with %(team)s."
            " An organiser answers by %(due_on)s."
        ),
        "dispute",
    ),
    Kind(
        "dispute.overdue",
        N_("A dispute is overdue"),
        N_(
            "%(name)s, %(service_on)s with %(team)s: an answer was promised until %(due_on)s."
            " Please see to it."
        ),
        "dispute",
    ),
)
DAILY: tuple[Daily, ...] = (Daily("disputes.overdue", tell_overdue),)
