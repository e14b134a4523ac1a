"""Post, reverse and mark: the only writers of accounts, entries and postings.

Everything is a batch; a single entry is a batch of one. The order inside a transaction is
fixed, so that two of them cannot deadlock and the history of every account is the order in
which its lock was held: begin_posting, lock_holders, reserve, post.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.bulk import (
    FEW,
    driver_instant,
    fetch,
    fetch_together,
    many,
    next_ids,
    run,
    written_at_once,
)
from app.db import is_postgresql
from app.ledger import statements
from app.ledger.queries import last_entry
from app.ledger.rules import (
    Leg,
    NotReversible,
    Unit,
    WouldGoBelowZero,
    check_balanced,
    check_reversible,
    mirror,
    missing_of,
)

# Up to so many people one plan suits any values.
FEW_HOLDERS = 500
# Root, purpose and unit.
SystemAccount = tuple[int, str, str]


class NewEntry(NamedTuple):
    """One entry to post; its id and instant come from the reserved slots."""

    kind: str
    subject_kind: str
    subject_id: int
    legs: tuple[Leg, ...]
    reverses_id: int | None = None
    rule_version_id: int | None = None
    reason: str | None = None


class Slots(NamedTuple):
    """A run of entry ids beginning at first_id, and the instant they are recorded at."""

    first_id: int
    recorded_at: datetime


class Held(NamedTuple):
    """A person's two accounts as they stand under the lock."""

    minutes_id: int
    minutes_balance: int
    points_id: int
    points_balance: int


class Ready(NamedTuple):
    """What was reserved for one entry: its slot, its subject's id, the system account opposite."""

    slots: Slots
    subject_id: int
    account_id: int


class Cover(NamedTuple):
    """By what the missing part of a reversal is covered: an entry of kind shortfall names it."""

    subject_kind: str
    subject_id: int


class Reversed(NamedTuple):
    """What a reversal did: the mirror of each entry, and what had to be covered, by holder."""

    reversal_ids: Mapping[int, int]
    covered: Mapping[tuple[int, str], int]


def open_accounts(session: Session, *, root_id: int, holder_ids: Iterable[int]) -> None:
    """Give each holder an account in each unit; those who have them keep them."""
    rows = [
        (root_id, holder_id, unit) for holder_id in holder_ids for unit in ("minutes", "points")
    ]
    many(session, statements.OPEN_ACCOUNT, rows)


def begin_posting(session: Session) -> None:
    """Hold off the publishing of a mark until this transaction ends."""
    if is_postgresql(session):
        fetch(session, statements.HOLD_OFF_MARKS)


def wait_out_postings(session: Session) -> None:
    """Let the postings under way end, and hold off new ones until this transaction ends."""
    if is_postgresql(session):
        fetch(session, statements.LOCK_MARKS)


def lock_holders(session: Session, holder_ids: Iterable[int]) -> dict[int, Held]:
    """Hold off marks, lock the accounts of these people in account order and return them.

    This is the per-person lock under which days are judged; SQLite holds its writer lock.
    """
    return lock_holders_and_ask(session, holder_ids)[0]


def lock_holders_and_ask(
    session: Session, holder_ids: Iterable[int], *queries: tuple[Any, ...]
) -> tuple[dict[int, Held], list[Sequence[Any]]]:
    """Return `lock_holders`, and the rows of more queries asked under them in the same trip."""
    holders = sorted(set(holder_ids))
    locking = (statements.locking(session, "holder_id"), holders)
    few = len(holders) <= FEW_HOLDERS
    hold_off = statements.HOLD_OFF_MARKS_FOR_FEW if few else statements.HOLD_OFF_MARKS
    marks = [(hold_off,)] if is_postgresql(session) else []
    answers = fetch_together(session, *marks, locking, *queries)[len(marks) :]
    found: dict[int, dict[str, tuple[int, int]]] = {}
    for account_id, holder_id, unit, balance in answers[0]:
        found.setdefault(holder_id, {})[unit] = (account_id, balance)
    held = {
        holder_id: Held(*units["minutes"], *units["points"]) for holder_id, units in found.items()
    }
    return held, answers[1:]


def lock_holders_and_reserve(
    session: Session,
    holder_ids: Iterable[int],
    now: datetime,
    wanted: SystemAccount,
    table: str,
    *queries: tuple[Any, ...],
) -> tuple[dict[int, Held], Ready, list[Sequence[Any]]]:
    """Return `lock_holders_and_ask` with what one entry about a new row of a table needs.

    What is not used of it leaves a gap in the ids, as every rollback does.
    """
    if not is_postgresql(session):
        held, answers = lock_holders_and_ask(session, holder_ids, *queries)
        account_id = system_accounts(session, [wanted])[wanted]
        ready = Ready(reserve(session, 1, now), next_ids(session, table, 1)[0], account_id)
        return held, ready, answers
    reserving = (statements.RESERVE_WITH, table, *wanted, now)
    held, [reserved, *answers] = lock_holders_and_ask(session, holder_ids, reserving, *queries)
    first_id, recorded_at, subject_id, account_id = reserved[0]
    if account_id is None:
        account_id = system_accounts(session, [wanted])[wanted]
    return held, Ready(Slots(first_id, recorded_at), subject_id, account_id), answers


