"""docs/scale.md: every table has its class, and the column named leads to a root."""

from __future__ import annotations

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
