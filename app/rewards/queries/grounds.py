"""What redeeming is judged by: the organisation's rules, and what somebody has redeemed so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bulk import day_of
from app.organisations.queries import ancestors_of
from app.organisations.rules import Settings
from app.rewards.models import RedemptionWindow
from app.rewards.rules.periods import period_of
from app.rewards.rules.redeeming import House, Terms
from app.rewards.rules.windows import Window

# Behind the person's lock these say how much of the limits is used.
COUNTED_THIS_YEAR = (
    "SELECT item_id, quantity, cost_hundredths, redeemed_on FROM redemptions "
    "WHERE volunteer_id = ? AND redeemed_on >= ? AND state IN ('to_collect', 'collected')"
)
COLOURS_ON = (
    "SELECT DISTINCT t.colour_id FROM memberships m JOIN teams t ON t.id = m.team_id "
    "WHERE m.volunteer_id = ? AND m.from_on <= ? AND (m.until_on IS NULL OR m.until_on >= ?)"
)
HOME = "SELECT organisation_id, state FROM volunteers WHERE id = ?"


class Counted(NamedTuple):
    """One redemption of this year that counts towards the limits."""

    item_id: int
    quantity: int
    cost_hundredths: int
    redeemed_on: date


def counted_from(rows: Iterable[Any]) -> list[Counted]:
    """Return what COUNTED_THIS_YEAR found."""
    return [Counted(row[0], row[1], row[2], day_of(row[3])) for row in rows]


def redeemed_of_item(counted: Iterable[Counted], item_id: int, terms: Terms, today: date) -> int:
    """Return how many of an item somebody has redeemed in its limit's period."""
    if terms.limit_period is None:
        return 0
    from_on = period_of(today, terms.limit_period).from_on
    return sum(
        each.quantity for each in counted if each.item_id == item_id and each.redeemed_on >= from_on
    )


def spent_hundredths(counted: Iterable[Counted]) -> int:
    """Return the points somebody has redeemed this year, in hundredths."""
    return sum(each.cost_hundredths for each in counted)


def house_of(session: Session, organisation_id: int, settings: Settings) -> House:
    """Return an organisation's rules for redeeming."""
    return House(
        settings.redemption_least_minutes,
        settings.redemption_cap_points * 100,
        windows_of(session, organisation_id),
    )


def windows_of(session: Session, organisation_id: int) -> Sequence[Window]:
    """Return the redemption days of the nearest organisation upward that names any."""
    above = ancestors_of(session, organisation_id)
    rows = session.execute(
        select(
            RedemptionWindow.organisation_id,
            RedemptionWindow.kind,
            RedemptionWindow.day,
            RedemptionWindow.from_on,
            RedemptionWindow.until_on,
        )
        .where(RedemptionWindow.organisation_id.in_(above), RedemptionWindow.ended_at.is_(None))
        .order_by(RedemptionWindow.id)
    ).all()
    named = {row[0] for row in rows}
    nearest = next((each for each in above if each in named), None)
    return [Window(*row[1:]) for row in rows if row[0] == nearest]
