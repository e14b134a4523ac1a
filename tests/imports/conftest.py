"""The community into which sheets are imported."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.service.community import Community, make_community


@pytest.fixture
def community(db_session: Session) -> Community:
    """Eight people; the first two lead the red team, the third the green one below it."""
    return make_community(db_session)
