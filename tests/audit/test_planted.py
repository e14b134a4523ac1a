"""One corruption per way to violate an invariant, planted with the guards off: it is named."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from flask import Flask

from app.audit.quick import COVERED, IN_OTHER_WORDS, quick_audit
from app.audit.reading import open_reading
from app.audit.report import Report, audit, checks_for
from app.audit.scopes import Mark
from app.audit.words import Words
from app.db import db
from tests.audit.community import ADJUSTMENTS, ISSUED_MINUTES
from tests.audit.frozen import FROZEN
from tests.audit.planting import plant

LATER = "2025-05-01 00:00:00.000000"
ENTRY = "INSERT INTO entries (id, kind, recorded_at, actor_id, subject_kind, subject_id"
POSTING = "INSERT INTO postings (account_id, entry_id, amount) VALUES"
KEY = "INSERT INTO operation_keys (actor_id, key, content_sha256, result, at) VALUES"

# One that has begun, of the records' team; its date is that of record 2.
ACTIVITY = (
    "INSERT INTO activities (id, team_id, service_on, title, content, place, bring, "
    "starts_minute, minutes, taken, state, is_proposed, version, screen_secret, paper_secret, "
    "made_by_id, made_at) "
    "VALUES (1, 1, '2025-04-01', 'x', '', '', '', 540, 60, {taken}, 'under_way', false, 1, '', '', "
    f"1, '{LATER}')"
)
OPEN_ACTIVITY = ACTIVITY.format(taken=0)
PLACED = (
    "INSERT INTO sign_ups (id, activity_id, volunteer_id, state, made_by_id, made_at, placed_at, "
    f"attendance) VALUES (1, 1, 1, 'placed', 1, '{LATER}', '{LATER}', {{attendance}})"
)


DISPUTE = (
    "INSERT INTO disputes (id, record_id, volunteer_id, what, raised_at, state, due_on, "
    "may_pass_on) VALUES"
)
LINE = "INSERT INTO dispute_lines (dispute_id, kind, author_id, at, record_id, words) VALUES"
YEAR = (
    "INSERT INTO year_checks (volunteer_id, year, records, minutes, points_hundredths, digest, "
    "entry_id, at, actor_id) VALUES"
)
ADJUSTMENT = (
    "INSERT INTO adjustments (id, kind, organisation_id, volunteer_id, minutes, points_hundredths, "
    "reason, asker_id, asked_at, state, answered_at, answer, is_alone, second_id, entry_id) VALUES"
)
OPENING = (
    "INSERT INTO opening_records (id, root_id, organisation_id, volunteer_id, as_of_on, minutes, "
    "points_hundredths, state, recorder_id, recorded_at, batch_id, entry_id, reversal_entry_id) "
    "VALUES"
)
# The first volunteer becomes the second, on paper only.
MERGE = (
    "INSERT INTO merges (id, kept_id, gone_id, organisation_id, merged_by_id, merged_at, reason, "
    f"figures) VALUES (1, 2, 1, 1, 2, '{LATER}', 'x', '')"
)
# An instant of the trail, by the clerk.
NOTED = "2025-04-10 01:02:03.000004"


class Corruption(NamedTuple):
    invariant: str
    code: str
    statements: tuple[str, ...]
    without: tuple[str, ...] = ()


def entry(number: int, kind: str, *legs: str, at: str = LATER, more: str = "") -> tuple[str, ...]:
    """Give an entry of the clerk; `more` is `column = value` of one further column."""
    column, _, value = more.partition(" = ")
    columns, values = (f", {column}", f", {value}") if more else ("", "")
    seal = f"{ENTRY}{columns}) VALUES ({number}, '{kind}', '{at}', 1, 'test', 1{values})"
    return (*(f"{POSTING} {leg}" for leg in legs), seal)


def lost(table: str, *statements: str) -> Corruption:
    return Corruption("I-04", f"names_a_lost_row_in_{table}", statements)


def dispute(record: int, volunteer: int, state: str, *lines: str) -> tuple[str, ...]:
    """Give a dispute of the record, its thread after the line that raised it."""
    raised = f"(1, 'raised', 1, '{NOTED}', NULL, '')"
    made = (
        f"{DISPUTE} (1, {record}, {volunteer}, 'points', '{NOTED}', '{state}', '2025-05-01', false)"
    )
    return (made, *(f"{LINE} {line}" for line in (raised, *lines)))


def adjustment(
    asker: int, second: str, *, alone: str = "false", minutes: int = 10, at: str = NOTED
) -> str:
    """Give an adjustment of the second volunteer's minutes, posted by entry 9."""
    return (
        f"{ADJUSTMENT} (1, 'amount', 1, 2, {minutes}, 0, 'x', {asker}, '{NOTED}', 'posted', "
        f"'{at}', 'x', {alone}, {second}, 9)"
    )


