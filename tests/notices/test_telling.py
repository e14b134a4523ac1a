"""Telling: one row per person, once, in the caller's commit, never a sentence."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.notices.models import Notice, NoticeMessage
from app.notices.operations import tell, tell_logins
from app.people.models import Login
from tests.web.cast import Cast

# The cast has been told something before.
TOLD = Notice.kind != "no_longer_known"
AT = datetime(2026, 4, 2, 3, tzinfo=UTC)
ABOUT: dict[str, Any] = {
    "figures": {"day_on": date(2026, 5, 2), "place": "涂新社区"},
    "path": "/activities/7",
    "at": AT,
    "subject_kind": "activity",
    "subject_id": 7,
}


def volunteers(cast: Cast) -> list[int]:
    found = db.session.scalars(select(Login.volunteer_id).where(Login.volunteer_id.is_not(None)))
    return [one for one in found if one is not None]


def count() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Notice.id)).where(TOLD)) or 0


def test_everybody_is_told_once(cast: Cast) -> None:
    people = volunteers(cast)
    for _ in range(2):
        with transaction() as session:
            tell(session, "test.moved", people, **ABOUT)
    assert count() == len(people) > 1


def test_another_word_for_once_tells_again(cast: Cast) -> None:
    people = volunteers(cast)
    for once in ("2026-05-02", "2026-05-09"):
        with transaction() as session:
            tell(session, "test.moved", people, **ABOUT, once=once)
    assert count() == 2 * len(people)


def test_a_login_is_told_apart_from_its_volunteer(cast: Cast) -> None:
    with transaction() as session:
        tell_logins(session, "test.moved", [cast.logins["organiser"]] * 2, **ABOUT)
        tell_logins(session, "test.moved", [cast.logins["organiser"]], **ABOUT)
    notice = db.session.scalars(select(Notice).where(TOLD)).one()
    assert (notice.login_id, notice.volunteer_id) == (cast.logins["organiser"], None)


def test_figures_are_kept_and_no_sentence(cast: Cast) -> None:
    with transaction() as session:
        tell(session, "test.moved", volunteers(cast)[:1], **ABOUT)
    kept = db.session.scalars(select(Notice).where(TOLD)).one()
    assert json.loads(kept.figures) == {"day_on": {"date": "2026-05-02"}, "place": "涂新社区"}


def test_nothing_is_told_when_the_operation_fails(cast: Cast) -> None:
    nobody = ABOUT | {"at": None}
    with pytest.raises((AttributeError, IntegrityError)), transaction() as session:
        told_then_broken(session, volunteers(cast), nobody)
    assert count() == 0


def told_then_broken(session: Session, people: list[int], broken: dict[str, Any]) -> None:
    tell(session, "test.moved", people, **ABOUT)
    tell(session, "test.moved", people, **broken)


def test_statements_do_not_grow_with_people(cast: Cast) -> None:
    people = volunteers(cast)
    asked: list[str] = []

    def keep(*arguments: Any) -> None:
        asked.append(arguments[2])

    with transaction() as session:
        event.listen(db.engine, "before_cursor_execute", keep)
        tell(session, "test.moved", people, **ABOUT)
        event.remove(db.engine, "before_cursor_execute", keep)
    assert len(asked) == 2


@pytest.mark.parametrize(
    "path", ["https://evil.example", "//evil.example", "/\\evil", "me", "/a\n"]
)
def test_a_path_leads_nowhere_else(cast: Cast, path: str) -> None:
    with pytest.raises(ValueError), transaction() as session:
        tell(session, "test.moved", volunteers(cast), **{**ABOUT, "path": path})


def test_an_unknown_kind_is_a_mistake(cast: Cast) -> None:
    with pytest.raises(ValueError), transaction() as session:
        tell(session, "test.unheard", volunteers(cast), **ABOUT)


@pytest.mark.parametrize("figure", [1.5, None, True, datetime(2026, 5, 2)])
def test_a_figure_is_a_plain_value(cast: Cast, figure: Any) -> None:
    with pytest.raises((TypeError, ValueError)), transaction() as session:
        tell(session, "test.moved", volunteers(cast), **{**ABOUT, "figures": {"x": figure}})


def test_nobody_without_an_address_gets_a_message(cast: Cast) -> None:
    with transaction() as session:
        tell(session, "test.moved", volunteers(cast), **ABOUT)
    assert db.session.scalar(select(func.count(NoticeMessage.id))) == 0
