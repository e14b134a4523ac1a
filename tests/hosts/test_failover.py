"""The primary dies under load: no acknowledged write is lost, none is there twice, writes return.

One failover by default; many, the dead server back as the standby each time:
QICAI_FAILOVERS=10 pytest tests/hosts/test_failover.py --engine postgresql
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.hosts.clients import straight_to
from tests.hosts.drill import (
    Loss,
    Scene,
    fail_over,
    loss_of,
    served,
    violations,
    writing,
)
from tests.hosts.pair import DATABASE, pair_of, wait_until

FAILOVERS = int(os.environ.get("QICAI_FAILOVERS", "1"))
WRITES = 12
# What is promised; promoted at once it takes less than one.
BACK_WITHIN_SECONDS = 30
HOSTS = ("first", "second")
TWICE = """
CREATE TEMP TABLE again AS SELECT * FROM redemptions ORDER BY id LIMIT 1;
UPDATE again SET id = (SELECT max(id) + 1 FROM redemptions), code = '000000', token = 'again',
  entry_id = (SELECT min(id) FROM entries WHERE kind <> 'redemption');
INSERT INTO redemptions SELECT * FROM again
"""


def tell(said: str) -> None:
    """Print a figure; seen with `pytest -s`."""
    sys.stdout.write(f"\n{said}")


def test_the_primary_dies_and_nothing_acknowledged_is_lost(scene: Scene, tmp_path: Path) -> None:
    with pair_of(scene.template) as pair, served(pair, tmp_path, *HOSTS) as servers:
        with writing(scene, [straight_to(each.url) for each in servers]) as told:
            for round_ in range(FAILOVERS):
                if round_:
                    pair.rejoin()
                pair.wait_for_standby()
                found = fail_over(pair, told, writes=WRITES)
                tell(
                    f"failover {round_ + 1}: promoted {found.promoted:.1f} s after the kill, "
                    f"writes back after {found.back:.1f} s"
                )
                assert found.back <= BACK_WITHIN_SECONDS
        tell(f"{len(told.acknowledged)} acknowledged, {len(told.away)} × 503, {told.unreachable=}")
        assert loss_of(pair, told) == Loss(len(told.acknowledged), 0, 0)
        assert len(told.acknowledged) >= 2 * WRITES * FAILOVERS
        assert told.unreachable == [], "a web host went down with the database"
        assert violations(pair) == []


def test_a_standby_nobody_waits_for_loses_what_was_acknowledged(
    scene: Scene, tmp_path: Path
) -> None:
    """The control: the same drill tells the loss where there is one."""
    with pair_of(scene.template) as pair, served(pair, tmp_path, HOSTS[0]) as [server]:
        with writing(scene, [straight_to(server.url)]) as told:
            pair.cut_standby_off()
            heard = len(told.acknowledged)
            wait_until(lambda: len(told.acknowledged) >= heard + WRITES, "nobody writes")
            fail_over(pair, told, writes=1)
        assert loss_of(pair, told).lost >= WRITES


def test_what_is_there_twice_is_told(scene: Scene, tmp_path: Path) -> None:
    """The control: of what was asked for once, the drill sees a second."""
    with pair_of(scene.template) as pair, served(pair, tmp_path, HOSTS[0]) as [server]:
        with writing(scene, [straight_to(server.url)]) as told:
            wait_until(lambda: len(told.acknowledged) >= WRITES, "nobody writes")
        assert loss_of(pair, told) == Loss(len(told.acknowledged), 0, 0)
        with pair.primary.connect(DATABASE) as connection:
            # No guard looks on, and no foreign key.
            connection.execute("SET session_replication_role = replica")
            connection.execute(TWICE)
        assert loss_of(pair, told) == Loss(len(told.acknowledged), 0, 1)
        assert violations(pair) != []
