"""Spans of dates as conditions."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_


def lasts(spans: Any, on: date) -> ColumnElement[bool]:
    """Return the condition that a row with from_on and until_on, both included, lasts."""
    return and_(spans.from_on <= on, or_(spans.until_on.is_(None), spans.until_on >= on))
