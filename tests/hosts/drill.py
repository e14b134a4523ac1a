"""The drill: two web hosts under load lose their primary; what was acknowledged is compared."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from flask_migrate import upgrade

from app import create_app
from app.audit.reading import open_reading
from app.audit.report import audit
from app.clock import now
from app.config import ROOT
from app.db import db, transaction
from app.hosts import with_driver
from app.people.models import Login
from app.people.operations.sessions import begin_session
from app.schema.migrating import file_lock
from tests.hosts.clients import Browser, Connecting, Told, Writer
from tests.hosts.pair import Pair, fill_cluster, wait_until
from tests.rewards.shelving import give_points, shelf_community, stocked
from tests.serving import SECRET, LiveServer, serving

WRITERS = 6
PRICE = 1_00
EACH_HUNDREDTHS = 1000_00
KEPT_SQL = """
SELECT k.key, r.id FROM operation_keys k
JOIN redemptions r ON r.id = (k.result::json ->> 'redemption_id')::bigint
"""


class Scene(NamedTuple):
    """A stopped server with a community in it, and phones on which its people are signed in."""

    template: Path
    item_id: int
    cookies: list[dict[str, str]]


class Loss(NamedTuple):
    """What was acknowledged against what is there."""

    acknowledged: int
    lost: int
    doubled: int


class Failover(NamedTuple):
    """Seconds from the primary's death to the promotion, and to the next write acknowledged."""

    promoted: float
    back: float


def make_scene(scratch: Path) -> Scene:
    """Fill a server, once a run; each drill begins as a copy of it."""
    template, done = scratch / "pair", scratch / "pair.json"
    with file_lock(scratch / "pair.lock"):
        if not done.exists():
            shutil.rmtree(template, ignore_errors=True)
            fill_cluster(template, lambda url: _remember(done, _fill(url, scratch / "filling")))
        return Scene(template, *json.loads(done.read_text()))


def _remember(done: Path, said: object) -> None:
    done.write_text(json.dumps(said))


def _fill(url: str, instance: Path) -> tuple[int, list[dict[str, str]]]:
    app = create_app(
        {
            "TESTING": True,
            "SECRET_KEY": SECRET,
            "DATABASE_URL": url,
            "INSTANCE_DIR": str(instance),
        }
    )
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        community = shelf_community(db.session(), people=5 + WRITERS)
        item_id = stocked(community, pieces=50_000, price_hundredths=PRICE)
        people = range(5, 5 + WRITERS)
        for place in people:
            give_points(community, place, EACH_HUNDREDTHS)
        sealer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        name, cookies = app.config["SESSION_COOKIE_NAME"], []
        for place in people:
            said = {"_user_id": _token(community.volunteers[place]), "_fresh": True}
            cookies.append({name: sealer.dumps(said), "qicai_language": "en"})
        db.session.remove()
        db.engine.dispose()
    return item_id, cookies


def _token(volunteer_id: int) -> str:
    at = now()
    with transaction() as session:
        login = Login(display_name="x", volunteer_id=volunteer_id, created_at=at)
        session.add(login)
        session.flush()
        begun = begin_session(
            session, login, address="127.0.0.1", device="test", now=at, today=at.date()
        )
        return begun.token


@contextmanager
def served(
    pair: Pair, folder: Path, *names: str, named: Mapping[str, str] = {}
) -> Iterator[list[LiveServer]]:
    """Serve the pair by web hosts, each with a folder of its own."""
    with ExitStack() as hosts:
        servers = []
        for name in names:
            (folder / name).mkdir()
            settings = {"WEB_HOSTS": "2", "QICAI_LOG_LEVEL": "warning", **named}
            servers.append(hosts.enter_context(serving(pair.url, folder / name, named=settings)))
        yield servers


@contextmanager
def writing(scene: Scene, connections: Sequence[Connecting]) -> Iterator[Told]:
    """Let everybody write until the end of the block, and finish what they began."""
    told, stop = Told(), threading.Event()
    with ThreadPoolExecutor(WRITERS) as crowd:
        writers = [
            Writer(Browser(connections, each), scene.item_id, told) for each in scene.cookies
        ]
        done = [crowd.submit(writer.write_until, stop) for writer in writers]
        try:
            yield told
        finally:
            stop.set()
            # Whoever broke off says why.
            for each in done:
                each.result()


def fail_over(pair: Pair, told: Told, *, writes: int) -> Failover:
    """Kill the primary under load, promote once somebody was refused, and wait for writes."""
    before = len(told.acknowledged)
    wait_until(lambda: len(told.acknowledged) >= before + writes, "nobody writes")
    refused = len(told.away) + len(told.unreachable)
    killed_at = time.monotonic()
    pair.kill_primary()
    wait_until(lambda: len(told.away) + len(told.unreachable) > refused, "nobody noticed")
    promoting_at = time.monotonic()
    pair.promote()
    promoted_at = time.monotonic()

    def since() -> list[float]:
        return [each.at for each in list(told.acknowledged) if each.at > promoting_at]

    wait_until(lambda: len(since()) >= writes, "the writes do not come back")
    return Failover(promoted_at - killed_at, min(since()) - killed_at)


def loss_of(pair: Pair, told: Told) -> Loss:
    """Compare what people were told with what the books hold."""
    with pair.primary.connect("qicai") as connection:
        kept: dict[str, int] = dict(connection.execute(KEPT_SQL).fetchall())
        redemptions = connection.execute("SELECT count(*) FROM redemptions").fetchone()
    lost = [each for each in told.acknowledged if kept.get(each.key) != each.redemption_id]
    assert redemptions is not None
    keys = {each.key for each in told.acknowledged}
    assert len(keys) == len(told.acknowledged), "two answers for one key"
    return Loss(len(keys), len(lost), redemptions[0] - len(keys) + len(lost))


def violations(pair: Pair) -> list[str]:
    """Return the invariants that the audit finds broken, read by the address of both hosts."""
    with open_reading(with_driver(pair.url)) as reading:
        return [each.id for each in audit(reading).results if each.violations]
