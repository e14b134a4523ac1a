"""What people are told of points that end, and the round in which they do."""

from __future__ import annotations

from app.errors import N_
from app.expiry.sweeping import nothing_more, sweep
from app.notices.handling import Daily
from app.notices.rules import Kind

KINDS: tuple[Kind, ...] = (
    Kind(
        "expiry.coming",
        N_("%(points_hundredths)s points can be used until %(until_on)s"),
        N_("After that day they expire. Redeem them before; whatever is spent, they go first."),
        group="record",
    ),
    Kind(
        "expiry.soon",
        N_("A few days left: %(points_hundredths)s points until %(until_on)s"),
        N_("After that day they expire. If you want to redeem something, please do so now."),
        group="record",
    ),
    Kind(
        "expiry.expired",
        N_("%(points_hundredths)s points have expired"),
        N_(
            "They could be used until %(until_on)s. Your hours stay as they are. If something you"
            " redeemed comes back, its points can be used for another 60 days."
        ),
        group="record",
    ),
)
DAILY: tuple[Daily, ...] = (Daily("expiry.sweep", nothing_more, sweep),)
