from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.audit.reading import Reading, open_reading
from app.db import db
from tests.audit.community import fill


@pytest.fixture
def community(app: Flask) -> Flask:
    """The app on a database that holds the small community."""
    with db.engine.begin() as connection:
        fill(connection)
    return app


@pytest.fixture
def reading(community: Flask) -> Iterator[Reading]:
    with open_reading(community.config["DATABASE_URL"]) as reading:
        yield reading
