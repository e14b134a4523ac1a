"""Whose inbox it is: one's own, or a ward's while acting for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.notices.rules import Inbox

if TYPE_CHECKING:
    from app.teams.rules import Actor


def inbox_of(actor: Actor) -> Inbox:
    """Return whose notices somebody reads: while acting for a ward none of the own office."""
    if actor.acting_for is not None:
        return Inbox(actor.acting_for.id, None)
    return Inbox(actor.volunteer_id, actor.login_id)
