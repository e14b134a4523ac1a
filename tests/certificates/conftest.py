"""People who served, and browsers at the community's present."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.service.community import SERVICE_DAY, Community, make_community
from tests.service.conftest import grant_organisers, make_town, town

__all__ = ["make_town", "town"]


@pytest.fixture
def community(db_session: Session) -> Community:
    """The small community, where the fourth person served twice."""
    made = make_community(db_session)
    grant_organisers(made)
    db_session.rollback()
    made.log(made.line(3, 120))
    made.log(made.line(3, 90, service_on=SERVICE_DAY))
    return made
