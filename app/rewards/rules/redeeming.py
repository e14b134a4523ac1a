"""Whether somebody may redeem an item now, and every reason why not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from app.errors import N_, RuleBroken
from app.points.rules import format_hours, format_hundredths
from app.rewards.rules.periods import period_of
from app.rewards.rules.stock import check_quantity
from app.rewards.rules.windows import Window, next_opening, opens_on

MOST_AT_ONCE = 99


class Terms(NamedTuple):
    """An item as its current version says."""

    version: int
    price_hundredths: int
    from_on: date | None
    until_on: date | None
    limit_count: int | None
    limit_period: str | None
    least_stars: int | None
    colour_ids: frozenset[int]
    is_withdrawn: bool


class Person(NamedTuple):
    """What counts of whoever redeems, as it stands under the lock."""

    points_hundredths: int
    served_minutes: int
    stars: int
    colour_ids: frozenset[int]
    # Of this item in its limit's period, and of all items this year, in hundredths of a point.
    redeemed_of_item: int
    spent_this_year_hundredths: int


class House(NamedTuple):
    """The organisation's rules for redeeming."""

    least_served_minutes: int
    # Most points a person may redeem a year, in hundredths; 0: no limit.
    cap_hundredths: int
    windows: Sequence[Window]


class NotRedeemable(RuleBroken):
    """A reason why this person cannot redeem this item now; kept under the request's key."""


class ItemGone(NotRedeemable):
    """The item left the shelf, or its dates are over or not come."""

    code = "item_gone"
    message = N_("%(name)s is not on the shelf today.")


class NotForYou(NotRedeemable):
    """Only for some colours or stars."""

    code = "not_for_you"
    # It names nothing: whoever it is not meant for has not been shown it.
    message = N_("This is kept for volunteers of certain teams or stars.")


class PriceChanged(NotRedeemable):
    """What was shown is what is charged, or nothing is."""

    code = "price_changed"
    message = N_(
        "The price of %(name)s has changed from %(shown)s to %(price)s points;"
        " nothing was redeemed. Look at it again."
    )


class ItemChanged(NotRedeemable):
    """At the same price, another thing: what was shown is what is taken, or nothing is."""

    code = "item_changed"
    message = N_("%(shown)s has become %(name)s; nothing was redeemed. Look at it again.")


class SoldOut(NotRedeemable):
    """The last one has gone."""

    code = "sold_out"
    message = N_("%(name)s is sold out; nothing was redeemed.")


class TooFewLeft(SoldOut):
    """There are some, but fewer than asked for."""

    message = N_("Of %(name)s only %(available)s are left; nothing was redeemed.")


class NotEnoughPoints(NotRedeemable):
    """The balance does not suffice."""

    code = "not_enough_points"
    message = N_("You have %(balance)s points; %(price)s are needed, %(missing)s are missing.")


class LimitReached(NotRedeemable):
    """As many as one person may have in the period."""

    code = "limit_reached"
    message = N_(
        "One person may redeem %(name)s %(limit)s times from %(from_on)s to %(until_on)s;"
        " %(redeemed)s are redeemed. The next can be from %(next_on)s on."
    )


class CapReached(NotRedeemable):
    """As many points as one person may redeem a year."""

    code = "cap_reached"
    message = N_(
        "One person may redeem %(cap)s points a year; %(spent)s are redeemed,"
        " this would make %(total)s."
    )


class HoursMissing(NotRedeemable):
    """Too few served hours for a first redemption."""

    code = "hours_missing"
    message = N_("One may redeem after %(least)s served hours; so far there are %(served)s.")


class ClosedToday(NotRedeemable):
    """No redemption day."""

    code = "closed_today"
    message = N_("Today is no redemption day; the next one is %(next_on)s.")


class ClosedForNow(NotRedeemable):
    """No redemption day in sight."""

    code = "closed_today"
    message = N_("Today is no redemption day, and the next one has not been named yet.")


class QuantityAsked(RuleBroken):
    """More at once than one person carries home."""

    code = "bad_quantity"
    message = N_("Choose %(least)s to %(most)s.")


