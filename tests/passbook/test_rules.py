from __future__ import annotations

from datetime import date

import pytest

from app.ledger.rules import KINDS
from app.passbook.rules import (
    Credit,
    award_sentence,
    first_day_of,
    month_end,
    months_from,
    other_sentence,
    reversal_sentence,
)
from app.points.rules import FIRST_EFFECTIVE_FROM, RuleVersion

RULE = RuleVersion(1, FIRST_EFFECTIVE_FROM, 50, 20, 10, {})


def plain(message: str) -> str:
    return message


def test_a_short_history_is_one_page() -> None:
    assert months_from([date(2026, 1, 5), date(2025, 12, 28)], least=2) is None


def test_a_page_ends_with_a_whole_month() -> None:
    dates = [date(2026, 1, 5), date(2025, 12, 28), date(2025, 12, 3), date(2025, 11, 1)]
    assert months_from(dates, least=2) == date(2025, 12, 1)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("2025-03", date(2025, 3, 1)),
        ("2025-13", None),
        ("0000-01", None),
        ("2025-3", None),
        ("２０２５-03", None),
        ("", None),
        ("2025", None),
        ("2025-03-01", None),
    ],
)
def test_months_in_an_address(given: str, found: date | None) -> None:
    assert first_day_of(given) == found


@pytest.mark.parametrize(
    ("on", "end"),
    [
        (date(2024, 2, 1), date(2024, 2, 29)),
        (date(2025, 12, 31), date(2025, 12, 31)),
    ],
)
def test_month_ends(on: date, end: date) -> None:
    assert month_end(on) == end


def test_an_award_says_how_its_points_came_about() -> None:
    credit = Credit(90, 7, True, True, True)
    assert award_sentence(credit, RULE, plain).endswith("→ 2.6 (rounded to 0.1)")


def test_an_award_without_a_rule_says_the_time() -> None:
    assert award_sentence(Credit(90, 7, False, False, True), None, plain) == "1.5 h served"


def test_a_reversal_names_what_it_takes_back_and_why() -> None:
    said = reversal_sentence(17, 90, "2.6", "登记错了", plain)
    assert said == "Takes back entry 17: 1.5 h and 2.6 points. Reason: 登记错了"
    assert "Reason" not in reversal_sentence(17, 90, "2.6", None, plain)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_entry_has_words(kind: str) -> None:
    assert other_sentence(kind, None, plain)
    assert "because" in other_sentence(kind, "because", plain)
