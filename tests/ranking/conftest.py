"""A closed year with browsers of its people; time stands still at the first day of the notice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from tests.ranking.year import make_year
from tests.service.community import NOW
from tests.service.conftest import Town


@pytest.fixture
def year_town(app: Flask, db_session: Session) -> Iterator[Town]:
    """Return the community whose year is served, and nothing of it published."""
    with time_machine.travel(NOW, tick=False):
        yield Town(app, make_year(db_session))
