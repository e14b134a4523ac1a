"""What people are told about the year's ranking."""

from __future__ import annotations

from app.errors import N_
from app.notices.rules import Kind

KINDS: tuple[Kind, ...] = (
    Kind(
        "ranking.asked_notice",
        N_("A second person is needed"),
        N_("%(asker)s asks to freeze the ranking %(year)s of %(name)s for its public notice."),
        "record",
    ),
    Kind(
        "ranking.asked_correction",
        N_("A second person is needed"),
        N_("%(asker)s asks to correct the ranking %(year)s of %(name)s."),
        "record",
    ),
    Kind(
        "ranking.asked_final",
        N_("A second person is needed"),
        N_("%(asker)s asks to make the ranking %(year)s of %(name)s final."),
        "record",
    ),
    Kind(
        "ranking.confirmed",
        N_("Your request about the ranking was confirmed"),
        N_("%(second)s confirmed it for %(year)s; it is done."),
        "record",
    ),
    Kind(
        "ranking.refused",
        N_("Your request about the ranking was refused"),
        N_("%(second)s refused it for %(year)s. Reason: %(reason)s"),
        "record",
    ),
    Kind(
        "objection.raised",
        N_("An objection waits for an answer"),
        N_("Somebody objects to the ranking %(year)s of %(name)s, which is under notice."),
        "dispute",
    ),
    Kind(
        "objection.upheld",
        N_("Your objection was upheld"),
        N_("About the ranking %(year)s of %(name)s. Open it for the answer."),
        "dispute",
    ),
    Kind(
        "objection.refused",
        N_("Your objection was answered"),
        N_("The ranking %(year)s of %(name)s stays as it is. Open it for the reason."),
        "dispute",
    ),
)
