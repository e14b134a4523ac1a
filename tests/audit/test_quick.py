"""What the quick audit covers, where its mark stands, and that its queries read the scopes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.audit.quick import COVERED, IN_OTHER_WORDS, _over, quick_audit, quick_count
from app.audit.reading import Reading, open_reading
from app.audit.report import audit, check_count, checks_for
from app.audit.scopes import SETTLED_AFTER, Mark, last_mark, mark_at, scoped, scopes_above
from app.audit.words import Words
from tests.audit.community import AT
from tests.audit.planting import plant

# GUARANTEES §1, every invariant whose last column holds an A.
HELD_BY_AUDIT = {
    *("I-01", "I-02", "I-03", "I-04", "I-05", "I-06", "I-07", "I-09", "I-10", "I-11", "I-12"),
    *("I-13", "I-14", "I-17", "I-18", "I-20", "I-25"),
}
MUCH_LATER = datetime(2027, 1, 1, tzinfo=UTC)
EVERYTHING = Mark(entries=5, service_records=6, trail=2, stock_moves=0)


def test_every_invariant_held_by_audit_has_its_check() -> None:
    assert {check.id for check in checks_for(Words("sqlite"))} >= HELD_BY_AUDIT


def test_what_is_covered_are_parts_of_checks() -> None:
    parts = {check.id: {part.code for part in check.parts} for check in checks_for(Words("sqlite"))}
    assert all(covered.parts.keys() <= parts[each] for each, covered in COVERED.items())
    assert COVERED.keys() | IN_OTHER_WORDS >= HELD_BY_AUDIT - {"I-04", "I-17"}


def test_the_counts_told_beforehand_are_those_of_the_reports(reading: Reading) -> None:
    assert len(audit(reading).results) == check_count()
    assert len(quick_audit(reading, Mark()).results) == quick_count()


def test_a_sound_community_is_clean_from_any_mark(reading: Reading) -> None:
    for mark in (Mark(), Mark(entries=2, service_records=3, trail=1), EVERYTHING):
        assert quick_audit(reading, mark).is_clean


def test_ids_too_many_to_be_written_out_are_asked_for_in_each_query(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The record of the entries and of the trail above it lies below its own mark.
    mark = Mark(entries=1, service_records=6)
    written_out = quick_audit(reading, mark)
    monkeypatch.setattr("app.audit.scopes._WRITTEN_OUT", 0)
    assert "SELECT DISTINCT account_id" in scopes_above(reading, mark)["touched_accounts"]
    assert quick_audit(reading, mark) == written_out
    looked_at = {each.id: each.looked_at for each in written_out.results}
    assert min(looked_at["I-02"], looked_at["I-07"]) > 0


def test_above_the_last_row_nothing_is_looked_at(reading: Reading) -> None:
    looked_at = {each.id: each.looked_at for each in quick_audit(reading, EVERYTHING).results}
    del looked_at["schema"]
    assert set(looked_at.values()) == {0}


def test_the_mark_stands_at_what_is_settled(reading: Reading) -> None:
    assert mark_at(reading, MUCH_LATER) == EVERYTHING
    assert mark_at(reading, AT + SETTLED_AFTER - timedelta(seconds=1)) == Mark()


def test_the_mark_goes_on_from_the_last_clean_audit(community: Flask) -> None:
    url = community.config["DATABASE_URL"]
    with open_reading(url) as reading:
        assert last_mark(reading) is None
    kept = "INSERT INTO audit_runs (kind, started_at, ended_at, is_clean, digest, results, {}) "
    through = ", ".join(f"through_{each}_id" for each in ("entry", "record", "trail", "move"))
    at = "'2025-05-01 00:00:00.000000'"
    rows = (f"('full', {at}, {at}, true, 'x', '[]', 3, 4, 1, 0)",
            f"('quick', {at}, {at}, false, '', '[]', 5, 6, 2, 0)")  # fmt: skip
    plant(url, [f"{kept.format(through)} VALUES {row}" for row in rows])
    with open_reading(url) as reading:
        assert last_mark(reading) == Mark(3, 4, 1, 0)


def test_a_query_that_reads_nothing_of_the_scope_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing reads"):
        _over("SELECT 1 FROM accounts a", {"FROM accounts b": "touched_accounts"})
    with pytest.raises(KeyError, match="no such scope"):
        scoped("SELECT 1", ["new_moons"], {})
