"""The guides by role: what to do, in the order it comes up, with the figures of the place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from app.help.organising import auditing, keeping, organising
from app.help.serving import leading, volunteering
from app.help.steps import Guide
from app.organisations.rules import Settings

ROLES = ("volunteer", "leader", "organiser", "auditor", "admin")
# Whoever holds several roles begins with what they may do most of.
FIRST = ("organiser", "auditor", "admin", "leader", "volunteer")
# The guides that are also sheets of paper, and how many.
SHEETS: Mapping[str, int] = {"volunteer": 1, "leader": 2}


def guide_for(role: str, settings: Settings) -> Guide:
    """Return the guide of a role, with the figures of an organisation."""
    return _MAKERS[role](settings)


def own_role(roles: Collection[str]) -> str:
    """Return whose guide to show first; visitors read the volunteers'."""
    return next((role for role in FIRST if role in roles), "volunteer")


_MAKERS: Mapping[str, Callable[[Settings], Guide]] = {
    "volunteer": volunteering,
    "leader": leading,
    "organiser": organising,
    "auditor": auditing,
    "admin": keeping,
}
