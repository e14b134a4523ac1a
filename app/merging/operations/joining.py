"""Join two people who are one: books by entries, everything else along, in one commit.

The order keeps every balance at zero or above between any two entries: what was redeemed and
waits is given back, then the kept person is awarded what the other served, then what the other
has spent (or got besides) is evened out year by year, then the other's awards are taken back,
and at last what waits to be collected is redeemed anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import (
    COPY_FROM,
    Statement,
    allow_long_statements,
    driver_instant,
    many,
    next_ids,
    run,
)
from app.ledger.operations import (
    Held,
    NewEntry,
    open_accounts,
    post,
    reserve,
    reverse,
    system_accounts,
)
from app.ledger.rules import Leg
from app.merging.models import Merge, MergedYear
from app.merging.notices import JOINED
from app.merging.operations.following import Going, let_follow
from app.merging.operations.planning import Plan, plan_merge, points_left, root_of
from app.merging.rules import BooksMoved, ReasonMissing, settled_by_year
from app.notices.operations import tell
from app.opening.queries import SUBJECT as OPENING
from app.people.models import Volunteer
from app.people.operations import edit_volunteer
from app.rewards.operations.carrying import Hand, give_back, make_anew, tickets_of
from app.service.models import Batch
from app.service.operations.awarding import awarding_by_root, opposite
from app.service.operations.locking import lock_people
from app.service.operations.records import Kept
from app.service.operations.rejecting import reject_rows
from app.service.operations.reversing import going, overtake_proposals, reverse_awards
from app.service.totals import Change, keep_totals
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered
from app.trail.rules import mask_text, sha256_of

MERGE = "merge"
# Fields of a person that may differ between two, and of which one wins.
FIELDS = ("name", "sex", "born_on", "phone", "kind")
_OPENING_PURPOSE = "opening"
_NEW_RECORD = """
INSERT INTO service_records (id, root_id, volunteer_id, team_id, organisation_id, colour_id,
  service_on, minutes, starts_minute, content, place, note, evidence, external_id, part,
  first_part_id, state, waits_reason, is_guest, is_service_day, is_service_month, earns_points,
  daily_limit_minutes, points_hundredths, recorder_id, recorded_at, approver_id, decided_at,
  reason, corrects_id, batch_id, award_entry_id, activity_id)
SELECT {0}, o.root_id, {1}, o.team_id, o.organisation_id, o.colour_id, o.service_on, o.minutes,
  o.starts_minute, o.content, o.place, o.note, o.evidence, o.external_id, o.part, {2}, 'approved',
  o.waits_reason, o.is_guest, {3}, o.is_service_month, o.earns_points, o.daily_limit_minutes, {4},
  o.recorder_id, o.recorded_at, {5}, {6}, coalesce({7}, o.reason), o.id, NULL, {8}, o.activity_id
