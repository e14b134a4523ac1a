"""The database itself refuses what would break the ledger, whoever asks: proven by raw SQL."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy.exc import DataError, IntegrityError

from app.db import db
from tests.audit.community import ADJUSTMENTS, ISSUED_MINUTES, ISSUED_POINTS, LINKS, fill

AT = "'2025-05-01 00:00:00.000000'"
NO_CHANGE = "only added to, never changed"
NO_REPLACE = "only added to, never replaced"
MOVES = "does not move so"
DECIDED = "decided (on is|record is) not edited"
USED = "used rule version is never edited"
RECORDS = (
    "INSERT INTO service_records (id, root_id, volunteer_id, team_id, organisation_id, colour_id, "
    "service_on, minutes, content, evidence, part, state, is_guest, is_service_day, "
    "is_service_month, earns_points, daily_limit_minutes, points_hundredths, recorder_id, "
    "recorded_at) VALUES"
)


class Refused(NamedTuple):
    name: str
    message: str
    statements: tuple[str, ...]


def postings(number: int, *legs: tuple[int, object]) -> tuple[str, ...]:
    return tuple(
        "INSERT INTO postings (account_id, entry_id, amount) "
        f"VALUES ({account}, {number}, {amount})"
        for account, amount in legs
    )


def seal(
    number: int,
    kind: str = "transfer",
    reverses: int | None = None,
    at: str = AT,
    subject: int = 1,
) -> str:
    return (
        "INSERT INTO entries (id, kind, recorded_at, subject_kind, subject_id, reverses_id) VALUES "
        f"({number}, '{kind}', {at}, 'service_record', {subject}, {reverses or 'NULL'})"
    )


def entry(number: int, *legs: tuple[int, object], **given: object) -> tuple[str, ...]:
    return (*postings(number, *legs), seal(number, **given))  # type: ignore[arg-type]


def moved(number: int, state: str) -> Refused:
    statement = f"UPDATE service_records SET state = '{state}' WHERE id = {number}"
    return Refused(f"record_{number}_to_{state}", MOVES, (statement,))


def changed(table: str, assignment: str) -> tuple[Refused, Refused]:
    return (
        Refused(f"{table}_updated", NO_CHANGE, (f"UPDATE {table} SET {assignment}",)),
        Refused(f"{table}_deleted", NO_CHANGE, (f"DELETE FROM {table}",)),
    )


def link(number: int, previous: str = "", after: int = 5, through: int = 9) -> str:
    hashes = f"'{'e' * 64}', '{'f' * 64}', '{previous or LINKS[-1]['sha256']}', '{'9' * 64}'"
    return (
        "INSERT INTO chain_links (id, after_id, through_id, entries, postings, entries_sha256, "
        "postings_sha256, previous_sha256, sha256, sealed_at) "
        f"VALUES ({number}, {after}, {through}, 1, 2, {hashes}, {AT})"
    )


MIRROR = ((1, -90), (2, -260), (ISSUED_MINUTES, 90), (ISSUED_POINTS, 260))

NEW_RULE = f"INSERT INTO rule_versions VALUES (2, 1, '2030-01-01', 50, 20, 10, {AT})"

REFUSED = (
    # I-01
    Refused("unbalanced", "does not balance", entry(9, (1, 5), (ADJUSTMENTS, -4))),
    Refused("balanced_across_units", "does not balance", entry(9, (1, 5), (2, -5))),
    Refused("one_posting", "two postings or more", entry(9, (1, 5))),
    Refused("no_posting", "two postings or more", (seal(9),)),
    Refused("amount_zero", "ck_postings_amount", entry(9, (1, 0), (ADJUSTMENTS, 0))),
    Refused(
        "adjusted_twice",
        "adjusted already|uq_entries_adjustment",
        (
            *entry(9, (1, 5), (ADJUSTMENTS, -5), kind="adjustment", subject=77),
            *entry(10, (1, 5), (ADJUSTMENTS, -5), kind="adjustment", subject=77),
        ),
    ),
    Refused("joins_finished", "no posting joins a finished entry", postings(1, (3, 5))),
    Refused(
        "joins_finished_balanced",
        "no posting joins a finished entry",
        postings(1, (3, 5), (ADJUSTMENTS, -5)),
    ),
    Refused("posting_without_entry", "(?i)foreign key", postings(9, (1, 5), (ADJUSTMENTS, -5))),
    Refused(
        "posting_without_account", "(?i)foreign key", entry(9, (1, 5), (ADJUSTMENTS, -5), (999, 1))
    ),
    # I-03
    Refused(
        "negative_balance",
        "ck_accounts_never_below_zero",
        ("UPDATE accounts SET balance = -1 WHERE id = 1",),
    ),
    Refused(
        "system_account_with_balance",
        "ck_accounts_stored_balance",
        (f"UPDATE accounts SET balance = 0 WHERE id = {ADJUSTMENTS}",),
    ),
    # I-04
    *changed("entries", "reason = 'x'"),
    *changed("postings", "amount = amount + 1"),
    *changed("marks", "entry_id = 1"),
    *changed("trail", "reason = 'x'"),
    *changed("operation_keys", "result = 'x'"),
    Refused("account_deleted", NO_CHANGE, ("DELETE FROM accounts WHERE id = 93",)),
    Refused(
        "account_given_away",
        f"only the balance of an account moves|{NO_CHANGE}",
        ("UPDATE accounts SET holder_id = 2 WHERE id = 1",),
    ),
    # I-05
    Refused("at_a_mark", "at or below a published mark|entry ids rise", entry(0, (1, 5), (93, -5))),
    # I-06
    *changed("chain_links", "entries = 1"),
    Refused("link_out_of_line", "a link follows the last one", (link(3, previous="a" * 64),)),
    Refused("link_past_the_last", "a link follows the last one", (link(4),)),
    Refused("link_that_leaves_out", "a link follows the last one", (link(3, after=4),)),
    Refused("link_to_no_entry", "a link ends at an entry", (link(3, through=99),)),
    Refused("followed_twice", f"{NO_REPLACE}|uq_chain_links_previous_sha256|pk_chain_links", (
        *entry(9, (1, 5), (ADJUSTMENTS, -5)),
        link(2, previous=str(LINKS[0]["sha256"]), after=3),
    )),
    # I-10
    Refused("reversed_twice", "reversed already|uq_entries_reverses_id", (
        *postings(9, (5, -120), (6, -200), (ISSUED_MINUTES, 120), (ISSUED_POINTS, 200)),
        seal(9, "reversal", 4),
    )),
    Refused("reversal_reversed", "a reversal is not reversed", (
        *postings(9, (5, 120), (6, 200), (ISSUED_MINUTES, -120), (ISSUED_POINTS, -200)),
        seal(9, "reversal", 5),
    )),
    Refused(
        "mirror_too_small", "mirrors each posting",
        entry(9, (1, -89), (ISSUED_MINUTES, 89), *MIRROR[1::2], kind="reversal", reverses=1),
    ),
    Refused(
        "mirror_incomplete", "mirrors each posting",
        entry(9, (1, -90), (ISSUED_MINUTES, 90), kind="reversal", reverses=1),
    ),
    Refused(
        "mirror_and_more", "mirrors each posting",
        entry(9, *MIRROR, (3, 5), (ADJUSTMENTS, -5), kind="reversal", reverses=1),
    ),
    Refused(
        "reversal_of_nothing", "ck_entries_reverses",
        entry(9, (1, 5), (ADJUSTMENTS, -5), kind="reversal"),
    ),
    Refused(
        "reverses_and_is_none", "ck_entries_reverses|mirrors each posting",
        entry(9, *MIRROR, kind="adjustment", reverses=1),
    ),
    # I-07
    Refused(
        "awarded_twice", "has its award already|uq_entries_award",
        entry(9, (1, 5), (ISSUED_MINUTES, -5), kind="service", subject=1),
    ),
    Refused(
        "approved_without_award", "ck_service_records_awarded",
        ("UPDATE service_records SET state = 'approved' WHERE id = 5",),
    ),
    # I-08
    *(moved(1, state) for state in ("draft", "submitted", "rejected", "approved")),
    *(moved(4, state) for state in ("submitted", "approved", "reversed")),
    *(moved(5, state) for state in ("draft", "reversed")),
    *(moved(6, state) for state in ("submitted", "approved")),
    Refused(
        "approved_with_an_edit", DECIDED,
        (
            "UPDATE service_records SET state = 'approved', award_entry_id = 9, minutes = 60 "
            "WHERE id = 5",
        ),
    ),
    Refused(
        "rejected_with_an_edit", DECIDED,
        ("UPDATE service_records SET state = 'rejected', service_on = '2025-04-04' WHERE id = 5",),
    ),
    Refused(
        "reversed_with_an_edit", DECIDED,
        (
            *entry(9, *MIRROR, kind="reversal", reverses=1),
            "UPDATE service_records SET state = 'reversed', reversal_entry_id = 9, "
            "points_hundredths = 0 WHERE id = 1",
        ),
    ),
    Refused("record_deleted", NO_CHANGE, ("DELETE FROM service_records WHERE id = 5",)),
    *(
        Refused(f"begins_{state}", "does not begin so", (
            f"{RECORDS} (7, 1, 1, 1, 1, 1, '2025-04-09', 30, '', 'entered', 1, '{state}', false, "
            f"false, false, true, 480, 0, 1, {AT})",
        ))
        for state in ("rejected", "reversed")
    ),
    # I-09
    Refused("used_rule_edited", USED, ("UPDATE rule_versions SET step_hundredths = 50",)),
    Refused("used_rule_deleted", USED, ("DELETE FROM rule_versions",)),
    Refused("used_rate_edited", USED, ("UPDATE rule_rates SET hundredths_per_hour = 500",)),
    Refused("used_rate_deleted", USED, ("DELETE FROM rule_rates",)),
    Refused("used_rule_given_a_rate", USED, ("INSERT INTO rule_rates VALUES (1, 2, 500)",)),
    Refused(
        "used_rule_given_a_moved_rate", USED,
        (
            NEW_RULE,
            "INSERT INTO rule_rates VALUES (2, 1, 900)",
            "UPDATE rule_rates SET rule_version_id = 1 WHERE rule_version_id = 2",
        ),
    ),
    # I-15
    Refused(
        "key_taken", f"{NO_REPLACE}|pk_operation_keys",
        (f"INSERT INTO operation_keys VALUES (1, 'k1', '', '', {AT})",),
    ),
)  # fmt: skip


@pytest.fixture
def rows(app: Flask) -> Flask:
    with db.engine.begin() as connection:
        fill(connection)
    return app


def run(*statements: str) -> None:
    with db.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_the_database_refuses(rows: Flask, case: Refused) -> None:
    with pytest.raises(IntegrityError, match=case.message):
        run(*case.statements)


@pytest.mark.parametrize(
    "statements",
    [
        entry(9, (1, 5), (ADJUSTMENTS, -5)),
        entry(9, *MIRROR, kind="reversal", reverses=1),
        ("UPDATE accounts SET balance = 0 WHERE id = 1",),
        ("UPDATE service_records SET state = 'rejected', reason = 'x' WHERE id = 5",),
        ("UPDATE service_records SET minutes = 60 WHERE id = 5",),
        (
            NEW_RULE,
            "UPDATE rule_versions SET step_hundredths = 50 WHERE id = 2",
        ),
    ],
    ids=("balanced", "mirror", "balance", "reject", "edit_waiting", "unused_rule"),
)
def test_what_is_right_passes(rows: Flask, statements: tuple[str, ...]) -> None:
    run(*statements)


def test_a_mark_holds_where_ids_still_rise(rows: Flask) -> None:
    run(f"INSERT INTO marks (id, entry_id, purpose, published_at) VALUES (2, 20, 'x', {AT})")
    with pytest.raises(IntegrityError, match="at or below a published mark"):
        run(*entry(20, (1, 5), (ADJUSTMENTS, -5)))
    run(*entry(21, (1, 5), (ADJUSTMENTS, -5)))


@pytest.mark.parametrize("value", ["'abc'", "'90.5'", "90.5"])
def test_an_amount_is_a_whole_number(rows: Flask, engine_name: str, value: str) -> None:
    """PostgreSQL rounds a bare 90.5 into its bigint, after which the entry does not balance."""
    with pytest.raises((IntegrityError, DataError)):
        run(*entry(9, (1, value), (ADJUSTMENTS, -90)))
    with pytest.raises((IntegrityError, DataError)):
        run(f"UPDATE accounts SET balance = {value} WHERE id = {ADJUSTMENTS}")


REPLACED = {
    "entries": seal(1),
    "postings": "INSERT INTO postings VALUES (1, 1, 500)",
    "accounts": "INSERT INTO accounts VALUES (1, 1, 1, 'own', 'minutes', 9000)",
    "accounts_by_holder": "INSERT INTO accounts VALUES (70, 1, 1, 'own', 'minutes', 9000)",
    "accounts_of_the_system": "INSERT INTO accounts (id, root_id, purpose, unit) "
    "VALUES (70, 1, 'service_issued', 'minutes')",
    "marks": f"INSERT INTO marks VALUES (1, 0, 'x', {AT})",
    "chain_links": link(2, previous=str(LINKS[0]["sha256"]), after=3, through=5),
    "chain_links_by_previous": link(3, previous=str(LINKS[1]["previous_sha256"])),
    "trail": "INSERT INTO trail (id, at, operation, subject_kind, request_id) "
    f"VALUES (1, {AT}, 'x', 'x', '')",
    "operation_keys": f"INSERT INTO operation_keys VALUES (1, 'k1', '', '', {AT})",
    "service_records": f"{RECORDS} (1, 1, 1, 1, 1, 1, '2025-04-09', 30, '', 'entered', 1, "
    f"'submitted', false, false, false, true, 480, 0, 1, {AT})",
    "entries_by_award": seal(9, "service", subject=2),
    "entries_by_reversal": seal(9, "reversal", 4),
    "rule_versions": NEW_RULE.replace("(2,", "(1,"),
    "rule_versions_by_date": f"INSERT INTO rule_versions "
    f"SELECT 2, organisation_id, effective_from, 90, 20, 10, {AT} FROM rule_versions",
}
# Statements before the last one make it possible.
OVERWRITTEN = {
    "accounts_by_rowid": ("UPDATE accounts SET rowid = 2 WHERE id = 1",),
    "service_records": ("UPDATE service_records SET id = 1 WHERE id = 5",),
    "service_records_by_rowid": ("UPDATE service_records SET rowid = 1 WHERE id = 5",),
    "service_records_renamed": ("UPDATE service_records SET id = 77 WHERE id = 5",),
    "service_records_by_award": (
        "UPDATE service_records SET state = 'approved', award_entry_id = 1 WHERE id = 5",
    ),
    "service_records_by_reversal": (
        *entry(9, *MIRROR, kind="reversal", reverses=1),
        "UPDATE service_records SET state = 'reversed', reversal_entry_id = "
        "(SELECT max(reversal_entry_id) FROM service_records) WHERE id = 1",
    ),
    "service_records_by_external_id": (
        f"{RECORDS} (7, 1, 1, 1, 1, 1, '2025-04-09', 30, '', 'entered', 1, 'submitted', false, "
        f"false, false, true, 480, 0, 1, {AT})",
        "UPDATE service_records SET external_id = 'x' WHERE id = 7",
        "UPDATE service_records SET external_id = 'x' WHERE id = 5",
    ),
    "rule_versions": (NEW_RULE, "UPDATE rule_versions SET id = 1 WHERE id = 2"),
    "rule_versions_by_date": (
        NEW_RULE,
        "UPDATE rule_versions SET effective_from = "
        "(SELECT effective_from FROM rule_versions WHERE id = 1) WHERE id = 2",
    ),
}


@pytest.mark.parametrize("recursive_triggers", ["ON", "OFF"])
@pytest.mark.parametrize("name", REPLACED)
def test_nothing_is_replaced_on_sqlite(
    request: pytest.FixtureRequest, engine_name: str, name: str, recursive_triggers: str
) -> None:
    if engine_name != "sqlite":
        return
    request.getfixturevalue("rows")
    statement = REPLACED[name].replace("INSERT INTO", "INSERT OR REPLACE INTO", 1)
    with pytest.raises(IntegrityError):
        run(f"PRAGMA recursive_triggers = {recursive_triggers}", statement)


@pytest.mark.parametrize("recursive_triggers", ["ON", "OFF"])
@pytest.mark.parametrize("name", OVERWRITTEN)
def test_nothing_is_overwritten_on_sqlite(
    request: pytest.FixtureRequest, engine_name: str, name: str, recursive_triggers: str
) -> None:
    if engine_name != "sqlite":
        return
    request.getfixturevalue("rows")
    *before, last = OVERWRITTEN[name]
    with db.engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA recursive_triggers = {recursive_triggers}")
        for statement in before:
            connection.exec_driver_sql(statement)
        with pytest.raises(IntegrityError, match=f"{NO_REPLACE}|only the balance"):
            connection.exec_driver_sql(last.replace("UPDATE", "UPDATE OR REPLACE", 1))


@pytest.mark.parametrize(
    "table",
    [
        *("entries", "postings", "accounts", "marks", "chain_links", "trail", "operation_keys"),
        "service_records",
    ],
)
def test_nothing_is_truncated_on_postgresql(
    request: pytest.FixtureRequest, engine_name: str, table: str
) -> None:
    if engine_name != "postgresql":
        return
    request.getfixturevalue("rows")
    with pytest.raises(IntegrityError, match=NO_CHANGE):
        run(f"TRUNCATE {table} CASCADE")


def test_a_refused_entry_leaves_nothing_behind(rows: Flask) -> None:
    with pytest.raises(IntegrityError):
        run(
            "UPDATE accounts SET balance = balance + 5 WHERE id = 1",
            *entry(9, (1, 5), (ADJUSTMENTS, -4)),
        )
    with db.engine.connect() as connection:
        balance = connection.exec_driver_sql("SELECT balance FROM accounts WHERE id = 1").scalar()
        left = connection.exec_driver_sql("SELECT count(*) FROM postings WHERE entry_id = 9")
        assert (balance, left.scalar()) == (90, 0)
