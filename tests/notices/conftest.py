"""Kinds told in tests, and people to tell them to."""

from __future__ import annotations

import pytest
from flask import Flask

from app.notices.kinds import know_kinds
from app.notices.rules import Kind
from tests.web.cast import Cast, assemble

MOVED = Kind("test.moved", "Moved", "Moved to %(day_on)s, %(place)s.", group="activity")
OFF = Kind("test.off", "Off", "It is off today.", group="activity", is_urgent=True)


@pytest.fixture
def cast(app: Flask) -> Cast:
    know_kinds((MOVED, OFF))
    return assemble()
