from __future__ import annotations

from tests.service.conftest import make_town, town

__all__ = ["make_town", "town"]
