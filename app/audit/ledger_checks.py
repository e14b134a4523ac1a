"""The ledger's invariants: entries, postings, accounts, marks (I-01 … I-05, I-10)."""

from __future__ import annotations

from app.audit.checks import Check, Part
from app.audit.words import Words, whole
from app.errors import N_

_ENTRIES = "SELECT count(*) FROM entries"
_POSTINGS = "SELECT count(*) FROM postings"


def ledger_checks(words: Words) -> tuple[Check, ...]:
    """Return the checks that need only the ledger's tables and what they name."""
    return (
        _balanced(),
        _stored(),
        _never_below_zero(words),
        _only_added_to(),
        _in_order(words),
        _reversed_once(),
    )


def _balanced() -> Check:
    # One pass over the postings; an entry with none of them shows in the second.
    unbalanced = f"""
        SELECT p.entry_id, count(*) AS postings,
          {whole("sum(CASE WHEN a.unit = 'minutes' THEN p.amount ELSE 0 END)")} AS minutes,
          {whole("sum(CASE WHEN a.unit = 'points' THEN p.amount ELSE 0 END)")} AS points
        FROM postings p JOIN accounts a ON a.id = p.account_id
        GROUP BY p.entry_id
        HAVING count(*) < 2
          OR sum(CASE WHEN a.unit = 'minutes' THEN p.amount ELSE 0 END) <> 0
          OR sum(CASE WHEN a.unit = 'points' THEN p.amount ELSE 0 END) <> 0
    """
    empty = """
        SELECT e.id AS entry_id, e.kind FROM entries e
        WHERE NOT EXISTS (SELECT 1 FROM postings p WHERE p.entry_id = e.id)
    """
    loose = """
        SELECT p.entry_id, p.account_id, p.amount FROM postings p
        LEFT JOIN entries e ON e.id = p.entry_id LEFT JOIN accounts a ON a.id = p.account_id
        WHERE e.id IS NULL OR a.id IS NULL OR p.amount = 0
    """
    return Check(
        "I-01",
        N_("Every entry has two postings or more, and they sum to zero in each unit"),
        _ENTRIES,
        (Part("unbalanced", unbalanced), Part("empty", empty), Part("loose_posting", loose)),
    )


def _stored() -> Check:
    differs = f"""
        SELECT a.id AS account_id, a.holder_id, a.unit, a.balance,
          {whole("coalesce(s.amount, 0)")} AS summed
        FROM accounts a
        LEFT JOIN (SELECT account_id, sum(amount) AS amount FROM postings GROUP BY account_id) s
          ON s.account_id = a.id
        WHERE a.holder_id IS NOT NULL AND coalesce(a.balance, -1) <> coalesce(s.amount, 0)
    """
    # Account by account first, as the table is clustered by them.
    created = f"""
        SELECT a.unit, {whole("sum(s.amount)")} AS summed
        FROM (SELECT account_id, sum(amount) AS amount FROM postings GROUP BY account_id) s
        JOIN accounts a ON a.id = s.account_id
        GROUP BY a.unit HAVING sum(s.amount) <> 0
    """
    return Check(
        "I-02",
        N_("Every stored balance is the sum of its postings, and all accounts sum to zero"),
        "SELECT count(*) FROM accounts",
        (Part("stored_balance", differs), Part("not_zero_in_all", created)),
    )


def _never_below_zero(words: Words) -> Check:
    now = """
        SELECT id AS account_id, holder_id, unit, balance FROM accounts
        WHERE holder_id IS NOT NULL AND balance < 0
    """
    # Entries of one commit share their instant: what counts is where the last of them left it.
    # The instant is looked up for what stood below zero only, and not joined to every posting.
    ever = f"""
        SELECT n.account_id, n.entry_id, {whole("n.stood")} AS stood,
          {words.instant("n.recorded_at")} AS recorded_at
        FROM (
          SELECT s.account_id, s.entry_id, s.stood,
            (SELECT e.recorded_at FROM entries e WHERE e.id = s.entry_id) AS recorded_at
          FROM (
            SELECT p.account_id, p.entry_id,
              sum(p.amount) OVER (PARTITION BY p.account_id ORDER BY p.entry_id) AS stood
            FROM postings p JOIN accounts a ON a.id = p.account_id WHERE a.holder_id IS NOT NULL
          ) s WHERE s.stood < 0
        ) n
        WHERE NOT EXISTS (
          SELECT 1 FROM postings q JOIN entries f ON f.id = q.entry_id
          WHERE q.account_id = n.account_id AND q.entry_id > n.entry_id
            AND f.recorded_at = n.recorded_at
        )
    """
    return Check(
        "I-03",
        N_("No volunteer's minutes or points ever stood below zero"),
        _POSTINGS,
        (Part("below_zero", now), Part("was_below_zero", ever)),
    )


