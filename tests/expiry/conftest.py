"""Expiry in the small community of the service's tests, with browsers at its own present."""

from __future__ import annotations

from tests.service.conftest import make_town, town

__all__ = ["make_town", "town"]
