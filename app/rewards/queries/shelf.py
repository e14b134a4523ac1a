"""The shelf somebody sees: what stands on it today, and what is missing to redeem each item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch, fetch_together, optional_day
from app.clock import today_in
from app.ledger.queries import balances_of
from app.organisations.queries import ancestors_of, settings_of_many, subtree
from app.organisations.rules import Settings, line_above
from app.people.queries import find_volunteer
from app.rewards.queries.grounds import (
    COLOURS_ON,
    COUNTED_THIS_YEAR,
    WINDOWS,
    Counted,
    counted_from,
    nearest,
    redeemed_of_item,
    spent_hundredths,
    windows_from,
)
from app.rewards.rules.redeeming import (
    MOST_AT_ONCE,
    ClosedForNow,
    ClosedToday,
    HoursMissing,
    House,
    NotRedeemable,
    Person,
    Terms,
    is_on_shelf,
    is_visible,
    refusal_of,
)
from app.rewards.rules.windows import Window
from app.service.queries.stars import Standing, standing_of

_ITEMS = (
    "FROM shelf_items i JOIN item_versions v ON v.item_id = i.id AND v.number = i.version "
    "{more} WHERE i.withdrawn_at IS NULL AND i.organisation_id IN ?ids"
)
_OFFERS = (
    "SELECT i.id, i.organisation_id, o.name, i.kind, i.available, v.id, v.name, v.description, "
    "v.measure, v.category, p.name, v.picture_id, v.collect_at, v.number, v.price_hundredths, "
    "v.from_on, v.until_on, v.limit_count, v.limit_period, v.least_stars "
) + _ITEMS.format(
    more="JOIN organisations o ON o.id = i.organisation_id "
    "LEFT JOIN partners p ON p.id = v.partner_id"
)
_COLOURS = "SELECT v.id, c.colour_id, k.name " + _ITEMS.format(
    more="JOIN item_colours c ON c.item_version_id = v.id JOIN colours k ON k.id = c.colour_id"
)
_ONE = " AND i.id = ?"
# Why nothing of a house can be redeemed, whatever it is.
CLOSED = (HoursMissing, ClosedToday, ClosedForNow)


class Offer(NamedTuple):
    """An item as its current version says it."""

    id: int
    organisation_id: int
    organisation_name: str
    kind: str
    available: int
    version_id: int
    name: str
    description: str
    measure: str
    category: str
    partner: str | None
    picture_id: int | None
    collect_at: str
    # For whom it is kept; for everybody without any.
    colour_names: tuple[str, ...]
    terms: Terms


class Place(NamedTuple):
    """An organisation's rules for redeeming, as they stand today."""

    settings: Settings
    house: House
    today: date


class Reader(NamedTuple):
    """What counts of the person who looks."""

    volunteer_id: int
    points_hundredths: int
    standing: Standing
    colour_ids: frozenset[int]
    this_year: Sequence[Counted]


class Judged(NamedTuple):
    """An item and what is missing to redeem it; to a visitor nothing is said of that.

    `closed` is why the whole house redeems nothing now; `most` how many could be had at once.
    """

    offer: Offer
    place: Place
    refusal: NotRedeemable | None
    closed: NotRedeemable | None
    most: int

    @property
    def can_redeem(self) -> bool:
        """Tell whether one tap leads to the preview."""
        return self.refusal is None and self.closed is None


class Shelf(NamedTuple):
    """What somebody sees, by category, the cheapest first, and who looks (None: a visitor)."""

    items: list[Judged]
    reader: Reader | None


def site_shelf(
    session: Session, root_id: int, now: datetime, *, item_id: int | None = None
) -> Shelf:
    """Return what a visitor sees: what a site offers to everybody."""
    nodes = subtree(session, root_id)
    tree = {node.id: node.parent_id for node in nodes}
    above = {each: line_above(tree, each) for each in tree}
    return Shelf(_judged(session, above, None, now, item_id), None)


def person_shelf(
    session: Session, volunteer_id: int, now: datetime, *, item_id: int | None = None
) -> Shelf:
    """Return what somebody sees: the shelves from their own organisation up to the root."""
    found = find_volunteer(session, volunteer_id)
    if found is None or found.state != "active":
        return Shelf([], None)
    line = ancestors_of(session, found.organisation_id)
    above = {each: line[place:] for place, each in enumerate(line)}
    places = _places(session, above, now)
    reader = _reader(session, volunteer_id, places[line[0]].today)
    return Shelf(_judged(session, above, reader, now, item_id, places), reader)


def next_within_reach(items: Iterable[Judged]) -> Judged | None:
    """Return the cheapest item for which nothing but points is missing."""
    short = [each for each in items if each.refusal and each.refusal.code == "not_enough_points"]
    return min(
        short, key=lambda each: (each.offer.terms.price_hundredths, each.offer.id), default=None
    )


def judged_for(judged: Judged, reader: Reader, quantity: int) -> NotRedeemable | None:
    """Return why so many cannot be redeemed now, or None."""
    return _refusal(judged.offer, judged.place, judged.place.house, reader, quantity)


# ── what stands there ─────────────────────────────────────────────────────────────────────


