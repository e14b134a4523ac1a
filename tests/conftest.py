"""What every test may ask for: a migrated database, an app, a client, a live server, a phone.

`pytest --engine sqlite|postgresql` chooses the engine. Nothing is ever skipped for want of
a tool: a missing PostgreSQL or browser fails and names the command that mends it.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from contextvars import Context
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from sqlalchemy.orm import Session

from app import create_app
from app.clock import now
from app.db import db
from app.reports.trail_words import OPERATIONS
from app.trail import operations as trail
from tests import postgres, races
from tests.databases import Databases, PostgreSQLDatabases, SQLiteDatabases
from tests.serving import (
    BROWSER_ARGUMENTS,
    SECRET,
    BrowserMissing,
    LiveServer,
    browser_program,
    serving,
)
from tests.warm import TemplatesInMemory, share_compiled
from tests.web.cast import Cast, assemble

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, ViewportSize

ROOT = Path(__file__).resolve().parent.parent
JOURNEYS = ROOT / "tests" / "journeys"
ENGINES = ("sqlite", "postgresql")
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
TEST_CONFIG: dict[str, object] = {
    "TESTING": True,
    "SECRET_KEY": SECRET,
    "WTF_CSRF_ENABLED": False,
    "ARGON2_MEMORY_KIB": 8,
    "ARGON2_TIME_COST": 1,
}

# A shared machine is slow at times, which is no fault of the code. `make torture` tries harder.
settings.register_profile("qicai", deadline=None, print_blob=True)
settings.register_profile("torture", settings.get_profile("qicai"), max_examples=2000)
settings.load_profile("qicai")
share_compiled()

MakeApp = Callable[..., Flask]


class Ground(NamedTuple):
    """A test's database, and who stands in it if anybody."""

    url: str
    cast: Cast | None


# ── once per run ──────────────────────────────────────────────────────────────────────────


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=ENGINES, default="sqlite", help="the database engine")


def pytest_configure(config: pytest.Config) -> None:
    """Start what the whole run shares; xdist's workers are told about it."""
    # Every test makes an app anew: looked for every 700 objects, rubbish takes a fifth of a run.
    gc.set_threshold(20_000, 10, 10)
    if hasattr(config, "workerinput"):
        return
    cleanup = ExitStack()
    atexit.register(cleanup.close)
    config.add_cleanup(cleanup.close)
    scratch = tempfile.mkdtemp(prefix="qicai-tests-", dir=postgres.memory_folder())
    cleanup.callback(shutil.rmtree, scratch, ignore_errors=True)
    shared: dict[str, Any] = {"scratch": scratch}
    if config.getoption("engine") == "postgresql" and not config.option.collectonly:
        server = cleanup.enter_context(_running_server())
        shared |= {"port": server.port, "password": server.password}
    config.stash[SHARED] = shared


SHARED = pytest.StashKey[dict[str, Any]]()


def _running_server() -> Any:
    try:
        return postgres.running()
    except postgres.PostgresMissing as missing:
        raise pytest.UsageError(str(missing)) from missing


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Pass to an xdist worker what the run shares."""
    node.workerinput["qicai"] = node.config.stash[SHARED]


def pytest_report_header(config: pytest.Config) -> str:
    zone = os.environ.get("TZ", "the host's")
    return f"qicai: {_databases(config).described()}, time zone {zone}"


def pytest_collection_finish() -> None:
    """Let what is there before the first test be passed over whenever rubbish is collected."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if JOURNEYS in item.path.parents:
            item.add_marker(pytest.mark.browser)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each race with its locks, and once without, when it must fail."""
    if race := races.race_of(metafunc.definition):
        metafunc.fixturenames.append("locks")
        ways = races.ways_of(race, metafunc.config.getoption("engine"))
        metafunc.parametrize("locks", ways)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    control = races.as_control(pyfuncitem) if races.is_control(pyfuncitem) else None
    return (yield from control) if control else (yield)


def _databases(config: pytest.Config) -> Databases:
    workerinput = getattr(config, "workerinput", None)
    shared = workerinput["qicai"] if workerinput else config.stash[SHARED]
    scratch = Path(shared["scratch"])
    if config.getoption("engine") == "sqlite":
        return SQLiteDatabases(scratch, _migrate)
    server = postgres.Server(shared.get("port", 0), shared.get("password", ""))
    return PostgreSQLDatabases(scratch, _migrate, server)


def _migrate(url: str) -> None:
    """Bring an empty database to the newest version, the way `flask init` does."""
    from flask_migrate import upgrade

    app = create_app({**TEST_CONFIG, "DATABASE_URL": url})
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        _let_go_of_databases()


def _let_go_of_databases() -> None:
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


# ── databases and apps ────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
def engine_name(pytestconfig: pytest.Config) -> str:
    """`sqlite` or `postgresql`."""
    return str(pytestconfig.getoption("engine"))


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Iterator[Databases]:
    """Where fresh databases come from: `with databases.migrated() as url` or `.empty()`."""
    with closing(_databases(pytestconfig)) as databases:
        yield databases


@pytest.fixture
def ground(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Ground]:
    """This test's own migrated database, with the cast in it where the test asks for `cast`."""
    if "cast" not in request.fixturenames:
        with databases.migrated() as url:
            yield Ground(url, None)
        return
    # What the cast did today and does next week moves with the clock.
    with databases.filled(f"cast_{now():%Y%m%d%H}", _assemble) as (url, said):
        yield Ground(url, Cast(**said))


