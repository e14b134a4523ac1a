"""The shelf in words: how many are left, what is missing, until when and how often."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from flask import url_for
from flask_babel import gettext as _

from app.rewards.queries.shelf import Judged, Offer, Place, Reader, Shelf, next_within_reach
from app.rewards.rules.redeeming import NotRedeemable
from app.web.filters import day, day_weekday, number, points
from app.web.pagination import url_with
from app.web.saying import say

# From so few pieces on a card says "only".
FEW = 3
# The line drawing of what has no picture: by a word in its name, else in its category.
DRAWINGS: Mapping[str, str] = {
    "米": "sack",
    "面": "sack",
    "油": "jug",
    "洗衣": "bottle",
    "洗": "bottle",
    "皂": "bottle",
    "毛巾": "towels",
    "伞": "umbrella",
    "理发": "scissors",
    "杯": "cup",
    "壶": "kettle",
    "书": "book",
    "本": "book",
    "灯": "lamp",
    "修": "tools",
    "室": "room",
    "场地": "room",
    "粮油": "sack",
    "日用": "bottle",
    "文具": "book",
}
OF_KIND: Mapping[str, str] = {"goods": "parcel", "service": "hands"}


class Card(NamedTuple):
    """One item of the list."""

    id: int
    name: str
    organisation: str
    picture_url: str | None
    drawing: str
    price: str
    left: str
    is_few: bool
    can_redeem: bool
    # Why there is no button; empty for a visitor, who only looks.
    blocked: str


class Missing(NamedTuple):
    """What the next item takes."""

    id: int
    name: str
    points: str


class Listed(NamedTuple):
    """The whole page of the shelf."""

    cards: list[Card]
    filters: list[dict[str, Any]]
    is_narrowed: bool
    notices: list[str]
    next_one: Missing | None
    place: str


def listed(shelf: Shelf, asked: Mapping[str, str]) -> Listed:
    """Return the page, narrowed to what the address asks for."""
    categories = _categories(shelf.items)
    category = asked.get("category", "")
    category = category if category in categories else ""
    only_mine = shelf.reader is not None and asked.get("show") == "mine"
    wanted = [
        each
        for each in shelf.items
        if (not only_mine or each.can_redeem) and category in ("", each.offer.category)
    ]
    is_shared = len({each.offer.organisation_id for each in shelf.items}) > 1
    return Listed(
        [_card(each, shelf.reader, is_shared) for each in wanted],
        _filters(categories, category, only_mine, shelf.reader),
        only_mine or bool(category),
        list(dict.fromkeys(say(each.closed) for each in shelf.items if each.closed)),
        _missing(shelf),
        _place(shelf.items),
    )


def _categories(items: Iterable[Judged]) -> list[str]:
    """Return the categories, those with most items first."""
    counts: dict[str, int] = {}
    for each in items:
        counts[each.offer.category] = counts.get(each.offer.category, 0) + 1
    return sorted(counts, key=lambda name: (-counts[name], name))


def _filters(
    categories: Sequence[str], category: str, only_mine: bool, reader: Reader | None
) -> list[dict[str, Any]]:
    def choice(label: str, current: bool, **asked: str) -> dict[str, Any]:
        changes = {"show": None, "category": None, **asked}
        return {"url": url_with(changes), "label": label, "current": current}

    found = [choice(_("All"), not only_mine and not category)]
    if reader is not None:
        found.append(choice(_("I can redeem"), only_mine, show="mine"))
    return found + [choice(each, each == category, category=each) for each in categories]


def _missing(shelf: Shelf) -> Missing | None:
    coming = next_within_reach(shelf.items)
    if coming is None or shelf.reader is None:
        return None
    lacks = coming.offer.terms.price_hundredths - shelf.reader.points_hundredths
    return Missing(coming.offer.id, coming.offer.name, points(lacks))


def _place(items: Iterable[Judged]) -> str:
    """Return where goods are collected, when that is one place; a service says its own."""
    goods = [each for each in items if each.offer.kind == "goods" and not each.offer.collect_at]
    found = {each.place.settings.pick_up_place for each in goods}
    return found.pop() if len(found) == 1 else ""


def _card(judged: Judged, reader: Reader | None, is_shared: bool) -> Card:
    offer = judged.offer
    return Card(
        offer.id,
        offer.name,
        offer.organisation_name if is_shared else "",
        picture_url(offer.picture_id),
        drawing_of(offer.kind, offer.name, offer.category),
        points(offer.terms.price_hundredths),
        left_text(offer),
        0 < offer.available <= FEW,
        reader is not None and judged.can_redeem,
        blocked_text(judged, reader),
    )


# ── one item ──────────────────────────────────────────────────────────────────────────────


def picture_url(picture_id: int | None, size: str = "small") -> str | None:
    """Return the address of an item's picture, or None."""
    if picture_id is None:
        return None
    return url_for("pictures.picture", picture_id=picture_id, size=size)