def check_asked(quantity: int) -> None:
    """Refuse a quantity nobody redeems at once."""
    if not 1 <= quantity <= MOST_AT_ONCE:
        raise QuantityAsked(least=1, most=MOST_AT_ONCE)
    check_quantity(quantity)


def is_visible(terms: Terms, *, stars: int, colour_ids: Collection[int]) -> bool:
    """Say whether an item is meant for somebody with these stars and colours."""
    has_stars = terms.least_stars is None or stars >= terms.least_stars
    return has_stars and (not terms.colour_ids or not terms.colour_ids.isdisjoint(colour_ids))


def is_on_shelf(terms: Terms, today: date) -> bool:
    """Say whether an item can be had on a date."""
    begun = terms.from_on is None or terms.from_on <= today
    lasts = terms.until_on is None or today <= terms.until_on
    return begun and lasts and not terms.is_withdrawn


def cost_of(*, price_hundredths: int, quantity: int) -> int:
    """Return what so many pieces cost, in hundredths of a point."""
    return price_hundredths * quantity


def refusal_of(
    *,
    name: str,
    terms: Terms,
    shown_price_hundredths: int,
    available: int,
    quantity: int,
    person: Person,
    house: House,
    today: date,
) -> NotRedeemable | None:
    """Return the first reason why this cannot be redeemed now, or None."""
    cost = cost_of(price_hundredths=terms.price_hundredths, quantity=quantity)
    return (
        _of_shelf(name, terms, person, today)
        or _of_price(name, terms, shown_price_hundredths)
        or _of_house(house, person, cost, today)
        or _of_limit(name, terms, person, quantity, today)
        or _of_stock(name, available, quantity)
        or _of_balance(person.points_hundredths, cost)
    )


def _of_shelf(name: str, terms: Terms, person: Person, today: date) -> NotRedeemable | None:
    if not is_visible(terms, stars=person.stars, colour_ids=person.colour_ids):
        return NotForYou()
    if not is_on_shelf(terms, today):
        return ItemGone(name=name)
    return None


def _of_price(name: str, terms: Terms, shown_hundredths: int) -> NotRedeemable | None:
    if terms.price_hundredths == shown_hundredths:
        return None
    return PriceChanged(
        name=name,
        shown=format_hundredths(shown_hundredths),
        price=format_hundredths(terms.price_hundredths),
    )


def _of_house(house: House, person: Person, cost: int, today: date) -> NotRedeemable | None:
    if person.served_minutes < house.least_served_minutes:
        return HoursMissing(
            least=format_hours(house.least_served_minutes),
            served=format_hours(person.served_minutes),
        )
    if not opens_on(house.windows, today):
        next_on = next_opening(house.windows, today)
        return ClosedForNow() if next_on is None else ClosedToday(next_on=next_on)
    total = person.spent_this_year_hundredths + cost
    if house.cap_hundredths and total > house.cap_hundredths:
        return CapReached(
            cap=format_hundredths(house.cap_hundredths),
            spent=format_hundredths(person.spent_this_year_hundredths),
            total=format_hundredths(total),
        )
    return None


def _of_limit(
    name: str, terms: Terms, person: Person, quantity: int, today: date
) -> NotRedeemable | None:
    if terms.limit_count is None or terms.limit_period is None:
        return None
    if person.redeemed_of_item + quantity <= terms.limit_count:
        return None
    span = period_of(today, terms.limit_period)
    return LimitReached(
        name=name,
        limit=terms.limit_count,
        from_on=span.from_on,
        until_on=span.until_on,
        redeemed=person.redeemed_of_item,
        next_on=span.until_on + timedelta(days=1),
    )


def _of_stock(name: str, available: int, quantity: int) -> NotRedeemable | None:
    if available >= quantity:
        return None
    return TooFewLeft(name=name, available=available) if available else SoldOut(name=name)


def _of_balance(balance_hundredths: int, cost: int) -> NotRedeemable | None:
    missing = cost - balance_hundredths
    if missing <= 0:
        return None
    return NotEnoughPoints(
        balance=format_hundredths(balance_hundredths),
        price=format_hundredths(cost),
        missing=format_hundredths(missing),
    )