def _assemble(url: str) -> dict[str, Any]:
    """Fill a migrated database with the cast."""
    app = create_app({**TEST_CONFIG, "DATABASE_URL": url})
    with app.app_context():
        cast = assemble()
        _let_go_of_databases()
    return asdict(cast)


@pytest.fixture
def database_url(ground: Ground) -> str:
    """The address of this test's own migrated database."""
    return ground.url


@pytest.fixture
def cast(app: Flask, ground: Ground) -> Cast:
    """The named cast of tests/web/cast.py: assembled once a run, then copied."""
    assert ground.cast, "ask for the cast as an argument, so that the database is made with it"
    return ground.cast


@pytest.fixture
def empty_database_url(databases: Databases) -> Iterator[str]:
    """The address of a database without tables, for migrations."""
    with databases.empty() as url:
        yield url


@pytest.fixture
def make_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeApp]:
    """Return a maker of apps: `make_app(WTF_CSRF_ENABLED=True, DATABASE_URL=…)`.

    Without DATABASE_URL it is this test's own migrated database.
    """
    made: list[Flask] = []

    def make(**overrides: object) -> Flask:
        if "DATABASE_URL" not in overrides:
            overrides["DATABASE_URL"] = request.getfixturevalue("database_url")
        # Python 3.11 breaks off where rubbish is collected while rules of addresses are parsed.
        gc.disable()
        try:
            settings = {**TEST_CONFIG, "INSTANCE_DIR": str(tmp_path / "instance"), **overrides}
            app = create_app(settings)
        finally:
            gc.enable()
        app.test_client_class = SeparateClient
        # Templates are compiled once per run, not once per app.
        app.jinja_env.bytecode_cache = TemplatesInMemory(_bytecode_folder(request.config))
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            _let_go_of_databases()


def _bytecode_folder(config: pytest.Config) -> str:
    folder = _databases(config).scratch / "templates"
    folder.mkdir(exist_ok=True)
    return str(folder)


@pytest.fixture
def app(make_app: MakeApp, database_url: str) -> Iterator[Flask]:
    """The app on this test's own migrated database, its context pushed."""
    app = make_app(DATABASE_URL=database_url)
    with app.app_context():
        yield app
        db.session.remove()


@pytest.fixture
def db_session(app: Flask) -> Iterator[Session]:
    """The session of the pushed app context."""
    session = db.session()
    yield session
    # Tests of threads let the context go of it; what is read with it later holds a connection.
    session.close()


class SeparateClient(FlaskClient):
    """A client whose every request has an app context of its own, as in real life.

    Else `g`, the signed-in login and the session's rows would pass from one request to the
    next. What the test itself has read is let go of first: on SQLite an open read blocks writers.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if _has_app_context():
            db.session.rollback()
        kwargs.setdefault("buffered", True)
        return Context().run(super().open, *args, **kwargs)


def _has_app_context() -> bool:
    from flask import has_app_context

    return has_app_context()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser nobody has signed in with; `app.test_client()` gives another."""
    return app.test_client()


@pytest.fixture(scope="session", autouse=True)
def _operations_have_words() -> Iterator[None]:
    """Fail whatever leaves a row in the trail whose operation its readers have no words for."""
    write = vars(trail)["many"]

    def checked(session: Session, statement: Any, rows: Any) -> None:
        if statement in (trail._INSERT_ROW, trail._INSERT_BOTH):
            unsaid = {row[1] for row in rows} - OPERATIONS.keys()
            assert not unsaid, f"app/reports/trail_words.py has no words for {unsaid}"
        write(session, statement, rows)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trail, "many", checked)
        yield


# ── live server and browser (tests/journeys) ──────────────────────────────────────────────


@pytest.fixture
def live_server(database_url: str, tmp_path: Path) -> Iterator[LiveServer]:
    """Start the app as ./run does, on a free port and this test's database."""
    with serving(database_url, tmp_path) as server:
        yield server


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use the system's Chromium; sandboxes and background traffic do not suit a test machine."""
    return {
        **browser_type_launch_args,
        "executable_path": _browser_program(),
        "args": [*BROWSER_ARGUMENTS],
    }


def _browser_program() -> str | None:
    try:
        return browser_program()
    except BrowserMissing as missing:
        pytest.fail(str(missing))


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A phone in China unless a test asks for `desktop`."""
    return {
        **browser_context_args,
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
        "viewport": PHONE,
    }


@pytest.fixture
def context(new_context: Callable[..., BrowserContext], live_server: LiveServer) -> BrowserContext:
    """A phone's browser whose addresses start at the live server: `page.goto("/")`."""
    return new_context(base_url=live_server.url)


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A phone's page of 390 × 844; a script error or a blocked resource fails the test."""
    yield from _watched(context.new_page())


@pytest.fixture
def desktop(new_context: Callable[..., BrowserContext], live_server: LiveServer) -> Iterator[Page]:
    """A desk's page of 1280 × 900, signed in separately from `page`."""
    page = new_context(base_url=live_server.url).new_page()
    page.set_viewport_size(DESKTOP)
    yield from _watched(page)


def _watched(page: Page) -> Iterator[Page]:
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if _is_refusal(said.text) else None)
    yield page
    assert not wrong, f"The browser complained: {wrong}"


def _is_refusal(text: str) -> bool:
    return "Content Security Policy" in text
