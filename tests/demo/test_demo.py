from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

from app import create_app
from app.audit.reading import open_sqlite
from app.audit.report import audit
from app.db import db
from app.demo import files
from app.demo.calendar import COMPANIONS, first_day, team_days
from app.demo.files import build_missing_demo, demo_file, demo_settings, rebuild_demo
from app.demo.people import SEED, TERMS, residents
from app.demo.sign_ins import PASSWORD, SIGN_INS
from tests.conftest import TEST_CONFIG
from tests.service.test_side_by_side import MEETING_SECONDS

NOW = datetime(2026, 4, 2, 4, 0, tzinfo=UTC)
LINKS = re.compile(r'<a [^>]*href="(/[^"#]*)')
LEADS = re.compile(r'(?:href|action|src)="(/[^"]*)"')


def settings_in(folder: Path) -> dict[str, Any]:
    config = create_app({**TEST_CONFIG, "DATABASE_URL": "sqlite://", "INSTANCE_DIR": str(folder)})
    return dict(config.config)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo as it is on one day, built once and only read."""
    config = settings_in(tmp_path_factory.mktemp("demo"))
    rebuild_demo(config, create_app, NOW)
    return demo_file(config)


def rows(file: Path, query: str) -> list[tuple[Any, ...]]:
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(query))]
    engine.dispose()
    return found


def number(file: Path, query: str) -> int:
    return int(rows(file, query)[0][0])


# ── people and days ───────────────────────────────────────────────────────────────────────


def test_the_same_people_each_time() -> None:
    people = residents()
    assert people == residents()
    assert len({person.name for person in people}) == len(people) == 72
    assert {person.name[1:] for person in people} == set(TERMS)


def test_the_days_end_with_the_last_evening_that_is_over() -> None:
    days = team_days(residents(), datetime(2026, 3, 28, 9, 30, tzinfo=UTC))
    assert max(day.service_on for day in days) < date(2026, 3, 28)
    assert min(day.service_on for day in days) >= first_day(date(2026, 3, 28)) == date(2025, 3, 1)
    assert [day.entered_at for day in days] == sorted(day.entered_at for day in days)


@pytest.mark.parametrize("today", [date(2026, 1, 31), date(2028, 2, 29), date(2026, 12, 1)])
def test_the_year_begins_on_a_first(today: date) -> None:
    assert (first_day(today).day, first_day(today).year) == (1, today.year - 1)


# ── the database ──────────────────────────────────────────────────────────────────────────


def test_the_demo_is_clean_by_its_own_audit(built: Path) -> None:
    with open_sqlite(built) as reading:
        report = audit(reading)
    assert [result.id for result in report.results if result.violations] == []


def test_the_year_holds_what_there_is_to_see(built: Path) -> None:
    states = dict(rows(built, "SELECT state, count(*) FROM service_records GROUP BY state"))
    assert states["approved"] > 500
    assert states["reversed"] == 2
    waits = "SELECT DISTINCT waits_reason FROM service_records WHERE state = 'submitted'"
    assert {"late", "over_limit", "new_person"} <= {row[0] for row in rows(built, waits)}
    assert number(built, "SELECT count(*) FROM service_records WHERE is_guest = 1") > 3
    assert number(built, "SELECT count(*) FROM service_records WHERE corrects_id > 0") == 1
    assert number(built, "SELECT count(*) FROM helpers") == 1
    assert number(built, "SELECT count(*) FROM service_records WHERE is_service_day = 1") > 100


def test_what_comes_of_a_service_day_is_there_to_see(built: Path) -> None:
    activities = dict(rows(built, "SELECT state, count(*) FROM activities GROUP BY state"))
    assert set(activities) == {"draft", "published", "under_way", "closed", "cancelled"}
    attended = "SELECT attendance, count(*) FROM sign_ups WHERE attendance <> '' GROUP BY 1"
    assert dict(rows(built, attended)) == {"present": 7, "no_show": 1}
    signed_in = "SELECT evidence, state, count(*) FROM service_records WHERE activity_id > 0"
    assert rows(built, f"{signed_in} GROUP BY 1, 2") == [("signed_in", "approved", 7)]
    raters = "SELECT rater, count(*) FROM evaluations GROUP BY rater"
    assert dict(rows(built, raters)) == {"leader": 1, "served": 2}
    claims = "SELECT r.state FROM claims c JOIN service_records r ON r.id = c.record_id"
    assert rows(built, claims) == [("submitted",)]
    disputes = "SELECT state, may_pass_on FROM disputes ORDER BY id"
    assert rows(built, disputes) == [("refused", 1), ("open", 0)]


def test_companions_share_their_figures(built: Path) -> None:
    query = (
        "SELECT sum(minutes), sum(dates), sum(service_days) FROM service_totals "
        "WHERE year = 2025 AND volunteer_id = {}"
    )
    for one, other in COMPANIONS.items():
        assert rows(built, query.format(one + 1)) == rows(built, query.format(other + 1))


def test_the_same_figures_each_time(built: Path, tmp_path: Path) -> None:
    config = settings_in(tmp_path)
    rebuild_demo(config, create_app, NOW)
    query = "SELECT volunteer_id, service_on, minutes, state FROM service_records ORDER BY id"
    assert rows(demo_file(config), query) == rows(built, query)
    assert SEED == 24


@pytest.mark.parametrize(
    "now", [datetime(2026, 3, 1, 1, tzinfo=UTC), datetime(2028, 2, 29, 16, tzinfo=UTC)]
)
def test_it_can_be_built_on_any_day(tmp_path: Path, now: datetime) -> None:
    config = settings_in(tmp_path)
    rebuild_demo(config, create_app, now)
    assert number(demo_file(config), "SELECT count(*) FROM service_records") > 500


def test_of_two_who_ask_at_once_one_builds(tmp_path: Path) -> None:
    config = settings_in(tmp_path)

    def build(_: int) -> bool:
        return build_missing_demo(config, create_app, NOW)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(build, range(2))) == [False, True]
    assert [file.name for file in tmp_path.glob("*partial*")] == []


def test_without_the_lock_of_the_file_both_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check can fail: whoever builds meets the other one, who builds as well."""
    config, met = settings_in(tmp_path), Barrier(2)
    monkeypatch.setattr(files, "file_lock", lambda _file: nullcontext())
    monkeypatch.setattr(files, "_build", lambda *_given: met.wait(MEETING_SECONDS))
    with ThreadPoolExecutor(2) as pool:
        both = pool.map(lambda _: build_missing_demo(config, create_app, NOW), range(2))
        assert list(both) == [True, True]