# The leader is the second volunteer. The entry is the adjustment's, and its postings balance.
ADJUSTED = (
    f"{POSTING} (3, 9, 10)",
    f"{POSTING} ({ADJUSTMENTS}, 9, -10)",
    f"{ENTRY}) VALUES (9, 'adjustment', '{LATER}', 1, 'adjustment', 1)",
    "UPDATE accounts SET balance = balance + 10 WHERE id = 3",
)
GUARDIAN = (
    "INSERT INTO helpers (volunteer_id, helper_id, kind, from_on) "
    "VALUES (2, 3, 'guardian', '2025-01-01')",
    "UPDATE logins SET volunteer_id = 3 WHERE id = 1",
)


def opening(
    minutes: int = 60,
    state: str = "approved",
    recorder: int = 1,
    at: str = NOTED,
    reversal: str = "NULL",
) -> str:
    """Give an opening balance of the second volunteer, posted by entry 9."""
    return (
        f"{OPENING} (1, 1, 1, 2, '2024-12-31', {minutes}, 0, '{state}', {recorder}, '{at}', 1, 9, "
        f"{reversal})"
    )


OPENED = (
    "INSERT INTO accounts (id, root_id, purpose, unit) VALUES (99, 1, 'opening', 'minutes')",
    f"{POSTING} (3, 9, 60)",
    f"{POSTING} (99, 9, -60)",
    f"{ENTRY}) VALUES (9, 'opening', '{LATER}', 1, 'opening', 1)",
    "UPDATE accounts SET balance = balance + 60 WHERE id = 3",
)
HELPER = (
    "INSERT INTO helpers (volunteer_id, helper_id, kind, from_on) "
    "VALUES (2, 3, 'helper', '2025-01-01')",
    "UPDATE logins SET volunteer_id = 3 WHERE id = 1",
)
# A code from the second volunteer opened the account of the first login.
CODE_OF_THE_SECOND = (
    "INSERT INTO account_openings (id, login_id, issued_by_id, opened_on, from_at, until_on) "
    "VALUES (1, 1, 2, '2025-01-01', '2025-01-01 00:00:00.000000', '2199-01-01')"
)

# Five pieces at one point each, and one of them redeemed by the second volunteer.
MOVE = (
    "INSERT INTO stock_moves (item_id, kind, available_change, reserved_change, at, redemption_id) "
    "VALUES"
)
PAID = (
    "INSERT INTO accounts (id, root_id, purpose, unit) VALUES (98, 1, 'points_redeemed', 'points')",
    *entry(9, "redemption", "(4, 9, -100)", "(98, 9, 100)"),
)
OF_REDEMPTION = "SET subject_kind = 'redemption' WHERE id ="
SHELF = (
    "INSERT INTO shelf_items (id, organisation_id, kind, version, available, reserved, low_at, "
    f"made_by_id, made_at) VALUES (1, 1, 'goods', 1, 4, 1, 3, 1, '{LATER}')",
    "INSERT INTO item_versions (id, item_id, number, name, description, measure, category, "
    "price_hundredths, collect_at, made_by_id, made_at) "
    f"VALUES (1, 1, 1, 'x', '', 'x', 'x', 100, '', 1, '{LATER}')",
    f"{MOVE} (1, 'in', 5, 0, '{LATER}', NULL)",
)
REDEEMED = (
    *SHELF,
    *PAID,
    f"UPDATE entries {OF_REDEMPTION} 9",
    "UPDATE accounts SET balance = balance - 100 WHERE id = 4",
    "INSERT INTO redemptions (id, organisation_id, item_id, item_version_id, volunteer_id, "
    "quantity, cost_hundredths, state, code, token, asked_by, redeemed_at, redeemed_on, "
    "collect_by_on, made_by_id, entry_id) VALUES (1, 1, 1, 1, 2, 1, 100, 'to_collect', '482716', "
    f"'t', 'self', '{LATER}', '2025-05-01', '2025-05-15', 2, 9)",
    f"{MOVE} (1, 'reserved', -1, 1, '{LATER}', 1)",
    "INSERT INTO trail (at, operation, actor_id, subject_kind, subject_id, request_id) "
    f"VALUES ('{LATER}', 'redemption.make', 2, 'redemption', 1, '')",
)


def of_shelf(code: str, *statements: str, made: tuple[str, ...] = REDEEMED) -> Corruption:
    return Corruption("I-13", code, (*made, *statements))


def handed_over(code: str, *statements: str) -> Corruption:
    """Let the first login hand over what the second volunteer redeemed, and then more."""
    settled = (
        f"UPDATE redemptions SET state = 'collected', settled_at = '{LATER}', "
        "settled_on = '2025-05-02', settled_by_id = 1"
    )
    return Corruption("R-01", code, (*REDEEMED, settled, *statements))


