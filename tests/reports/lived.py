"""A community that has lived, by a seed: guests, corrections, moves, books, absences, goods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple

from sqlalchemy import text

from app.activities.models import Activity, SignUp
from app.db import db, transaction
from app.service.operations import reverse_record
from app.teams.operations import move_team
from tests.imports.sheets import bring, csv
from tests.rewards.shelving import PRICE, give_points, redeemed, stocked
from tests.service.community import NOW, Community

FIRST_ON, LAST_ON = date(2025, 11, 1), date(2026, 1, 31)
MOVED_ON = date(2026, 1, 15)
_PLAN: dict[str, Any] = {
    "title": "扫楼道", "content": "", "place": "东门", "bring": "", "starts_minute": 510,
    "minutes": 180, "screen_secret": "00" * 16, "paper_secret": "11" * 16,
    "published_at": NOW, "made_at": NOW,
}  # fmt: skip


class Record(NamedTuple):
    """One service record that counts."""

    volunteer_id: int
    team_id: int
    organisation_id: int
    colour_id: int
    activity_id: int | None
    service_on: date
    minutes: int
    hundredths: int
    evidence: str


@dataclass(frozen=True)
class Missed:
    """One place whose holder stayed away."""

    volunteer_id: int
    team_id: int
    organisation_id: int
    colour_id: int
    activity_id: int
    service_on: date


@dataclass(frozen=True)
class Taken:
    """One redemption that was not given back."""

    volunteer_id: int
    organisation_id: int
    redeemed_on: date
    hundredths: int


def live(community: Community, seed: int) -> None:
    """Let people serve, err, move and take things off the shelf."""
    chance = Random(seed)
    serve(community, chance, 40)
    move_the_green_team(community)
    serve(community, chance, 20)
    take_back(community, chance)
    enter_a_book(community)
    meet(community, chance)
    take_off_the_shelf(community)


def serve(community: Community, chance: Random, times: int) -> None:
    """Log service on random dates; some of it twice on a date, some by guests, some at night."""
    days = (LAST_ON - FIRST_ON).days
    for _each in range(times):
        team_id = chance.choice((community.red_id, community.green_id))
        on = FIRST_ON + timedelta(days=chance.randrange(days + 1))
        minutes = chance.choice((15, 30, 50, 90))
        # The seventh and eighth are members of nothing.
        given: dict[str, Any] = {"team_id": team_id, "service_on": on}
        given["content"] = chance.choice(("清扫", "巡逻", "=1+1"))
        line = community.line(chance.randrange(8), minutes, **given)
        community.log(line, by="organiser")


def move_the_green_team(community: Community) -> None:
    """Let the green team stand under the whole community and in red from a date on."""
    red = db.session.execute(text("SELECT colour_id FROM teams WHERE code = 'TX-red'")).scalar_one()
    db.session.rollback()
    with transaction() as session:
        move_team(
            session, community.green_id, organisation_id=community.root_id, colour_id=red,
            from_on=MOVED_ON, actor_id=community.actor("organiser").login_id, now=NOW,
        )  # fmt: skip


def take_back(community: Community, chance: Random) -> None:
    """Reverse some records."""
    ids = [row[0] for row in rows("SELECT id FROM service_records WHERE state = 'approved'")]
    for record_id in chance.sample(sorted(ids), 8):
        with transaction() as session:
            actor = community.actor("organiser_too")
            reverse_record(
                session, record_id, actor=actor, now=NOW, reason="记错了", key=f"r{record_id}"
            )


def enter_a_book(community: Community) -> None:
    """Let one person have served before, by a paper book."""
    book = csv("编号,积分,时长（小时）,截至日期,备注", "TX00006,0,10,2024-12-31,第7号")
    bring(community, "opening", book)


def meet(community: Community, chance: Random) -> None:
    """Hold activities to which some did not come."""
    maker = community.actor("organiser").login_id
    with transaction() as session:
        for number in range(8):
            is_closed = number != 3
            activity = Activity(
                team_id=chance.choice((community.red_id, community.green_id)),
                service_on=FIRST_ON + timedelta(days=11 * number + 2),
                state="closed" if is_closed else "published",
                closed_at=NOW if is_closed else None,
                made_by_id=maker,
                **_PLAN,
            )
            session.add(activity)
            session.flush()
            for place in chance.sample(range(8), 4):
                session.add(
                    SignUp(
                        activity_id=activity.id, volunteer_id=community.volunteers[place],
                        state="placed", made_by_id=maker, made_at=NOW, placed_at=NOW,
                        attendance=chance.choice(("present", "absent", "no_show"))
                        if is_closed else None,
                    )
                )  # fmt: skip


def take_off_the_shelf(community: Community) -> None:
    """Redeem three times; one of them was given back."""
    item = stocked(community)
    for place in (3, 5):
        give_points(community, place, 2 * PRICE)
        redeemed(community, place, item)
    redeemed(community, 3, item)
    with transaction() as session:
        session.execute(
            text(
                "UPDATE redemptions SET state = 'cancelled', reason = 'x',"
                " settled_at = redeemed_at,"
                " settled_on = redeemed_on, settled_by_id = made_by_id, refund_entry_id = entry_id"
                " WHERE volunteer_id = :who"
            ),
            {"who": community.volunteers[5]},
        )


# ── what there is, row by row ─────────────────────────────────────────────────────────────


def rows(query: str) -> list[Any]:
    """Return the rows of a query, in a transaction of its own."""
    db.session.rollback()
    found = db.session.execute(text(query)).all()
    db.session.rollback()
    return list(found)


def records() -> list[Record]:
    """Return every record that counts."""
    query = (
        "SELECT volunteer_id, team_id, organisation_id, colour_id, activity_id, service_on, "
        "minutes, points_hundredths, evidence FROM service_records WHERE state = 'approved'"
    )
    found = []
    for volunteer_id, team_id, home, colour_id, activity_id, on, *rest in rows(query):
        where = (volunteer_id, team_id, home, colour_id, activity_id)
        found.append(Record._make((*where, _day(on), *rest)))
    return found


def missed() -> list[Missed]:
    """Return every place that was missed, with where the team stood on the date."""
    found = []
    placed = rows(
        "SELECT team_id, organisation_id, colour_id, from_on, until_on FROM team_placements"
    )
    query = (
        "SELECT u.volunteer_id, a.team_id, a.id, a.service_on FROM sign_ups u "
        "JOIN activities a ON a.id = u.activity_id WHERE u.attendance = 'no_show'"
    )
    for volunteer_id, team_id, activity_id, on in rows(query):
        (at,) = [
            row for row in placed
            if row[0] == team_id and _day(row[3]) <= _day(on)
            and (row[4] is None or _day(row[4]) >= _day(on))
        ]  # fmt: skip
        found.append(Missed(volunteer_id, team_id, at[1], at[2], activity_id, _day(on)))
    return found


def taken() -> list[Taken]:
    """Return every redemption that stands."""
    query = (
        "SELECT volunteer_id, organisation_id, redeemed_on, cost_hundredths FROM redemptions "
        "WHERE state IN ('to_collect', 'collected')"
    )
    return [Taken(row[0], row[1], _day(row[2]), row[3]) for row in rows(query)]


def with_a_book() -> set[int]:
    """Return who has hours from a paper book."""
    return {
        row[0] for row in rows("SELECT volunteer_id FROM opening_records WHERE state = 'approved'")
    }


def _day(value: Any) -> date:
    return date.fromisoformat(str(value))