FROM {9}
"""
_AWARD_ANEW = Statement(
    _NEW_RECORD.format(*"?????????", "service_records o WHERE o.id = ?"),
    _NEW_RECORD.format(
        *(f"r.{letter}" for letter in "abcdefghi"),
        "{rows} JOIN service_records o ON o.id = r.j",
    ),
    (
        *("bigint", "bigint", "bigint", "boolean", "bigint", "bigint", "timestamptz", "text"),
        *("bigint", "bigint"),
    ),
)
_TAKE_BOOK_BACK = (
    "UPDATE opening_records SET state = 'reversed', reversal_entry_id = ? WHERE id = ?"
)
_NEW_BOOK = (
    "INSERT INTO opening_records (id, root_id, organisation_id, volunteer_id, as_of_on, minutes, "
    "points_hundredths, note, state, recorder_id, recorded_at, batch_id, entry_id) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'approved', ?, ?, ?, ?)"
)
_NEXT_CORRECTION = Statement(
    "UPDATE service_records SET volunteer_id = ?, corrects_id = ? "
    "WHERE corrects_id = ? AND state = 'submitted'",
    "UPDATE service_records t SET volunteer_id = r.a, corrects_id = r.b FROM {rows} "
    "WHERE t.corrects_id = r.c AND t.state = 'submitted'",
    ("bigint", "bigint", "bigint"),
)


class Joined(NamedTuple):
    """What was done."""

    merge_id: int
    figures: Mapping[str, int]


class _Deed(NamedTuple):
    """Who does it, when, why, under which key, and under whose locks."""

    actor: Actor
    now: datetime
    reason: str
    key: str
    held: Mapping[int, Held]
    merge_id: int


def merge_people(
    session: Session,
    kept_id: int,
    gone_id: int,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    key: str,
    fields_of_gone: Sequence[str] = (),
    seen: str | None = None,
) -> Joined:
    """Make one person of two: `gone` becomes `kept`, for good.

    `fields_of_gone`: of what differs, which the other's is right. `seen`: the digest of the
    preview; where the books moved since, nothing is done. Raises what the plan holds against it.
    """
    content = {
        "operation": "merge_people",
        "kept_id": kept_id,
        "gone_id": gone_id,
        "reason": reason,
        "fields": sorted(fields_of_gone),
    }
    held = _locked(session, kept_id, gone_id, actor)
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return Joined(before["merge_id"], before["figures"])
    plan = plan_merge(session, kept_id, gone_id, actor=actor, now=now)
    if not reason.strip():
        raise ReasonMissing
    for obstacle in plan.obstacles:
        raise obstacle
    if seen is not None and seen != seen_of(plan):
        raise BooksMoved
    (merge_id,) = next_ids(session, "merges", 1)
    deed = _Deed(actor, now, reason.strip(), key, held, merge_id)
    figures = _carry_out(session, plan, deed, fields_of_gone)
    remember(session, actor.login_id, key, content, {"merge_id": merge_id, "figures": figures}, now)
    return Joined(merge_id, figures)


def seen_of(plan: Plan) -> str:
    """Return the word for what a preview showed."""
    return sha256_of(plan.digest)


def _locked(session: Session, kept_id: int, gone_id: int, actor: Actor) -> dict[int, Held]:
    """Lock both people's accounts, in the order of every posting; open those missing.

    Their rows are read again behind the locks: two organisers may join the two both ways at once.
    """
    both = (kept_id, gone_id)
    held = lock_people(session, both)
    missing = [one for one in both if one not in held]
    if missing:
        open_accounts(
            session, root_id=root_of(session, kept_id, gone_id, actor), holder_ids=missing
        )
        held = lock_people(session, both)
    for one in sorted(both):
        row = session.get(Volunteer, one)
        if row is not None:
            session.refresh(row, with_for_update={"key_share": True})
    return held


def _carry_out(
    session: Session, plan: Plan, deed: _Deed, fields_of_gone: Sequence[str]
) -> dict[str, int]:
    if len(plan.served) >= COPY_FROM:
        allow_long_statements(session)
    kept, gone = deed.held[plan.kept.id], deed.held[plan.gone.id]
    hand = Hand(
        deed.actor.login_id, deed.now, plan.today, plan.root_id, mask_text(deed.reason), deed.key
    )
    tickets = tickets_of(session, plan.gone.id)
    give_back(session, tickets, gone, hand)
    owed = settled_by_year(plan.earned_by_year(), points_left(session, plan))
    _send_back(session, plan, deed)
    posted = _post(session, plan, deed, kept, gone, owed)
    _take_back(session, plan, deed)
    _write_records(session, plan, deed, posted)
    _move_book(session, plan, deed, posted)
    make_anew(session, tickets, plan.kept.id, kept, hand)
    moved = let_follow(
        session,
        Going(plan.kept.id, plan.gone.id, plan.waiting_ids, deed.actor.login_id, deed.now),
        plan.today,
    )
    _take_fields(session, plan, deed, fields_of_gone)
    figures = {**plan.figures, "tickets": len(tickets), **moved}
    _write_merge(session, plan, deed, posted, figures)
    _tell(session, plan, deed, figures)
    return figures


# ── the books ─────────────────────────────────────────────────────────────────────────────


class _Posted(NamedTuple):
    """Ids given to what was posted."""

    record_ids: Mapping[int, int]
    awards: Mapping[int, int]
    book_id: int | None
    book_entry_id: int | None
    years: Sequence[tuple[int, int, int]]


def _post(
    session: Session, plan: Plan, deed: _Deed, kept: Held, gone: Held, owed: Mapping[int, int]
) -> _Posted:
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
    return _Posted(
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
    plan: Plan, deed: _Deed, kept: Held, gone: Held, owed: Mapping[int, int]
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


def _transfer(deed: _Deed, from_id: int, to_id: int, amount: int) -> NewEntry:
    legs = (Leg(from_id, -amount), Leg(to_id, amount))
    return NewEntry("transfer", MERGE, deed.merge_id, legs, reason=mask_text(deed.reason))


def _take_back(session: Session, plan: Plan, deed: _Deed) -> None:
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


def _write_records(session: Session, plan: Plan, deed: _Deed, posted: _Posted) -> None:
    """Write the records anew for the kept person, each naming the one it puts right."""
    at = driver_instant(session, deed.now)
    rows = [_row(plan, one, posted, deed, at) for one in plan.moving]
    many(session, _AWARD_ANEW, rows)
    changes = [going(one) for one in plan.served]
    changes += [_coming(plan, one) for one in plan.moving]
    if changes:
        keep_totals(session, changes)
    many(
        session,
        _NEXT_CORRECTION,
        [(plan.kept.id, new_id, old_id) for old_id, new_id in posted.record_ids.items()],
    )
    overtake_proposals(session, plan.served, actor=deed.actor, now=deed.now)


def _row(plan: Plan, one: Kept, posted: _Posted, deed: _Deed, at: Any) -> tuple[Any, ...]:
    first = one.first_part_id
    is_over = plan.verdicts[one.id].fate == "over_limit"
    return (
        posted.record_ids[one.id],
        plan.kept.id,
        None if first is None else posted.record_ids[first],
        plan.service_days[one.id],
        plan.points[one.id],
        deed.actor.login_id,
        at,
        mask_text(deed.reason) if is_over else None,
        posted.awards[one.id],
        one.id,
    )


def _coming(plan: Plan, one: Kept) -> Change:
    day = one.day_key._replace(volunteer_id=plan.kept.id)
    return Change(day, plan.service_days[one.id], one.minutes, plan.points[one.id], 1)


def _send_back(session: Session, plan: Plan, deed: _Deed) -> None:
    """Send back what waited and would count a second time."""
    if plan.sent_back:
        ids = [one.id for one in plan.sent_back]
        reason = mask_text(deed.reason)
        reject_rows(session, ids, actor_id=deed.actor.login_id, now=deed.now, reason=reason)


def _move_book(session: Session, plan: Plan, deed: _Deed, posted: _Posted) -> None:
    """Take the paper book over for the kept person, in a batch of its own."""
    book = plan.gone_book
    if book is None or posted.book_id is None:
        return
    batch = Batch(
        kind="opening",
        organisation_id=plan.kept.organisation_id,
        actor_id=deed.actor.login_id,
        made_at=deed.now,
        rows=1,
        created=1,
        updated=0,
        duplicates=0,
        refused=0,
        blank=0,
    )
    session.add(batch)
    session.flush()
    about = (posted.book_id, book.root_id, plan.kept.organisation_id, plan.kept.id, book.as_of_on)
    said = (book.minutes, book.points_hundredths, book.note, deed.actor.login_id, deed.now)
    run(session, _NEW_BOOK, *about, *said, batch.id, posted.book_entry_id)
    note(
        session,
        operation="merge_people.book",
        actor_id=deed.actor.login_id,
        at=deed.now,
        subject_kind="batch",
        subject_id=batch.id,
        batch_id=batch.id,
        organisation_id=plan.kept.organisation_id,
        after={"minutes": book.minutes, "points_hundredths": book.points_hundredths},
    )


# ── the people ────────────────────────────────────────────────────────────────────────────


def _take_fields(session: Session, plan: Plan, deed: _Deed, fields_of_gone: Sequence[str]) -> None:
    """Let the fields that are right with the other win, then mark whom they became."""
    wins = {name: getattr(plan.gone, name) for name in FIELDS if name in fields_of_gone}
    for name in ("sex", "born_on", "phone"):
        # What only one of them knows is not lost.
        if getattr(plan.kept, name) is None and getattr(plan.gone, name) is not None:
            wins[name] = getattr(plan.gone, name)
    if plan.kept.state == "left" and plan.gone.state == "active":
        plan.kept.state = "active"
    plan.gone.state, plan.gone.matched_to_id, plan.gone.phone = "matched", plan.kept.id, None
    session.flush()
    if wins:
        edit_volunteer(session, plan.kept.id, wins, actor_id=deed.actor.login_id, now=deed.now)


def _write_merge(
    session: Session, plan: Plan, deed: _Deed, posted: _Posted, figures: Mapping[str, int]
) -> None:
    session.add(
        Merge(
            id=deed.merge_id,
            kept_id=plan.kept.id,
            gone_id=plan.gone.id,
            organisation_id=plan.kept.organisation_id,
            merged_by_id=deed.actor.login_id,
            merged_at=deed.now,
            reason=mask_text(deed.reason),
            figures=json.dumps(dict(figures), sort_keys=True),
        )
    )
    session.flush()
    session.add_all(
        MergedYear(merge_id=deed.merge_id, year=year, points_hundredths=amount, entry_id=entry_id)
        for year, amount, entry_id in posted.years
    )
    session.flush()
    said = {"number": plan.gone.number, "to_number": plan.kept.number, **figures}
    for subject_id, other_id in ((plan.kept.id, plan.gone.id), (plan.gone.id, plan.kept.id)):
        note(
            session,
            operation="merge_people",
            actor_id=deed.actor.login_id,
            at=deed.now,
            subject_kind="volunteer",
            subject_id=subject_id,
            organisation_id=plan.kept.organisation_id,
            after={"other_id": other_id, **said},
            reason=deed.reason,
        )


def _tell(session: Session, plan: Plan, deed: _Deed, figures: Mapping[str, int]) -> None:
    tell(
        session,
        JOINED,
        [plan.kept.id],
        figures={
            "number": plan.gone.number or "",
            "to_number": plan.kept.number or "",
            "served_minutes": figures["minutes"],
            "reason": mask_text(deed.reason),
        },
        path="/me/ledger",
        at=deed.now,
        subject_kind=MERGE,
        subject_id=deed.merge_id,
    )
