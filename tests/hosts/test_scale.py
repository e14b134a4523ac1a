"""docs/scale.md: every table has its class, and the column named leads to a root."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import Table

from app.db import db

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "scale.md"
LINE = re.compile(r"^\| (\w+) \| (root|reference|local) \| (.+?) \| (.+?) \|$", re.MULTILINE)
ROUTE = re.compile(r"(\w+)(?: → (\w+))?(\?)?")
AT_ROOT = {"organisation_id", "root_id"}
# Their other half says it: an entry's root is that of its postings, and their year is its own.
BY_ANOTHER = {"by its postings": "postings", "with entries": "entries"}


class Said(NamedTuple):
    """What the page says of a table."""

    kind: str
    route: str
    year: str


# What the arithmetic begins with, as the page names it.
PEOPLE, RECORDS_EACH, A_SECOND, USED, COUNTY, COUNTIES = 236e6, 20, 2_800, 0.5, 100_000, 60
BESIDE = r"with trail and key \| (\d+) \+ (\d+) \+ (\d+) bytes"


def measured(pattern: str) -> list[float]:
    """Return the figures of a line of what was measured."""
    found = re.search(pattern, PAGE.read_text("utf-8"))
    assert found, pattern
    return [float(each.replace(",", "")) for each in found.groups()]


def test_every_figure_follows_from_what_was_measured() -> None:
    """Measured anew, all of the arithmetic is to be written anew."""
    (web,), (base,) = (
        measured(r"check-in, w \| ([\d.]+) ms"),
        measured(r"check-in, d \| ([\d.]+) ms"),
    )
    (record,), beside = measured(r"record, r: .*? \| ([\d,]+) bytes"), measured(BESIDE)
    whole = record + sum(beside)
    web_cores = math.ceil(A_SECOND * web / 1_000 / USED)
    servers = PEOPLE / COUNTY / COUNTIES
    text = PAGE.read_text("utf-8")
    for said in (
        f"2,800 × {web / 1_000:.4f} / 0.5 = **{web_cores} cores**",
        f"2,800 × {base / 1_000:.4f} / 0.5 = **{math.ceil(A_SECOND * base / 1_000 / USED)} cores**",
        f"236 × 10⁶ × 20 × {whole:,.0f} = **{PEOPLE * RECORDS_EACH * whole / 1e12:.1f} TB a year**",
        f"{PEOPLE * RECORDS_EACH * record / 1e12:.1f} TB when all are logged by the hundred",
        f"236,000,000 / 100,000 = **{PEOPLE / COUNTY:,.0f}**",
        f"each with {COUNTY * RECORDS_EACH:,} records a year",
        f"{COUNTY * RECORDS_EACH * whole / 1e9:.1f} GB a year",
        f"2,360 / 60 = **{math.ceil(servers)} servers**",
        f"each {COUNTIES * COUNTY:,} people",
        f"2,800 / 40 = {A_SECOND / math.ceil(servers):.0f} check-ins a second",
        f"70 × {base / 1_000:.4f} / 0.5 = {70 * base / 1_000 / USED:.1f} cores",
        f"{web_cores} web processes × 60 counties would be {web_cores * COUNTIES:,}",
        f"40 groups of {math.ceil(web_cores / 40)} processes",
        f"236 × 10⁶ / 36,000 = {round(PEOPLE / 36_000, -1):,.0f} a second",
        f"which takes {PEOPLE / 36_000 / A_SECOND:.1f} times the cores",
    ):
        assert said in text, said


@pytest.fixture
def said(app: Flask) -> dict[str, Said]:
    found = [match.groups() for match in LINE.finditer(PAGE.read_text("utf-8"))]
    assert len({name for name, *_rest in found}) == len(found)
    return {str(name): Said(*map(str, rest)) for name, *rest in found}


def table(name: str) -> Table:
    return db.metadata.tables[name]


def test_every_table_has_its_class(said: dict[str, Said]) -> None:
    assert said.keys() == db.metadata.tables.keys()


def test_the_column_named_leads_to_a_root(said: dict[str, Said]) -> None:
    for name, line in said.items():
        if line.kind == "root":
            assert reaches(said, name, set()), name
        else:
            assert line.route == "–", name


def reaches(said: dict[str, Said], name: str, seen: set[str]) -> bool:
    """Follow what the page says from table to table until an organisation is named."""
    if name in seen or said[name].kind != "root":
        return False
    if said[name].route in BY_ANOTHER:
        return reaches(said, BY_ANOTHER[said[name].route], seen | {name})
    found = ROUTE.fullmatch(said[name].route)
    assert found, (name, said[name].route)
    column, parent, may_be_empty = found.groups()
    assert table(name).c[column].nullable == bool(may_be_empty), (name, column)
    if parent is None:
        return column in AT_ROOT
    return reaches(said, parent, seen | {name})


def test_the_year_named_is_there(said: dict[str, Said]) -> None:
    for name, line in said.items():
        if line.year not in {"–", *BY_ANOTHER}:
            column = table(name).c[line.year]
            assert not column.nullable, (name, line.year)
            assert line.year == "year" or line.year.endswith(("at", "_on")), name
