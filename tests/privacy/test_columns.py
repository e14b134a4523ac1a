"""Every column is classified; what erasure does with it, the schema allows."""

from __future__ import annotations

import pytest

import app.manifest  # noqa: F401  (loads every model)
from app.db import db
from app.privacy.columns import BY_NAME, TABLES
from app.privacy.rules.classes import PERSONAL, TableRule, table_rule


def in_schema() -> set[tuple[str, str]]:
    return {(table.name, c.name) for table in db.metadata.tables.values() for c in table.columns}


def classified() -> set[tuple[str, str]]:
    return {(table.name, column.name) for table in TABLES for column in table.columns}


def test_nobody_forgot_to_classify_a_column() -> None:
    missing = sorted(in_schema() - classified())
    assert not missing, f"add to app/privacy/columns/: {missing}"


def test_what_is_classified_exists() -> None:
    assert not sorted(classified() - in_schema())


def test_a_column_is_classified_once() -> None:
    names = [(table.name, column.name) for table in TABLES for column in table.columns]
    assert len(names) == len(set(names))
    assert len(BY_NAME) == len(TABLES)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_what_an_erasure_makes_of_a_column_fits_it(table: TableRule) -> None:
    columns = db.metadata.tables[table.name].columns
    for rule in table.erased:
        assert table.rows == "keep", "of rows that go, no column needs a word"
        assert rule.erasure != "clear" or columns[rule.name].nullable, rule.name
    assert table.whose or not table.erased


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_what_says_who_somebody_is_leaves_with_them(table: TableRule) -> None:
    """Personal values go with their rows or by themselves; what stays is named here, with why."""
    if table.rows == "delete" or table.name in STAYS:
        return
    staying = [c.name for c in table.columns if c.kind in PERSONAL and c.erasure == "keep"]
    assert not staying


STAYS = {
    "certificates": "public documents, signed over the name",
    "redemptions": "a pick-up code that was used says nothing of anybody",
    "activities": "secrets of an activity's codes, nobody's",
    "signing_keys": "the instance's own key",
    "partners": "a partner unit's contact is no volunteer",
    "sign_in_failures": "digests and addresses, gone after days",
    "uploads": "sheets of many people: the engine drops those that wait",
}


def test_a_class_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="no class"):
        table_rule("t", "work", "week", private="name")
    with pytest.raises(ValueError, match="no such thing"):
        table_rule("t", "work", "week", personal="name:shred")
