"""The small community of service in browsers, for pages around a passbook."""

from __future__ import annotations

from tests.service.conftest import make_town

__all__ = ["make_town"]
