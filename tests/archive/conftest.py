"""Archives in the small community of the service's tests, with an auditor."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.adjustments.community import settle
from tests.service.community import Community, make_community
from tests.service.conftest import MakeTown, Town, make_town

__all__ = ["make_town"]


@pytest.fixture
def community(db_session: Session) -> Community:
    made = make_community(db_session)
    settle(made)
    return made


@pytest.fixture
def town(make_town: MakeTown) -> Town:
    """Return the community with browsers; its organisers have their roles, an auditor too."""
    made = make_town()
    from tests.adjustments.community import take_away

    take_away(made.community, "organiser", "organiser_too", "organiser_below")
    settle(made.community)
    return made