def test_a_build_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = settings_in(tmp_path)
    monkeypatch.setattr("app.demo.files.fill_with_demo", broken)
    with pytest.raises(ZeroDivisionError):
        build_missing_demo(config, create_app, NOW)
    assert not demo_file(config).exists()
    assert list(tmp_path.glob("*partial*")) == []


def broken(*_: object) -> None:
    raise ZeroDivisionError


# ── served ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def beside(app: Flask, built: Path) -> Iterator[Flask]:
    """An empty instance with a demo beside it."""
    file = demo_file(app.config)
    file.parent.mkdir(exist_ok=True)
    # Nobody writes to the one that is built once, so a plain copy is whole.
    shutil.copyfile(built, file)
    yield app
    served = app.extensions["qicai_demo"].app
    if served is not None:
        with served.app_context():
            db.session.remove()
            db.engine.dispose()


def sign_in(client: FlaskClient, login: str) -> None:
    answer = client.post("/demo/sign-in", data={"account": login, "password": PASSWORD})
    assert answer.status_code == 303, login
    assert answer.headers["Location"].startswith("/demo/")


@pytest.mark.parametrize("way", SIGN_INS, ids=lambda way: way.login)
def test_each_sign_in_works_and_stays_in_the_demo(beside: Flask, way: Any) -> None:
    client = beside.test_client()
    sign_in(client, way.login)
    cookie = client.get_cookie("qicai_demo", path="/demo/")
    assert cookie is not None
    assert client.get_cookie("qicai") is None
    assert client.get("/demo/me/account").status_code == 200