def expiry(number: int, until: str = "2024-12-31") -> str:
    """Give an expiry of the first volunteer that names some entry."""
    return (
        "INSERT INTO expiries (id, root_id, volunteer_id, year_earned, usable_until_on, "
        f"points_hundredths, entry_id, posted_at) VALUES (1, 1, 1, 2023, '{until}', 100, "
        f"{number}, '{NOTED}')"
    )


SIGNING_KEY = (
    "INSERT INTO signing_keys (id, key_id, public_key, sealed_private, made_at) "
    f"VALUES (1, 'k', 'p', 's', '{LATER}')"
)


def certificate(
    number: int, sequence: int, *, says: str = "", award: str = "NULL", **more: str
) -> str:
    """Give a certificate of the first volunteer, signed by the clerk."""
    kind = "service" if award == "NULL" else "award"
    payload = (
        f'{{"kind":"{kind}","number":"TX-2025-{sequence}","verify_code":"{number:028}"{says}}}'
    )
    replaces = more.get("replaces", "NULL")
    return (
        "INSERT INTO certificates (id, organisation_id, year, sequence, number, kind, "
        "volunteer_id, award_id, edition, name, payload, signature, signing_key_id, verify_code, "
        f"last_entry_id, issued_at, issued_by_id, replaces_id) VALUES ({number}, 1, 2025, "
        f"{sequence}, '{more.get('shown', f'TX-2025-{sequence}')}', '{kind}', 1, {award}, "
        f"{number}, '立春', '{payload}', 's', 1, '{number:028}', 5, '{LATER}', 1, {replaces})"
    )


def revocation(number: int, category: str) -> str:
    return (
        "INSERT INTO certificate_revocations (certificate_id, category, reason, revoked_at, "
        f"revoked_by_id) VALUES ({number}, '{category}', 'x', '{LATER}', 1)"
    )


# An organisation below the community's, retired on paper; and that it was retired.
NODE = (
    "INSERT INTO organisations (id, parent_id, code, name, created_at, retired_on) "
    f"VALUES ({{id}}, {{parent}}, 'N{{id}}', 'x', '{LATER}', {{retired}})"
)
GONE = NODE.format(id=8, parent=1, retired="'2025-05-01'")
RETIRED = (
    "INSERT INTO organisation_changes (kind, organisation_id, changed_on, made_at, made_by_id, "
    f"reason) VALUES ('retired', 8, '2025-05-01', '{LATER}', 1, 'x')"
)
# One that no trail row tells of.
CERTIFIED = (SIGNING_KEY, certificate(1, 1))


def frozen(code: str, *statements: str, invariant: str = "I-17") -> Corruption:
    """Freeze the community's year by the two logins, and then more."""
    return Corruption(invariant, code, (*FROZEN, *statements))


