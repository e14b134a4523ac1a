"""The town of tests/service, for the walls it may run against."""

from __future__ import annotations

from tests.service.conftest import make_town

__all__ = ["make_town"]
