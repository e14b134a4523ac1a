"""A sound community passes every check, with the same report on either engine."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from flask import Flask

from app.audit.reading import CannotRead, Reading, open_reading
from app.audit.report import audit, checks_for
from app.audit.words import Words
from tests.audit.community import DIGEST


def test_a_sound_community_is_clean(reading: Reading) -> None:
    report = audit(reading)
    assert [result for result in report.results if result.violations] == []
    assert report.is_clean


def test_the_digest_is_the_same_on_either_engine(reading: Reading) -> None:
    assert audit(reading).digest == DIGEST


def test_each_check_says_how_much_it_looked_at(reading: Reading) -> None:
    looked_at = {result.id: result.looked_at for result in audit(reading).results}
    del looked_at["schema"]
    assert looked_at == {
        "A-01": 0, "A-02": 0, "C-01": 0, "C-02": 0, "C-03": 0, "D-01": 0, "D-02": 0, "D-03": 0,
        "E-01": 0, "F-01": 0,
        "I-01": 5, "I-02": 9, "I-03": 20, "I-04": 27, "I-05": 5, "I-06": 5, "I-07": 6, "I-08": 6,
        "I-09": 4, "I-10": 1, "I-11": 4, "I-12": 4, "I-13": 0, "I-14": 0, "I-15": 1, "I-17": 0,
        "I-18": 1, "I-20": 2, "I-25": 3, "M-01": 0, "N-01": 3, "O-01": 0, "O-02": 0, "O-03": 0,
        "P-01": 0, "P-02": 0, "R-01": 0, "T-01": 1,
    }  # fmt: skip


def test_an_empty_database_is_clean(app: Flask) -> None:
    with open_reading(app.config["DATABASE_URL"]) as reading:
        assert audit(reading).is_clean


def test_results_are_told_as_they_come(reading: Reading) -> None:
    told: list[str] = []
    report = audit(reading, lambda result: told.append(result.id))
    assert told == [result.id for result in report.results]


def test_a_database_without_tables_cannot_be_checked(empty_database_url: str) -> None:
    address = empty_database_url.removeprefix("sqlite:///")
    if address != empty_database_url:
        sqlite3.connect(address).close()
    missing = pytest.raises(CannotRead, match="Tables are missing: account_openings, accounts")
    with missing, open_reading(empty_database_url) as reading:
        audit(reading)


def test_nothing_can_be_written_while_reading(reading: Reading) -> None:
    refusals = (sqlite3.OperationalError, psycopg.errors.ReadOnlySqlTransaction)
    with pytest.raises(refusals, match="read"):
        reading.rows("UPDATE accounts SET balance = 0")


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:////no/such/file", "postgresql://127.0.0.1:1/x", "?"]
)
def test_a_database_out_of_reach_cannot_be_checked(url: str) -> None:
    with pytest.raises(CannotRead), open_reading(url):
        pass


def test_both_engines_check_the_same() -> None:
    sqlite, postgresql = (
        [(check.id, [part.code for part in check.parts]) for check in checks_for(Words(engine))]
        for engine in ("sqlite", "postgresql")
    )
    assert sqlite == postgresql