# The first entry and the first record are old here, and whatever is planted in them.
OLD = Mark(entries=1, service_records=1)
OF_OLD_ROWS = {
    *("stored_balance", "record_and_award_differ", "decision_and_state_differ", "credit_differs"),
    *("over_the_daily_limit", "approved_for_ward", "needed_two_people", "decision_without_trail"),
    *("totals_differ", "standings_differ"),
}
CORRUPTIONS: tuple[Corruption, ...] = (
    Corruption(
        "I-01",
        "unbalanced",
        (f"UPDATE postings SET amount = amount + 1 WHERE account_id = {ISSUED_MINUTES}",),
    ),
    Corruption("I-01", "empty", entry(9, "transfer")),
    Corruption("I-01", "loose_posting", (f"{POSTING} (1, 999, 5)",)),
    Corruption("I-02", "stored_balance", ("UPDATE accounts SET balance = 91 WHERE id = 1",)),
    Corruption(
        "I-02",
        "not_zero_in_all",
        ("UPDATE postings SET amount = 61 WHERE account_id = 3 AND entry_id = 2",),
    ),
    Corruption("I-03", "below_zero", ("UPDATE accounts SET balance = -1 WHERE id = 5",)),
    Corruption(
        "I-03",
        "was_below_zero",
        (
            *entry(9, "transfer", "(5, 9, -10)", f"({ADJUSTMENTS}, 9, 10)"),
            *entry(
                10,
                "transfer",
                "(5, 10, 10)",
                f"({ADJUSTMENTS}, 10, -10)",
                at="2025-05-01 00:00:01.000000",
            ),
        ),
    ),
    Corruption(
        "I-14",
        "not_between_two_people",
        entry(9, "transfer", "(1, 9, -10)", f"({ADJUSTMENTS}, 9, 10)"),
    ),
    lost("accounts", "UPDATE accounts SET root_id = 999 WHERE id = 1"),
    lost("entries", "UPDATE entries SET actor_id = 999 WHERE id = 1"),
    lost("rule_versions", "UPDATE rule_versions SET organisation_id = 999"),
    lost("rule_rates", "INSERT INTO rule_rates VALUES (1, 999, 100)"),
    lost("operation_keys", f"{KEY} (999, 'k', '', '', '{LATER}')"),
    lost("trail", "UPDATE trail SET organisation_id = 999 WHERE id = 1"),
    lost("batches", "UPDATE batches SET team_id = 999"),
    lost("service_records", "UPDATE service_records SET recorder_id = 999 WHERE id = 1"),
    Corruption("I-04", "marked_entry_is_gone", ("DELETE FROM entries WHERE id = 5",)),
    Corruption(
        "I-05", "instant_falls", (f"UPDATE entries SET recorded_at = '{LATER}' WHERE id = 1",)
    ),
    Corruption(
        "I-05",
        "mark_falls",
        (f"INSERT INTO marks (id, entry_id, purpose, published_at) VALUES (2, 1, 'x', '{LATER}')",),
    ),
    Corruption(
        "I-05", "below_a_mark", ("UPDATE marks SET published_at = '2025-04-10 00:00:00.000000'",)
    ),
    Corruption(
        "I-07",
        "record_and_award_differ",
        ("UPDATE service_records SET state = 'submitted' WHERE id = 1",),
    ),
    Corruption(
        "I-07",
        "award_without_record",
        entry(9, "service", "(1, 9, 5)", f"({ISSUED_MINUTES}, 9, -5)"),
    ),
    Corruption(
        "I-08",
        "decision_and_state_differ",
        ("UPDATE service_records SET approver_id = NULL WHERE id = 1",),
    ),
    Corruption(
        "I-08",
        "corrected_record_still_counts",
        ("UPDATE service_records SET corrects_id = 1 WHERE id = 2",),
    ),
    Corruption(
        "I-08",
        "halves_decided_apart",
        ("UPDATE service_records SET first_part_id = 1, part = 2 WHERE id = 5",),
    ),
    Corruption("I-09", "credit_differs", ("UPDATE rule_versions SET service_day_percent = 60",)),
    Corruption(
        "I-09", "rule_not_in_effect", ("UPDATE rule_versions SET effective_from = '2030-01-01'",)
    ),
    Corruption(
        "I-09",
        "two_service_days_in_a_month",
        ("UPDATE service_records SET is_service_day = true WHERE id IN (2, 3)",),
    ),
    Corruption(
        "I-10",
        "reversed_twice",
        entry(9, "reversal", "(5, 9, -120)", f"({ISSUED_MINUTES}, 9, 120)", more="reverses_id = 4"),
        without=("uq_entries_reverses_id",),
    ),
    Corruption(
        "I-10",
        "reversal_reversed",
        entry(9, "reversal", "(5, 9, 120)", f"({ISSUED_MINUTES}, 9, -120)", more="reverses_id = 5"),
    ),
    Corruption("I-10", "not_linked", ("UPDATE entries SET kind = 'adjustment' WHERE id = 5",)),
    Corruption(
        "I-10",
        "not_a_mirror",
        (
            "UPDATE postings SET amount = -119 WHERE account_id = 5 AND entry_id = 5",
            "UPDATE postings SET amount = 119 WHERE entry_id = 5 AND account_id = 91",
        ),
    ),
    Corruption(
        "I-11",
        "overlap",
        ("UPDATE service_records SET volunteer_id = 1, service_on = '2025-03-28' WHERE id = 2",),
    ),
    Corruption(
        "I-11",
        "over_the_daily_limit",
        ("UPDATE service_records SET daily_limit_minutes = 60 WHERE id = 1",),
    ),
    Corruption(
        "I-12", "approved_own", ("UPDATE service_records SET approver_id = 2 WHERE id = 2",)
    ),
    Corruption(
        "I-12",
        "approved_for_ward",
        (
            "INSERT INTO helpers (id, volunteer_id, helper_id, kind, from_on) "
            "VALUES (1, 1, 2, 'guardian', '2025-01-01')",
            "UPDATE service_records SET approver_id = 2 WHERE id = 1",
        ),
    ),
    Corruption(
        "I-12",
        "approved_through_a_code",
        (
            "INSERT INTO account_openings (id, login_id, issued_by_id, opened_on, from_at, "
            "until_on) SELECT 1, approver_id, 2, '2025-01-01', '2025-01-01 00:00:00.000000', "
            "'2199-01-01' FROM service_records WHERE id = 2",
        ),
    ),
    Corruption(
        "I-12",
        "needed_two_people",
        ("UPDATE service_records SET waits_reason = 'two_people', recorder_id = 1 WHERE id = 1",),
    ),
    Corruption(
        "I-15",
        "key_twice",
        (f"{KEY} (1, 'k1', '', '', '{LATER}')",),
        without=("pk_operation_keys",),
    ),
    of_shelf("stock_differs", "UPDATE shelf_items SET available = 5"),
    of_shelf(
        "stock_below_zero",
        f"{MOVE} (1, 'damaged', -5, 0, '{LATER}', NULL)",
        f"{MOVE} (1, 'in', 5, 0, '{LATER}', NULL)",
    ),
    of_shelf("move_of_no_kind", f"{MOVE} (1, 'in', 0, 0, '{LATER}', NULL)"),
    of_shelf("redemption_unpaid", "UPDATE redemptions SET cost_hundredths = 99"),
    of_shelf("paid_for_nothing", *PAID, made=()),
    of_shelf("another_price", "UPDATE redemptions SET quantity = 2"),
    of_shelf(
        "reversed_instead_of_refunded",
        *entry(
            10, "reversal", "(4, 10, 100)", f"({ADJUSTMENTS}, 10, -100)", more="reverses_id = 9"
        ),
    ),
    of_shelf("not_given_back", "UPDATE redemptions SET state = 'cancelled'"),
    of_shelf(
        "given_back_for_nothing",
        *entry(9, "refund", "(4, 9, 1)", f"({ADJUSTMENTS}, 9, -1)"),
        made=(),
    ),
    of_shelf("not_set_aside", "UPDATE stock_moves SET reserved_change = 2 WHERE kind = 'reserved'"),
    of_shelf("end_without_move", "UPDATE redemptions SET state = 'collected'"),
    of_shelf("stray_move", f"{MOVE} (1, 'handed_over', 0, -1, '{LATER}', 1)"),
    of_shelf(
        "stray_move",
        "UPDATE redemptions SET state = 'expired'",
        f"{MOVE} (1, 'handed_over', 0, -1, '{LATER}', 1)",
    ),
    of_shelf(
        "paid_elsewhere", f"UPDATE postings SET account_id = {ADJUSTMENTS} WHERE account_id = 98"
    ),
    handed_over("handed_over_to_oneself", "UPDATE redemptions SET settled_by_id = 2"),
    handed_over("handed_over_to_ward", *HELPER),
    handed_over("handed_over_through_a_code", CODE_OF_THE_SECOND),
    of_shelf("redemption_without_trail", "DELETE FROM trail WHERE subject_kind = 'redemption'"),
    lost("redemptions", *REDEEMED, "UPDATE redemptions SET item_id = 999"),
    lost("stock_moves", f"{MOVE} (999, 'in', 5, 0, '{LATER}', NULL)"),
    lost("item_versions", *SHELF, "UPDATE item_versions SET item_id = 999"),
    Corruption("I-15", "key_lost", ("DELETE FROM operation_keys",)),
    Corruption("I-18", "figures_differ", ("UPDATE batches SET blank = 7",)),
    Corruption("I-18", "records_differ", ("UPDATE batches SET created = 5, rows = 5",)),
    Corruption("I-18", "undone_but_counts", (f"UPDATE batches SET undone_at = '{LATER}'",)),
    Corruption("I-20", "batch_without_trail", ("UPDATE trail SET batch_id = NULL",)),
    Corruption(
        "I-20",
        "decision_without_trail",
        (f"UPDATE service_records SET decided_at = '{LATER}' WHERE id = 1",),
    ),
    Corruption("I-20", "posting_without_trail", (f"UPDATE operation_keys SET at = '{LATER}'",)),
    Corruption(
        "I-20",
        "archive_without_trail",
        (
            "INSERT INTO trainings (id, volunteer_id, organisation_id, entered_by_id, entered_at, "
            "reason, state, course, minutes, held_on, organiser) VALUES "
            f"(1, 1, 1, 1, '{LATER}', '', 'valid', 'c', 60, '2025-01-01', 'o')",
        ),
    ),
    frozen("figures_differ", "UPDATE ranking_rows SET dates = 3 WHERE rank = 1"),
    frozen("figures_differ", "DELETE FROM ranking_rows WHERE rank = 2"),
    frozen("figures_differ", "UPDATE service_records SET minutes = 61 WHERE id = 2"),
    frozen("figures_differ", "UPDATE ranking_snapshots SET mark = 4"),
    frozen("teams_differ", "UPDATE ranking_team_rows SET minutes = 211"),
    frozen("rank_differs", "UPDATE ranking_rows SET rank = 1"),
    frozen("rank_differs", "UPDATE ranking_schemes SET is_weighted = true, per_point = 1"),
    frozen("team_rank_differs", "UPDATE ranking_team_rows SET rank = NULL"),
    frozen("sums_differ", "UPDATE ranking_snapshots SET minutes = 1"),
    frozen("hash_differs", f"UPDATE ranking_snapshots SET sha256 = '{'a' * 64}'"),
    frozen("hash_differs", "UPDATE ranking_awards SET is_tied = true"),
    frozen("mark_not_published", "UPDATE marks SET purpose = 'chain'"),
    frozen("title_without_its_row", "UPDATE ranking_awards SET volunteer_id = 3"),
    frozen("title_against_the_scheme", "UPDATE ranking_titles SET title = 'x'"),
    frozen("title_against_the_scheme", "INSERT INTO ranking_exclusions VALUES (1, 2, 'x')"),
    frozen("not_two_people", "UPDATE ranking_freezes SET second_id = asker_id", invariant="F-01"),
    frozen(
        "asked_for_something_else",
        "UPDATE ranking_freezes SET asked_for = 'final'",
        invariant="F-01",
    ),
    frozen("corrections_broken", "UPDATE ranking_snapshots SET number = 2", invariant="F-01"),
    frozen(
        "final_is_not_the_last",
        f"INSERT INTO ranking_finals VALUES (1, 2, 1, 2024, '{LATER}')",
        invariant="F-01",
    ),
    frozen(
        "freeze_without_trail",
        "DELETE FROM trail WHERE subject_kind = 'ranking_freeze'",
        invariant="F-01",
    ),
    Corruption("N-01", "named_otherwise_than_agreed", ("UPDATE volunteers SET is_named = true",)),
    Corruption("I-25", "totals_differ", ("UPDATE service_totals SET dates = 2 WHERE id = 1",)),
    Corruption(
        "I-25",
        "standings_differ",
        ("UPDATE standings SET points_hundredths = 9 WHERE volunteer_id = 1 AND colour_id = 0",),
    ),
    Corruption("I-25", "days_differ", ("UPDATE day_totals SET minutes = minutes + 60",)),
    Corruption("D-01", "thread_and_state_differ", dispute(1, 1, "refused")),
    Corruption("D-01", "record_and_state_differ", dispute(4, 3, "open")),
    Corruption(
        "D-01",
        "names_a_strange_record",
        dispute(1, 1, "open", f"(1, 'proposed', 1, '{NOTED}', 2, '')"),
    ),
    Corruption(
        "D-01",
        "line_without_trail",
        dispute(1, 1, "open", f"(1, 'replied', 1, '{LATER}', NULL, 'x')"),
    ),
    Corruption(
        "D-02",
        "answered_own",
        dispute(2, 2, "refused", f"(1, 'refused', 2, '{NOTED}', NULL, 'x')"),
    ),
    Corruption(
        "D-02",
        "answered_for_ward",
        (
            *dispute(1, 1, "refused", f"(1, 'refused', 2, '{NOTED}', NULL, 'x')"),
            "INSERT INTO helpers (volunteer_id, helper_id, kind, from_on) "
            "VALUES (1, 2, 'helper', '2025-01-01')",
        ),
    ),
    Corruption(
        "D-02",
        "refused_twice_by_one",
        dispute(
            1,
            1,
            "refused",
            *(f"(1, '{kind}', 1, '{NOTED}', NULL, 'x')" for kind in ("refused", "passed_on")),
            f"(1, 'refused', 1, '{NOTED}', NULL, 'x')",
        ),
    ),
    Corruption(
        "D-03",
        "confirmed_figures_differ",
        (f"{YEAR} (1, 2025, 1, 91, 260, 'x', 1, '{NOTED}', 1)",),
    ),
    Corruption(
        "D-03",
        "check_without_trail",
        (f"{YEAR} (1, 2025, 1, 90, 260, 'x', 1, '{LATER}', 1)",),
    ),
    Corruption("P-01", "entry_differs", (*ADJUSTED, adjustment(1, "2", minutes=11))),
    Corruption("P-01", "entry_without_adjustment", ADJUSTED),
    Corruption(
        "P-01",
        "shortfall_without_cover",
        entry(9, "shortfall", "(3, 9, 10)", f"({ADJUSTMENTS}, 9, -10)"),
    ),
    Corruption("P-02", "no_second_person", (*ADJUSTED, adjustment(1, "NULL"))),
    Corruption("P-02", "decided_own", (*ADJUSTED, adjustment(1, "2"))),
    Corruption("P-02", "decided_for_ward", (*ADJUSTED, *GUARDIAN, adjustment(1, "2"))),
    Corruption(
        "P-02",
        "decision_without_trail",
        (*ADJUSTED, adjustment(1, "NULL", alone="true", at=LATER)),
    ),
    lost("opening_records", opening(recorder=999)),
    Corruption("O-01", "opening_and_entry_differ", (*OPENED, opening(0, "reversed", reversal="5"))),
    Corruption("O-01", "entry_without_opening", OPENED),
    Corruption("O-02", "opening_figures_differ", (*OPENED, opening(61))),
    Corruption("O-03", "took_over_own", (*OPENED, opening(recorder=2))),
    Corruption("O-03", "took_over_for_ward", (*OPENED, *HELPER, opening())),
    Corruption("O-03", "took_over_through_a_code", (*OPENED, opening(), CODE_OF_THE_SECOND)),
    Corruption("O-03", "opening_without_trail", (*OPENED, opening(at=LATER))),
    Corruption("E-01", "entry_differs", (expiry(1),)),
    Corruption("E-01", "entry_without_expiry", entry(9, "expiry", "(2, 9, -5)", "(92, 9, 5)")),
    Corruption(
        "E-01",
        "expiry_reversed",
        (
            *entry(9, "expiry", "(2, 9, -5)", "(92, 9, 5)"),
            *entry(10, "reversal", "(2, 10, 5)", "(92, 10, -5)", more="reverses_id = 9"),
        ),
    ),
    Corruption("E-01", "before_its_day", (expiry(1, "2026-12-31"),)),
    Corruption("E-01", "expiry_without_trail", (expiry(1),)),
    Corruption("M-01", "still_holds", (MERGE,)),
    Corruption("M-01", "still_serves", (MERGE,)),
    Corruption("M-01", "became_another", (MERGE,)),
    Corruption("M-01", "merge_without_trail", (MERGE,)),
    Corruption("M-01", "joined_oneself", (MERGE,)),
    Corruption(
        "M-01",
        "transfer_astray",
        (
            f"{POSTING} (2, 9, -5)",
            f"{POSTING} (92, 9, 5)",
            f"{ENTRY}) VALUES (9, 'transfer', '{LATER}', 1, 'merge', 1)",
        ),
    ),
    Corruption(
        "M-01",
        "year_differs",
        (
            MERGE,
            "INSERT INTO merged_years (merge_id, year, points_hundredths, entry_id) "
            "VALUES (1, 2025, 7, 1)",
        ),
    ),
    Corruption(
        "M-01",
        "joined_record_differs",
        ("UPDATE service_records SET corrects_id = 4 WHERE id = 2",),
    ),
    Corruption(
        "T-01",
        "person_at_a_retired_one",
        (GONE, RETIRED, "UPDATE volunteers SET organisation_id = 8 WHERE id = 1"),
    ),
    Corruption(
        "T-01",
        "team_at_a_retired_one",
        (GONE, RETIRED, "UPDATE teams SET organisation_id = 8 WHERE id = 1"),
    ),
    Corruption(
        "T-01",
        "organisation_below_a_retired_one",
        (GONE, RETIRED, NODE.format(id=9, parent=8, retired="NULL")),
    ),
    Corruption("T-01", "retired_otherwise_than_told", (GONE,)),
    Corruption("T-01", "tree_change_without_trail", (GONE, RETIRED)),
    Corruption("C-01", "numbers_have_a_gap", (SIGNING_KEY, certificate(1, 2))),
    Corruption("C-01", "payload_differs", (SIGNING_KEY, certificate(1, 1, shown="TX-9"))),
    Corruption("C-01", "certificate_without_trail", CERTIFIED),
    Corruption("I-06", "link_out_of_line", ("DELETE FROM chain_links WHERE id = 1",)),
    Corruption("I-06", "link_differs", ("UPDATE chain_links SET entries = 1 WHERE id = 2",)),
    Corruption("I-06", "entries_differ", ("UPDATE entries SET reason = 'x' WHERE id = 2",)),
    Corruption("I-06", "postings_differ", ("UPDATE postings SET amount = 5 WHERE entry_id = 2",)),
    Corruption("C-02", "award_differs", (SIGNING_KEY, certificate(1, 1, award="1"))),
    Corruption(
        "C-02",
        "award_certified_twice",
        (SIGNING_KEY, certificate(1, 1, award="1"), certificate(2, 2, award="1")),
    ),
    Corruption("C-03", "replaced_by_nothing", (*CERTIFIED, revocation(1, "replaced"))),
    Corruption("C-03", "replaced_one_still_holds", (*CERTIFIED, certificate(2, 2, replaces="1"))),
    Corruption("C-03", "revocation_without_trail", (*CERTIFIED, revocation(1, "mistake"))),
    Corruption("A-01", "places_differ", (OPEN_ACTIVITY, PLACED.format(attendance="NULL"))),
    Corruption(
        "A-01",
        "attended_before_closing",
        (ACTIVITY.format(taken=1), PLACED.format(attendance="'present'")),
    ),
    Corruption(
        "A-02",
        "record_of_another_day",
        (OPEN_ACTIVITY, "UPDATE service_records SET activity_id = 1 WHERE id = 3"),
    ),
    Corruption(
        "A-02",
        "signed_in_without_check_in",
        (
            OPEN_ACTIVITY,
            "UPDATE service_records SET activity_id = 1, evidence = 'signed_in' WHERE id = 2",
        ),
    ),
    Corruption(
        "A-02", "closed_by_an_undone_batch", (OPEN_ACTIVITY, "UPDATE activities SET batch_id = 1")
    ),
)


