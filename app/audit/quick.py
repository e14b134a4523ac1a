"""The quick audit: of every invariant what can be judged by what is new since the last clean run.

It runs the queries of the whole audit over the rows of app/audit/scopes.py. `COVERED` says which
parts it has; whatever is not named here is left to the whole audit, above all changes of old
rows, which only the chain and a look at everything find.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from app.audit.chain_checks import chain_parts
from app.audit.checks import Check, Part, Result, run
from app.audit.reading import Reading
from app.audit.report import Report, checks_for, require_tables
from app.audit.schema import check_schema
from app.audit.scopes import Mark, scoped, scopes_above
from app.audit.words import Words

# By part: what stands in its query, and the scope that takes its place.
Parts = Mapping[str, Mapping[str, str]]


class Covered(NamedTuple):
    """What the quick audit sees of one check; `looked_at` is the scope whose rows it counts."""

    looked_at: str
    parts: Parts


_ENTRY = {"FROM entries e": "new_entries"}
_RECORD = {"FROM service_records": "new_records"}
_REDEMPTION = {"FROM redemptions r": "touched_redemptions"}
_PAID = {**_REDEMPTION, "FROM entries e": "entries_of_redemptions"}
COVERED: dict[str, Covered] = {
    "I-01": Covered(
        "new_postings",
        {
            "unbalanced": {"FROM postings": "new_postings"},
            "empty": _ENTRY,
            "loose_posting": {"FROM postings": "new_postings"},
        },
    ),
    "I-02": Covered(
        "touched_accounts",
        {
            "stored_balance": {
                "FROM accounts": "touched_accounts",
                "FROM postings": "touched_postings",
            },
            "not_zero_in_all": {"FROM postings": "new_postings"},
        },
    ),
    "I-03": Covered(
        "touched_accounts",
        {
            "below_zero": {"FROM accounts": "touched_accounts"},
            "was_below_zero": {"FROM postings p": "touched_postings"},
        },
    ),
    "I-05": Covered(
        "new_entries",
        {
            "instant_falls": {"FROM entries": "entries_in_order"},
            "mark_falls": {},
            "below_a_mark": {"JOIN entries e": "new_entries"},
        },
    ),
    "I-07": Covered(
        "new_records",
        {
            "record_and_award_differ": _RECORD,
            "award_without_record": _ENTRY,
        },
    ),
    "I-08": Covered(
        "new_records",
        {
            "decision_and_state_differ": _RECORD,
            "corrected_record_still_counts": {"FROM service_records n": "new_records"},
            "halves_decided_apart": {"FROM service_records r": "new_records"},
        },
    ),
    "I-09": Covered(
        "new_records",
        {
            "credit_differs": _RECORD,
            "rule_not_in_effect": _RECORD,
            "two_service_days_in_a_month": {"FROM service_records": "records_of_people"},
        },
    ),
    "I-10": Covered(
        "new_reversals",
        {
            "reversed_twice": {"FROM entries": "new_reversals"},
            "reversal_reversed": _ENTRY,
            "not_linked": {"FROM entries": "new_entries"},
            "not_a_mirror": _ENTRY,
        },
    ),
    "I-11": Covered(
        "new_records",
        {
            "overlap": {"FROM service_records": "records_of_dates"},
            "over_the_daily_limit": {"FROM service_records": "records_of_dates"},
        },
    ),
    "I-12": Covered(
        "new_records",
        {
            "approved_own": _RECORD,
            "approved_for_ward": _RECORD,
            "needed_two_people": _RECORD,
            "approved_through_a_code": _RECORD,
        },
    ),
    "I-13": Covered(
        "new_moves",
        {
            "stock_differs": {
                "FROM shelf_items": "touched_items",
                "JOIN stock_moves": "moves_of_items",
            },
            "stock_below_zero": {"FROM stock_moves": "moves_of_items"},
            "move_of_no_kind": {"FROM stock_moves": "new_moves"},
            "paid_elsewhere": _ENTRY,
            "redemption_unpaid": _PAID,
            "paid_for_nothing": _ENTRY,
            "another_price": _REDEMPTION,
            "reversed_instead_of_refunded": {"JOIN entries x": "new_entries"},
            "not_given_back": _PAID,
            "given_back_for_nothing": _ENTRY,
            "not_set_aside": _REDEMPTION,
            "end_without_move": _REDEMPTION,
            "stray_move": {"FROM stock_moves m": "new_moves"},
            "redemption_without_trail": _REDEMPTION,
        },
    ),
    "I-14": Covered(
        "new_entries",
        {"not_between_two_people": _ENTRY},
    ),
    "I-15": Covered("new_entries", {"key_lost": {"FROM entries": "new_entries"}}),
    "I-18": Covered(
        "new_batches",
        {
            "figures_differ": {"FROM batches": "new_batches"},
            "records_differ": {
                "FROM batches": "new_batches",
                "FROM service_records": "records_of_batches",
                "FROM opening_records": "books_of_batches",
            },
            "undone_but_counts": {
                "FROM batches": "new_batches",
                "JOIN service_records": "records_of_batches",
                "JOIN opening_records": "books_of_batches",
            },
        },
    ),
    "I-20": Covered(
        "new_trail",
        {
            "batch_without_trail": {"FROM batches": "new_batches"},
            # Whatever is touched now may have been decided and told of long ago.
            "decision_without_trail": {"FROM service_records": "new_records"},
            "posting_without_trail": {"FROM entries": "new_entries"},
        },
    ),
    "I-25": Covered(
        "record_people",
        {
            "totals_differ": {
                "FROM service_totals": "totals_of_people",
                "FROM service_records": "records_of_people",
            },
            "standings_differ": {
                "FROM standings": "standings_of_people",
                "FROM service_totals": "totals_of_people",
                "FROM service_records": "records_of_people",
            },
            "days_differ": {
                "FROM day_totals": "sums_of_days",
                "FROM service_records": "records_of_days",
            },
        },
    ),
}
# Their tail is checked by queries of their own, or they are quick as a whole.
IN_OTHER_WORDS = frozenset({"schema", "I-06"})


def quick_audit(
    reading: Reading, mark: Mark, told: Callable[[Result], None] = lambda result: None
) -> Report:
    """Check what is new above a mark in one snapshot; there is no digest of a part.

    Raises CannotRead when tables are missing.
    """
    require_tables(reading)
    results = []
    for result in _results(reading, mark):
        told(result)
        results.append(result)
    return Report(results, "")


def quick_count() -> int:
    """Return how many results a quick audit has."""
    return len(COVERED) + len(IN_OTHER_WORDS)


def quick_checks(reading: Reading, mark: Mark) -> Iterator[Check]:
    """Return the checks over what is new."""
    scopes = scopes_above(reading, mark)
    for check in checks_for(Words(reading.engine)):
        if check.id in COVERED:
            yield _narrowed(check, COVERED[check.id], scopes)
        elif check.id == "I-06":
            links = f"FROM chain_links WHERE through_id > {mark.entries}"
            count = f"SELECT coalesce(sum(entries), 0) {links}"
            yield check._replace(looked_at=count, parts=chain_parts(mark.entries))


def _results(reading: Reading, mark: Mark) -> Iterator[Result]:
    yield check_schema(reading)
    # Several checks look at the same rows: they are counted once.
    counted: dict[str, int] = {}
    for check in quick_checks(reading, mark):
        if check.looked_at not in counted:
            counted[check.looked_at] = reading.number(check.looked_at)
        yield run(check, reading, counted[check.looked_at])


def _narrowed(check: Check, covered: Covered, scopes: Mapping[str, str]) -> Check:
    queries = {part.code: part.query for part in check.parts}
    return check._replace(
        looked_at=scoped(f"SELECT count(*) FROM {covered.looked_at}", [covered.looked_at], scopes),
        parts=tuple(
            Part(code, scoped(_over(queries[code], given), given.values(), scopes))
            for code, given in covered.parts.items()
        ),
    )


def _over(query: str, given: Mapping[str, str]) -> str:
    """Let a query read the scopes in place of the tables."""
    for named, scope in given.items():
        verb, table, *alias = named.split()
        query, found = re.subn(
            rf"\b{verb}\s+{table}\b" + (rf"(?=\s+{alias[0]}\b)" if alias else ""),
            f"{verb} {scope}",
            query,
        )
        if not found:
            raise ValueError(f"nothing reads “{named}” in: {query}")
    return query
