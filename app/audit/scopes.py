"""What is new since the books were last found clean, and what it touches, as plain SQL.

Each scope stands for a table in a check's query: the rows a quick audit looks at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from app.audit.reading import Reading

# No work of one commit takes so long: what was recorded before is there to be read. Whatever is
# younger may still get a neighbour with a lower id, so the next quick audit looks at it again.
SETTLED_AFTER = timedelta(hours=1)
# The tables whose rows only come, by id, with the column that says when.
_GROWING = {
    "entries": "recorded_at",
    "service_records": "recorded_at",
    "trail": "at",
    "stock_moves": "at",
}


class Mark(NamedTuple):
    """Up to which rows an audit that found nothing has looked."""

    entries: int = 0
    service_records: int = 0
    trail: int = 0
    stock_moves: int = 0


def mark_at(reading: Reading, at: datetime) -> Mark:
    """Return the last rows that were settled at an instant of this snapshot."""
    before = (at - SETTLED_AFTER).strftime("%Y-%m-%d %H:%M:%S.%f")
    zone = "" if reading.engine == "sqlite" else "+00"
    return Mark(
        *(
            reading.number(
                f"SELECT coalesce((SELECT id FROM {table} WHERE {column} <= '{before}{zone}' "
                "ORDER BY id DESC LIMIT 1), 0)"
            )
            for table, column in _GROWING.items()
        )
    )


def last_mark(reading: Reading) -> Mark | None:
    """Return up to where the last clean audit looked; None where there was none."""
    columns = "through_entry_id, through_record_id, through_trail_id, through_move_id"
    found = reading.rows(
        f"SELECT {columns} FROM audit_runs WHERE is_clean ORDER BY id DESC LIMIT 1"
    )
    return Mark(*found[0]) if found else None


# Ids beyond so many are not written out: a statement's length has an end.
_WRITTEN_OUT = 50_000
# What the trail and the ledger say of records that were there before the mark.
_TOUCHED_RECORDS = """SELECT subject_id AS id FROM entries
    WHERE id > {entries} AND kind || '' = 'service' AND subject_kind || '' = 'service_record'
  UNION SELECT o.subject_id FROM entries e JOIN entries o ON o.id = e.reverses_id
    WHERE e.id > {entries} AND o.subject_kind = 'service_record'
  UNION SELECT subject_id FROM trail
    WHERE id > {trail} AND subject_kind || '' = 'service_record' AND subject_id IS NOT NULL"""
_TOUCHED_ACCOUNTS = "SELECT DISTINCT account_id FROM postings WHERE entry_id > {entries}"
# Later ones may name earlier ones. `kind || ''` keeps SQLite from an index by kind: the few rows
# above an id are found by their id. CROSS JOIN lets it begin with the few that are new.
_SCOPES = {
    "new_entries": "SELECT * FROM entries WHERE id > {entries}",
    # With the last one before, which the first new one follows.
    "entries_in_order": "SELECT * FROM entries WHERE id >= {entries}",
    "new_postings": "SELECT * FROM postings WHERE entry_id > {entries}",
    "new_trail": "SELECT * FROM trail WHERE id > {trail}",
    "new_moves": "SELECT * FROM stock_moves WHERE id > {stock_moves}",
    "new_reversals": """SELECT * FROM entries WHERE reverses_id IN (
      SELECT reverses_id FROM entries WHERE id > {entries} AND reverses_id IS NOT NULL)""",
    # Of people and not of the system's accounts, which hold no balance to compare.
    "touched_accounts": """SELECT * FROM accounts
      WHERE holder_id IS NOT NULL AND id IN ({touched_accounts})""",
    "touched_postings": """SELECT * FROM postings WHERE account_id IN (
      SELECT id FROM touched_accounts)""",
    # Entered, awarded, reversed or told of in the trail.
    "new_records": """SELECT * FROM service_records
      WHERE id > {service_records}{or_touched}""",
    "record_dates": "SELECT DISTINCT volunteer_id, service_on FROM new_records",
    "records_of_dates": """SELECT r.* FROM record_dates d CROSS JOIN service_records r
      WHERE r.volunteer_id = d.volunteer_id AND r.service_on = d.service_on""",
    "record_people": "SELECT DISTINCT volunteer_id FROM new_records",
    "records_of_people": """SELECT r.* FROM record_people d CROSS JOIN service_records r
      WHERE r.volunteer_id = d.volunteer_id""",
    "totals_of_people": """SELECT t.* FROM record_people d CROSS JOIN service_totals t
      WHERE t.volunteer_id = d.volunteer_id""",
    "standings_of_people": """SELECT t.* FROM record_people d CROSS JOIN standings t
      WHERE t.volunteer_id = d.volunteer_id""",
    "record_days": "SELECT DISTINCT organisation_id, service_on, team_id FROM new_records",
    "records_of_days": """SELECT r.* FROM record_days d CROSS JOIN service_records r
      WHERE r.team_id = d.team_id AND r.service_on = d.service_on
      AND r.organisation_id = d.organisation_id""",
    "sums_of_days": """SELECT t.* FROM record_days d CROSS JOIN day_totals t
      WHERE t.organisation_id = d.organisation_id AND t.service_on = d.service_on
      AND t.team_id = d.team_id""",
    "new_batches": """SELECT * FROM batches WHERE id IN (
      SELECT batch_id FROM new_records WHERE batch_id IS NOT NULL
      UNION SELECT batch_id FROM trail WHERE id > {trail} AND batch_id IS NOT NULL)""",
    "records_of_batches": """SELECT * FROM service_records WHERE batch_id IN (
      SELECT id FROM new_batches)""",
    "books_of_batches": """SELECT * FROM opening_records WHERE batch_id IN (
      SELECT id FROM new_batches)""",
    "touched_items": """SELECT * FROM shelf_items WHERE id IN (
      SELECT item_id FROM stock_moves WHERE id > {stock_moves})""",
    "moves_of_items": """SELECT * FROM stock_moves WHERE item_id IN (
      SELECT id FROM touched_items)""",
    "touched_redemptions": """SELECT * FROM redemptions WHERE id IN (
      SELECT redemption_id FROM stock_moves
        WHERE id > {stock_moves} AND redemption_id IS NOT NULL
      UNION SELECT subject_id FROM entries
        WHERE id > {entries} AND kind || '' IN ('redemption', 'refund'))""",
    "entries_of_redemptions": """SELECT * FROM entries WHERE kind IN ('redemption', 'refund')
      AND subject_kind = 'redemption' AND subject_id IN (SELECT id FROM touched_redemptions)""",
}


def scopes_above(reading: Reading, mark: Mark) -> Mapping[str, str]:
    """Return the scopes above a mark, by name, as plain SQL.

    Most of them begin with which records and accounts were touched: that is asked once.
    """
    given: dict[str, Any] = mark._asdict()
    touched = _written_out(
        reading,
        f"SELECT id FROM ({_TOUCHED_RECORDS.format(**given)}) t WHERE id <= {mark.service_records}",
    )
    given |= {
        "or_touched": f" OR id IN ({touched})" if touched else "",
        "touched_accounts": _written_out(reading, _TOUCHED_ACCOUNTS.format(**given)) or "NULL",
    }
    return {name: scope.format(**given) for name, scope in _SCOPES.items()}


def _written_out(reading: Reading, query: str) -> str:
    """Return the ids a query gives, or the query itself where they are too many."""
    found = [row[0] for row in reading.rows(f"SELECT * FROM ({query}) t LIMIT {_WRITTEN_OUT + 1}")]
    return query if len(found) > _WRITTEN_OUT else ", ".join(map(str, found))


def scoped(query: str, names: Iterable[str], scopes: Mapping[str, str]) -> str:
    """Return a query that finds the scopes it names."""
    wanted = _with_needed(set(names))
    everything = " ".join([query, *(scopes[name] for name in wanted)])
    views = ", ".join(
        f"{name} AS {_kept(name, everything)} ({scope})"
        for name, scope in scopes.items()
        if name in wanted
    )
    return f"WITH {views} SELECT * FROM ({query}) AS scoped" if views else query


def _kept(name: str, everything: str) -> str:
    """Reckon once what is read several times; else rows with all their columns are laid aside."""
    times = len(re.findall(rf"\b{name}\b", everything))
    return "MATERIALIZED" if times > 1 else "NOT MATERIALIZED"


def _with_needed(names: set[str]) -> set[str]:
    if unknown := names - _SCOPES.keys():
        raise KeyError(f"no such scope: {sorted(unknown)}")
    for name in reversed(_SCOPES):
        if name in names:
            names |= {other for other in _SCOPES if f" {other}" in _SCOPES[name]}
    return names
