"""Two people of the small community with histories of every kind, and their books held up."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.audit.reading import open_reading
from app.audit.report import audit
from app.db import db, transaction
from app.errors import RuleBroken
from app.expiry.queries import points_by_year
from app.expiry.sweeping import sweep_counting
from app.ledger.queries import Balances, balances_of
from app.merging.operations import Joined, merge_people
from app.rewards.operations.settling import cancel, hand_over
from tests.imports.sheets import bring, csv
from tests.passbook.reader import correct, take_back
from tests.rewards.shelving import give_points, redeemed, stocked
from tests.service.community import NOW, Community, make_community
from tests.service.conftest import grant_organisers

KEPT, GONE = 5, 6
LATER = NOW + timedelta(days=2)
ZONE = "Asia/Shanghai"
REASON = "同一人，换过手机"


def two_people(session: Session, **settings: Any) -> Community:
    """Return the community, whose organisers hold their role."""
    made = make_community(session, **settings)
    grant_organisers(made)
    session.rollback()
    return made


def join(community: Community, kept: int = KEPT, gone: int = GONE, **more: Any) -> Joined:
    """Let the organiser join two people, in a transaction of its own."""
    by, now = more.pop("by", "organiser"), more.pop("now", LATER)
    given: dict[str, Any] = {"reason": REASON, "key": community.fresh_key(), **more}
    ids = (community.volunteers[kept], community.volunteers[gone])
    with transaction() as session:
        return merge_people(session, *ids, actor=community.actor(by), now=now, **given)


def balances(community: Community, person: int) -> Balances:
    found = balances_of(db.session(), community.volunteers[person])
    db.session.rollback()
    return found


def by_year(community: Community, person: int) -> dict[int, int]:
    found = points_by_year(db.session(), community.volunteers[person], ZONE)
    db.session.rollback()
    return found


def counted(community: Community, person: int) -> list[tuple[Any, ...]]:
    """Return what counts of somebody's service: date, team, start, minutes, in order."""
    return rows(
        "SELECT service_on, team_id, coalesce(starts_minute, -1), minutes, content "
        "FROM service_records WHERE volunteer_id = :id AND state = 'approved' "
        "ORDER BY service_on, team_id, minutes, id",
        id=community.volunteers[person],
    )


def rows(query: str, **values: Any) -> list[tuple[Any, ...]]:
    db.session.rollback()
    found = [tuple(row) for row in db.session.execute(text(query), values).all()]
    db.session.rollback()
    return found


def one(query: str, **values: Any) -> Any:
    return rows(query, **values)[0][0]


def violations(app: Flask) -> list[tuple[str, Any]]:
    """Return what the audit finds."""
    db.session.remove()
    with open_reading(app.config["DATABASE_URL"]) as reading:
        return [(one.id, one.samples) for one in audit(reading).results if one.violations]


# ── histories by chance ───────────────────────────────────────────────────────────────────


class History:
    """What happens to two people by a seed: served, corrected, adjusted, redeemed, expired."""

    def __init__(self, community: Community, seed: int) -> None:
        self.community = community
        self.chance = random.Random(seed)
        self.item_id = stocked(community, pieces=200, price_hundredths=50)
        self.tickets: list[int] = []

    def happen(self, steps: int) -> None:
        """Let so many things happen, those refused among them."""
        acts: list[Callable[[], None]] = [self.serve, self.serve, self.serve, self.correct]
        acts += [self.reverse, self.adjust, self.redeem, self.redeem, self.settle]
        acts += [self.open_book, self.expire]
        for _ in range(steps):
            act = self.chance.choice(acts)
            try:
                act()
            except RuleBroken:
                db.session.rollback()

    def person(self) -> int:
        return self.chance.choice((KEPT, GONE))

    def serve(self) -> None:
        on = self.chance.choice(
            [date(2023, 5, 6), date(2024, 3, 28), date(2025, 8, 1), date(2026, 1, 28)]
        ) + timedelta(days=self.chance.randrange(3))
        start = self.chance.choice([None, None, 480, 600, 1380])
        team = self.chance.choice([self.community.red_id, self.community.green_id])
        line = self.community.line(
            self.person(),
            self.chance.choice([60, 90, 120, 200, 400]),
            service_on=on,
            starts_minute=start,
            team_id=team,
            content=self.chance.choice(["清扫", "巡逻"]),
            external_id=self.chance.choice([None, f"E{self.chance.randrange(40)}"]),
        )
        self.community.log(line, by="organiser", over_limit_reason="活动日")

    def _records(self) -> list[int]:
        both = {"one": self.community.volunteers[KEPT], "two": self.community.volunteers[GONE]}
        query = (
            "SELECT id FROM service_records WHERE state = 'approved' "
            "AND first_part_id IS NULL AND volunteer_id IN (:one, :two) ORDER BY id"
        )
        return [row[0] for row in rows(query, **both)]

    def correct(self) -> None:
        records = self._records()
        if records:
            record_id = self.chance.choice(records)
            on = one("SELECT service_on FROM service_records WHERE id = :id", id=record_id)
            on = on if isinstance(on, date) else date.fromisoformat(on)
            correct(self.community, record_id, self.chance.choice([30, 150]), on)

    def reverse(self) -> None:
        records = self._records()
        if records:
            take_back(self.community, self.chance.choice(records))

    def adjust(self) -> None:
        give_points(self.community, self.person(), self.chance.choice([50, 130, 1000]))

    def redeem(self) -> None:
        made = redeemed(
            self.community,
            self.person(),
            self.item_id,
            quantity=self.chance.choice([1, 2, 5]),
            price=50,
        )
        if made.redemption_id is not None:
            self.tickets.append(made.redemption_id)

    def settle(self) -> None:
        if not self.tickets:
            return
        ticket = self.tickets.pop()
        given: dict[str, Any] = {"actor": self.community.actor("organiser"), "now": NOW}
        with transaction() as session:
            if self.chance.random() < 0.5:
                hand_over(session, ticket, key=self.community.fresh_key(), **given)
            else:
                cancel(session, ticket, reason="不要了", key=self.community.fresh_key(), **given)

    def open_book(self) -> None:
        number = f"TX{self.person() + 1:05}"
        on = self.chance.choice(["2022-12-31", "2024-12-31"])
        sheet = csv("编号,积分,时长（小时）,截至日期,备注", f"{number},12.5,30,{on},第7号")
        bring(self.community, "opening", sheet)

    def expire(self) -> None:
        sweep_counting(self.community.root_id, None, datetime(2026, 2, 4, 1, tzinfo=NOW.tzinfo))
