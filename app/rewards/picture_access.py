"""Who sees a picture of the shelf: whoever sees, keeps, hands over or redeemed its item."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.clock import now
from app.organisations.queries import ancestors_of
from app.rewards.queries.pictured import Pictured, has_redeemed, pictured
from app.rewards.queries.shelf import person_shelf
from app.teams.queries import teams_by_ids
from app.teams.rules import Actor


def may_see_picture(session: Session, actor: Actor | None, picture_id: int) -> bool:
    """Tell whether somebody may see a picture of a shelf.

    A photo that was replaced, or whose item was taken off the shelf, is kept for the history
    only; one of an item that some may redeem is theirs.
    """
    found = pictured(session, picture_id)
    if any(each.is_for_everybody for each in found):
        return True
    if actor is None or not found:
        return False
    return (
        _keeps(actor, found)
        or has_redeemed(session, _own(actor), picture_id)
        or _hands_over(session, actor, found)
        or _is_offered(session, actor, found, picture_id)
    )


def _keeps(actor: Actor, found: Sequence[Pictured]) -> bool:
    kept = actor.organises | actor.audits
    return any(each.organisation_id in kept for each in found)


def _own(actor: Actor) -> set[int]:
    own = () if actor.volunteer_id is None else (actor.volunteer_id,)
    return {*own, *actor.acts_for}


def _hands_over(session: Session, actor: Actor, found: Sequence[Pictured]) -> bool:
    """Tell whether a leader's members redeem from the shelf."""
    if not actor.leads:
        return False
    homes = {team.organisation_id for team in teams_by_ids(session, actor.leads)}
    shelves = {above for home in homes for above in ancestors_of(session, home)}
    return any(each.organisation_id in shelves for each in found)


def _is_offered(session: Session, actor: Actor, found: Sequence[Pictured], picture_id: int) -> bool:
    """Tell whether the item stands with this picture on one's own shelf."""
    if actor.own_id is None:
        return False
    offered = (
        judged.offer.picture_id
        for each in found
        for judged in person_shelf(session, actor.own_id, now(), item_id=each.item_id).items
    )
    return picture_id in offered