def test_its_pages_say_that_it_is_a_demo_and_how_to_sign_in(beside: Flask) -> None:
    text = beside.test_client().get("/demo/sign-in").get_data(as_text=True)
    assert "q-demo" in text
    # Before the fields they are typed into: a phone shows little below those.
    form = text.index('name="account"')
    assert all(way.login in text[:form] for way in SIGN_INS)


def test_without_the_slash_it_leads_on(beside: Flask) -> None:
    answer = beside.test_client().get("/demo")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/demo/")


@pytest.mark.parametrize("login", ["leader", "organiser"])
def test_no_link_or_form_of_a_page_leads_out_of_the_demo(beside: Flask, login: str) -> None:
    client = beside.test_client()
    sign_in(client, login)
    seen: set[str] = set()
    waiting = ["/demo/"]
    while waiting:
        address = waiting.pop()
        kind = re.sub(r"[0-9]+|QC-[a-z]+|colours/[a-z]+", "N", address.partition("?")[0])
        if kind in seen:
            continue
        seen.add(kind)
        answer = client.get(address)
        page = answer.text if answer.mimetype == "text/html" else ""
        leads = [*LEADS.findall(page), answer.headers.get("Location", "/demo/")]
        assert [each for each in leads if not each.startswith("/demo/")] == [], address
        waiting += [each for each in LINKS.findall(page) if "/static/" not in each]
    assert len(seen) > 20


def test_a_code_is_shown_where_it_was_asked_for(beside: Flask) -> None:
    client = beside.test_client()
    sign_in(client, "organiser")
    made = client.post("/demo/admin/people/21/code")
    assert made.headers["Location"] == "/demo/admin/people/21/code"


def test_a_rebuild_reaches_a_server_that_has_it_open(beside: Flask) -> None:
    client = beside.test_client()
    sign_in(client, "organiser")
    rebuild_demo(beside.config, create_app, NOW)
    # The old sign-in lay in the old file.
    assert client.get("/demo/me/account").status_code == 303
    sign_in(client, "organiser")


def test_a_removed_file_closes_the_demo_and_a_new_one_opens_it(
    beside: Flask, tmp_path: Path
) -> None:
    client = beside.test_client()
    assert client.get("/demo/").status_code == 200
    kept = demo_file(beside.config).rename(tmp_path / "kept")
    assert 'action="/start"' in client.get("/demo/").get_data(as_text=True)
    shutil.copyfile(kept, demo_file(beside.config))
    sign_in(client, "leader")


def test_its_secret_and_database_are_its_own(beside: Flask) -> None:
    settings = demo_settings(beside.config)
    assert settings["SECRET_KEY"] != beside.config["SECRET_KEY"]
    assert len(str(settings["SECRET_KEY"])) == 64
    assert settings["DATABASE_URL"] != beside.config["DATABASE_URL"]


def test_several_hosts_serve_none(tmp_path: Path) -> None:
    url = "postgresql://qicai@127.0.0.1:1/none"
    app = create_app(
        {**TEST_CONFIG, "INSTANCE_DIR": str(tmp_path), "DATABASE_URL": url, "WEB_HOSTS": 2}
    )
    assert "qicai_demo" not in app.extensions


def test_last_year_is_closed_by_two_people(built: Path) -> None:
    assert rows(built, "SELECT year FROM ranking_finals") == [(2025,)]
    freezes = "SELECT asked_for, state, is_alone FROM ranking_freezes ORDER BY id"
    assert rows(built, freezes) == [("notice", "done", 0), ("final", "done", 0)]
    titles = dict(rows(built, "SELECT category, count(*) FROM ranking_awards GROUP BY 1"))
    assert titles["overall"] >= 3
    assert titles["colour"] >= 5
    assert titles["team"] == 1
