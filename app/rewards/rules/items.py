"""What an item of the shelf says of itself, and what cannot be one."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple, get_args

from app.errors import N_, RuleBroken
from app.rewards.rules.periods import PERIODS

ItemKind = Literal["goods", "service"]
ITEM_KINDS: tuple[str, ...] = get_args(ItemKind)
LONGEST_NAME = 40
LONGEST_WORD = 20
LONGEST_DESCRIPTION = 1000
LONGEST_PLACE = 100
MOST_PRICE_HUNDREDTHS = 10_000_000
MOST_LIMIT = 1000
MOST_STARS = 5


class ItemSaid(NamedTuple):
    """Everything a version of an item says; each change of it is a new version."""

    name: str
    description: str
    # What it is counted in: 件, 袋, 次.
    measure: str
    category: str
    price_hundredths: int
    partner_id: int | None = None
    picture_id: int | None = None
    from_on: date | None = None
    until_on: date | None = None
    limit_count: int | None = None
    limit_period: str | None = None
    least_stars: int | None = None
    colour_ids: frozenset[int] = frozenset()
    # Where and when to collect it, when it is not the organisation's own desk.
    collect_at: str = ""


class BadItem(RuleBroken):
    """The item cannot stand on the shelf like this."""

    code = "bad_item"


class NameUnfit(BadItem):
    code = "bad_item_name"
    message = N_("An item's name has 1 to %(most)s visible characters.")


class TextTooLong(BadItem):
    code = "text_too_long"
    message = N_("This text has at most %(most)s characters.")


class BadPrice(BadItem):
    code = "bad_price"
    message = N_("A price is more than 0 and at most %(most)s points.")


class DatesCross(BadItem):
    code = "dates_cross"
    message = N_("The last day cannot lie before the first.")


class BadLimit(BadItem):
    code = "bad_limit"
    message = N_("A limit is a number from 1 to %(most)s and a month, a quarter or a year.")


class BadStars(BadItem):
    code = "bad_stars"
    message = N_("A star level is a number from 1 to %(most)s.")


def check_item(said: ItemSaid) -> None:
    """Refuse what cannot stand on the shelf."""
    _check_texts(said)
    if not 0 < said.price_hundredths <= MOST_PRICE_HUNDREDTHS:
        raise BadPrice(most=MOST_PRICE_HUNDREDTHS // 100)
    if said.from_on and said.until_on and said.until_on < said.from_on:
        raise DatesCross
    _check_limit(said.limit_count, said.limit_period)
    if said.least_stars is not None and not 1 <= said.least_stars <= MOST_STARS:
        raise BadStars(most=MOST_STARS)


def _check_texts(said: ItemSaid) -> None:
    name = said.name
    if not (1 <= len(name) <= LONGEST_NAME and name.isprintable() and name.strip() == name):
        raise NameUnfit(most=LONGEST_NAME)
    if len(said.description) > LONGEST_DESCRIPTION:
        raise TextTooLong(most=LONGEST_DESCRIPTION)
    for word in (said.measure, said.category):
        if not (1 <= len(word) <= LONGEST_WORD and word.isprintable()):
            raise TextTooLong(most=LONGEST_WORD)
    if len(said.collect_at) > LONGEST_PLACE or not said.collect_at.isprintable():
        raise TextTooLong(most=LONGEST_PLACE)


def _check_limit(count: int | None, period: str | None) -> None:
    if count is None and period is None:
        return
    if count is None or period not in PERIODS or not 1 <= count <= MOST_LIMIT:
        raise BadLimit(most=MOST_LIMIT)
