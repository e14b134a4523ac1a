"""What organisers are told of the figures, and the round in which they are."""

from __future__ import annotations

from app.errors import N_
from app.notices.handling import Daily
from app.notices.rules import Kind
from app.reports import head_telling
from app.reports.monthly_telling import KIND, nothing_more, tell_months

KINDS: tuple[Kind, ...] = (
    Kind(
        KIND,
        N_("Report of %(month)s: %(name)s"),
        N_(
            "%(served_minutes)s hours by %(people)s people, %(firsts)s of them for the first time;"
            " records of the month that wait: %(waiting)s. Open it for the figures beside the"
            " month before."
        ),
        group="record",
    ),
    Kind(
        head_telling.KIND,
        N_("Head of the chain of %(told_on)s"),
        N_(
            "%(line)s — Please keep this message. As long as one such line lies outside, nobody"
            " can rewrite the books up to it unseen: flask head --check tells."
        ),
        group="record",
    ),
)
DAILY: tuple[Daily, ...] = (
    Daily("report.monthly", nothing_more, tell_months),
    Daily("chain.head", head_telling.tell_head),
)