def system_account(session: Session, root_id: int, purpose: str, unit: Unit) -> int:
    """Return a system account of an organisation root, opening it when it is missing."""
    wanted = (root_id, purpose, unit)
    return system_accounts(session, [wanted])[wanted]


def system_accounts(session: Session, wanted: Sequence[SystemAccount]) -> dict[SystemAccount, int]:
    """Return the ids of system accounts by (root, purpose, unit), opening those missing."""
    found = _by_account(fetch(session, *_finding(wanted)))
    missing = sorted(set(wanted) - found.keys())
    for key in missing:
        run(session, statements.OPEN_SYSTEM_ACCOUNT, *key)
    return _by_account(fetch(session, *_finding(wanted))) if missing else found


def _finding(wanted: Sequence[SystemAccount]) -> tuple[Any, ...]:
    roots = sorted({root_id for root_id, _purpose, _unit in wanted})
    purposes = sorted({purpose for _root_id, purpose, _unit in wanted})
    return statements.SYSTEM_ACCOUNTS, roots, purposes


def _by_account(rows: Iterable[Any]) -> dict[SystemAccount, int]:
    return {(root_id, purpose, unit): account_id for root_id, purpose, unit, account_id in rows}


def reserve(session: Session, count: int, now: datetime) -> Slots:
    """Take a run of entry ids; the instant is `now`, or the last recorded one if that is later."""
    if is_postgresql(session):
        return Slots._make(fetch(session, statements.RESERVE, count, now)[0])
    last = last_entry(session)
    return Slots(1, now) if last is None else Slots(last.id + 1, max(now, last.recorded_at))


def asking_slots(
    count: int, now: datetime, holder_ids: Iterable[int], purposes: Iterable[str]
) -> list[tuple[Any, ...]]:
    """Return the queries that reserve slots and find system accounts of the holders' roots.

    For `lock_holders_and_ask` on PostgreSQL, whose locks they stand behind; to `slots_asked`.
    """
    return [
        (statements.RESERVE, count, now),
        (statements.SYSTEM_ACCOUNTS_OF_HOLDERS, sorted(set(holder_ids)), sorted(purposes)),
    ]


def slots_asked(answers: Sequence[Sequence[Any]]) -> tuple[Slots, dict[SystemAccount, int]]:
    """Return the slots and accounts from the answers to `asking_slots`."""
    reserved, accounts = answers
    return Slots._make(reserved[0]), _by_account(accounts)


def reserve_with_accounts(
    session: Session,
    count: int,
    now: datetime,
    wanted: Sequence[SystemAccount],
    *queries: tuple[Any, ...],
) -> tuple[Slots, dict[SystemAccount, int], list[Sequence[Any]]]:
    """Reserve slots, find system accounts and answer more queries, in one trip where that helps."""
    if not is_postgresql(session):
        slots, accounts = reserve(session, count, now), system_accounts(session, wanted)
        return slots, accounts, fetch_together(session, *queries)
    reserving = (statements.RESERVE, count, now)
    reserved, rows, *answers = fetch_together(session, reserving, _finding(wanted), *queries)
    found = _by_account(rows)
    if not found.keys() >= set(wanted):
        found = system_accounts(session, wanted)
    return Slots._make(reserved[0]), found, answers


def post(
    session: Session,
    entries: Sequence[NewEntry],
    slots: Slots,
    *,
    actor_id: int | None,
    key: str | None = None,
) -> None:
    """Write entries with their postings and move the balances: one statement per table.

    Raises WouldGoBelowZero when a stored balance would; the database checks that each balances.
    """
    postings: list[tuple[int, int, int]] = []
    seals: list[tuple[object, ...]] = []
    changes: dict[int, int] = {}
    at = driver_instant(session, slots.recorded_at)
    for entry_id, entry in enumerate(entries, slots.first_id):
        for account_id, amount in entry.legs:
            postings.append((account_id, entry_id, amount))
            changes[account_id] = changes.get(account_id, 0) + amount
        about = (entry.subject_kind, entry.subject_id, entry.reverses_id, entry.rule_version_id)
        seals.append((entry_id, entry.kind, at, actor_id, entry.reason, key, *about))
    moved = [(amount, account_id) for account_id, amount in sorted(changes.items()) if amount]
    with refused_below_zero(), written_at_once(session) if len(postings) <= FEW else nullcontext():
        many(session, statements.MOVE_BALANCE, moved)
        many(session, statements.INSERT_POSTING, postings)
    many(session, statements.INSERT_ENTRY, seals)


