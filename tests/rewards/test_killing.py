"""A process that dies around its commit: sent again with its key, it is one redemption or none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.db import db
from tests.conftest import ROOT
from tests.rewards.shelving import (
    PRICE,
    balance,
    give_points,
    one,
    redeemed,
    shelf_community,
    stock,
    stocked,
)
from tests.service.community import NOW
from tests.serving import environment

# Dies with the answer on its lips: `after` the commit, or before it.
_DYING = """
import os, sys
from datetime import datetime
from app import create_app
from app.db import transaction
from app.rewards.operations.redeeming import Asked, redeem
from app.teams.rules import Actor

item, volunteer, login, price, moment, now = sys.argv[1:]
with create_app().app_context():
    with transaction() as session:
        redeem(
            session, Asked(int(item), 1, int(price)), volunteer_id=int(volunteer),
            actor=Actor(int(login), int(volunteer), "x"), now=datetime.fromisoformat(now),
            key="once",
        )
        if moment == "before":
            os._exit(9)
    os._exit(9)
"""


@pytest.mark.parametrize(("moment", "already"), [("before", 0), ("after", 1)])
def test_killed_and_sent_again_it_is_one_redemption(
    app: Flask, db_session: Session, tmp_path: Path, moment: str, already: int
) -> None:
    community = shelf_community(db_session)
    give_points(community, 3, 3 * PRICE)
    item_id = stocked(community)
    actor = community.actor("volunteer")
    figures = (item_id, community.volunteers[3], actor.login_id, PRICE)
    db.session.remove()
    child = subprocess.run(
        [sys.executable, "-c", _DYING, *map(str, figures), moment, NOW.isoformat()],
        cwd=ROOT,
        env=environment(app.config["DATABASE_URL"], tmp_path),
        check=False,
    )
    assert child.returncode == 9
    assert one("SELECT count(*) FROM redemptions") == already
    again = redeemed(community, 3, item_id, key="once")
    assert again.redemption_id == one("SELECT max(id) FROM redemptions")
    assert one("SELECT count(*) FROM redemptions") == 1
    assert (balance(community, 3), stock(item_id)) == (2 * PRICE, (4, 1))
