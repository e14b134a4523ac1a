"""The figures against a ledger made by hand, against all balances, and against the shelf."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.db import db, transaction
from app.ledger.operations import open_accounts
from app.organisations.queries import subtree_ids
from app.reports.queries import Report, by_partner, report_of
from app.reports.rules import months_of
from app.rewards.models import Partner
from app.rewards.operations.settling import cancel, expire_uncollected, hand_over
from app.rewards.operations.stock import Donated, take_in
from tests.reports.book import Book
from tests.rewards.shelving import PRICE, give_points, redeemed, stocked
from tests.rounds import rounds
from tests.service.community import NOW, Community, make_community

ZONE = "Asia/Shanghai"
JANUARY, FEBRUARY, MARCH = (date(2026, month, 1) for month in (1, 2, 3))


def at(day: int, month: int = 1, hour: int = 4, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def report(
    organisation_id: int, first: date = JANUARY, last: date = MARCH, zone: str = ZONE
) -> Report:
    session = db.session()
    session.rollback()
    ids = subtree_ids(session, organisation_id)
    return report_of(session, ids, months_of(first, last), zone)


def partner_of(community: Community, name: str) -> int:
    with transaction() as session:
        maker = community.actor("organiser").login_id
        row = Partner(
            organisation_id=community.root_id, name=name, contact="", made_by_id=maker, made_at=NOW
        )
        session.add(row)
        session.flush()
        return row.id


# ── months ────────────────────────────────────────────────────────────────────────────────


def test_a_ledger_made_by_hand_adds_up(community: Community) -> None:
    book, (one, two, three) = Book(community.root_id), community.volunteers[:3]
    served = book.enter("service", one, 10_000, at(5))
    book.enter("opening", two, 5_000, at(6))
    book.enter("adjustment", three, 2_000, at(7))
    book.enter("adjustment", three, -500, at(8))
    book.enter("redemption", two, -3_000, at(20))
    book.enter("refund", two, 3_000, at(9, month=2))
    book.enter("expiry", two, -400, at(10, month=2))
    book.move(two, three, 100, at(11, month=2))
    book.undo(served, at(1, month=3))
    months = report(community.root_id).months
    assert [month.issued for month in months] == [17_000, 0, 0]
    assert (months[0].lowered, months[0].redeemed) == (-500, -3_000)
    assert (months[1].refunded, months[1].expired, months[1].other) == (3_000, -400, 0)
    assert months[2].reversed == -10_000
    assert [month.outstanding for month in months] == [13_500, 16_100, 6_100]


def test_the_place_decides_to_which_month_an_instant_belongs(community: Community) -> None:
    book, person = Book(community.root_id), community.volunteers[0]
    last_of_january = datetime(2026, 1, 31, 15, 59, 59, 999_999, tzinfo=UTC)
    book.enter("service", person, 100, last_of_january)
    book.enter("service", person, 10, at(31, hour=16))
    book.enter("service", person, 1, at(31, hour=16, minute=30))
    by_zone = {zone: report(community.root_id, zone=zone).months for zone in (ZONE, "UTC")}
    assert [month.served for month in by_zone[ZONE]] == [100, 11, 0]
    assert [month.served for month in by_zone["UTC"]] == [111, 0, 0]


def test_what_came_before_is_carried_and_what_comes_after_is_not(community: Community) -> None:
    book, person = Book(community.root_id), community.volunteers[0]
    for month in (1, 2, 3):
        book.enter("service", person, 100, at(10, month=month))
    (february,) = report(community.root_id, FEBRUARY, FEBRUARY).months
    assert (february.served, february.outstanding) == (100, 200)
    assert report(community.root_id, FEBRUARY, FEBRUARY).held_now == 300


def test_only_those_who_belong_to_the_organisation_count(community: Community) -> None:
    elsewhere = make_community(db.session(), code="BY")
    with transaction() as session:
        session.execute(
            text("UPDATE volunteers SET organisation_id = :estate WHERE id = :id"),
            {"estate": community.estate_id, "id": community.volunteers[0]},
        )
    Book(elsewhere.root_id).enter("service", elsewhere.volunteers[0], 7, at(5))
    book = Book(community.root_id, 910_000)
    book.enter("service", community.volunteers[0], 100, at(6))
    book.enter("service", community.volunteers[1], 10, at(7))
    figures = [
        report(organisation_id).months[0].issued
        for organisation_id in (community.root_id, community.estate_id, elsewhere.root_id)
    ]
    assert figures == [110, 100, 7]


def test_an_empty_ledger_has_noughts(community: Community) -> None:
    found = report(community.root_id)
    assert [sum(month[1:]) for month in found.months] == [0, 0, 0]
    assert (found.held_now, found.pieces, found.given) == (0, [], [])


_steps = st.lists(
    st.tuples(
        st.sampled_from(["service", "opening", "adjustment", "redemption", "refund", "expiry"]),
        st.integers(0, 2),
        st.integers(1, 9_999),
        st.integers(0, 60 * 24 * 20),
        st.booleans(),
    ),
    max_size=14,
)
_places = count(1)


@pytest.mark.usefixtures("app")
@settings(
    max_examples=rounds(20),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=_steps)
def test_what_is_outstanding_is_what_all_hold(steps: list[Any]) -> None:
    place = next(_places)
    made = make_community(db.session(), code=f"P{place:04}", people=5)
    book, held = Book(made.root_id, 1_000_000 * place), [0, 0, 0]
    with transaction() as session:
        open_accounts(session, root_id=made.root_id, holder_ids=made.volunteers)
        last = session.execute(text("SELECT max(recorded_at) FROM entries")).scalar()
    instant = max(at(1), _utc(last) if last else at(1))
    first, by_month = instant.date().replace(day=1), {}
    for kind, who, amount, minutes, undo in steps:
        instant += timedelta(minutes=minutes)
        is_loss = kind in {"redemption", "expiry"} or (kind == "adjustment" and undo)
        change = -min(amount, held[who]) if is_loss else amount
        if change:
            entry = book.enter(kind, made.volunteers[who], change, instant)
            held[who] += change
            # What was given back is never mirrored.
            if undo and change > 0 and kind != "refund":
                book.undo(entry, instant)
                held[who] -= change
        by_month[instant.astimezone(UTC).date().replace(day=1)] = sum(held)
    end = instant.date().replace(day=1)
    found = report(made.root_id, first, end, zone="UTC")
    assert found.held_now == found.months[-1].outstanding == sum(held)
    for month in found.months:
        known = [total for on, total in sorted(by_month.items()) if on <= month.month]
        assert month.outstanding == (known[-1] if known else 0)


def _utc(value: datetime | str) -> datetime:
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


# ── items, partners, donors ───────────────────────────────────────────────────────────────


def test_pieces_are_counted_when_it_happened(community: Community) -> None:
    shop = partner_of(community, "惠民超市")
    item = stocked(community, pieces=9, partner_id=shop)
    other = stocked(community, pieces=9, name="毛巾")
    for person in (2, 3, 5):
        give_points(community, person, 10 * PRICE)
    ids = [
        redeemed(community, 3, item, quantity=2).redemption_id,
        redeemed(community, 2, item).redemption_id,
        redeemed(community, 5, other).redemption_id,
    ]
    desk, later = community.actor("organiser"), NOW + timedelta(days=31)
    assert all(ids)
    with transaction() as session:
        cancel(session, ids[0], actor=desk, now=NOW, reason="不要了", key="a")  # type: ignore[arg-type]
        hand_over(session, ids[1], actor=desk, now=NOW, key="b")  # type: ignore[arg-type]
    with transaction() as session:
        expire_uncollected(session, ids[2], now=later)  # type: ignore[arg-type]
    in_february, in_march = (report(community.root_id, month, month) for month in (FEBRUARY, MARCH))
    rice, towel = in_february.pieces
    assert (rice.partner, rice.redeemed, rice.collected, rice.cancelled) == ("惠民超市", 3, 1, 2)
    assert (rice.paid_hundredths, rice.kept_hundredths) == (3 * PRICE, PRICE)
    assert (towel.partner, towel.redeemed, towel.expired) == ("", 1, 0)
    (expired,) = in_march.pieces
    assert (expired.redeemed, expired.expired, expired.kept_hundredths) == (0, 1, -PRICE)
    assert [each.partner for each in by_partner(in_february.pieces)] == ["惠民超市", ""]


def test_what_was_paid_for_items_is_what_the_ledger_says(community: Community) -> None:
    item = stocked(community, pieces=9)
    give_points(community, 3, 10 * PRICE)
    done = redeemed(community, 3, item, quantity=3)
    assert done.redemption_id
    with transaction() as session:
        desk = community.actor("organiser")
        cancel(session, done.redemption_id, actor=desk, now=NOW, reason="不要了", key="a")
    redeemed(community, 3, item)
    found = report(community.root_id, FEBRUARY, FEBRUARY)
    (month,) = found.months
    assert -month.redeemed == sum(each.paid_hundredths for each in found.pieces) == 4 * PRICE
    assert month.refunded == sum(each.returned_hundredths for each in found.pieces) == 3 * PRICE


def test_stock_is_summed_by_donor_within_the_months(community: Community) -> None:
    item = stocked(community, pieces=0)
    shop = partner_of(community, "惠民超市")
    gifts = [
        (Donated(shop), 5, NOW),
        (Donated(shop), 2, NOW),
        (Donated(None, "谷雨"), 3, NOW),
        (Donated(), 1, datetime(2026, 2, 28, 16, tzinfo=UTC)),
    ]
    for place, (donated, quantity, now) in enumerate(gifts):
        with transaction() as session:
            desk = community.actor("organiser")
            take_in(session, item, quantity, donated, actor=desk, now=now, key=f"in-{place}")
    february = report(community.root_id, FEBRUARY, FEBRUARY).given
    assert [(each.donor, each.times, each.quantity) for each in february] == [
        ("惠民超市", 2, 7),
        ("谷雨", 1, 3),
    ]
    assert [each.quantity for each in report(community.root_id, MARCH, MARCH).given] == [1]
