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
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import (
    COPY_FROM,
    allow_long_statements,
    next_ids,
)
from app.ledger.operations import (
    Held,
    open_accounts,
)
from app.merging.models import Merge, MergedYear
from app.merging.notices import JOINED
from app.merging.operations.deed import MERGE, Deed, Posted
from app.merging.operations.following import Going, let_follow
from app.merging.operations.planning import Plan, plan_merge, points_left, root_of
from app.merging.operations.posting import post_joined, take_back
from app.merging.operations.writing import move_book, send_back, write_records
from app.merging.rules import BooksMoved, ReasonMissing, settled_by_year
from app.notices.operations import tell
from app.people.models import Volunteer
from app.people.operations import edit_volunteer
from app.rewards.operations.carrying import Hand, give_back, make_anew, tickets_of
from app.service.operations.locking import lock_people
from app.service.operations.records import not_before_entry
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered
from app.trail.rules import mask_text, sha256_of

# Fields of a person that may differ between two, and of which one wins.
FIELDS = ("name", "sex", "born_on", "phone", "kind")


class Joined(NamedTuple):
    """What was done."""

    merge_id: int
    figures: Mapping[str, int]


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
    now = not_before_entry(plan.moving, now)
    (merge_id,) = next_ids(session, "merges", 1)
    deed = Deed(actor, now, reason.strip(), key, held, merge_id)
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
    session: Session, plan: Plan, deed: Deed, fields_of_gone: Sequence[str]
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
    send_back(session, plan, deed)
    posted = post_joined(session, plan, deed, kept, gone, owed)
    take_back(session, plan, deed)
    write_records(session, plan, deed, posted)
    move_book(session, plan, deed, posted)
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


# ── the people ────────────────────────────────────────────────────────────────────────────


def _take_fields(session: Session, plan: Plan, deed: Deed, fields_of_gone: Sequence[str]) -> None:
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
    session: Session, plan: Plan, deed: Deed, posted: Posted, figures: Mapping[str, int]
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


def _tell(session: Session, plan: Plan, deed: Deed, figures: Mapping[str, int]) -> None:
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
