"""Whose inbox it is, and who settles how they are told: oneself, or for a ward who cannot."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from flask import current_app

from app.db import db
from app.notices.channels import Channel
from app.notices.handling import notices_of
from app.notices.queries import has_login
from app.notices.rules import Inbox, OwnAccount
from app.web.policy import not_found

if TYPE_CHECKING:
    from app.teams.rules import Actor

NOWHERE: frozenset[int] = frozenset()


def inbox_of(actor: Actor) -> Inbox:
    """Return whose notices somebody reads: while acting for a ward none of the own office."""
    if actor.acting_for is not None:
        return Inbox(actor.acting_for.id, None)
    return Inbox(actor.volunteer_id, actor.login_id)


def choices_of(actor: Actor) -> Inbox:
    """Return whose choices somebody makes: a person's once, whether told as such or in office."""
    own_id = actor.own_id
    return Inbox(own_id, None) if own_id is not None else Inbox(None, actor.login_id)


def settles_own(actor: Actor, *, answers: bool = True) -> bool:
    """Refuse to settle for a ward who can sign in and settle it; or only say whether one may."""
    ward = actor.acting_for
    if ward is None or not has_login(db.session(), ward.id):
        return True
    if answers:
        raise OwnAccount(name=ward.name)
    return False


def unsent_scope(actor: Actor) -> Collection[int] | None:
    """Return in which organisations one sees what was not sent; None: everywhere, no names."""
    if actor.acting_for is not None:
        return NOWHERE
    return None if actor.is_admin and not actor.organises else actor.organises


def own_channel(code: str) -> Channel:
    """Return a channel by its code, or answer 404."""
    return notices_of(current_app).channels.get(code) or not_found()
