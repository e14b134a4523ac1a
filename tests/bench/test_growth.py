"""The figures of a run say what was measured, and the picture of how costs grow shows it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask import Flask

from bench import verdicts
from bench.__main__ import GROWTH, MEASURES, growing_to
from bench.curves import draw, told
from bench.growth import ROUNDS, WARM_UP, Curve, Measured, Work, _milliseconds, exponent
from bench.verdicts import Verdict, judge, table, tell
from tests.test_architecture import ROOT

SIZES = (10_000, 100_000, 1_000_000)
SVG = "{http://www.w3.org/2000/svg}"
FLAT = Curve("sqlite", "a < balance", SIZES, (0.2, 0.2, 0.2))
GROWS = Curve("postgresql", "a < balance", SIZES, (2.0, 20.0, 2_000.0))


@pytest.mark.parametrize(
    ("times", "found"),
    [((3, 3, 3), 0), ((1, 10, 100), 1), ((1, 100, 10_000), 2), ((100, 10, 1), -1)],
)
def test_the_exponent_is_the_power_by_which_a_cost_grows(
    times: tuple[float, ...], found: float
) -> None:
    assert exponent(SIZES, times) == pytest.approx(found)


def test_every_size_is_measured_in_turn_and_warming_up_is_left_out(app: Flask) -> None:
    """What slows the machine for a while slows no size alone."""
    order: list[tuple[str, int]] = []

    def noting(name: str) -> Work:
        return lambda turn: order.append((name, turn))

    works = [Measured(name, ROUNDS, noting(name)) for name in "ab"]
    times = _milliseconds([(app, work) for work in works])
    assert order == [(name, turn) for turn in range(ROUNDS + WARM_UP) for name in "ab"]
    assert len(times) == 2


def test_the_picture_shows_each_cost_of_each_engine(tmp_path: Path) -> None:
    file = tmp_path / "growth.svg"
    draw([FLAT, GROWS], file)
    picture = ElementTree.parse(file).getroot()
    words = [each.text or "" for each in picture.iter(f"{SVG}text")]
    assert "a < balance" in words
    assert "SQLite: 0.2 ms → 0.2 ms, 0.00" in words
    assert "PostgreSQL: 2 ms → 2 s, 1.50" in words
    flat, grows = (
        [
            line
            for line in picture.iter(f"{SVG}polyline")
            if line.get("stroke") == colour and len((line.get("points") or "").split()) == 3
        ]
        for colour in ("#b42318", "#1d4ed8")
    )
    heights = [
        [point.split(",")[1] for point in (line[0].get("points") or "").split()]
        for line in (flat, grows)
    ]
    assert len({*heights[0]}) == 1
    assert [float(each) for each in heights[1]] == sorted(map(float, heights[1]), reverse=True)
    assert "exponent 1.50" in (picture.findtext(f"{SVG}desc") or "")


def test_times_are_said_as_people_say_them() -> None:
    assert [told(each) for each in (0.1234, 12.34, 1234.5)] == ["0.123 ms", "12.3 ms", "1.23 s"]


def test_the_picture_of_the_handbook_is_one_of_all_sizes() -> None:
    """Drawn by a whole run of both engines and not by a quick one."""
    picture = ElementTree.parse(ROOT / "docs" / "img" / "growth.svg").getroot()
    said = picture.findtext(f"{SVG}desc") or ""
    assert said.startswith("At " + ", ".join(f"{size:,}" for size in growing_to(GROWTH[-1])))
    assert "SQLite: " in said
    assert "PostgreSQL: " in said


def test_what_is_missed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "_said", [])
    judge("reached", 0.6, 0.6)
    judge("too slow", 0.59, 0.6)
    judge("too long", 0.6, 0.5, is_most=True)
    tell("nobody asked", 9.9)
    told_of = table()
    assert [line.split()[-1] for line in told_of[2:6]] == ["met", "MISSED", "MISSED", "told"]
    assert told_of[-1] == "1 of 3 targets met, 2 missed"
    assert Verdict("as printed", 0.596, 0.6).is_met


def test_make_bench_runs_every_measure_on_both_engines() -> None:
    """One command: nothing is named in it that would leave a measure or an engine out."""
    (line,) = (line for line in (ROOT / "Makefile").read_text().splitlines() if " -m bench" in line)
    assert line.split("-m bench")[1].split() == ["--picture", "docs/img/growth.svg"]
    assert {"hordak", "load", "footprint", "growth", "audit", "chain", "pages"} < {*MEASURES}
