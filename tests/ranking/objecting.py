"""Objections in the small community, each step in a transaction of its own."""

from __future__ import annotations

from datetime import datetime

from app.db import db, transaction
from app.ranking.operations.objecting import (
    Against,
    Answer,
    answer_objection,
    raise_objection,
    withdraw_objection,
)
from app.ranking.queries.objections import ObjectionRow, find_objection
from tests.ranking.year import YEAR, actor_at
from tests.service.community import NOW, Community

# The volunteer of the community is the fourth person.
WHO = 3


def objected(
    community: Community,
    about: int | None = WHO,
    *,
    by: str = "volunteer",
    person: int = WHO,
    words: str = "少了两小时",
    now: datetime = NOW,
    key: str | None = None,
) -> int:
    """Object to somebody's place (None: the list); return the objection."""
    actor, key = actor_at(community, by, now), key or community.fresh_key()
    about_id = None if about is None else community.volunteers[about]
    with transaction() as session:
        return raise_objection(
            session,
            community.root_id,
            YEAR,
            Against(about_id, words),
            volunteer_id=community.volunteers[person],
            actor=actor,
            now=now,
            key=key,
        )


def answered(
    community: Community,
    objection_id: int,
    *,
    by: str = "organiser",
    upheld: bool = False,
    words: str = "签到表上是两小时",
    is_public: bool = True,
    key: str | None = None,
) -> None:
    actor, key = actor_at(community, by), key or community.fresh_key()
    with transaction() as session:
        answer = Answer(upheld, words, is_public)
        answer_objection(session, objection_id, answer, actor=actor, now=NOW, key=key)


def withdrawn(community: Community, objection_id: int, *, by: str = "volunteer") -> None:
    actor, key = actor_at(community, by), community.fresh_key()
    with transaction() as session:
        withdraw_objection(session, objection_id, actor=actor, now=NOW, key=key)


def objection(objection_id: int) -> ObjectionRow:
    db.session.rollback()
    found = find_objection(db.session(), objection_id)
    db.session.rollback()
    assert found is not None
    return found
