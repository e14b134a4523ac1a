from __future__ import annotations

from datetime import date

import pytest

from app.home.rules import coming_service_day
from app.organisations.rules import Settings

RAIN = {(2026, 2): date(2026, 2, 21)}


@pytest.mark.parametrize(
    ("today", "found"),
    [
        (date(2026, 1, 28), date(2026, 1, 28)),
        (date(2026, 1, 29), date(2026, 2, 21)),
        (date(2026, 2, 22), date(2026, 3, 28)),
        (date(2025, 12, 31), date(2026, 1, 28)),
    ],
)
def test_the_next_service_day(today: date, found: date) -> None:
    assert coming_service_day(Settings(), RAIN, today) == found


def test_a_community_may_serve_on_another_day() -> None:
    assert coming_service_day(Settings(service_day=5), {}, date(2026, 1, 6)) == date(2026, 2, 5)
