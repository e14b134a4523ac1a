"""The head of the chain reaches the auditors' mailboxes, on each day it moved."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from app.clock import today_in
from app.db import db, snapshot, transaction
from app.ledger.chain import seal
from app.ledger.chain_rules import published_heads
from app.ledger.queries import head
from app.people.models import Role
from app.reports.head_telling import tell_head
from tests.reports import lived
from tests.service.community import NOW
from tests.service.conftest import Town

TOLD = "SELECT login_id, figures FROM notices WHERE kind = 'chain.head' ORDER BY id"
TODAY = today_in("Asia/Shanghai", NOW)


@pytest.fixture
def auditor(town: Town) -> int:
    """An auditor of the root, beside one whose time is over and one of another place."""
    lived.live(town.community, 1)
    with transaction() as session:
        one, two = (town.community.actor(name).login_id for name in ("organiser", "organiser_too"))
        given = {"role": "auditor", "organisation_id": town.community.root_id}
        session.add(Role(login_id=one, from_on=TODAY, **given))
        over = TODAY - timedelta(days=1)
        session.add(Role(login_id=two, from_on=over, until_on=over, **given))
    return one


def tell(town: Town) -> list[tuple[int, str]]:
    with transaction() as session:
        tell_head(session, town.community.root_id, TODAY, NOW)
    with db.engine.connect() as connection:
        rows = connection.exec_driver_sql(TOLD).all()
    return [(row[0], json.loads(row[1])["line"]) for row in rows]


def test_nothing_is_told_before_the_first_seal(town: Town, auditor: int) -> None:
    assert tell(town) == []


def test_the_auditor_of_the_root_is_told_each_head_once(town: Town, auditor: int) -> None:
    seal(lambda: NOW)
    with snapshot() as session:
        found = head(session)
    told = tell(town)
    assert [(login, published_heads(line)) for login, line in told] == [(auditor, [found])]
    assert tell(town) == told
