"""A year of the small community that is over, and the two people who close it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.db import db, transaction
from app.ranking import operations
from app.ranking.queries.snapshots import Snapshot, find_freeze, latest_snapshot
from app.ranking.rules.schemes import Scheme, Title
from app.teams.queries import actor_of
from app.teams.rules import Actor
from tests.adjustments.community import settle
from tests.service.community import NOW, Community, make_community

YEAR = 2025
# The notice of five working days begins on 3 February 2026, a Tuesday, and ends on the 10th.
NOTICE_ENDS = date(2026, 2, 10)
AFTER_NOTICE = NOW + timedelta(days=8)
PLAIN = Scheme(
    weights=None,
    minimum_minutes=60,
    member_since=None,
    titles_per_person=1,
    titles=(Title("overall", 2, "志愿先锋"), Title("colour", 1, "队伍之星")),
    exclusions={},
)
# Minutes by person, each on an own date: two are equal in everything.
SERVED = {3: (120, 120), 4: (120, 60), 5: (120, 60), 6: (30,)}
FIRST = date(2025, 11, 3)


def make_year(session: Session, **settings: str) -> Community:
    """Return the community with its year served."""
    settings = {"ranking_least_people": "2", **settings}
    community = make_community(session, **settings)  # type: ignore[arg-type]
    settle(community)
    for person, minutes in SERVED.items():
        serve_on(community, person, zip(days_from(FIRST), minutes, strict=False))
    return community


def days_from(first: date) -> Iterable[date]:
    return (first + timedelta(days=i) for i in range(366))


def serve_on(
    community: Community, person: int, served: Iterable[tuple[date, int]], **more: int
) -> None:
    for on, minutes in served:
        line = community.line(person, minutes, service_on=on, **more)
        community.logged(line, by="organiser")


def actor_at(community: Community, name: str, at: datetime = NOW) -> Actor:
    """Return somebody with the rights the database gives them."""
    db.session.rollback()
    found = actor_of(db.session(), community.actor(name).login_id, at.date())
    db.session.rollback()
    return found


def save(
    community: Community, scheme: Scheme = PLAIN, by: str = "organiser", year: int = YEAR
) -> int:
    actor = actor_at(community, by)
    with transaction() as session:
        return operations.save_scheme(
            session,
            community.root_id,
            year,
            scheme,
            actor=actor,
            now=NOW,
            key=community.fresh_key(),
        )


def ask(
    community: Community,
    asked_for: str,
    *,
    by: str = "organiser",
    now: datetime = NOW,
    reason: str = "漏记一次",
    key: str | None = None,
) -> int:
    """Ask for a notice, a correction or the final list."""
    actor = actor_at(community, by, now)
    key, root_id = key or community.fresh_key(), community.root_id
    with transaction() as session:
        if asked_for == "correction":
            return operations.ask_correction(
                session, root_id, YEAR, reason=reason, actor=actor, now=now, key=key
            )
        operate = operations.ask_notice if asked_for == "notice" else operations.ask_final
        return operate(session, root_id, YEAR, actor=actor, now=now, key=key)


def confirm(
    community: Community,
    freeze_id: int,
    *,
    by: str = "organiser_too",
    now: datetime = NOW,
    key: str | None = None,
) -> int:
    """Confirm as the second person; return the snapshot."""
    actor = actor_at(community, by, now)
    found = find_freeze(db.session(), freeze_id)
    assert found is not None
    with operations.to_carry_out(found.asked_for) as session:
        return operations.confirm(
            session, freeze_id, actor=actor, now=now, key=key or community.fresh_key()
        )


def give_notice(community: Community, now: datetime = NOW) -> Snapshot:
    """Freeze the year for its notice."""
    confirm(community, ask(community, "notice", now=now), now=now)
    return standing(community)


def correct_list(community: Community, now: datetime = NOW, reason: str = "漏记一次") -> Snapshot:
    """Freeze the year anew during its notice."""
    confirm(community, ask(community, "correction", now=now, reason=reason), now=now)
    return standing(community)


def make_final(community: Community, now: datetime = AFTER_NOTICE) -> Snapshot:
    """Make the list that stands final."""
    confirm(community, ask(community, "final", now=now), now=now)
    return standing(community)


def standing(community: Community) -> Snapshot:
    db.session.rollback()
    found = latest_snapshot(db.session(), community.root_id, YEAR)
    db.session.rollback()
    assert found is not None
    return found
