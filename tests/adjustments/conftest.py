"""Adjustments in the small community of the service's tests, with browsers at its own present."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.adjustments.community import settle
from tests.service.community import Community, make_community
from tests.service.conftest import make_town, town

__all__ = ["make_town", "town"]


@pytest.fixture
def community(db_session: Session) -> Community:
    """Return the community with the roles of its organisers, and an auditor, in the database."""
    made = make_community(db_session)
    settle(made)
    return made
