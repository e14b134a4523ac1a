"""What was frozen, pinned down: every byte of it, and that the ledger still gives the same."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import text

from app.db import db, snapshot
from app.ranking.queries.snapshots import find_snapshot
from app.ranking.queries.verifying import kept_csv, verified

FROZEN = (
    "ranking_schemes",
    "ranking_titles",
    "ranking_exclusions",
    "ranking_snapshots",
    "ranking_rows",
    "ranking_team_rows",
    "ranking_awards",
)


class Pinned(NamedTuple):
    """The canonical CSVs of snapshots by id, and every frozen row of them."""

    csvs: dict[int, bytes]
    rows: dict[str, list[tuple[Any, ...]]]


def pinned(snapshot_ids: list[int] | None = None) -> Pinned:
    """Return what the database holds of some snapshots (of all of them), as it is now."""
    db.session.rollback()
    with snapshot() as session:
        wanted = session.scalars(text("SELECT id FROM ranking_snapshots ORDER BY id")).all()
        csvs = {}
        for each in wanted:
            found = find_snapshot(session, each)
            assert found is not None
            csvs[each] = kept_csv(session, found)
        rows = {name: _rows(session, name) for name in FROZEN}
    if snapshot_ids is not None:
        csvs = {each: csvs[each] for each in snapshot_ids}
    return Pinned(csvs, rows)


def _rows(session: Any, table: str) -> list[tuple[Any, ...]]:
    # Through the model's types, so that both engines give the same values.
    rows = session.execute(db.metadata.tables[table].select()).all()
    return sorted((tuple(row) for row in rows), key=str)


def check_kept(before: Pinned) -> None:
    """Assert that nothing of what was frozen changed, and that the ledger gives the same bytes."""
    now = pinned(list(before.csvs))
    assert now.csvs == before.csvs
    for table, rows in before.rows.items():
        assert not [row for row in rows if row not in now.rows[table]], table
    check_verified()


def check_verified() -> None:
    """Assert that every snapshot there is follows from the ledger."""
    db.session.rollback()
    with snapshot() as session:
        for each in session.scalars(text("SELECT id FROM ranking_snapshots ORDER BY id")).all():
            found = find_snapshot(session, each)
            assert found is not None
            made = verified(session, found)
            assert made.differs == (), (each, made.differs)
            assert made.kept == made.recounted
