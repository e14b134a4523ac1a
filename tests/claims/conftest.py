"""Claims in the small community of tests/service, at its own present."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.claims.operations import Claimed, claim, split_claim
from app.db import db, transaction
from app.pictures.rules import Face, Shrunk
from app.service.operations import Line
from tests.service.community import NOW, Community, make_community
from tests.service.conftest import make_town as make_town
from tests.service.conftest import town as town

VOLUNTEER = 3


@pytest.fixture
def community(db_session: Session) -> Community:
    made = make_community(db_session)
    db_session.rollback()
    return made


def claimed(community: Community, *, by: str = "volunteer", **given: Any) -> Claimed:
    """Claim in a transaction of its own; what is given goes into the line or the operation."""
    more = {name: given.pop(name) for name in ("picture", "resends_id", "keeps_picture", "now")
            if name in given}  # fmt: skip
    key = given.pop("key", None) or community.fresh_key()
    line = given.pop("line", None) or community.line(given.pop("person", VOLUNTEER), **given)
    with transaction() as session:
        return claim(session, line, actor=community.actor(by), key=key, **{"now": NOW, **more})


def split(community: Community, record_id: int, *parts: Line, by: str = "leader", **more: Any):
    given = {"reason": "午饭不算", "key": community.fresh_key(), "now": NOW, **more}
    with transaction() as session:
        return split_claim(session, record_id, parts, actor=community.actor(by), **given)


def rows(query: str, **values: Any) -> list[tuple[Any, ...]]:
    db.session.rollback()
    found = [tuple(row) for row in db.session.execute(text(query), values)]
    db.session.rollback()
    return found


def drawn(sha: str = "a") -> Shrunk:
    """A picture as if it had been drawn anew."""
    face = Face(4, 3, b"RIFF....WEBP")
    return Shrunk(sha * 64, face, face)


Photo = Callable[..., bytes]


def photo(colour: str = "green", size: tuple[int, int] = (60, 40), kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()