def _judged(
    session: Session,
    above: Mapping[int, Sequence[int]],
    reader: Reader | None,
    now: datetime,
    item_id: int | None,
    places: Mapping[int, Place] | None = None,
) -> list[Judged]:
    offers = _offers(session, list(above), item_id)
    at = _places(session, above, now) if places is None else places
    found = [
        _judge(each, at[each.organisation_id], reader)
        for each in offers
        if _is_seen(each, at[each.organisation_id], reader)
    ]
    return _ordered(found)


def _ordered(found: Sequence[Judged]) -> list[Judged]:
    """Return the largest categories first; what is sold out stands at the end."""
    sizes = Counter(each.offer.category for each in found)

    def place(judged: Judged) -> tuple[bool, int, str, int, int]:
        offer = judged.offer
        category = (-sizes[offer.category], offer.category)
        return (offer.available == 0, *category, offer.terms.price_hundredths, offer.id)

    return sorted(found, key=place)


def _offers(session: Session, organisation_ids: Sequence[int], item_id: int | None) -> list[Offer]:
    one, values = ("", ()) if item_id is None else (_ONE, (item_id,))
    asked = (sorted(organisation_ids), *values)
    rows, colours = fetch_together(session, (_OFFERS + one, *asked), (_COLOURS + one, *asked))
    kept: dict[int, dict[int, str]] = {}
    for version_id, colour_id, name in colours:
        kept.setdefault(version_id, {})[colour_id] = name
    return [_offer(row, kept.get(row[5], {})) for row in rows]


def _offer(row: Any, colours: Mapping[int, str]) -> Offer:
    number, price, from_on, until_on, count, period, stars = row[13:]
    terms = Terms(
        version=number,
        price_hundredths=price,
        from_on=optional_day(from_on),
        until_on=optional_day(until_on),
        limit_count=count,
        limit_period=period,
        least_stars=stars,
        colour_ids=frozenset(colours),
        is_withdrawn=False,
    )
    names = tuple(colours[each] for each in sorted(colours))
    return Offer._make((*row[:13], names, terms))


def _places(
    session: Session, above: Mapping[int, Sequence[int]], now: datetime
) -> dict[int, Place]:
    settings = settings_of_many(session, list(above))
    windows = windows_from(fetch(session, WINDOWS, sorted(above)))
    return {
        each: _place(settings[each], nearest(windows, line), now) for each, line in above.items()
    }


def _place(settings: Settings, windows: Sequence[Window], now: datetime) -> Place:
    house = House(settings.redemption_least_minutes, settings.redemption_cap_points * 100, windows)
    return Place(settings, house, today_in(settings.time_zone, now))


# ── who looks ─────────────────────────────────────────────────────────────────────────────


def _reader(session: Session, volunteer_id: int, today: date) -> Reader:
    counted, colours = fetch_together(
        session,
        (COUNTED_THIS_YEAR, volunteer_id, today.replace(month=1, day=1)),
        (COLOURS_ON, volunteer_id, today, today),
    )
    return Reader(
        volunteer_id,
        balances_of(session, volunteer_id).points_hundredths,
        standing_of(session, volunteer_id),
        frozenset(row[0] for row in colours),
        counted_from(counted),
    )


def _is_seen(offer: Offer, place: Place, reader: Reader | None) -> bool:
    stars = _stars(place, reader) if reader else 0
    colour_ids: Collection[int] = reader.colour_ids if reader else ()
    is_meant = is_visible(offer.terms, stars=stars, colour_ids=colour_ids)
    return is_meant and is_on_shelf(offer.terms, place.today)


def _stars(place: Place, reader: Reader) -> int:
    return reader.standing.level(place.settings, place.today)


def _judge(offer: Offer, place: Place, reader: Reader | None) -> Judged:
    if reader is None:
        return Judged(offer, place, None, None, 0)
    refusal, closed = _refusal(offer, place, place.house, reader, 1), None
    if isinstance(refusal, CLOSED):
        open_house = House(0, place.house.cap_hundredths, ())
        refusal, closed = _refusal(offer, place, open_house, reader, 1), refusal
    return Judged(offer, place, refusal, closed, _most(offer, place, reader))


def _refusal(
    offer: Offer, place: Place, house: House, reader: Reader, quantity: int
) -> NotRedeemable | None:
    return refusal_of(
        name=offer.name,
        terms=offer.terms,
        shown_price_hundredths=offer.terms.price_hundredths,
        available=offer.available,
        quantity=quantity,
        person=_person(offer, place, reader),
        house=house,
        today=place.today,
    )


def _person(offer: Offer, place: Place, reader: Reader) -> Person:
    return Person(
        points_hundredths=reader.points_hundredths,
        served_minutes=reader.standing.minutes,
        stars=_stars(place, reader),
        colour_ids=reader.colour_ids,
        redeemed_of_item=redeemed_of_item(reader.this_year, offer.id, offer.terms, place.today),
        spent_this_year_hundredths=spent_hundredths(reader.this_year),
    )


def _most(offer: Offer, place: Place, reader: Reader) -> int:
    """Return how many stock, balance, limit and cap leave."""
    price, person = offer.terms.price_hundredths, _person(offer, place, reader)
    rooms = [offer.available, person.points_hundredths // price, MOST_AT_ONCE]
    if offer.terms.limit_count is not None:
        rooms.append(offer.terms.limit_count - person.redeemed_of_item)
    if place.house.cap_hundredths:
        left = place.house.cap_hundredths - person.spent_this_year_hundredths
        rooms.append(left // price)
    return max(0, min(rooms))
