"""Random trees with everything in them, and what every list over them has to show.

LISTS holds one line for each list of the desk that takes a scope: how the product asks for it,
and what it is by brute force, read row by row and filtered in Python. A new list adds a line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.activities.queries.listing import Wanted, coming, page_of_list
from app.adjustments.queries import waiting_adjustments
from app.clock import today_in
from app.db import db, transaction
from app.disputes.queries.lists import disputes_to_answer, open_disputes
from app.errors import RuleBroken
from app.organisations.queries import forest, subtree_ids
from app.people.queries import search_volunteers
from app.points.operations import create_first_rule_version
from app.ranking.queries.lists import live_rankings, team_totals
from app.rewards.queries import keeping
from app.roster.queries.people import Scope, people_page, people_where
from app.roster.rules.filters import Filters
from app.service.operations import Line, log_day, regroup
from app.service.queries.waiting import count_waiting_for, waiting_for
from app.settings import operations, queries
from app.settings.operations import Part
from app.settings.rules import TREE_CHANGES
from app.teams.models import JoinRequest, Team
from app.teams.operations import create_colours, move_team
from app.teams.queries import actor_of, team_counts, teams_in
from app.teams.queries.asking import requests_for
from app.teams.rules import Actor
from tests.web.cast import NOW, SERVED_ON, Cast, _Stage

YEAR = SERVED_ON.year
NAMES = ("立春", "雨水", "惊蛰", "春分", "清明", "谷雨", "立夏", "小满", "芒种", "夏至")
ZONE = "Asia/Shanghai"


class World(NamedTuple):
    """A tree of one root, its desk, and the chance by which it changes."""

    root_id: int
    keeper: int
    organisers: list[int]
    chance: Random


class Listing(NamedTuple):
    """One list: `asked` as the product does, `filtered` by brute force; both ids in any order."""

    asked: Callable[[Session, Actor], Iterable[Any]]
    filtered: Callable[[frozenset[int]], Iterable[Any]]


# ── a world ───────────────────────────────────────────────────────────────────────────────


def make_world(chance: Random) -> World:
    """Fill a migrated database with a random tree, teams, people and all that hangs on them."""
    with transaction() as session:
        stage = _Stage(session, Cast())
        root = stage.organisation("R", None)
        nodes = [root]
        for place in range(chance.randint(3, 8)):
            nodes.append(stage.organisation(f"N{place}", chance.choice(nodes)))
        colours = list(create_colours(session, root).values())
        keeper = stage.login("keeper", "大暑", role="organiser", organisation_id=root)
        create_first_rule_version(session, root, keeper, NOW)
        organisers = [
            stage.login(f"desk{place}", "夏至", role="organiser", organisation_id=home)
            for place, home in enumerate(chance.sample(nodes, k=min(3, len(nodes))))
        ]
        teams = [
            stage.team(chance.choice(nodes), f"T{place}", chance.choice(colours))
            for place in range(chance.randint(3, 6))
        ]
        people = [
            _person(stage, chance, place, nodes, teams, keeper, root)
            for place in range(chance.randint(4, 9))
        ]
        for home in chance.sample(nodes, k=2):
            _request(session, home, chance.choice(teams).id)
    world = World(root, keeper, organisers, chance)
    for person in people:
        serve(world, person, chance.choice(teams).id, SERVED_ON - timedelta(days=person % 5))
    return world


def _person(
    stage: _Stage,
    chance: Random,
    place: int,
    nodes: list[int],
    teams: list[Team],
    keeper: int,
    root: int,
) -> int:
    team = chance.choice(teams)
    person = stage.person(chance.choice(nodes), NAMES[place % len(NAMES)], team)
    record = stage.record(person, team, keeper, root, stage.batch(team, keeper).id)
    if chance.random() < 0.5:
        stage.dispute(record)
    if chance.random() < 0.5:
        stage.adjustment(person, keeper)
    if chance.random() < 0.5:
        stage.activity(person, team, stage.project(team, keeper), keeper)
    if chance.random() < 0.5:
        stage.item(person.organisation_id, keeper)
    return person.id


def _request(session: Session, home: int, team_id: int) -> None:
    from app.teams.models import JoinWish

    made = JoinRequest(
        organisation_id=home,
        name="白露",
        phone=f"1390000{home:04}",
        wants_advice=False,
        privacy_version="1",
        consent_by="self",
        asked_at=NOW,
    )
    session.add(made)
    session.flush()
    session.add(JoinWish(request_id=made.id, team_id=team_id))


def serve(world: World, person: int, team_id: int, on: date) -> None:
    """Let somebody have served, approved by whoever organises the root."""
    actor = actor_at(world.keeper)
    with transaction() as session:
        log_day(
            session,
            actor=actor,
            team_id=team_id,
            service_on=on,
            lines=[
                Line(
                    volunteer_id=person,
                    minutes=30,
                    team_id=team_id,
                    service_on=on,
                    content="清扫",
                )
            ],
            now=NOW + timedelta(days=1),
            key=f"{person} {team_id} {on}",
            enters_as="organiser",
        )


def actor_at(login_id: int) -> Actor:
    """Return somebody with the rights the database gives them."""
    db.session.rollback()
    found = actor_of(db.session(), login_id, NOW.date())
    db.session.rollback()
    return found


# ── what may happen to it ─────────────────────────────────────────────────────────────────


WORKS_TRIED = 12


def change(world: World, step: int) -> str:
    """Let something random happen to the tree; return what it was. What is refused is nothing."""
    for again in range(WORKS_TRIED):
        work = world.chance.choice((_merge, _split, _regroup, _retire, _reopen, _people, _team))
        at = NOW + timedelta(days=2, minutes=step)
        given = {"actor_id": world.keeper, "now": at}
        try:
            with transaction() as session:
                work(world, session, given, f"step {step}{again:02}")
        except RuleBroken:
            db.session.rollback()
        else:
            return work.__name__
    return "nothing"


def _merge(world: World, session: Session, given: dict[str, Any], key: str) -> None:
    gone, into = (world.chance.choice(ids("organisations")) for _ in range(2))
    operations.merge_organisations(session, gone, into, reason="合并", key=key, **given)


def _split(world: World, session: Session, given: dict[str, Any], key: str) -> None:
    home = world.chance.choice(ids("organisations"))
    teams = [team.id for team in teams_in(session, [home], on=NOW.date())]
    going = tuple(team for team in teams if world.chance.random() < 0.6)
    part = Part(f"S{key.removeprefix('step ')}", "新社区", going)
    without_team = world.chance.choice((None, 0))
    operations.split_organisation(
        session, home, [part], chosen={}, without_team=without_team, reason="拆分", key=key,
        **given,
    )  # fmt: skip


def _regroup(world: World, session: Session, given: dict[str, Any], key: str) -> None:
    one, below = (world.chance.choice(ids("organisations")) for _ in range(2))
    regroup(session, one, parent_id=below, **given)


def _retire(world: World, session: Session, given: dict[str, Any], key: str) -> None:
    one = world.chance.choice(ids("organisations"))
    operations.retire_organisation(session, one, reason="撤销", key=key, **given)


def _reopen(world: World, session: Session, given: dict[str, Any], key: str) -> None:
    one = world.chance.choice(ids("organisations"))
    operations.reopen_organisation(session, one, reason="恢复", key=key, **given)


def _people(world: World, session: Session, given: dict[str, Any], key: str) -> None:
    home, into = (world.chance.choice(ids("organisations")) for _ in range(2))
    people = [row["id"] for row in table("volunteers") if world.chance.random() < 0.5]
    desk = Actor(given["actor_id"], None, "desk")
    operations.move_people(
        session, people, from_id=home, into_id=into, reason="搬家", actor=desk, now=given["now"],
        key=key,
    )  # fmt: skip


def _team(world: World, session: Session, given: dict[str, Any], key: str) -> None:
    team = world.chance.choice(table("teams"))
    home = world.chance.choice(ids("organisations"))
    move_team(
        session, team["id"], organisation_id=home, colour_id=team["colour_id"],
        from_on=NOW.date() + timedelta(days=2), **given,
    )  # fmt: skip


# ── by brute force ────────────────────────────────────────────────────────────────────────


def table(name: str) -> list[dict[str, Any]]:
    """Return every row of a table."""
    rows = db.session.execute(text(f"SELECT * FROM {name} ORDER BY 1"))
    return [dict(row._mapping) for row in rows]


def ids(name: str) -> list[int]:
    return [row["id"] for row in table(name)]


def below(top: int) -> frozenset[int]:
    """Return an organisation and all below it, walked up one by one."""
    parents = {row["id"]: row["parent_id"] for row in table("organisations")}

    def stands_below(one: int | None) -> bool:
        while one is not None and one != top:
            one = parents[one]
        return one == top

    return frozenset(each for each in parents if stands_below(each))


def scope_of(login_id: int) -> frozenset[int]:
    """Return what somebody organises, from their roles alone."""
    tops = [row["organisation_id"] for row in table("roles") if row["login_id"] == login_id]
    return frozenset(each for top in tops for each in below(top))


def homes() -> dict[int, int]:
    return {row["id"]: row["organisation_id"] for row in table("teams")}


def _of_teams(name: str, scope: frozenset[int], **wanted: Any) -> list[int]:
    """Return the rows of a table whose team stands in a scope today."""
    home = homes()
    return [row["id"] for row in table(name) if home[row["team_id"]] in scope and fits(row, wanted)]


def _of_places(name: str, scope: frozenset[int], **wanted: Any) -> list[int]:
    """Return the rows of a table that name an organisation of a scope."""
    return [
        row["id"] for row in table(name) if row["organisation_id"] in scope and fits(row, wanted)
    ]


def fits(row: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(row[key] == value for key, value in wanted.items())


def _disputes(scope: frozenset[int]) -> list[int]:
    home = homes()
    records = {row["id"]: home[row["team_id"]] for row in table("service_records")}
    return [row["id"] for row in table("disputes") if records[row["record_id"]] in scope]


def _earned_disputes(scope: frozenset[int]) -> list[int]:
    records = {row["id"]: row["organisation_id"] for row in table("service_records")}
    return [row["id"] for row in table("disputes") if records[row["record_id"]] in scope]


def _requests(scope: frozenset[int]) -> list[int]:
    home = homes()
    wished = {row["request_id"] for row in table("join_wishes") if home[row["team_id"]] in scope}
    return [
        row["id"]
        for row in table("join_requests")
        if row["organisation_id"] in scope or row["id"] in wished
    ]


def _approved(scope: frozenset[int]) -> list[dict[str, Any]]:
    return [
        row
        for row in table("service_records")
        if row["state"] == "approved" and row["organisation_id"] in scope
    ]


def _ranked(scope: frozenset[int]) -> list[tuple[int, int, int]]:
    """Return (organisation, person, minutes) of the year's ranking of each organisation."""
    found: dict[tuple[int, int], int] = defaultdict(int)
    for top in scope:
        for row in _approved(below(top)):
            found[top, row["volunteer_id"]] += row["minutes"]
    return [(*key, minutes) for key, minutes in found.items()]


