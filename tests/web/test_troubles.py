"""What ails the database is told in a sentence; what ails the program stays a failure."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from app.db import MovedAway
from app.web import retry
from app.web.policy import allow
from tests.web.conftest import MakeSite

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
BUSY = "The system is very busy"
FULL = "no room left"
READ_ONLY = "everything can be read"


def of_sqlite(code: int) -> OperationalError:
    error = sqlite3.OperationalError("told by the driver")
    error.sqlite_errorcode = code
    return OperationalError("INSERT", {}, error)


def of_postgresql(state: str) -> OperationalError:
    return OperationalError("INSERT", {}, psycopg.errors.lookup(state)("told by the driver"))


TROUBLES = [
    (of_postgresql("40P01"), BUSY),
    (of_postgresql("40001"), BUSY),
    (of_postgresql("55P03"), BUSY),
    (of_postgresql("57014"), BUSY),
    (of_postgresql("53300"), BUSY),
    (of_postgresql("57P01"), BUSY),
    (of_postgresql("08006"), BUSY),
    (NoConnectionFree("QueuePool limit"), BUSY),
    (of_postgresql("53100"), FULL),
    (of_sqlite(sqlite3.SQLITE_FULL), FULL),
    (of_sqlite(sqlite3.SQLITE_IOERR_WRITE), FULL),
    (of_postgresql("25006"), READ_ONLY),
    (of_sqlite(sqlite3.SQLITE_READONLY_DIRECTORY), READ_ONLY),
    (MovedAway(), "moving to another machine"),
]


def failing(make_site: MakeSite, error: Exception) -> Flask:
    app = make_site(WTF_CSRF_ENABLED=False)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.route("/t/ails", methods=["GET", "POST"])
    @allow("public.read")
    def ails() -> str:
        raise error

    return app


@pytest.mark.parametrize(("error", "sentence"), TROUBLES)
def test_a_form_comes_back_with_its_key_and_a_sentence(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch, error: Exception, sentence: str
) -> None:
    monkeypatch.setattr(retry, "LONGEST_WAIT_SECONDS", 0)
    monkeypatch.setattr(retry, "SHORTEST_WAIT_SECONDS", 0)
    client = failing(make_site, error).test_client()
    typed = {"word": "谷雨", "key": "once"}
    answer = client.post("/t/ails?language=en", data=typed, headers=SAME_SITE)
    assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)
    assert sentence in answer.text
    assert 'name="word" value="谷雨"' in answer.text
    assert 'name="key" value="once"' in answer.text
    assert "told by the driver" not in answer.text


@pytest.mark.parametrize(
    "error",
    [of_postgresql("42703"), of_postgresql("23505"), of_sqlite(sqlite3.SQLITE_CORRUPT)],
)
def test_a_fault_is_not_called_a_moment(make_site: MakeSite, error: Exception) -> None:
    assert failing(make_site, error).test_client().get("/t/ails").status_code == 500
