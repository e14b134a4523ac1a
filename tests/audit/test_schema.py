"""Guards taken away, switched off or weakened under their own name are found."""

from __future__ import annotations

import pytest
from flask import Flask

from app.audit.reading import open_reading
from app.audit.schema import check_schema
from app.db import db

BOTH = {
    "DROP INDEX ix_postings_entry_id": ("index_missing", "ix_postings_entry_id"),
}
SQLITE = {
    "DROP TRIGGER entries_seal": ("trigger_missing", "entries_seal"),
    "DROP TRIGGER trail_no_update; CREATE TRIGGER trail_no_update BEFORE UPDATE ON trail "
    "BEGIN SELECT 1; END": ("trigger_differs", "trail_no_update"),
    "DROP TABLE settings; CREATE TABLE settings (organisation_id INTEGER, key TEXT, value TEXT, "
    "CONSTRAINT pk_settings PRIMARY KEY (organisation_id, key), CONSTRAINT "
    "fk_settings_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id))": (
        "table_not_strict",
        "settings",
    ),
    "DROP TABLE settings; CREATE TABLE settings (organisation_id INTEGER, key TEXT, value TEXT, "
    "CONSTRAINT pk_settings PRIMARY KEY (organisation_id, key)) STRICT": (
        "constraint_missing",
        "fk_settings_organisation_id",
    ),
}
POSTGRESQL = {
    "DROP TRIGGER entries_seal ON entries": ("trigger_missing", "entries_seal"),
    "ALTER TABLE entries DISABLE TRIGGER entries_seal": ("trigger_missing", "entries_seal"),
    "ALTER TABLE entries ENABLE REPLICA TRIGGER entries_seal": ("trigger_missing", "entries_seal"),
    "ALTER TABLE postings DISABLE TRIGGER ALL": (
        "foreign_key_disabled",
        "fk_postings_account_id",
    ),
    "DROP TRIGGER trail_no_update ON trail; CREATE TRIGGER trail_no_update BEFORE INSERT ON trail "
    "FOR EACH ROW EXECUTE FUNCTION qicai_refuse()": ("trigger_differs", "trail_no_update"),
    "CREATE OR REPLACE FUNCTION qicai_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN RETURN NEW; END'": ("function_differs", "qicai_refuse"),
    "ALTER FUNCTION qicai_seal_entries() RESET search_path": (
        "function_differs",
        "qicai_seal_entries",
    ),
    "ALTER TABLE accounts DROP CONSTRAINT ck_accounts_never_below_zero": (
        "constraint_missing",
        "ck_accounts_never_below_zero",
    ),
    "ALTER TABLE accounts DROP CONSTRAINT ck_accounts_never_below_zero; "
    "ALTER TABLE accounts ADD CONSTRAINT ck_accounts_never_below_zero CHECK (balance >= 0) "
    "NOT VALID": ("constraint_missing", "ck_accounts_never_below_zero"),
}


def test_what_the_migrations_make_is_what_is_expected(app: Flask) -> None:
    assert faults(app) == set()


@pytest.mark.parametrize("number", range(max(len(SQLITE), len(POSTGRESQL)) + len(BOTH)))
def test_a_guard_that_fell_is_named(app: Flask, engine_name: str, number: int) -> None:
    cases = [*(BOTH | (SQLITE if engine_name == "sqlite" else POSTGRESQL)).items()]
    # The engines have different ways to fall.
    statements, fault = cases[number % len(cases)]
    parts = [statements] if "'BEGIN" in statements else split(statements)
    with db.engine.begin() as connection:
        for statement in parts:
            connection.exec_driver_sql(statement)
    assert fault in faults(app)


def split(statements: str) -> list[str]:
    """Part statements at semicolons, but not those inside a trigger's body."""
    head, begin, body = statements.partition("BEGIN")
    *before, last = head.split("; ")
    return [*before, last + begin + body]


def faults(app: Flask) -> set[tuple[str, str]]:
    with open_reading(app.config["DATABASE_URL"]) as reading:
        return {(fault["what"], fault["name"]) for fault in check_schema(reading).samples}
