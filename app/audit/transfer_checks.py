"""The invariant of what one person gives another (I-14)."""

from __future__ import annotations

from app.audit.checks import Check, Part
from app.errors import N_


def transfer_checks() -> tuple[Check, ...]:
    """Return the check on transfers; two people who became one are a transfer as well."""
    crooked = """
        SELECT e.id AS entry_id, e.subject_id, count(*) AS postings,
          count(DISTINCT a.holder_id) AS people, count(DISTINCT a.unit) AS units
        FROM entries e JOIN postings p ON p.entry_id = e.id JOIN accounts a ON a.id = p.account_id
        WHERE e.kind = 'transfer' GROUP BY e.id, e.subject_id
        HAVING count(*) <> 2 OR count(DISTINCT a.holder_id) <> 2 OR count(DISTINCT a.unit) <> 1
    """
    # That gifts raise nobody's served minutes is I-25: they are counted from records alone.
    return (
        Check(
            "I-14",
            N_("Every transfer goes between two people in one unit"),
            "SELECT count(*) FROM entries WHERE kind = 'transfer'",
            (Part("not_between_two_people", crooked),),
        ),
    )