def test_a_frozen_year_is_clean(community: Flask) -> None:
    """What is planted above it is found, not the freeze itself."""
    assert audited(community, frozen("")).is_clean


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda each: each.code)
def test_the_audit_finds_and_names(community: Flask, corruption: Corruption) -> None:
    """It is the rows that are found: the guards stand again when the audit comes."""
    results = {result.id: result for result in audited(community, corruption).results}
    codes = {sample["what"] for sample in results[corruption.invariant].samples}
    assert corruption.code in codes
    # A key had to go for its own corruption, and that is found as well.
    assert bool(results["schema"].violations) == bool(corruption.without)
    # All of it is new to an audit of what is new since the beginning.
    assert is_seen(community, corruption, Mark()) == is_quick(corruption)
    # And above a mark what was planted above it, while the old rows are left to the whole audit.
    is_new = is_quick(corruption) and corruption.code not in OF_OLD_ROWS
    assert is_seen(community, corruption, OLD) == is_new


def is_seen(community: Flask, corruption: Corruption, mark: Mark) -> bool:
    results = {result.id: result for result in quick_of(community, mark).results}
    seen = results.get(corruption.invariant)
    return seen is not None and corruption.code in {sample["what"] for sample in seen.samples}


def is_quick(corruption: Corruption) -> bool:
    """Tell whether the quick audit claims to see a corruption of new rows."""
    covered = COVERED.get(corruption.invariant)
    has_part = covered is not None and corruption.code in covered.parts
    return has_part or corruption.invariant in IN_OTHER_WORDS


