"""What volunteers are told about the balance of their paper book."""

from __future__ import annotations

from app.errors import N_
from app.notices.rules import Kind

TAKEN_OVER, TAKEN_BACK = "opening.taken_over", "opening.taken_back"
KINDS: tuple[Kind, ...] = (
    Kind(
        TAKEN_OVER,
        N_("The balance of your paper book was taken over"),
        N_("As of %(as_of_on)s: %(served_minutes)s hours and %(points_hundredths)s points."),
        group="record",
    ),
    Kind(
        TAKEN_BACK,
        N_("A balance taken over from your paper book was taken back"),
        N_(
            "As of %(as_of_on)s: %(served_minutes)s hours and %(points_hundredths)s points no"
            " longer count. %(reason)s"
        ),
        group="record",
    ),
)
