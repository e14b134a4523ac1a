"""No hot query looks at a row of another root: else roots could not live on servers apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NamedTuple

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text

import app as application
from app.activities.operations.signing_up import sign_up
from app.claims.operations.claiming import claim
from app.db import db, transaction
from app.people.rules.passwords import HashCost, hash_password
from app.rewards.operations.settling import hand_over
from app.service.operations.deciding import approve
from tests.activities.checks import BEGINS_AT, announced, as_volunteer, checked, codes, done
from tests.conftest import MakeApp
from tests.hosts.trap import PLANS, ROLE, set_trap, transaction_id, watched
from tests.people.conftest import PASSWORD
from tests.rewards.shelving import PRICE, give_points, redeemed, stocked
from tests.service.community import NOW, ORDINARY_DAY, SERVICE_DAY, Community, make_community
from tests.service.conftest import Town, grant_organisers

# Every table that grows with service, people or points.
LARGE = {
    *("accounts", "activities", "check_ins", "day_totals", "entries", "logins", "memberships"),
    *("notices", "operation_keys", "postings", "redemptions", "service_records", "service_totals"),
    *("sessions", "shelf_items", "standings", "stock_moves", "trail", "volunteers"),
}
# A few rows a community, which some statements read whole; docs/scale.md tells them.
READ_WHOLE = {"colours", "item_versions", "rule_versions", "team_placements", "teams"}
# The parcels that wait anywhere are looked through by the index of what waits.
KNOWN = {("the desk and its badges", "redemptions")}
PAGES = {
    "own home": ("volunteer", "/me"),
    "passbook": ("volunteer", "/me/ledger"),
    "shelf": ("volunteer", "/rewards"),
    "ranking": ("volunteer", "/ranking"),
    "leader's day": ("leader", "/log/TX-red"),
    "what waits": ("organiser", "/waiting"),
    "the desk and its badges": ("organiser", "/desk"),
}


class Ours(NamedTuple):
    """Our own root: its community, something on the shelf, an activity, a record that waits."""

    community: Community
    item_id: int
    activity_id: int
    waiting: tuple[int, ...]


class Ground(NamedTuple):
    """An app that cannot look at the other root unseen."""

    app: Flask
    ours: Ours
    trapped: list[str]


def lived(code: str, more: int = 0) -> Ours:
    """Make a root in which everything that grows has rows."""
    community = make_community(db.session(), code=code, people=8 + more)
    grant_organisers(community)
    item_id = stocked(community, pieces=5 + more)
    for place in (3, *range(8, 8 + more)):
        give_points(community, place, 3 * PRICE)
        redeemed(community, place, item_id)
    for _other in range(more):
        announced(community)
    activity_id = announced(community)
    checked(community, codes(activity_id)[0], 3)
    for day in range(1 + more):
        served_on = ORDINARY_DAY - timedelta(days=day)
        lines = (community.line(each, 60, service_on=served_on) for each in range(1, 6))
        community.log(*lines)
    own = community.logged(community.line(0, 90, service_on=SERVICE_DAY))
    return Ours(community, item_id, activity_id, own.record_ids)


@pytest.fixture
def ground(app: Flask, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    with time_machine.travel(NOW, tick=False):
        ours = lived("TX")
        first = transaction_id()
        # Far more than ours, so that looking at all of it never seems the shorter way.
        theirs = lived("AN", more=40)
        Town(app, theirs.community).browser("volunteer")
        trapped = set_trap(first, transaction_id())
        with transaction() as session:
            secret = {"secret": hash_password(PASSWORD, HashCost(8, 1))}
            session.execute(text("UPDATE logins SET password_hash = :secret"), secret)
        db.session.remove()
        options = f"{application.POSTGRESQL_OPTIONS} {PLANS}"
        monkeypatch.setattr(application, "POSTGRESQL_OPTIONS", options)
        yield Ground(make_app(DATABASE_ROLE=ROLE), ours, trapped)


def sign_in(app: Flask) -> None:
    """Sign in as people do, by number and password."""
    fields = {"account": "TX00004", "password": PASSWORD}
    answer = app.test_client().post("/sign-in", data=fields)
    assert answer.status_code == 303, answer.text


def steps(ground: Ground) -> dict[str, Callable[[], object]]:
    """Return what is done most, by name."""
    ours, town = ground.ours, Town(ground.app, ground.ours.community)
    mine = ours.community

    def decide() -> None:
        with transaction() as session:
            approve(session, ours.waiting, actor=mine.actor("organiser"), now=NOW, key="once")

    def hand_in() -> None:
        with transaction() as session:
            line = mine.line(3, 45, service_on=ORDINARY_DAY - timedelta(days=9))
            claim(session, line, actor=mine.actor("volunteer"), now=NOW, key="claim")

    def hand_over_one() -> None:
        redemption_id = redeemed(mine, 3, ours.item_id).redemption_id
        assert redemption_id is not None
        with transaction() as session:
            clerk = mine.actor("organiser")
            hand_over(session, redemption_id, actor=clerk, now=NOW, key="hand over")

    def page(who: str, path: str) -> Callable[[], object]:
        client = town.browser(who)

        def look() -> None:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)

        return look

    return {
        "log a day": lambda: mine.log(*(mine.line(each, 45) for each in (4, 5))),
        "approve": decide,
        "sign in": lambda: sign_in(ground.app),
        "sign up": lambda: done(
            sign_up, ours.activity_id, mine.volunteers[5], actor=as_volunteer(mine, 5), now=NOW
        ),
        "hand in a claim": hand_in,
        "hand over at the desk": hand_over_one,
        "redeem": lambda: redeemed(mine, 3, ours.item_id),
        "scan and confirm": lambda: checked(mine, codes(ours.activity_id)[0], 4, at=BEGINS_AT),
        **{name: page(*said) for name, said in PAGES.items()},
    }


def test_no_hot_path_looks_at_another_root(ground: Ground) -> None:
    assert set(ground.trapped) >= LARGE, "the other root has nothing there to be looked at"
    with watched(ground.app) as crossings:
        found = {}
        for name, step in steps(ground).items():
            crossings.clear()
            step()
            told = {each for each in crossings if each[0] not in READ_WHOLE}
            found[name] = {each for each in told if (name, each[0]) not in KNOWN}
    assert {name: told for name, told in found.items() if told} == {}


def test_a_query_that_crosses_is_told(ground: Ground) -> None:
    """The control: bounded by its root it passes, filtered afterwards or not at all it does not."""
    account = "SELECT id FROM accounts WHERE root_id = :root ORDER BY id LIMIT 1"
    with watched(ground.app) as crossings:
        root = {"root": ground.ours.community.root_id}
        account_id = db.session.execute(text(account), root).scalar_one()
        bounded = "SELECT count(*) FROM postings WHERE account_id = :id"
        db.session.execute(text(bounded), {"id": account_id})
        assert crossings == set()
        db.session.execute(text("SELECT max(amount) FROM postings WHERE amount > 0"))
        assert {table for table, _statement in crossings} == {"postings"}
