"""What somebody is told when two numbers of theirs became one."""

from __future__ import annotations

from app.errors import N_
from app.notices.rules import Kind

JOINED = "person.joined"
KINDS: tuple[Kind, ...] = (
    Kind(
        JOINED,
        N_("Your two numbers are one now"),
        N_(
            "What stood under number %(number)s stands under %(to_number)s: %(served_minutes)s"
            " hours came over. Number %(number)s no longer signs in. %(reason)s"
        ),
        group="record",
    ),
)
