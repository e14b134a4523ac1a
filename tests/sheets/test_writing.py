"""What goes out comes back equal, and nothing in it runs."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sheets.cells import Cell, trimmed
from app.sheets.quoting import protect, unprotect
from app.sheets.reading import read_sheet
from app.sheets.writing import write_csv, write_xlsx
from tests.rounds import rounds

DANGEROUS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "'=1",
    "''@a",
    "＝1",
    "https://x.example",
    "{=1}",
    "_x0041_\x01",
]
# No text file holds NUL, and single surrogates are no text.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@pytest.mark.parametrize("text", DANGEROUS)
def test_formula_like_text_stays_text_in_xlsx(text):
    content = write_xlsx(["列"], [[text]])
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        xml = package.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in xml
    assert b"<hyperlink" not in xml
    assert read_sheet(content, "x.xlsx").rows[1][0] == text


@pytest.mark.parametrize("text", DANGEROUS[:9])
def test_formula_like_text_is_protected_in_csv(text):
    content = write_csv(["列", "b"], [[text, 1]], bom=False)
    cell = content.decode().removeprefix("列,b\r\n")
    assert cell.lstrip('"').startswith("'")
    assert read_sheet(content, "x.csv").rows[1] == [text, "1"]


@given(TEXTS)
def test_protection_comes_off_again(text):
    assert unprotect(protect(text)) == text


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=5), st.booleans())
def test_csv_round_trip(pairs, bom):
    rows = [["编号", "姓名"], *(list(pair) for pair in pairs)]
    assert read_sheet(write_csv(rows[0], rows[1:], bom=bom), "x.csv").rows == trimmed(rows)


XLSX_CELLS = (
    TEXTS
    | st.booleans()
    | st.integers(-(10**14), 10**14)
    | st.decimals(-(10**6), 10**6, places=3).map(lambda number: number.normalize())
    | st.dates(date(1900, 3, 1), date(2999, 12, 31))
    | st.integers(0, 1439).map(lambda minute: time(minute // 60, minute % 60))
)


@settings(max_examples=rounds(60), deadline=None)
@given(st.lists(st.tuples(XLSX_CELLS, XLSX_CELLS), max_size=5))
def test_xlsx_round_trip(pairs):
    rows = [["编号", "姓名"], *(list(pair) for pair in pairs)]
    assert read_sheet(write_xlsx(rows[0], rows[1:]), "x.xlsx").rows == trimmed(rows)


def test_native_cells():
    row: list[Cell | None] = [
        date(2025, 3, 28),
        datetime(2025, 3, 28, 8, 20),
        time(8, 20),
        timedelta(hours=25),
        7,
        Decimal("1.5"),
        True,
        None,
        date(1899, 5, 1),
        10**17 + 1,
        "x",
    ]
    rows = read_sheet(write_xlsx([*"abcdefghijk"], [row], name="名/册*" * 20), "x.xlsx").rows
    assert rows[1] == [*row[:7], "", "1899-05-01", str(10**17 + 1), "x"]


def test_csv_numbers_stay_numbers():
    row: list[Cell | None] = [
        -5,
        Decimal("-1.50"),
        None,
        True,
        date(2025, 3, 28),
        time(8, 20),
        timedelta(hours=25),
        "-5",
    ]
    assert write_csv([], [row], bom=False) == b"\r\n-5,-1.50,,TRUE,2025-03-28,08:20,25:00,'-5\r\n"


def test_canonical_csv_has_no_bom_and_lf():
    assert write_csv(["rank", "no"], [[1, "TX1"]], bom=False, line_end="\n") == b"rank,no\n1,TX1\n"


def test_csv_for_excel_begins_with_a_bom():
    assert write_csv(["编号"], []).startswith(b"\xef\xbb\xbf")


def test_a_text_longer_than_a_cell_is_cut_visibly():
    cell = read_sheet(write_xlsx(["a"], [["长" * 40_000]]), "x.xlsx").rows[1][0]
    assert cell == "长" * 32_766 + "…"


def test_header_is_bold_and_frozen_and_columns_fit():
    with zipfile.ZipFile(io.BytesIO(write_xlsx(["志愿者编号"], [["x"]] * 3))) as package:
        xml = package.read("xl/worksheets/sheet1.xml").decode()
        assert "<b/>" in package.read("xl/styles.xml").decode()
    assert 'state="frozen"' in xml
    assert 'min="1" max="1" width="12.7' in xml
