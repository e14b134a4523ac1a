"""Refusals grouped by cause: one sentence, one fix, however many rows it is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.imports.rules.refusals import Refusal
from app.imports.rules.told import kept_figures

MOST_CASES = 30
MOST_ROWS = 20
# Figures that differ from row to row although one fix serves all.
_OF_ONE_ROW = frozenset({"record", "row"})


@dataclass
class Case:
    """All rows refused for the same cell; `sample` is the first of them."""

    sample: Refusal
    rows: list[int] = field(default_factory=list)
    count: int = 0
    options: list[dict[str, Any]] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    may_type: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the case as it is kept."""
        broken = self.sample.broken
        return {
            "column": self.sample.column,
            "key": self.sample.key,
            "cell": self.sample.cell,
            "message": broken.message,
            "figures": kept_figures(broken.figures),
            "rows": self.rows,
            "count": self.count,
            "options": self.options,
            "said": self.said,
            "may_type": self.may_type,
        }


@dataclass
class Cause:
    """All cases of one code of SPEC §9."""

    code: str
    count: int = 0
    cases: dict[tuple[Any, ...], Case] = field(default_factory=dict)
    more: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the cause as it is kept; beyond the first cases only how many rows there are."""
        return {
            "code": self.code,
            "count": self.count,
            "more": self.more,
            "cases": [case.as_json() for case in self.cases.values()],
        }


def grouped(refused: Iterable[Refusal]) -> list[Cause]:
    """Return refusals by cause, those of most rows first."""
    causes: dict[str, Cause] = {}
    for refusal in refused:
        cause = causes.setdefault(refusal.code, Cause(refusal.code))
        cause.count += 1
        place = _place(refusal)
        case = cause.cases.get(place)
        if case is None and len(cause.cases) >= MOST_CASES:
            cause.more += 1
            continue
        if case is None:
            case = cause.cases[place] = Case(refusal)
        case.count += 1
        if len(case.rows) < MOST_ROWS:
            case.rows.append(refusal.row)
    return sorted(causes.values(), key=lambda each: (-each.count, each.code))


def _place(refusal: Refusal) -> tuple[Any, ...]:
    broken = refusal.broken
    if not _OF_ONE_ROW.isdisjoint(broken.figures) or not refusal.cell:
        return (refusal.row,)
    return type(broken), refusal.key, refusal.cell


def runs(rows: Sequence[int]) -> list[str]:
    """Return rising row numbers with those that follow one another as one: 2–5, 9."""
    spans: list[list[int]] = []
    for row in rows:
        if spans and row == spans[-1][1] + 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    return [str(first) if first == last else f"{first}–{last}" for first, last in spans]