# Each table of the ledger and its subjects with what its columns name elsewhere.
REFERENCES: dict[str, dict[str, str]] = {
    "accounts": {"root_id": "organisations", "holder_id": "volunteers"},
    "entries": {
        "actor_id": "logins",
        "reverses_id": "entries",
        "rule_version_id": "rule_versions",
    },
    "rule_versions": {"organisation_id": "organisations"},
    "rule_rates": {"rule_version_id": "rule_versions", "colour_id": "colours"},
    "operation_keys": {"actor_id": "logins"},
    "trail": {
        "actor_id": "logins",
        "on_behalf_of_id": "volunteers",
        "organisation_id": "organisations",
        "batch_id": "batches",
    },
    "batches": {"organisation_id": "organisations", "team_id": "teams", "actor_id": "logins"},
    "service_records": {
        "root_id": "organisations",
        "volunteer_id": "volunteers",
        "team_id": "teams",
        "organisation_id": "organisations",
        "colour_id": "colours",
        "first_part_id": "service_records",
        "recorder_id": "logins",
        "approver_id": "logins",
        "corrects_id": "service_records",
        "batch_id": "batches",
        "award_entry_id": "entries",
        "reversal_entry_id": "entries",
    },
    "opening_records": {
        "root_id": "organisations",
        "organisation_id": "organisations",
        "volunteer_id": "volunteers",
        "recorder_id": "logins",
        "batch_id": "batches",
        "entry_id": "entries",
        "reversal_entry_id": "entries",
    },
    "redemptions": {
        "item_id": "shelf_items",
        "volunteer_id": "volunteers",
        "made_by_id": "logins",
        "settled_by_id": "logins",
    },
    "stock_moves": {"item_id": "shelf_items", "actor_id": "logins", "partner_id": "partners"},
    "item_versions": {"item_id": "shelf_items", "partner_id": "partners"},
}
# Tables whose key is not named id.
_KEYS = {"rule_rates": "rule_version_id", "operation_keys": "actor_id"}


def _only_added_to() -> Check:
    lost = tuple(
        Part(f"names_a_lost_row_in_{table}", _lost(table, columns))
        for table, columns in REFERENCES.items()
    )
    # A mark is published at the last entry of its time.
    below_mark = """
        SELECT m.id AS mark_id, m.entry_id FROM marks m
        LEFT JOIN entries e ON e.id = m.entry_id WHERE m.entry_id <> 0 AND e.id IS NULL
    """
    return Check(
        "I-04",
        N_("Nothing that entries, records, keys, marks or the trail name has been taken away"),
        "SELECT "
        + " + ".join(f"(SELECT count(*) FROM {table})" for table in ("marks", *REFERENCES)),
        (*lost, Part("marked_entry_is_gone", below_mark)),
    )


def _lost(table: str, columns: dict[str, str]) -> str:
    """Give the rows of a table that name a row which is not there, in one pass."""
    key = _KEYS.get(table, "id")
    is_lost = {column: f"t.{column} IS NOT NULL AND {column}_.id IS NULL" for column in columns}
    joins = " ".join(
        f"LEFT JOIN {target} {column}_ ON {column}_.id = t.{column}"
        for column, target in columns.items()
    )
    cases = " ".join(f"WHEN {test} THEN '{column}'" for column, test in is_lost.items())
    anything = " OR ".join(f"({test})" for test in is_lost.values())
    return (
        f"SELECT t.{key} AS {key}, CASE {cases} END AS lost FROM {table} t {joins} WHERE {anything}"
    )


def _in_order(words: Words) -> Check:
    fallen = f"""
        SELECT id AS entry_id, {words.instant("recorded_at")} AS recorded_at,
          {words.instant("before_at")} AS before_at
        FROM (
          SELECT id, recorded_at, lag(recorded_at) OVER (ORDER BY id) AS before_at FROM entries
        ) o WHERE recorded_at < before_at
    """
    fallen_mark = """
        SELECT id AS mark_id, entry_id, before_id FROM (
          SELECT id, entry_id, lag(entry_id) OVER (ORDER BY id) AS before_id FROM marks
        ) o WHERE entry_id < before_id
    """
    # Each entry is held against the earliest publication at or above it.
    below_mark = f"""
        SELECT e.id AS entry_id, m.entry_id AS mark, {words.instant("e.recorded_at")} AS recorded_at
        FROM (
          SELECT entry_id, lag(entry_id, 1, 0) OVER (ORDER BY entry_id, id) AS after_id,
            min(published_at) OVER (
              ORDER BY entry_id, id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
            ) AS published_at
          FROM marks
        ) m JOIN entries e ON e.id > m.after_id AND e.id <= m.entry_id
        WHERE e.recorded_at > m.published_at
    """
    return Check(
        "I-05",
        N_("Recorded instants never fall along the entries, and none appeared below a mark"),
        _ENTRIES,
        (
            Part("instant_falls", fallen),
            Part("mark_falls", fallen_mark),
            Part("below_a_mark", below_mark),
        ),
    )


def _reversed_once() -> Check:
    twice = """
        SELECT reverses_id AS entry_id, count(*) AS reversals FROM entries
        WHERE reverses_id IS NOT NULL GROUP BY reverses_id HAVING count(*) > 1
    """
    of_reversal = """
        SELECT e.id AS entry_id, e.reverses_id FROM entries e
        JOIN entries o ON o.id = e.reverses_id WHERE o.kind = 'reversal'
    """
    unlinked = """
        SELECT id AS entry_id, kind FROM entries
        WHERE (kind = 'reversal') <> (reverses_id IS NOT NULL) OR reverses_id >= id
    """
    crooked = """
        SELECT e.id AS entry_id, e.reverses_id FROM entries e
        WHERE e.reverses_id IS NOT NULL AND (
          EXISTS (
            SELECT 1 FROM postings o
            LEFT JOIN postings r ON r.entry_id = e.id AND r.account_id = o.account_id
              AND r.amount = -o.amount
            WHERE o.entry_id = e.reverses_id AND r.entry_id IS NULL
          )
          OR (SELECT count(*) FROM postings r WHERE r.entry_id = e.id)
            <> (SELECT count(*) FROM postings o WHERE o.entry_id = e.reverses_id)
        )
    """
    return Check(
        "I-10",
        N_("An entry is reversed at most once, and its reversal mirrors each posting"),
        "SELECT count(*) FROM entries WHERE reverses_id IS NOT NULL",
        (
            Part("reversed_twice", twice),
            Part("reversal_reversed", of_reversal),
            Part("not_linked", unlinked),
            Part("not_a_mirror", crooked),
        ),
    )
