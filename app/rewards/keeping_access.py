"""Whose shelf somebody keeps or audits: whatever lies outside answers 404."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.organisations.queries import Node, forest
from app.rewards.models import Partner, RedemptionWindow
from app.rewards.picture_access import may_see_picture
from app.rewards.queries import keeping
from app.rewards.queries.keeping import ItemRow
from app.teams.access import today
from app.teams.rules import Actor
from app.web.policy import not_found


class Keeping(NamedTuple):
    """The organisation whose shelf is looked at, and all that may be chosen."""

    organisation: Node
    organisations: Sequence[Node]
    may_change: bool
    today: date

    @property
    def code(self) -> str | None:
        """What an address says to name it; the topmost goes without saying."""
        is_top = self.organisation.id == self.organisations[0].id
        return None if is_top else self.organisation.code


def keeping_of(session: Session, actor: Actor, code: str | None) -> Keeping:
    """Return the shelf of a code; the topmost organisation's when none is asked."""
    nodes = forest(session, actor.organises | actor.audits)
    chosen = next((node for node in nodes if code in {None, "", node.code}), None)
    return _keeping(actor, nodes, chosen)


def own_keeping(session: Session, actor: Actor, code: str | None) -> Keeping:
    """Return a shelf somebody may change."""
    found = keeping_of(session, actor, code)
    return found if found.may_change else not_found()


def kept_item(session: Session, actor: Actor, item_id: int) -> tuple[Keeping, ItemRow]:
    """Return an item of a shelf somebody keeps or audits."""
    item = keeping.find_item(session, item_id) or not_found()
    return keeping_by_id(session, actor, item.organisation_id), item


def own_item(session: Session, actor: Actor, item_id: int) -> tuple[Keeping, ItemRow]:
    """Return an item of a shelf somebody may change."""
    found, item = kept_item(session, actor, item_id)
    return (found, item) if found.may_change else not_found()


def own_partner(session: Session, actor: Actor, partner_id: int) -> tuple[Keeping, Partner]:
    """Return a partner of a shelf somebody may change."""
    partner = session.get(Partner, partner_id) or not_found()
    found = keeping_by_id(session, actor, partner.organisation_id)
    return (found, partner) if found.may_change else not_found()


def own_window(session: Session, actor: Actor, window_id: int) -> Keeping:
    """Return whose redemption days a rule names, if somebody may change them."""
    window = session.get(RedemptionWindow, window_id) or not_found()
    found = keeping_by_id(session, actor, window.organisation_id)
    return found if found.may_change else not_found()


def keeping_by_id(session: Session, actor: Actor, organisation_id: int) -> Keeping:
    """Return the shelf of an organisation within reach."""
    nodes = forest(session, actor.organises | actor.audits)
    chosen = next((node for node in nodes if node.id == organisation_id), None)
    return _keeping(actor, nodes, chosen)


def is_of_shelf(session: Session, actor: Actor | None, picture_id: int) -> bool:
    """Tell whether somebody sees the item that a picture shows (pictures.serving)."""
    return may_see_picture(session, actor, picture_id)


def _keeping(actor: Actor, nodes: Sequence[Node], chosen: Node | None) -> Keeping:
    if chosen is None:
        not_found()
    return Keeping(chosen, nodes, chosen.id in actor.organises, today())
