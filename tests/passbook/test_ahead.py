"""What a page of the ledger asks ahead: wanted, each answer given once, nothing else changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import bulk
from app.bulk import asked_ahead, fetch, spoken
from app.db import is_postgresql
from tests.passbook.reader import READER, assemble, browser_of, statements
from tests.service.community import Community

QUERY = "SELECT CAST(? AS bigint)"


@pytest.fixture
def community(db_session: Session) -> Community:
    return assemble(db_session)


@pytest.mark.parametrize("path", ["/me/ledger", "/me/ledger?show=service", "/me/ledger?year=2026"])
def test_whatever_is_asked_ahead_is_what_the_page_asks_for_itself(
    app: Flask, community: Community, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    community.log(community.line(READER, 120))
    browser = browser_of(app, community, "volunteer")
    foreseen: list[str] = []

    @contextmanager
    def noted(session: Session, *queries: tuple[Any, ...]) -> Iterator[None]:
        foreseen.extend(spoken(query, is_postgresql(session)) for query, *_values in queries)
        yield

    monkeypatch.setattr("app.passbook.views.asked_ahead", noted)
    with statements() as sent:
        assert browser.get(path).status_code == 200
    assert len(foreseen) >= 4
    assert [sent.count(each) for each in foreseen] == [1] * len(foreseen)


def test_a_page_reads_the_same_whether_asked_ahead_or_not(
    app: Flask, community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    community.log(community.line(READER, 120))
    browser = browser_of(app, community, "volunteer")
    trips: list[str] = []
    read = bulk._read

    def noted(connection: Any, statement: str, given: Any) -> Any:
        trips.append(statement)
        return read(connection, statement, given)

    monkeypatch.setattr(bulk, "_read", noted)
    with statements() as together:
        ahead = browser.get("/me/ledger").text
    trips_ahead = len(trips)

    @contextmanager
    def nothing(_session: Session, *_queries: tuple[Any, ...]) -> Iterator[None]:
        yield

    monkeypatch.setattr("app.passbook.views.asked_ahead", nothing)
    with statements() as one_by_one:
        assert browser.get("/me/ledger").text == ahead
    assert len(one_by_one) == len(together)
    spared = 8 if app.config["DATABASE_URL"].startswith("postgresql") else 0
    assert len(trips) - 2 * trips_ahead == spared


def test_an_answer_is_given_once_and_only_to_its_own_question(db_session: Session) -> None:
    fetch(db_session, QUERY, 0)
    with asked_ahead(db_session, (QUERY, 1), (QUERY, 2)), statements() as sent:
        for wanted in (2, 1, 3, 1):
            assert [tuple(row) for row in fetch(db_session, QUERY, wanted)] == [(wanted,)]
    assert len(sent) == (2 if is_postgresql(db_session) else 4)
    with statements() as after:
        fetch(db_session, QUERY, 2)
    assert len(after) == 1