def _teams_ranked(scope: frozenset[int]) -> list[tuple[int, int]]:
    found: dict[int, int] = defaultdict(int)
    for row in _approved(scope):
        found[row["team_id"]] += row["minutes"]
    return list(found.items())


def _told(scope: frozenset[int]) -> list[tuple[str, int]]:
    return [
        (row["operation"], row["organisation_id"])
        for row in table("trail")
        if row["organisation_id"] in scope and row["operation"] in TREE_CHANGES
    ]


# ── the lists ─────────────────────────────────────────────────────────────────────────────

ON = NOW.date() + timedelta(days=2)


def _people_list(session: Session, actor: Actor) -> Iterable[int]:
    where = people_where(Filters(), Scope(actor.organises, ON, ZONE))
    return (row.id for row in people_page(session, where, on=ON))


def _rankings(session: Session, actor: Actor) -> Iterable[tuple[int, int, int]]:
    for top in actor.organises:
        found = live_rankings(session, top, YEAR, None, [], 1)
        yield from ((top, each.volunteer_id, each.minutes) for each in found.everyone)


def _shelves(session: Session, actor: Actor) -> Iterable[int]:
    for home in actor.organises:
        yield from (row.id for row in keeping.items(session, keeping.items_where(home)))


def _activities(session: Session, actor: Actor) -> Iterable[int]:
    today = today_in(ZONE) - timedelta(days=1)
    wanted = Wanted(today, organisation_ids=actor.organises)
    return (row.id for row in page_of_list(session, wanted, coming(today), offset=0, size=500))


