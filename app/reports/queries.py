"""The figures of an organisation with all below it, month by month and thing by thing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.ledger.periods import Holders, points_by_period, points_held
from app.organisations.models import Organisation
from app.reports.rules import Flow, bounds_of, flows_of, months_on
from app.rewards.models import ItemVersion, Partner, Redemption, ShelfItem, StockMove


class Pieces(NamedTuple):
    """What became of one item within a time; what the partner offered is counted apart."""

    organisation: str
    item_id: int
    name: str
    measure: str
    partner: str
    redeemed: int
    collected: int
    cancelled: int
    expired: int
    paid_hundredths: int
    returned_hundredths: int

    @property
    def kept_hundredths(self) -> int:
        """What was paid, less what went back."""
        return self.paid_hundredths - self.returned_hundredths


class PartnerPieces(NamedTuple):
    """What became of all that one partner offers."""

    partner: str
    items: int
    redeemed: int
    collected: int
    cancelled: int
    expired: int
    paid_hundredths: int
    returned_hundredths: int

    @property
    def kept_hundredths(self) -> int:
        """What was paid, less what went back."""
        return self.paid_hundredths - self.returned_hundredths


class Given(NamedTuple):
    """What one donor gave of one item."""

    organisation: str
    donor: str
    item_id: int
    name: str
    measure: str
    times: int
    quantity: int


class Report(NamedTuple):
    """Everything of a span of months."""

    months: list[Flow]
    pieces: list[Pieces]
    given: list[Given]
    # What all hold at this moment, by their balances.
    held_now: int


_MEMBERS = "SELECT id FROM volunteers WHERE organisation_id IN ?ids"
_current = and_(ItemVersion.item_id == ShelfItem.id, ItemVersion.number == ShelfItem.version)
_offered = aliased(ItemVersion)


def report_of(
    session: Session, organisation_ids: Sequence[int], months: Sequence[date], zone: str
) -> Report:
    """Return the figures of these organisations; `zone` says when their months begin."""
    ids, bounds = sorted(organisation_ids), bounds_of(months, zone)
    # People belong where they belong today: who moves away takes the points along.
    members = Holders(_MEMBERS, (ids,))
    return Report(
        flows_of(points_by_period(session, members, bounds), months),
        pieces_of(session, ids, months[0], months_on(months[-1], 1) - timedelta(days=1)),
        given_to(session, ids, bounds[0], bounds[-1]),
        points_held(session, members),
    )


def pieces_of(
    session: Session, organisation_ids: Sequence[int], first_on: date, last_on: date
) -> list[Pieces]:
    """Return what became of the items of these shelves, what most points were paid for first.

    Each happening counts when it happened: redeemed in May and expired in June is in both.
    """
    is_redeemed = Redemption.redeemed_on.between(first_on, last_on)
    is_settled = Redemption.settled_on.between(first_on, last_on)

    def settled(*states: str) -> ColumnElement[bool]:
        return and_(is_settled, Redemption.state.in_(states))

    query = (
        select(
            Organisation.name,
            ShelfItem.id,
            ItemVersion.name,
            ItemVersion.measure,
            func.coalesce(Partner.name, ""),
            _sum_where(is_redeemed, Redemption.quantity),
            *(
                _sum_where(settled(state), Redemption.quantity)
                for state in ("collected", "cancelled", "expired")
            ),
            _sum_where(is_redeemed, Redemption.cost_hundredths),
            _sum_where(settled("cancelled", "expired"), Redemption.cost_hundredths),
        )
        .select_from(Redemption)
        .join(ShelfItem, ShelfItem.id == Redemption.item_id)
        .join(ItemVersion, _current)
        .join(Organisation, Organisation.id == Redemption.organisation_id)
        # Who offered it when it was redeemed.
        .join(_offered, _offered.id == Redemption.item_version_id)
        .outerjoin(Partner, Partner.id == _offered.partner_id)
        .where(Redemption.organisation_id.in_(organisation_ids), or_(is_redeemed, is_settled))
        .group_by(
            Organisation.name, ShelfItem.id, ItemVersion.name, ItemVersion.measure, Partner.name
        )
    )
    found = [Pieces(*row) for row in session.execute(query)]
    return sorted(found, key=lambda each: (-each.paid_hundredths, each.name, each.item_id))


def by_partner(pieces: Iterable[Pieces]) -> list[PartnerPieces]:
    """Return the items' figures by partner, by name; what nobody offers comes last."""
    found: dict[str, list[Pieces]] = {}
    for each in pieces:
        found.setdefault(each.partner, []).append(each)
    return [
        PartnerPieces(
            partner,
            len({each.item_id for each in own}),
            *(sum(column) for column in zip(*(each[5:] for each in own), strict=True)),
        )
        for partner, own in sorted(found.items(), key=lambda each: (not each[0], each[0]))
    ]


def given_to(
    session: Session, organisation_ids: Sequence[int], since: datetime, before: datetime
) -> list[Given]:
    """Return what came in to these shelves, the donors by name; what nobody gave is last."""
    donor = func.coalesce(Partner.name, StockMove.donor, "")
    query = (
        select(
            Organisation.name,
            donor,
            ShelfItem.id,
            ItemVersion.name,
            ItemVersion.measure,
            func.count(),
            func.sum(StockMove.available_change),
        )
        .select_from(StockMove)
        .join(ShelfItem, ShelfItem.id == StockMove.item_id)
        .join(ItemVersion, _current)
        .join(Organisation, Organisation.id == ShelfItem.organisation_id)
        .outerjoin(Partner, Partner.id == StockMove.partner_id)
        .where(
            ShelfItem.organisation_id.in_(organisation_ids),
            StockMove.kind == "in",
            StockMove.at >= since,
            StockMove.at < before,
        )
        .group_by(
            Organisation.name,
            Partner.name,
            StockMove.donor,
            ShelfItem.id,
            ItemVersion.name,
            ItemVersion.measure,
        )
    )
    found = [Given(*row) for row in session.execute(query)]
    return sorted(found, key=lambda each: (not each.donor, each.donor, each.name, each.item_id))


def _sum_where(condition: ColumnElement[bool], amount: Any) -> Any:
    return func.coalesce(func.sum(case((condition, amount), else_=0)), 0)
