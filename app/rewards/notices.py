"""What people are told about what was redeemed, and what is done about it once a day."""

from __future__ import annotations

from app.errors import N_
from app.notices.handling import Daily
from app.notices.rules import Kind
from app.rewards.operations.telling import remind_to_collect
from app.rewards.working import expire_due

KINDS: tuple[Kind, ...] = (
    Kind(
        "redemption.for_you",
        N_("Redeemed for you: %(what)s"),
        N_(
            "%(by)s redeemed it for you with %(cost_hundredths)s of your points."
            " It is to be collected by %(collect_by_on)s."
        ),
        group="record",
    ),
    Kind(
        "redemption.at_desk",
        N_("Redeemed for you at the desk: %(what)s"),
        N_(
            "%(by)s redeemed it at the desk with %(cost_hundredths)s of your points."
            " If that was not you, please tell the community office."
        ),
        group="record",
    ),
    Kind(
        "redemption.cancelled",
        N_("Cancelled by the desk: %(what)s"),
        N_("%(by)s cancelled it; %(cost_hundredths)s points are back. Reason: %(reason)s"),
        group="record",
    ),
    Kind(
        "redemption.expired",
        N_("Not collected in time: %(what)s"),
        N_("The last day has passed; %(cost_hundredths)s points are back in your account."),
        group="record",
    ),
    Kind(
        "redemption.soon",
        N_("Please collect: %(what)s"),
        N_("It waits for you until %(collect_by_on)s; after that the points come back."),
        group="record",
    ),
    Kind(
        "redemption.last_day",
        N_("Today is the last day to collect: %(what)s"),
        N_("If nobody comes today (%(collect_by_on)s), the points come back."),
        group="record",
    ),
    Kind(
        "stock.low",
        N_("Running out on the shelf: %(what)s"),
        N_("%(left)s are left. Take more in, or take it off the shelf in time."),
        group="record",
    ),
)

# What is over goes back, each in a commit of its own; then those are reminded whose day nears.
DAILY: tuple[Daily, ...] = (Daily("rewards.collecting", remind_to_collect, ahead=expire_due),)