@contextmanager
def refused_below_zero() -> Iterator[None]:
    """Raise WouldGoBelowZero for a balance that the database keeps from falling below zero.

    For whoever posts within `written_together`, where a refusal comes at the end.
    """
    try:
        yield
    except IntegrityError as error:
        if "never_below_zero" in str(error.orig):
            raise WouldGoBelowZero.of(()) from error
        raise


def reverse(
    session: Session,
    entry_ids: Sequence[int],
    *,
    actor_id: int | None,
    now: datetime,
    root_id: int,
    reason: str | None = None,
    key: str | None = None,
    cover: Cover | None = None,
) -> Reversed:
    """Post the mirror of each entry; the holders' accounts are locked here.

    What a balance lacks is refused, naming the holders, unless there is a `cover`: then it comes
    from the shortfall account and is no debt.
    """
    begin_posting(session)
    originals = _originals(session, entry_ids)
    held = _lock_accounts(session, (leg.account_id for each in originals for leg in each.legs))
    missing = _missing(originals, held)
    if missing and cover is None:
        raise WouldGoBelowZero.of({held[account].holder_id for account in missing})
    covers = [
        _cover(session, root_id, held[each], lacks, cover, reason)
        for each, lacks in missing.items()
        if cover is not None
    ]
    reversals = [
        NewEntry(
            "reversal",
            original.subject_kind,
            original.subject_id,
            mirror(original.legs),
            reverses_id=original.entry_id,
            rule_version_id=original.rule_version_id,
            reason=reason,
        )
        for original in originals
    ]
    slots = reserve(session, len(covers) + len(reversals), now)
    # The cover comes first: no balance dips below zero between two entries.
    post(session, [*covers, *reversals], slots, actor_id=actor_id, key=key)
    first = slots.first_id + len(covers)
    return Reversed(
        {original.entry_id: first + i for i, original in enumerate(originals)},
        {(held[account].holder_id, held[account].unit): gap for account, gap in missing.items()},
    )


class _Original(NamedTuple):
    entry_id: int
    subject_kind: str
    subject_id: int
    rule_version_id: int | None
    legs: tuple[Leg, ...]


class _HeldAccount(NamedTuple):
    account_id: int
    holder_id: int
    unit: Unit
    balance: int


def _originals(session: Session, entry_ids: Sequence[int]) -> list[_Original]:
    found: dict[int, tuple[str, str, int, int | None, int | None]] = {}
    for row in fetch(session, statements.ENTRIES_BY_ID, list(entry_ids)):
        found[row[0]] = tuple(row[1:])
    legs: dict[int, list[Leg]] = {}
    for entry_id, account_id, amount in fetch(session, statements.LEGS_OF, list(entry_ids)):
        legs.setdefault(entry_id, []).append(Leg(account_id, amount))
    originals = []
    for entry_id in sorted(set(entry_ids)):
        if entry_id not in found:
            raise NotReversible(entry=entry_id, kind="?")
        kind, subject_kind, subject_id, rule_version_id, reversed_by = found[entry_id]
        check_reversible(entry_id, kind, reversed_by)
        originals.append(
            _Original(entry_id, subject_kind, subject_id, rule_version_id, tuple(legs[entry_id]))
        )
    return originals


def _lock_accounts(session: Session, account_ids: Iterable[int]) -> dict[int, _HeldAccount]:
    rows = fetch(session, statements.locking(session, "id"), sorted(set(account_ids)))
    return {row[0]: _HeldAccount(*row) for row in rows}


def _missing(originals: Iterable[_Original], held: Mapping[int, _HeldAccount]) -> dict[int, int]:
    changes: dict[int, int] = {}
    for original in originals:
        for account_id, amount in original.legs:
            changes[account_id] = changes.get(account_id, 0) - amount
    lacks = {
        account_id: missing_of(held[account_id].balance, change)
        for account_id, change in sorted(changes.items())
        if account_id in held
    }
    return {account_id: gap for account_id, gap in lacks.items() if gap}


def _cover(
    session: Session,
    root_id: int,
    account: _HeldAccount,
    lacks: int,
    cover: Cover,
    reason: str | None,
) -> NewEntry:
    source = system_account(session, root_id, "shortfall", account.unit)
    legs = (Leg(account.account_id, lacks), Leg(source, -lacks))
    check_balanced((leg, account.unit) for leg in legs)
    return NewEntry("shortfall", cover.subject_kind, cover.subject_id, legs, reason=reason)
