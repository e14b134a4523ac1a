"""Expiry beside what else moves points: real redemptions, openings, adjustments, corrections."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.expiry.queries import coming_of
from app.expiry.rules import Due
from app.organisations.queries import settings_of
from app.rewards.operations.settling import cancel
from app.service.operations import reverse_record
from tests.expiry.community import (
    WHO,
    at,
    earn,
    earned,
    expiries,
    go_round,
    points,
    settled,
)
from tests.imports.sheets import bring, csv
from tests.rewards.shelving import give_points, person, redeemed, stocked
from tests.service.community import NOW, Community, check_books
from tests.service.conftest import MakeTown, grant_organisers, statements


@pytest.fixture
def community(db_session: Session) -> Community:
    made = settled(db_session, 1)
    grant_organisers(made)
    db_session.rollback()
    return made


def coming(community: Community) -> list[Due]:
    db.session.rollback()
    settings = settings_of(db.session(), community.root_id)
    return coming_of(db.session(), community.volunteers[WHO], community.root_id, settings)


def test_a_redemption_cancelled_after_the_end_gives_60_days(community: Community) -> None:
    earned(community, 2024, 2025)
    item_id = stocked(community, price_hundredths=300)
    redemption_id = redeemed(community, WHO, item_id, price=300, now=at(2025, 12, 20)).redemption_id
    assert redemption_id is not None
    assert go_round(community, at(2026, 1, 1))[1] == 0
    with transaction() as session:
        cancel(
            session,
            redemption_id,
            actor=person(community, WHO),
            key=community.fresh_key(),
            now=at(2026, 1, 2),
            reason="",
        )
    assert coming(community) == [
        Due(2024, date(2026, 3, 3), 200),
        Due(2025, date(2026, 12, 31), 200),
    ]
    assert go_round(community, at(2026, 3, 4))[1] == 200
    assert (points(community), expiries(community)) == (200, [(2024, "2026-03-03", 200)])
    check_books(db.session())


def test_an_opening_balance_is_of_the_year_of_its_book(community: Community) -> None:
    header = "编号,积分,时长（小时）,截至日期,备注"
    bring(community, "opening", csv(header, f"TX{WHO + 1:05},12.5,10,2023-06-30,第7号"))
    until_on = NOW.date() + timedelta(days=60)
    assert coming(community) == [Due(2023, until_on, 1250)]


def test_an_adjustment_is_of_the_year_it_was_made_in(community: Community) -> None:
    give_points(community, WHO, 500)
    assert coming(community) == [Due(2026, date(2027, 12, 31), 500)]


def test_a_reversal_takes_what_its_own_service_gave(community: Community) -> None:
    earned(community, 2024)
    record_id = earn(community, date(2025, 6, 1), 2)
    with transaction() as session:
        reverse_record(
            session,
            record_id,
            actor=community.actor("organiser"),
            reason="记错了",
            now=at(2025, 7, 1),
            key=community.fresh_key(),
        )
    assert coming(community) == [Due(2024, date(2025, 12, 31), 200)]


@pytest.mark.parametrize("page", ["/me", "/me/ledger", "/admin/expiry/TX"])
def test_pages_keep_their_budget_where_points_expire(make_town: MakeTown, page: str) -> None:
    town = make_town(points_expire_after_years="2")
    earned(town.community, 2022, 2024, 2025)
    go_round(town.community, NOW)
    browser = town.browser("organiser" if "admin" in page else "volunteer")
    browser.get(page)
    with statements() as sent:
        assert browser.get(page).status_code == 200
    assert len([one for one in sent if not one.startswith("BEGIN")]) <= 18, sent
