from __future__ import annotations

import sqlite3
from io import BytesIO

import pytest
from flask import Flask, request
from sqlalchemy.exc import OperationalError

from app.web import retry
from app.web.policy import allow
from tests.web.conftest import MakeSite

LOCKED = sqlite3.OperationalError("database is locked")
BROKEN = sqlite3.OperationalError("no such column")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "LONGEST_WAIT_SECONDS", 0)
    monkeypatch.setattr(retry, "SHORTEST_WAIT_SECONDS", 0)


def failing(
    make_site: MakeSite, times: int, error: Exception = LOCKED
) -> tuple[Flask, list[bytes]]:
    app = make_site()
    app.config["PROPAGATE_EXCEPTIONS"] = False
    seen: list[bytes] = []

    @app.post("/t/race")
    @allow("public.read")
    def race() -> str:
        file = request.files.get("sheet")
        seen.append(file.read() if file else b"")
        if len(seen) <= times:
            raise OperationalError("UPDATE", {}, error)
        return f"done {request.form.get('note')}"

    return app, seen


@pytest.mark.parametrize("times", [0, 1, 2])
def test_a_lost_race_is_run_again(make_site: MakeSite, times: int) -> None:
    app, seen = failing(make_site, times)
    answer = app.test_client().post("/t/race", data={"note": "谷雨"})
    assert (answer.text, len(seen)) == ("done 谷雨", times + 1)


def test_an_upload_is_read_anew(make_site: MakeSite) -> None:
    app, seen = failing(make_site, 1)
    app.test_client().post("/t/race", data={"sheet": (BytesIO(b"rows"), "a.csv")})
    assert seen == [b"rows", b"rows"]


def test_after_three_tries_it_says_busy(make_site: MakeSite) -> None:
    app, seen = failing(make_site, 9)
    answer = app.test_client().post("/t/race")
    assert (answer.status_code, len(seen), answer.headers["Retry-After"]) == (503, 3, "2")
    assert "locked" not in answer.text


def test_what_is_wrong_is_not_tried_again(make_site: MakeSite) -> None:
    app, seen = failing(make_site, 9, BROKEN)
    assert (app.test_client().post("/t/race").status_code, len(seen)) == (500, 1)
