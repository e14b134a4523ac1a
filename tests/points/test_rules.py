"""SPEC §4 word by word: the formula, the versions, the sentence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.points.rules import (
    FIRST_EFFECTIVE_FROM,
    Bonus,
    NoRuleVersion,
    RuleVersion,
    Terms,
    explain,
    format_hours,
    format_hundredths,
    is_neat,
    points_of,
    sentence,
    terms_for,
    version_for,
)

ORDINARY = Terms(1, 100, 0, 0, 10, True)
SERVICE_DAY = ORDINARY._replace(service_day_percent=50)
SERVICE_MONTH = ORDINARY._replace(service_month_percent=20)
BOTH = ORDINARY._replace(service_day_percent=50, service_month_percent=20)

terms_strategy = st.builds(
    Terms,
    rule_version_id=st.just(1),
    rate_hundredths=st.integers(0, 10_000),
    service_day_percent=st.integers(0, 500),
    service_month_percent=st.integers(0, 500),
    step_hundredths=st.sampled_from([1, 5, 10, 25, 50, 100, 1000]),
    earns_points=st.just(True),
)


@pytest.mark.parametrize(
    ("minutes", "terms", "hundredths"),
    [
        pytest.param(90, ORDINARY, 150, id="spec-red-on-an-ordinary-day"),
        pytest.param(90, BOTH, 260, id="spec-red-on-28-march"),
        pytest.param(150, SERVICE_DAY, 380, id="issue-sentence"),
        pytest.param(150, SERVICE_MONTH, 300, id="service-month"),
        pytest.param(51, ORDINARY, 90, id="half-goes-up"),
        pytest.param(50, ORDINARY, 80, id="below-half-goes-down"),
        pytest.param(1, ORDINARY, 0, id="one-minute-is-too-little"),
        pytest.param(3, ORDINARY, 10, id="half-a-step-is-enough"),
        pytest.param(1440, ORDINARY, 2400, id="longest"),
        pytest.param(90, ORDINARY._replace(rate_hundredths=0), 0, id="a-colour-without-points"),
        pytest.param(30, ORDINARY._replace(step_hundredths=100), 100, id="whole-points-half-up"),
        pytest.param(29, ORDINARY._replace(step_hundredths=100), 0, id="whole-points-down"),
        pytest.param(50, ORDINARY._replace(step_hundredths=1), 83, id="hundredths"),
        pytest.param(90, BOTH._replace(earns_points=False), 0, id="not-signed-in"),
    ],
)
def test_points_of(minutes: int, terms: Terms, hundredths: int) -> None:
    assert points_of(minutes, terms) == hundredths


@given(st.integers(1, 1440), terms_strategy)
def test_points_are_the_fraction_rounded_half_up(minutes: int, terms: Terms) -> None:
    percent = 100 + terms.service_day_percent + terms.service_month_percent
    exact = Fraction(minutes, 60) * terms.rate_hundredths * Fraction(percent, 100)
    steps = exact / terms.step_hundredths + Fraction(1, 2)
    assert points_of(minutes, terms) == steps.__floor__() * terms.step_hundredths


@given(st.integers(1, 1439), terms_strategy)
def test_points_never_fall_with_longer_service(minutes: int, terms: Terms) -> None:
    assert points_of(minutes, terms) <= points_of(minutes + 1, terms)


def version(number: int, effective_from: date, rates: dict[int, int] | None = None) -> RuleVersion:
    return RuleVersion(number, effective_from, 50, 20, 10, rates or {})


VERSIONS = [
    version(3, date(2026, 1, 1)),
    version(1, FIRST_EFFECTIVE_FROM),
    version(2, date(2025, 3, 28)),
]


@pytest.mark.parametrize(
    ("service_on", "expected"),
    [
        pytest.param(date(1900, 1, 1), 1, id="first-day-of-all"),
        pytest.param(date(2025, 3, 27), 1, id="the-day-before"),
        pytest.param(date(2025, 3, 28), 2, id="the-very-day"),
        pytest.param(date(2025, 12, 31), 2, id="last-day"),
        pytest.param(date(2030, 1, 1), 3, id="latest"),
    ],
)
def test_version_for_takes_the_latest_in_effect(service_on: date, expected: int) -> None:
    assert version_for(VERSIONS, service_on).id == expected


def test_version_for_refuses_a_date_before_all_versions() -> None:
    with pytest.raises(NoRuleVersion, match="1899-12-31"):
        version_for(VERSIONS, date(1899, 12, 31))


def test_terms_for_leaves_out_bonuses_that_do_not_apply() -> None:
    rated = version(7, FIRST_EFFECTIVE_FROM, {4: 125})
    assert terms_for(rated, 4, False, False, True) == Terms(7, 125, 0, 0, 10, True)
    assert terms_for(rated, 4, True, False, True) == Terms(7, 125, 50, 0, 10, True)
    assert terms_for(rated, 4, True, True, False) == Terms(7, 125, 50, 20, 10, False)


def test_terms_for_gives_a_colour_added_later_the_default_rate() -> None:
    assert terms_for(version(1, FIRST_EFFECTIVE_FROM), 8, False, False, True).rate_hundredths == 100


@pytest.mark.parametrize(
    ("hundredths", "text"),
    [
        (380, "3.8"),
        (300, "3"),
        (5, "0.05"),
        (0, "0"),
        (-380, "-3.8"),
        (-5, "-0.05"),
        (3650, "36.5"),
    ],
)
def test_format_hundredths(hundredths: int, text: str) -> None:
    assert format_hundredths(hundredths) == text


@given(st.integers(-(10**15), 10**15))
def test_format_hundredths_is_exact_and_short(hundredths: int) -> None:
    text = format_hundredths(hundredths)
    assert Decimal(text) * 100 == hundredths
    assert not ("." in text and text.endswith(("0", ".")))


@pytest.mark.parametrize(
    ("minutes", "text", "neat"),
    [
        (150, "2.5", True),
        (60, "1", True),
        (6, "0.1", True),
        (45, "0.75", True),
        (51, "0.85", False),
        (50, "0.8333…", False),
        (121, "2.0166…", False),
    ],
)
def test_format_hours(minutes: int, text: str, neat: bool) -> None:
    assert format_hours(minutes) == text
    assert is_neat(minutes) == neat


def test_explain_gives_the_receipt_in_parts() -> None:
    receipt = explain(90, BOTH)
    assert (receipt.hours, receipt.rate, receipt.base) == ("1.5", "1", "1.5")
    assert receipt.bonuses == (Bonus("service_day", 50, "0.75"), Bonus("service_month", 20, "0.3"))
    assert (receipt.bonus_percent, receipt.unrounded, receipt.points) == (70, "2.55", "2.6")
    assert (receipt.is_rounded, receipt.step, receipt.points_hundredths) == (True, "0.1", 260)


def test_explain_of_an_exact_credit_says_that_nothing_was_rounded() -> None:
    receipt = explain(150, ORDINARY)
    assert (receipt.unrounded, receipt.points, receipt.is_rounded) == ("2.5", "2.5", False)
    assert receipt.bonuses == ()


@given(st.integers(1, 1440), terms_strategy)
def test_explain_shows_no_decimal_that_is_not_true(minutes: int, terms: Terms) -> None:
    receipt = explain(minutes, terms)
    percent = 100 + receipt.bonus_percent
    exact = Fraction(minutes * terms.rate_hundredths * percent, 600_000)
    shown = Fraction(receipt.unrounded.rstrip("…"))
    if receipt.unrounded.endswith("…"):
        assert 0 < exact - shown < Fraction(1, 10_000)
    else:
        assert exact == shown
    assert receipt.is_rounded == (exact != Fraction(receipt.points))


def in_english(message: str) -> str:
    return message


CHINESE = {
    "%(hours)s h": "%(hours)s 小时",
    "%(duration)s × %(rate)s per hour = %(base)s, service day adds %(day_percent)s %%"
    " → %(points)s (rounded to %(step)s)": "%(duration)s × 每小时 %(rate)s 分 = %(base)s，"
    "服务日加 %(day_percent)s %% → %(points)s（四舍五入到 %(step)s）",
}


def test_sentence_is_the_one_of_the_issue_in_chinese() -> None:
    expected = "2.5 小时 × 每小时 1 分 = 2.5，服务日加 50 % → 3.8（四舍五入到 0.1）"
    assert sentence(150, SERVICE_DAY, CHINESE.__getitem__) == expected


@pytest.mark.parametrize(
    ("minutes", "terms", "expected"),
    [
        pytest.param(150, ORDINARY, "2.5 h × 1 per hour = 2.5", id="plain"),
        pytest.param(
            51, ORDINARY, "51 min × 1 per hour = 0.85 → 0.9 (rounded to 0.1)", id="plain-rounded"
        ),
        pytest.param(
            120, SERVICE_DAY, "2 h × 1 per hour = 2, service day adds 50 % → 3", id="service-day"
        ),
        pytest.param(
            150,
            SERVICE_DAY,
            "2.5 h × 1 per hour = 2.5, service day adds 50 % → 3.8 (rounded to 0.1)",
            id="service-day-rounded",
        ),
        pytest.param(
            150,
            SERVICE_MONTH,
            "2.5 h × 1 per hour = 2.5, service month adds 20 % → 3",
            id="service-month",
        ),
        pytest.param(
            90,
            SERVICE_MONTH._replace(rate_hundredths=150),
            "1.5 h × 1.5 per hour = 2.25, service month adds 20 % → 2.7",
            id="own-rate",
        ),
        pytest.param(
            50,
            SERVICE_MONTH._replace(rate_hundredths=125),
            "50 min × 1.25 per hour = 1.0416…, service month adds 20 % → 1.3 (rounded to 0.1)",
            id="service-month-rounded",
        ),
        pytest.param(
            60,
            BOTH,
            "1 h × 1 per hour = 1, service day adds 50 % and service month 20 %,"
            " together 70 % → 1.7",
            id="both",
        ),
        pytest.param(
            90,
            BOTH,
            "1.5 h × 1 per hour = 1.5, service day adds 50 % and service month 20 %,"
            " together 70 % → 2.6 (rounded to 0.1)",
            id="both-rounded",
        ),
        pytest.param(
            90,
            BOTH._replace(earns_points=False),
            "1.5 h served; only signed-in service earns points, so this earns none",
            id="not-signed-in",
        ),
    ],
)
def test_sentence(minutes: int, terms: Terms, expected: str) -> None:
    assert sentence(minutes, terms, in_english) == expected


@given(st.integers(1, 1440), terms_strategy)
def test_sentence_always_names_the_points_credited(minutes: int, terms: Terms) -> None:
    text = sentence(minutes, terms, in_english)
    assert format_hundredths(points_of(minutes, terms)) in text
    assert "%(" not in text