@pytest.mark.parametrize(
    ("from_on", "from_at", "is_found"),
    [
        ("2025-04-10", "'2025-04-10 01:02:03.000004'", True),
        ("2025-04-11", "'2025-04-10 01:02:03.000004'", True),
        ("2025-04-09", "'2025-04-10 01:02:03.000005'", False),
        ("2025-04-10", "NULL", False),
        ("2025-04-09", "NULL", True),
    ],
)
def test_a_helper_counts_from_an_instant_or_the_day_after(
    community: Flask, engine_name: str, from_on: str, from_at: str, is_found: bool
) -> None:
    if engine_name == "postgresql":
        from_at = f"{from_at}::timestamp AT TIME ZONE 'UTC'"
    helper = (
        "INSERT INTO helpers (volunteer_id, helper_id, kind, from_on, from_at) "
        f"VALUES (1, 2, 'guardian', '{from_on}', {from_at})"
    )
    decided = "UPDATE service_records SET approver_id = 2 WHERE id = 1"
    report = audited(community, Corruption("I-12", "approved_for_ward", (helper, decided)))
    named = {each.id for each in report.results if each.violations}
    assert ("I-12" in named) == is_found


def test_every_way_to_violate_has_its_corruption() -> None:
    planted = {(each.invariant, each.code) for each in CORRUPTIONS}
    checked = {
        (check.id, part.code) for check in checks_for(Words("sqlite")) for part in check.parts
    }
    assert planted == checked


