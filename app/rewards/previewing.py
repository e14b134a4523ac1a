"""The sums of a preview: how many, what it costs, and what is left afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request

from app.rewards.queries.shelf import Judged, Reader, judged_for
from app.rewards.rules.redeeming import cost_of
from app.rewards.shelf_forms import RedeemForm
from app.rewards.shelf_showing import (
    drawing_of,
    last_day,
    pick_up_facts,
    picture_url,
    standing,
)
from app.web.filters import points


def pictured(judged: Judged, size: str = "small") -> tuple[str | None, str]:
    """Return an item's picture and the drawing that stands in for it."""
    offer = judged.offer
    drawing = drawing_of(offer.kind, offer.name, offer.category)
    return picture_url(offer.picture_id, size), drawing


def quantity_asked(form: RedeemForm, judged: Judged) -> int:
    """Return how many the preview is of: those asked for, as far as they can be had."""
    given = request.args.get("quantity", "")
    is_whole = given.isascii() and given.isdigit() and len(given) <= 2
    asked = form.quantity.data if form.is_submitted() else int(given) if is_whole else 1
    return max(1, min(asked or 1, judged.most))


def steps(quantity: int, judged: Judged, address: Callable[[int], str]) -> dict[str, str | None]:
    """Return the addresses of one less and one more, each where there is one."""

    def to(count: int) -> str | None:
        return address(count) if 1 <= count <= judged.most else None

    return {"less": to(quantity - 1), "more": to(quantity + 1)}


def sums(judged: Judged, reader: Reader, quantity: int) -> dict[str, Any]:
    """Return what so many cost, before and after, and why it cannot be redeemed now."""
    offer, place = judged.offer, judged.place
    price = offer.terms.price_hundredths
    cost = cost_of(price_hundredths=price, quantity=quantity)
    refusal = judged_for(judged, reader, quantity)
    return {
        "price_hundredths": price,
        "price": points(price),
        "cost": points(cost),
        "before": points(reader.points_hundredths),
        "after": points(reader.points_hundredths - cost),
        "reason": standing(refusal),
        "last_day": last_day(place),
        "where": pick_up_facts(offer.collect_at, place),
    }
