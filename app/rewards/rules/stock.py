"""Stock changes by moves only: what each kind does to what lies here and what is set aside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, get_args

from app.errors import N_, RuleBroken

MoveKind = Literal["in", "reserved", "handed_over", "returned", "damaged", "counted"]
MOVE_KINDS: tuple[str, ...] = get_args(MoveKind)
# Moved by redemptions; the others by whoever keeps the shelf.
OF_REDEMPTIONS: tuple[str, ...] = ("reserved", "handed_over", "returned")
MOST_QUANTITY = 100_000


class Change(NamedTuple):
    """What a move adds to the shelf and to what is set aside for collection."""

    available: int
    reserved: int


class BadQuantity(RuleBroken):
    """No whole number of pieces."""

    code = "bad_quantity"
    message = N_("A quantity is a whole number from %(least)s to %(most)s.")


class NotSoMany(RuleBroken):
    """The shelf holds fewer."""

    code = "not_so_many"
    message = N_("The shelf holds %(available)s; %(quantity)s cannot leave it.")


_CHANGES: Mapping[str, Callable[[int], Change]] = {
    "in": lambda quantity: Change(quantity, 0),
    "reserved": lambda quantity: Change(-quantity, quantity),
    "handed_over": lambda quantity: Change(0, -quantity),
    "returned": lambda quantity: Change(quantity, -quantity),
    "damaged": lambda quantity: Change(-quantity, 0),
}


def change_of(kind: str, quantity: int) -> Change:
    """Return what a move of so many pieces does; a count has `count_change`."""
    check_quantity(quantity)
    return _CHANGES[kind](quantity)


def count_change(counted: int, available: int) -> Change:
    """Return what a stocktaking does: the shelf then holds what was counted on it."""
    check_quantity(counted, least=0)
    return Change(counted - available, 0)


def check_quantity(quantity: int, *, least: int = 1) -> None:
    """Refuse what is no number of pieces."""
    if not least <= quantity <= MOST_QUANTITY:
        raise BadQuantity(least=least, most=MOST_QUANTITY)


def check_leaves(available: int, quantity: int) -> None:
    """Refuse to take more from the shelf than lies there."""
    if quantity > available:
        raise NotSoMany(available=available, quantity=quantity)