def test_many_violations_are_counted_and_few_are_shown(community: Flask) -> None:
    entries = [statement for number in range(100, 140) for statement in entry(number, "transfer")]
    report = audited(community, Corruption("", "", tuple(entries)))
    result = next(result for result in report.results if result.id == "I-01")
    assert result.violations == 40
    assert [sample["entry_id"] for sample in result.samples] == list(range(100, 110))


def test_entries_of_one_commit_may_pass_below_zero(community: Flask) -> None:
    """A reversal and the new award of a correction are one state, not two."""
    dip = entry(9, "transfer", "(5, 9, -10)", f"({ADJUSTMENTS}, 9, 10)")
    rise = entry(10, "transfer", "(5, 10, 10)", f"({ADJUSTMENTS}, 10, -10)")
    report = audited(community, Corruption("", "", (*dip, *rise)))
    assert [result.violations for result in report.results if result.id == "I-03"] == [0]


def audited(community: Flask, corruption: Corruption) -> Report:
    db.engine.dispose()
    url = community.config["DATABASE_URL"]
    plant(url, corruption.statements, corruption.without)
    with open_reading(url) as reading:
        return audit(reading)


def quick_of(community: Flask, mark: Mark = Mark()) -> Report:  # noqa: B008
    with open_reading(community.config["DATABASE_URL"]) as reading:
        return quick_audit(reading, mark)