def drawing_of(kind: str, name: str, category: str) -> str:
    """Return which line drawing stands for an item without a picture."""
    texts = (name, category)
    found = (drawing for text in texts for word, drawing in DRAWINGS.items() if word in text)
    return next(found, OF_KIND.get(kind, "parcel"))


def left_text(offer: Offer) -> str:
    """Return how many there are; of a service how often one may have it, while there are many."""
    figures = {"count": number(offer.available), "measure": offer.measure}
    if offer.available == 0:
        return str(_("Sold out"))
    if offer.available <= FEW:
        return str(_("Only %(count)s %(measure)s left", **figures))
    if offer.kind == "service" and offer.terms.limit_count is not None:
        return limit_text(offer)
    return str(_("%(count)s %(measure)s left", **figures))


def limit_text(offer: Offer) -> str:
    """Return how many one person may have in which period; empty without a limit."""
    said = {
        "month": _("At most %(count)s %(measure)s a month each"),
        "quarter": _("At most %(count)s %(measure)s a quarter each"),
        "year": _("At most %(count)s %(measure)s a year each"),
    }
    period = offer.terms.limit_period
    if period is None:
        return ""
    return str(said[period]) % {"count": offer.terms.limit_count, "measure": offer.measure}


def blocked_text(judged: Judged, reader: Reader | None) -> str:
    """Return in a few words why an item cannot be redeemed now; empty where it can."""
    if reader is None or judged.can_redeem:
        return ""
    reason = judged.refusal or judged.closed
    code = reason.code if reason else ""
    if code == "not_enough_points":
        lacks = judged.offer.terms.price_hundredths - reader.points_hundredths
        return str(_("%(points)s points missing", points=points(lacks)))
    next_on = reason.figures.get("next_on") if reason else None
    if isinstance(next_on, date):
        return str(_("From %(day)s on", day=day(next_on)))
    said = {
        "sold_out": _("Sold out"),
        "limit_reached": _("Limit reached"),
        "cap_reached": _("Year's points are used"),
        "hours_missing": _("Hours are missing"),
        "closed_today": _("Not open now"),
    }
    return str(said.get(code, _("Not open now")))


def standing(reason: NotRedeemable | None) -> str:
    """Say why an item cannot be redeemed, before anybody tried to; empty where it can."""
    if reason is None:
        return ""
    if reason.code == "sold_out":
        return str(_("Sold out for now. It can be redeemed again as soon as more come in."))
    return say(reason)


def item_facts(judged: Judged) -> list[tuple[str, str]]:
    """Return what is to be known of an item, as pairs."""
    offer, terms = judged.offer, judged.offer.terms
    stars = _("from %(stars)s stars on", stars=terms.least_stars) if terms.least_stars else ""
    kept = [_(", ").join(offer.colour_names), str(stars)]
    pairs = [
        (_("Category"), offer.category),
        (_("In stock"), left_text(offer) if offer.available <= FEW else _left(offer)),
        (_("Limit"), limit_text(offer)),
        (_("Kept for"), _(", ").join(one for one in kept if one)),
        (_("Offered by"), offer.partner or ""),
        (_("On the shelf"), _dates(terms.from_on, terms.until_on)),
        *pick_up_facts(offer.collect_at, judged.place),
    ]
    return [(str(name), str(value)) for name, value in pairs if value]


def _left(offer: Offer) -> str:
    return f"{number(offer.available)} {offer.measure}"


def _dates(from_on: date | None, until_on: date | None) -> str:
    if from_on and until_on:
        said = _("%(first)s to %(last)s", first=day_weekday(from_on), last=day_weekday(until_on))
        return str(said)
    return str(_("until %(day)s", day=day_weekday(until_on))) if until_on else ""


def pick_up_facts(collect_at: str, place: Place) -> list[tuple[str, str]]:
    """Return where and when to collect: what the item says, else the organisation's desk."""
    if collect_at:
        return [(str(_("Collect at")), collect_at)]
    settings = place.settings
    pairs = [
        (_("Collect at"), settings.pick_up_place),
        (_("Opening hours"), settings.pick_up_hours),
    ]
    return [(str(name), value) for name, value in pairs if value]


def last_day(place: Place) -> date:
    """Return until when something redeemed today is to be collected."""
    return place.today + timedelta(days=place.settings.pick_up_days)
