"""These tests run clusters of their own, so they belong to one run of the two: PostgreSQL's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.databases import Databases
    from tests.hosts.drill import Scene

ONLY_POSTGRESQL = {
    "test_behind_nginx.py",
    "test_every_reader.py",
    "test_failover.py",
    "test_roots.py",
}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave to the run on PostgreSQL what knows no other engine."""
    is_sqlite = config.getoption("engine") == "sqlite"
    return True if is_sqlite and collection_path.name in ONLY_POSTGRESQL else None


@pytest.fixture(scope="session")
def scene(databases: Databases) -> Scene:
    """A server filled once for all that run beside each other."""
    from tests.hosts.drill import make_scene

    return make_scene(databases.scratch)
