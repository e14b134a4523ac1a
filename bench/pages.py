"""Every page of four roles in a county: how many statements it takes, and how long.

The pages are those that the policy matrices let a role read. The first visit finds nothing kept
in memory and is told beside the median of the next three, for which the budget holds as it does
in the tests.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator, Mapping
from contextvars import Context
from datetime import date
from typing import Any, NamedTuple

from flask import Flask, render_template_string
from flask.testing import FlaskClient
from sqlalchemy import event, select, text

from app.db import db, transaction
from app.people.models import Login, Role
from app.reports.questions import USUAL
from app.teams.models import Membership
from app.web.kept import EXTENSION
from bench.county import FIRST_VOLUNTEER, YEAR, County
from bench.grounds import Ground, on
from bench.measures import raw_connection
from bench.ranking import build
from bench.verdicts import judge
from tests.web.cast import Cast, sign_in_as
from tests.web.test_budgets import STATEMENTS
from tests.web.test_policy_matrix import MATRIX, SUBJECT

ROLES = ("organiser", "auditor", "leader", "volunteer")
VISITS = 3
SLOW_MILLISECONDS = 1_000
# What the report builder is asked of a whole year; the matrices name none of it.
_YEAR = f"span=own&from={YEAR}-01-01&until={YEAR}-12-31"
BUILT = [
    f"/reports/build?rows={rows}&{_YEAR}{''.join(f'&m={measure}' for measure in measures)}"
    for rows in ("team", "colour", "organisation", "branch", "month", "weekday", "person")
    for measures in (("minutes", "records", "dates"), USUAL)
]
MORE: Mapping[str, tuple[str, ...]] = {
    "organiser": (f"/desk?year={YEAR}", "/admin/people?q=gy", "/admin/people?sort=minutes", *BUILT),
    "auditor": (f"/desk?year={YEAR}", *BUILT),
    "leader": (f"/ranking?year={YEAR}",),
    "volunteer": (f"/ranking?year={YEAR}", f"/ranking?year={YEAR}&page=400"),
}
_SUBJECTS = {
    "organisation": "SELECT code FROM organisations WHERE parent_id IS NULL",
    "team": "SELECT code FROM teams WHERE code = 'T0-0'",
    "volunteer": f"SELECT number FROM volunteers WHERE id = {FIRST_VOLUNTEER}",
    "volunteer_id": f"SELECT id FROM volunteers WHERE id = {FIRST_VOLUNTEER}",
    "record_id": f"SELECT min(id) FROM service_records WHERE volunteer_id = {FIRST_VOLUNTEER}",
    "membership_id": "SELECT min(id) FROM memberships WHERE role = 'member'",
}
_BARE_SQL = f"SELECT number, name FROM volunteers WHERE id = {FIRST_VOLUNTEER}"
_BARE_PAGE = """<!doctype html><html lang="zh-CN"><head><title>{{ row[0] }}</title></head>
<body><h1>{{ row[1] }}</h1></body></html>"""
_over: list[str] = []


class Visit(NamedTuple):
    """One answer: its status, what it asked of the database, and milliseconds."""

    status: int
    asked: int
    took: float


def pages_at_size(ground: Ground, *, people: int, records: int) -> None:
    """Print what each page of each role takes; remember those above the budget."""
    built = build(ground, people, records)
    with on(built.url) as app:
        logins = _people(built)
        floor = _bare(built)
        print(f"{built.engine}: a bare page takes {floor:.2f} ms", flush=True)
        most = max(_pages_of(app, role, logins, built, floor) for role in ROLES)
    ground.drop(built.url)
    judge(f"{built.engine}: statements of the dearest page", most, STATEMENTS, is_most=True)


def over_budget() -> str | None:
    """Return what took more statements than its budget in this run."""
    return "\n".join(["above the budget of statements:", *_over]) if _over else None


def _pages_of(app: Flask, role: str, logins: Mapping[str, int], built: County, floor: float) -> int:
    client = sign_in_as(app, Cast(logins=dict(logins)), role)
    paths, untried = _paths(role)
    most, answered = 0, 0
    slow: list[str] = []
    for path in dict.fromkeys(paths):
        visits = list(_visits(app, client, path))
        if visits[0].status != 200:
            untried.append(path)
            continue
        first, *later = visits
        asked = max(visit.asked for visit in later)
        warm = statistics.median(visit.took for visit in later)
        line = (
            f"{built.engine} {role:10} {path:90} {first.asked:>3} statements {first.took:>8,.0f} ms"
            f" first, {asked:>3} {warm:>8,.1f} ms then, {warm / floor:>7.1f} bare pages"
        )
        print(line, flush=True)
        most, answered = max(most, asked), answered + 1
        if asked > STATEMENTS:
            _over.append(line)
        if max(first.took, warm) > SLOW_MILLISECONDS:
            slow.append(f"  {path}: {first.took:,.0f} ms first, {warm:,.0f} ms then")
    print(f"{built.engine} {role}: {answered} pages, at most {most} statements; above a second:")
    print("\n".join(slow or ["  none"]))
    print(f"  not in a county: {', '.join(untried)}", flush=True)
    return most


def _visits(app: Flask, client: FlaskClient, path: str) -> Iterator[Visit]:
    """Yield the first visit, with nothing kept, and those after it."""
    app.extensions.pop(EXTENSION, None)
    asked: list[str] = []

    def count(*arguments: Any) -> None:
        asked.append(arguments[2])

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        for _ in range(1 + VISITS):
            asked.clear()
            begun = time.perf_counter()
            status = Context().run(lambda: client.get(path).status_code)
            yield Visit(status, len(asked), 1000 * (time.perf_counter() - begun))
            if status != 200:
                return
    finally:
        event.remove(db.engine, "before_cursor_execute", count)


# ── which pages, and who asks for them ────────────────────────────────────────────────────


def _paths(role: str) -> tuple[list[str], list[str]]:
    """Return the addresses a role may read here, and those whose subject no county has."""
    known = {kind: _one(query) for kind, query in _SUBJECTS.items()}
    found: list[str] = []
    untried: list[str] = []
    for route, row in sorted(MATRIX.items()):
        method, rule = route.split(" ", 1)
        if method != "GET" or not _may_read(row[role]):
            continue
        template = re.sub(r"\b2026\b", str(YEAR), row.get("path", rule))
        if all(known.get(kind) is not None for kind in SUBJECT.findall(template)):
            found.append(SUBJECT.sub(lambda kind: str(known[kind[1]]), template))
        else:
            untried.append(rule)
    return [*found, *MORE[role]], untried


def _may_read(cell: Any) -> bool:
    return cell == 200 or (isinstance(cell, dict) and 200 in cell.values())


def _one(query: str) -> Any:
    found = db.session.execute(text(query)).scalar()
    db.session.rollback()
    return found


def _people(built: County) -> dict[str, int]:
    """Give the second volunteer a team to lead, and somebody the audit."""
    since = date(2020, 1, 1)
    auditor = built.community.actor("organiser_too").login_id
    logins = {"organiser": built.community.actor("organiser").login_id, "auditor": auditor}
    with transaction() as session:
        where = {"organisation_id": built.community.root_id, "from_on": since}
        session.add(Role(login_id=auditor, role="auditor", **where))
        team_id = session.execute(text("SELECT id FROM teams WHERE code = 'T0-0'")).scalar_one()
        leading = {"volunteer_id": FIRST_VOLUNTEER + 1, "team_id": team_id, "from_on": since}
        session.add(Membership(role="leader", **leading))
        for place, name in enumerate(("volunteer", "leader")):
            whose = select(Login.id).where(Login.volunteer_id == FIRST_VOLUNTEER + place)
            logins[name] = session.execute(whose).scalar_one()
    db.session.remove()
    return logins


def _bare(built: County) -> float:
    """Return how many milliseconds a bare page of one row takes."""
    bare = Flask("bare")
    with raw_connection(built.url) as connection:

        @bare.get("/")
        def page() -> str:
            row = connection.execute(_BARE_SQL).fetchone()
            return render_template_string(_BARE_PAGE, row=row)

        client, took = bare.test_client(), []
        for _ in range(50):
            begun = time.perf_counter()
            client.get("/")
            took.append(1000 * (time.perf_counter() - begun))
    return statistics.median(took)
