"""The shelf in the small community of the service's tests, with browsers at its own present."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.rewards.shelving import shelf_community
from tests.service.community import Community
from tests.service.conftest import make_town, town

__all__ = ["make_town", "town"]


@pytest.fixture
def community(db_session: Session) -> Community:
    return shelf_community(db_session)
