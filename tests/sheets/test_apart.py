"""The process that reads a file: it says the same, and whatever happens to it is one sentence."""

from __future__ import annotations

import time
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sheets import apart
from app.sheets.apart import Bounds, read_sheet_apart
from app.sheets.cells import Cell, Sheet
from app.sheets.limits import Limits
from app.sheets.lines import read_head, read_rows, sheet_lines
from app.sheets.reading import read_sheet
from app.sheets.refusals import (
    FileEmpty,
    FileTooLarge,
    QuotesUnbalanced,
    SheetTooHeavy,
    SheetUnreadable,
    TooManyCells,
    UnpacksTooLarge,
)
from app.sheets.writing import write_xlsx
from tests.rounds import rounds
from tests.sheets.workbooks import with_parts, with_sheet_data

SAMPLES = Path(__file__).parent.parent / "samples"
FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


@pytest.mark.parametrize("name", ["roster.xlsx", "service.xlsx", "signin.xlsx", "problems.csv"])
def test_it_reads_what_is_read_here(name: str) -> None:
    content = (SAMPLES / name).read_bytes()
    assert read_sheet_apart(content, name) == read_sheet(content, name)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", FileEmpty),
        (b'a,b\n"1,2\n', QuotesUnbalanced),
        (with_sheet_data(FAR), TooManyCells),
        (with_parts({"xl/media/image1.xml": b" " * 30_000_000}), UnpacksTooLarge),
    ],
)
def test_it_refuses_with_the_same_sentence(content: bytes, refusal: type[SheetUnreadable]) -> None:
    with pytest.raises(refusal) as apart_said:
        read_sheet_apart(content, "表.xlsx")
    with pytest.raises(refusal) as here_said:
        read_sheet(content, "表.xlsx")
    assert str(apart_said.value) == str(here_said.value)
    assert "表.xlsx" in str(apart_said.value)


def test_a_file_too_large_never_reaches_it(tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    large.write_bytes(b"a\n" * 600)
    with pytest.raises(FileTooLarge):
        read_sheet_apart(large, "large.csv", Limits(file_bytes=1_000))


LONG = write_xlsx(["a"], ([f"text {n}"] for n in range(60_000)))


@pytest.mark.parametrize(
    "bounds",
    [
        Bounds(memory_bytes=30_000_000),
        Bounds(cpu_seconds=0),
        Bounds(wall_seconds=0),
        Bounds(answer_bytes=10_000),
    ],
    ids=["memory", "processor", "clock", "answer"],
)
def test_beyond_its_bounds_it_ends_and_nothing_else_does(bounds: Bounds) -> None:
    began = time.monotonic()
    with pytest.raises(SheetTooHeavy) as refused:
        read_sheet_apart(LONG, "长.xlsx", bounds=bounds)
    assert "长.xlsx" in str(refused.value)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "deed",
    [
        "import os; os.abort()",
        "import os; os.kill(os.getpid(), 9)",
        "print('no json')",
        "print('[' * 100000)",
        'print(\'{"refusal": "Gone", "figures": {}}\')',
        'print(\'{"name": "x", "rows": 2}\'); print(\'[1]\')',
    ],
)
def test_a_child_that_dies_or_lies_is_a_refusal(monkeypatch: pytest.MonkeyPatch, deed: str) -> None:
    monkeypatch.setattr(apart, "_START", deed)
    with pytest.raises(SheetUnreadable):
        read_sheet_apart(b"a,b\n1,2\n", "x.csv")


def test_it_may_neither_write_files_nor_know_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET_KEY", "s" * 40)
    target = tmp_path / "written"
    deed = (
        "import sys, json, os; sys.path.insert(0, sys.argv[1] + '/..');"
        "from app.sheets.child import _bound; _bound(json.loads(sys.argv[2])['bounds'])\n"
        "try:\n"
        f"    open({str(target)!r}, 'w').write('x' * 9)\n"
        "except OSError: pass\n"
        "print(json.dumps({'name': os.environ.get('SECRET_KEY', 'none'), 'rows': 0}))"
    )
    monkeypatch.setattr(
        apart, "_START", "import signal; signal.signal(25, signal.SIG_IGN)\n" + deed
    )
    sheet = read_sheet_apart(b"a\n1\n", "x.csv")
    assert sheet.name == "none"
    assert not target.exists() or target.stat().st_size == 0


CELLS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.integers(-(10**18), 10**18),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.dates(date(1900, 1, 1)),
    st.datetimes(datetime(1900, 1, 1)),
    st.times(),
    st.timedeltas(),
)


@settings(max_examples=rounds(60))
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=6))
def test_every_cell_travels_unchanged(rows: list[list[Cell]]) -> None:
    first, *lines = sheet_lines(Sheet("表", [list(row) for row in rows]))
    texts: dict[str, str] = {}
    assert read_head(first, "x") == ("表", len(rows))
    travelled = [row for line in lines for row in read_rows(line, texts)]
    assert travelled == rows
    assert [[type(cell) for cell in row] for row in travelled] == [
        [type(cell) for cell in row] for row in rows
    ]


def test_no_child_is_left_behind() -> None:
    before = children()
    with pytest.raises(SheetTooHeavy):
        read_sheet_apart(LONG, "x.xlsx", bounds=Bounds(wall_seconds=0))
    assert children() == before


def children() -> set[str]:
    """Return the processes that are ours, those that ended and were not waited for included."""
    tasks = Path("/proc/self/task").glob("*/children")
    return {pid for task in tasks for pid in task.read_text().split()}
