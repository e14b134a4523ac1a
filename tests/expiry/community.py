"""People who earned points in several years, and what is done with them in plain postings."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.expiry.operations import Done
from app.expiry.sweeping import sweep_counting
from app.ledger.operations import NewEntry, lock_holders, post, reserve, system_account
from app.ledger.queries import balances_of
from app.ledger.rules import Leg
from tests.service.community import Community, make_community

# The volunteer of the community is the fourth person.
WHO = 3
NEW_YEAR = datetime(2027, 1, 1, 0, 5, tzinfo=UTC)


def at(year: int, month: int, day: int, hour: int = 4) -> datetime:
    """Return noon in Shanghai, unless another hour of UTC is given."""
    return datetime(year, month, day, hour, tzinfo=UTC)


def settled(session: Session, years: int = 2, **settings: str) -> Community:
    """Make the community; its points expire from its very beginning."""
    given = {"points_expire_after_years": str(years), **settings}
    made = make_community(session, **given)  # type: ignore[arg-type]
    session.rollback()
    return made


def earn(
    community: Community, on: date, hours: int, *, person: int = WHO, now: datetime | None = None
) -> int:
    """Let an organiser enter service of a date that counts at once; return its record."""
    line = community.line(person, 60 * hours, service_on=on)
    noon = now or datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    return community.logged(line, by="organiser", now=noon).record_ids[0]


def earned(community: Community, *years: int, hours: int = 2, person: int = WHO) -> None:
    """Let somebody earn so many points in each of these years."""
    for year in years:
        earn(community, date(year, 6, 1), hours, person=person)


def move(
    community: Community, kind: str, amount: int, number: int, now: datetime, person: int = WHO
) -> None:
    """Redeem (below zero) or give back by a posting of its own."""
    volunteer_id = community.volunteers[person]
    with transaction() as session:
        held = lock_holders(session, [volunteer_id])[volunteer_id]
        slots = reserve(session, 1, now)
        other = system_account(session, community.root_id, "redeemed", "points")
        legs = (Leg(held.points_id, amount), Leg(other, -amount))
        post(session, [NewEntry(kind, "redemption", number, legs)], slots, actor_id=None)


def redeem(community: Community, amount: int, now: datetime, number: int = 1, **more: Any) -> None:
    move(community, "redemption", -amount, number, now, **more)


def give_back(community: Community, amount: int, now: datetime, number: int = 1) -> None:
    move(community, "refund", amount, number, now)


def go_round(community: Community, now: datetime, last_at: datetime | None = None) -> Done:
    """Do the round of a day; without an earlier one everybody is looked at."""
    done = sweep_counting(community.root_id, last_at, now)
    assert done is not None
    return done


def points(community: Community, person: int = WHO) -> int:
    found = balances_of(db.session(), community.volunteers[person]).points_hundredths
    db.session.rollback()
    return found


def rows(query: str, **values: Any) -> list[tuple[Any, ...]]:
    found = db.session.execute(text(query), values).all()
    db.session.rollback()
    return [tuple(row) for row in found]


def expiries(community: Community, person: int = WHO) -> list[tuple[Any, ...]]:
    """Return what expired: year, last day as text, hundredths; in the order of the entries."""
    found = rows(
        "SELECT year_earned, usable_until_on, points_hundredths FROM expiries "
        "WHERE volunteer_id = :who ORDER BY entry_id",
        who=community.volunteers[person],
    )
    return [(year, str(until), amount) for year, until, amount in found]


def told(community: Community, person: int = WHO) -> list[tuple[str, str]]:
    """Return what somebody was told: the kind and of which last day."""
    return rows(
        "SELECT kind, once FROM notices WHERE volunteer_id = :who AND kind LIKE 'expiry.%' "
        "ORDER BY id",
        who=community.volunteers[person],
    )
