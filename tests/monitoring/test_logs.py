"""Log lines: one form, named values, nothing anybody typed, whatever form it was typed into."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from app.config import ROOT
from app.jobs.handling import Run
from app.jobs.runner import Worker
from app.trail.operations import current_request_id
from app.web.policy import allow
from tests.conftest import MakeApp
from tests.imports.office import open_office
from tests.jobs.test_runner import queue
from tests.privacy.canaries import PLANTED, found_in
from tests.web.cast import Cast, sign_in_as
from tests.web.test_policy_matrix import MATRIX, cells

PHONE = PLANTED["phone near"]
PROGRAM = f"""
import logging
from contextvars import ContextVar
from app.logs import init_logs, log_of
from app.trail.rules import mask_text
named = ContextVar("named", default="0123")
init_logs(form="FORM", level="info", mask=mask_text, request_id=named, is_testing=False)
log_of("part").info("something", phone="打 {PHONE}", count=3)
log_of("part").debug("nobody reads this")
logging.getLogger("app").warning("as of old: %s", "{PHONE}")
try:
    raise ValueError("{PHONE}")
except ValueError:
    logging.getLogger("some.library").exception("broke")
"""
# Ends the sign-in with which the others are posted.
ENDS = {"POST /sign-out", "POST /me/sessions/end-others"}


def written(form: str) -> str:
    command = [sys.executable, "-c", PROGRAM.replace("FORM", form)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stderr


def test_every_line_is_one_json_object_and_masked() -> None:
    lines = [json.loads(line) for line in written("json").splitlines()]
    assert [line["event"] for line in lines] == ["something", "as of old: 139****0101", "broke"]
    assert [line["level"] for line in lines] == ["info", "warning", "error"]
    assert {line["request_id"] for line in lines} == {"0123"}
    assert lines[0]["phone"] == "打 139****0101"
    assert lines[0]["count"] == 3
    assert lines[2]["exception"].endswith("ValueError: 139****0101")


def test_a_terminal_reads_words_and_no_phone() -> None:
    said = written("text")
    assert "something" in said
    assert not said.startswith("{")
    assert PHONE not in said


@pytest.mark.parametrize("role", ["visitor", "organiser"])
def test_what_is_typed_into_any_form_reaches_no_log(
    app: Flask, cast: Cast, caplog: pytest.LogCaptureFixture, role: str
) -> None:
    caplog.set_level(logging.DEBUG)
    client = sign_in_as(app, cast, role)
    typed = filled()
    for route, row in MATRIX.items():
        method, rule = route.split(" ", 1)
        if method != "POST" or route in ENDS:
            continue
        cell = next(iter(cells(rule, row, role, cast)), None)
        if cell is not None:
            client.post(f"{cell.path}?q={PHONE}&next=/{PHONE}", data=typed)
            client = client if role == "visitor" else sign_in_as(app, cast, role)
    assert caplog.text.count("request") > 100
    assert found_in(caplog.text, PLANTED) == set()


def filled() -> MultiDict[str, str]:
    """Return every field that any form has, each with all that must not be told."""
    named = {
        name
        for path in sorted((ROOT / "app").rglob("*forms.py"))
        for name in re.findall(r"^    (\w+)\s*=\s*\w*Field", path.read_text("utf-8"), re.MULTILINE)
    }
    assert len(named) > 60
    return MultiDict((name, " ".join(PLANTED.values())) for name in sorted(named - {"key"}))


def test_an_address_that_opens_something_is_told_by_its_rule(
    app: Flask, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = app.test_client()
    token = PLANTED["device token"]
    for path in ("/card/", "/in/", "/r/", "/thanks/", "/verify/", "/calendars/own/", "/nowhere/"):
        client.get(path + token)
    assert "/card/<token>" in caplog.text
    assert token not in caplog.text


def test_a_failure_is_told_with_its_rule_and_request(
    app: Flask, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def breaks(**_parts: str) -> str:
        raise ValueError(f"somebody's phone is {PHONE}")

    app.view_functions["card.enter"] = with_right(app.view_functions["card.enter"], breaks)
    answer = app.test_client().get(f"/card/{PLANTED['device token']}")
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.text
    assert answer.headers["X-Request-Id"] in caplog.text
    assert "139****0101" in caplog.text
    assert found_in(caplog.text, PLANTED) == set()


def with_right(view: Any, instead: Any) -> Any:
    vars(instead).update(vars(view))
    return instead


# ── request ids ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("proxies", "given", "is_taken"),
    [
        (1, "0123456789abcdef0123456789abcdef", True),
        (1, "6f1e8cad-06a0-4a79-9e98-70b861ac3e2f", True),
        (0, "0123456789abcdef0123456789abcdef", False),
        (1, PHONE, False),
        (1, "0123456789abcdef0123456789abcdef\tx", False),
        (1, "谷雨" * 8, False),
        (1, "a" * 33, False),
    ],
)
def test_an_id_is_taken_from_our_own_proxy_only(
    make_app: MakeApp, proxies: int, given: str, is_taken: bool
) -> None:
    client = make_app(PROXY_COUNT=proxies).test_client()
    answer = client.get("/", headers={"X-Request-ID": given.encode().decode("latin-1")})
    assert (answer.headers["X-Request-Id"] == given) is is_taken


def test_a_job_is_told_by_its_id_and_names_what_it_changes(
    app: Flask, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    seen: list[str] = []

    @allow("import.commit")
    def look(run: Run) -> None:
        seen.append(current_request_id.get())
        run.end(lambda _session: 5, lambda found: {"found": found})

    job_id = queue(open_office(app, cast), look)
    assert Worker(lambda: [app]).work_off(app) == 1
    assert seen == [f"job {job_id}"]
    assert current_request_id.get() == ""
    said = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    jobs = [one for one in said if one["event"].startswith("job")]
    assert [one["event"] for one in jobs] == ["job asked", "job begun", "job left"]
    assert (jobs[-1]["job"], jobs[-1]["state"]) == (job_id, "done")
