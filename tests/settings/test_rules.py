"""What the registry of settings promises: nobody sees a switch that does nothing."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from app.organisations.rules import DEFAULTS
from app.settings.rules import FIGURES, GROUPS, UNREAD, Off, next_first_of_month, runs

APP = Path(__file__).resolve().parents[2] / "app"
KEEPERS = ("organisations", "settings")
SOURCES = "\n".join(
    file.read_text("utf-8")
    for file in sorted(APP.rglob("*.py"))
    if file.relative_to(APP).parts[0] not in KEEPERS
)
TEMPLATES = "\n".join(
    file.read_text("utf-8") for file in sorted((APP.parent / "templates").rglob("*.html"))
)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.key)
def test_every_figure_shown_is_read_by_some_code(figure) -> None:
    assert re.search(rf"\b{figure.key}\b", SOURCES + TEMPLATES)
    assert figure.key in DEFAULTS
    assert figure.group in GROUPS


def test_what_nothing_reads_is_not_shown() -> None:
    read = {key for key in UNREAD if re.search(rf"\.{key}\b", SOURCES)}
    assert read == set(), "add a line to FIGURES in app/settings/rules.py"


def test_dates_that_follow_each_other_make_a_run() -> None:
    days = [
        (date(2026, 10, 2), False, "National Day"),
        (date(2026, 10, 1), False, "National Day"),
        (date(2026, 10, 10), True, "National Day"),
        (date(2026, 10, 3), False, "Mid-autumn Festival"),
    ]
    assert runs(days) == [
        Off(date(2026, 10, 1), date(2026, 10, 2), False, "National Day"),
        Off(date(2026, 10, 3), date(2026, 10, 3), False, "Mid-autumn Festival"),
        Off(date(2026, 10, 10), date(2026, 10, 10), True, "National Day"),
    ]


@pytest.mark.parametrize(
    ("on", "first_on"),
    [
        (date(2026, 11, 22), date(2026, 12, 1)),
        (date(2026, 12, 1), date(2027, 1, 1)),
        (date(2026, 12, 31), date(2027, 1, 1)),
        (date(2026, 1, 31), date(2026, 2, 1)),
    ],
)
def test_a_new_rule_begins_with_a_month(on: date, first_on: date) -> None:
    assert next_first_of_month(on) == first_on
