"""Whether an entry is approved in the same step, or whom it waits for."""

from __future__ import annotations

from typing import Literal, NamedTuple

Reason = Literal["own_row", "late", "over_limit", "two_people", "new_person", "claim"]


class Route(NamedTuple):
    """Whether an entry is approved in the same step, or for whom it waits and why.

    A co-leader's approval may always be given by an organiser instead.
    `needs_reason`: whoever approves says why (over the daily limit).
    """

    approved: bool
    waits_for: Literal["co_leader", "organiser"] | None = None
    reason: Reason | None = None
    needs_reason: bool = False


def route_entry(
    *,
    enters_as: Literal["leader", "organiser", "claimant"],
    own_row: bool,
    timely: bool,
    over_limit: bool,
    two_people: bool,
    new_person: bool,
) -> Route:
    """Say who approves an entry. `own_row`: for themselves or for someone they act for."""
    if enters_as == "claimant":
        return _route_of_claimant(timely, over_limit, new_person)
    if enters_as == "organiser":
        return _route_of_organiser(own_row, over_limit, two_people)
    return _route_of_leader(own_row, timely, over_limit, two_people, new_person)


def _route_of_leader(
    own_row: bool, timely: bool, over_limit: bool, two_people: bool, new_person: bool
) -> Route:
    """What only an organiser may settle goes first: a co-leader could not approve it."""
    if new_person:
        return Route(False, "organiser", "new_person", over_limit)
    if over_limit:
        return Route(False, "organiser", "over_limit", True)
    if not timely:
        return Route(False, "organiser", "late")
    if own_row:
        return Route(False, "co_leader", "own_row")
    if two_people:
        return Route(False, "co_leader", "two_people")
    return Route(True)


def _route_of_claimant(timely: bool, over_limit: bool, new_person: bool) -> Route:
    """A claim always waits: for the team's leader, or for an organiser as an entry would."""
    route = _route_of_leader(False, timely, over_limit, False, new_person)
    return Route(False, "co_leader", "claim") if route.approved else route


def _route_of_organiser(own_row: bool, over_limit: bool, two_people: bool) -> Route:
    """Organisers are not bound by timeliness, and over the limit they give the reason."""
    if own_row:
        return Route(False, "organiser", "own_row", over_limit)
    if two_people:
        return Route(False, "organiser" if over_limit else "co_leader", "two_people", over_limit)
    return Route(True, needs_reason=over_limit)
