"""The entries of a joining: awards anew, what evens the two out, and what is taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from app.bulk import (
    next_ids,
    run,
)
from app.ledger.operations import (
    Held,
    NewEntry,
    post,
    reserve,
    reverse,
    system_accounts,
)
from app.ledger.rules import Leg
from app.merging.operations.deed import MERGE, Deed, Posted
from app.merging.operations.planning import Plan
from app.opening.queries import SUBJECT as OPENING
from app.service.operations.awarding import awarding_by_root, opposite
from app.service.operations.reversing import reverse_awards
from app.trail.rules import mask_text

_OPENING_PURPOSE = "opening"
_TAKE_BOOK_BACK = (
    "UPDATE opening_records SET state = 'reversed', reversal_entry_id = ? WHERE id = ?"
)


def post_joined(
    session: Session, plan: Plan, deed: Deed, kept: Held, gone: Held, owed: Mapping[int, int]
) -> Posted:
    """Post awards, paper book and what evens the two out, in one run of entries."""
    moving = plan.moving
    new_ids = next_ids(session, "service_records", len(moving))
    roots = {plan.root_id, *(one.root_id for one in moving)}
    books = [(plan.root_id, _OPENING_PURPOSE, unit) for unit in ("minutes", "points")]
    accounts = system_accounts(session, [*opposite(roots), *(books if plan.moves_book else ())])
    awarding = awarding_by_root(roots, accounts, deed.held)
    entries = [
        awarding[one.root_id].entry(
            plan.kept.id, new_id, one.minutes, plan.points[one.id], plan.versions[one.id]
        )
        for new_id, one in zip(new_ids, moving, strict=True)
    ]
    book_id = next_ids(session, "opening_records", 1)[0] if plan.moves_book else None
    if book_id is not None and plan.gone_book is not None:
        entries.append(_book_entry(plan, book_id, kept, [accounts[each] for each in books]))
    evening = _evening(plan, deed, kept, gone, owed)
    entries += [entry for _year, _amount, entry in evening]
    slots = reserve(session, len(entries), deed.now)
    post(session, entries, slots, actor_id=deed.actor.login_id, key=deed.key)
    first = slots.first_id
    after_awards = first + len(moving)
    years_from = after_awards + (book_id is not None)
    return Posted(
        {one.id: new_id for new_id, one in zip(new_ids, moving, strict=True)},
        {one.id: first + place for place, one in enumerate(moving)},
        book_id,
        after_awards if book_id is not None else None,
        [
            (year, amount, years_from + place)
            for place, (year, amount, _entry) in enumerate(evening)
            if year is not None
        ],
    )


def _book_entry(plan: Plan, book_id: int, kept: Held, accounts: Sequence[int]) -> NewEntry:
    book = plan.gone_book
    legs: tuple[Leg, ...] = ()
    amounts = (book.minutes, book.points_hundredths) if book else (0, 0)
    own = (kept.minutes_id, kept.points_id)
    for amount, account_id, opposite_id in zip(amounts, own, accounts, strict=True):
        if amount:
            legs += (Leg(account_id, amount), Leg(opposite_id, -amount))
    return NewEntry("opening", OPENING, book_id, legs)


def _evening(
    plan: Plan, deed: Deed, kept: Held, gone: Held, owed: Mapping[int, int]
) -> list[tuple[int | None, int, NewEntry]]:
    """Return the transfers after which both come out right: minutes, and points year by year."""
    earned = sum(one.minutes for one in plan.served)
    earned += plan.gone_book.minutes if plan.gone_book else 0
    minutes = earned - plan.gone_balances.minutes
    found: list[tuple[int | None, int, NewEntry]] = []
    if minutes:
        found.append((None, minutes, _transfer(deed, kept.minutes_id, gone.minutes_id, minutes)))
    for year, amount in owed.items():
        found.append((year, amount, _transfer(deed, kept.points_id, gone.points_id, amount)))
    # What is given comes before what is received on either side: nobody owes in between.
    return sorted(found, key=lambda one: (one[0] is not None, one[1] > 0, one[0] or 0))


def _transfer(deed: Deed, from_id: int, to_id: int, amount: int) -> NewEntry:
    legs = (Leg(from_id, -amount), Leg(to_id, amount))
    return NewEntry("transfer", MERGE, deed.merge_id, legs, reason=mask_text(deed.reason))


def take_back(session: Session, plan: Plan, deed: Deed) -> None:
    """Reverse what was awarded to whoever goes, and their paper book."""
    reason = mask_text(deed.reason)
    if plan.served:
        reverse_awards(
            session, plan.served, actor=deed.actor, now=deed.now, reason=reason, key=deed.key
        )
    if plan.gone_book is not None:
        done = reverse(
            session,
            [plan.gone_book.entry_id],
            actor_id=deed.actor.login_id,
            now=deed.now,
            root_id=plan.root_id,
            reason=reason,
            key=deed.key,
        )
        run(
            session,
            _TAKE_BOOK_BACK,
            done.reversal_ids[plan.gone_book.entry_id],
            plan.gone_book.id,
        )
