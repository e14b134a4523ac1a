"""What was asked for and what was reached, in one table at the end of `make bench`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple


class Verdict(NamedTuple):
    """One claim of a run: what was reached, and the least or most asked for, if any."""

    name: str
    reached: float
    target: float | None
    is_most: bool = False

    @property
    def is_met(self) -> bool:
        """Tell whether the target is met, as it is printed; where none is set it is."""
        reached = round(self.reached, 2)
        if self.target is None:
            return True
        return reached <= self.target if self.is_most else reached >= self.target


_said: list[Verdict] = []


def judge(name: str, reached: float, target: float, *, is_most: bool = False) -> None:
    """Keep a claim for the table."""
    _said.append(Verdict(name, reached, target, is_most))


def tell(name: str, reached: float) -> None:
    """Keep a figure for the table that nobody set a target for."""
    _said.append(Verdict(name, reached, None))


def hand_over(file: Path) -> None:
    """Leave what was judged in this process to the one that started it."""
    file.write_text(json.dumps(_said))


def take_over(file: Path) -> None:
    """Keep what another process judged."""
    _said.extend(Verdict(*each) for each in json.loads(file.read_text()))


def table() -> list[str]:
    """Return the table of all that was judged in this run, what was missed included."""
    if not _said:
        return []
    lines = ["", f"{'target':60} {'reached':>9} {'asked for':>11}"]
    for each in _said:
        asked, verdict = "–", "told"
        if each.target is not None:
            asked = f"{'≤' if each.is_most else '≥'} {each.target:g}"
            verdict = "met" if each.is_met else "MISSED"
        lines.append(f"{each.name:60} {each.reached:>9.2f} {asked:>11}  {verdict}")
    judged = [each for each in _said if each.target is not None]
    missed = sum(not each.is_met for each in judged)
    if judged:
        lines.append(f"{len(judged) - missed} of {len(judged)} targets met, {missed} missed")
    return lines
