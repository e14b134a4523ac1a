"""Two web hosts behind nginx as it is shipped: one of them dies, then the primary does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hosts.clients import Told
from tests.hosts.drill import Loss, Scene, fail_over, loss_of, served, violations, writing
from tests.hosts.front import BEHIND, Front, needs_nginx, nginx_before
from tests.hosts.pair import pair_of, wait_until
from tests.serving import LiveServer

pytestmark = needs_nginx
HOSTS = ("first", "second")
LOGGED = {"QICAI_LOG_LEVEL": "info", "QICAI_LOG_FORMAT": "json"}
WRITES = 12
BACK_WITHIN_SECONDS = 30


def one_dies(told: Told, servers: list[LiveServer]) -> None:
    """Kill a web host under load once both have written, and see the other write on."""
    wait_until(lambda: len(told.acknowledged) >= 4 * WRITES, "nobody writes")
    # Whoever is signed in is so at both: nothing of a person stays in a process.
    assert min(each.log.read_text().count("/redeem") for each in servers) > WRITES
    servers[0].die()
    heard = len(told.acknowledged)
    wait_until(lambda: len(told.acknowledged) >= heard + 2 * WRITES, "nobody writes on")


def test_of_two_web_hosts_one_dies_and_nobody_sees_it(scene: Scene, tmp_path: Path) -> None:
    """Nor is anything lost or done twice when the primary follows."""
    with (
        pair_of(scene.template) as pair,
        served(pair, tmp_path, *HOSTS, named=BEHIND | LOGGED) as servers,
        nginx_before([each.url for each in servers], tmp_path / "nginx") as front,
    ):
        pair.wait_for_standby()
        with writing(scene, [front.connection]) as told:
            one_dies(told, servers)
            assert (told.away, told.unreachable) == ([], [])
            assert fail_over(pair, told, writes=WRITES).back <= BACK_WITHIN_SECONDS
        assert told.unreachable == []
        assert loss_of(pair, told) == Loss(len(told.acknowledged), 0, 0)
        assert violations(pair) == []


def test_where_nginx_does_not_ask_once_more_it_is_seen(scene: Scene, tmp_path: Path) -> None:
    """The control: who is sent to the dead host is answered by nginx."""

    def one_dies_behind(front: Front) -> None:
        with writing(scene, [front.connection]) as told:
            one_dies(told, servers)

    with (
        pair_of(scene.template) as pair,
        served(pair, tmp_path, *HOSTS, named=BEHIND | LOGGED) as servers,
        nginx_before([each.url for each in servers], tmp_path / "nginx", asks_again="off") as front,
        pytest.raises(AssertionError, match="status=502"),
    ):
        one_dies_behind(front)
