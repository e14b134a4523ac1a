"""Fifty phones and one last piece, over HTTP against the production server: one gets it.

Two rounds by default; the whole proof: QICAI_ROUNDS=200 pytest tests/rewards/test_rush.py
"""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from flask import Flask
from sqlalchemy.orm import Session

from app.audit.reading import open_reading
from app.audit.report import audit
from app.clock import now
from app.db import db, transaction
from app.people.models import Login
from app.people.operations.sessions import begin_session
from bench.phones import Answer, Phone
from tests.rewards.shelving import PRICE, give_points, shelf_community, stock, stocked
from tests.rewards.test_side_by_side import ROUNDS
from tests.service.community import Community
from tests.serving import SECRET, serving

CROWD = range(5, 55)
_FIELD = r'name="{}"[^>]*value="([^"]*)"'
SOLD_OUT = "is sold out"


def test_the_last_piece_goes_to_one_phone_of_fifty(
    app: Flask, db_session: Session, tmp_path: Path
) -> None:
    community = shelf_community(db_session, people=60)
    app.secret_key = SECRET
    for place in CROWD:
        give_points(community, place, ROUNDS * PRICE)
    cookies = [_signed_in(app, community, place) for place in CROWD]
    url = app.config["DATABASE_URL"]
    db.session.remove()
    with serving(url, tmp_path, options=("--no-ws", "--workers", "2")) as server:
        phones = [Phone(server.url, each) for each in cookies]
        for _round in range(ROUNDS):
            item_id = stocked(community, pieces=1)
            said = _rush(phones, item_id)
            assert Counter(each.status for each in said) == {303: 1, 422: 49}
            assert sum(SOLD_OUT in each.text for each in said) == 49
            assert stock(item_id) == (0, 1)
        for phone in phones:
            phone.close()
    with open_reading(url) as reading:
        assert [each for each in audit(reading).results if each.violations] == []


def _rush(phones: list[Phone], item_id: int) -> list[Answer]:
    """Let every phone look at the preview, and then all confirm at the same instant."""
    path, ready = f"/rewards/{item_id}/redeem", Barrier(len(phones))

    def take(phone: Phone) -> Answer:
        page = phone.get(path).text
        names = ("csrf_token", "key", "volunteer", "quantity", "price", "version")
        fields = {name: _value(page, name) for name in names}
        ready.wait(60)
        return phone.post(path, fields)

    with ThreadPoolExecutor(len(phones)) as crowd:
        return list(crowd.map(take, phones))


def _value(page: str, name: str) -> str:
    found = re.search(_FIELD.format(name), page)
    assert found, page[:2000]
    return found[1]


def _signed_in(app: Flask, community: Community, place: int) -> dict[str, str]:
    """Return the cookies of a phone on which somebody is signed in."""
    client, at = app.test_client(), now()
    volunteer_id = community.volunteers[place]
    with transaction() as session:
        login = session.query(Login).filter_by(volunteer_id=volunteer_id).one_or_none()
        if login is None:
            login = Login(display_name="x", volunteer_id=volunteer_id, created_at=at)
            session.add(login)
            session.flush()
        begun = begin_session(
            session, login, address="127.0.0.1", device="test", now=at, today=at.date()
        )
    with client.session_transaction() as cookie:
        cookie["_user_id"] = begun.token
        cookie["_fresh"] = True
    name = app.config["SESSION_COOKIE_NAME"]
    kept = client.get_cookie(name)
    assert kept is not None
    return {name: kept.value, "qicai_language": "en"}
