"""The shelf's small community, for the figures over it."""

from __future__ import annotations

from tests.rewards.conftest import community
from tests.service.conftest import make_town, town

__all__ = ["community", "make_town", "town"]