def _counted_people(session: Session, actor: Actor) -> Iterable[tuple[int, int]]:
    uses = queries.uses_of(session, actor.organises, ON)
    return ((home, use.people) for home, use in uses.items() if use.people)


def _people_by_home(scope: frozenset[int]) -> Iterable[tuple[int, int]]:
    found: dict[int, int] = defaultdict(int)
    for row in table("volunteers"):
        if row["organisation_id"] in scope:
            found[row["organisation_id"]] += 1
    return found.items()


LISTS: dict[str, Listing] = {
    "the organisations of a desk": Listing(
        lambda session, actor: (node.id for node in forest(session, actor.organises)),
        lambda scope: scope,
    ),
    "organisations below each": Listing(
        lambda session, actor: (
            (top, each) for top in actor.organises for each in subtree_ids(session, top)
        ),
        lambda scope: ((top, each) for top in scope for each in below(top)),
    ),
    "people": Listing(_people_list, lambda scope: _of_places("volunteers", scope)),
    "people by a search": Listing(
        lambda session, actor: (
            row.id for row in search_volunteers(session, actor.organises, "", limit=500)
        ),
        lambda scope: _of_places("volunteers", scope),
    ),
    "people of each organisation": Listing(_counted_people, _people_by_home),
    "teams": Listing(
        lambda session, actor: (row.team.id for row in team_counts(session, actor.organises, ON)),
        lambda scope: _of_places("teams", scope),
    ),
    "records that wait": Listing(
        lambda session, actor: (
            one for row in waiting_for(session, actor) for one in row.record_ids
        ),
        lambda scope: _of_teams("service_records", scope, state="submitted"),
    ),
    "how many records wait": Listing(
        lambda session, actor: [count_waiting_for(session, actor)],
        lambda scope: [len(_of_teams("service_records", scope, state="submitted"))],
    ),
    "disputes to answer": Listing(
        lambda session, actor: (
            row.id
            for row in disputes_to_answer(
                session, team_ids=(), organisation_ids=actor.organises, without=()
            )
        ),
        _disputes,
    ),
    "disputes that block a year": Listing(
        lambda session, actor: (row.id for row in open_disputes(session, actor.organises, YEAR)),
        _earned_disputes,
    ),
    "adjustments that wait": Listing(
        lambda session, actor: (row.id for row in waiting_adjustments(session, actor.organises)),
        lambda scope: _of_places("adjustments", scope, state="asked"),
    ),
    "requests to join": Listing(
        lambda session, actor: (row.id for row in requests_for(session, actor)), _requests
    ),
    "activities": Listing(_activities, lambda scope: _of_teams("activities", scope)),
    "items of the shelves": Listing(_shelves, lambda scope: _of_places("shelf_items", scope)),
    "ranking of the year": Listing(_rankings, _ranked),
    "ranking of teams": Listing(
        lambda session, actor: (
            (row.team_id, row.minutes)
            for row in team_totals(session, YEAR, sorted(actor.organises))
        ),
        _teams_ranked,
    ),
    "trail of the tree": Listing(
        lambda session, actor: (
            (row.operation, row.organisation_id)
            for row in queries.changes(session, actor.organises, TREE_CHANGES, limit=1000)
        ),
        _told,
    ),
}
