"""Spans of dates as conditions, and long lists in parts drivers can carry."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, or_

from app.people.queries import CHUNK, lasts

__all__ = ["CHUNK", "chunks", "lasts", "not_over"]


def not_over(spans: Any, on: date) -> ColumnElement[bool]:
    """Return the condition that a span ends on a date at the earliest, or never."""
    return or_(spans.until_on.is_(None), spans.until_on >= on)


def chunks(values: list[int]) -> Iterable[list[int]]:
    """Return the values in parts of at most CHUNK."""
    return (values[at : at + CHUNK] for at in range(0, len(values), CHUNK))
