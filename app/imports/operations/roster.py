"""Import a roster: merge its rows into the books, then write people and memberships at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import is_postgresql
from app.imports.operations.batches import open_batch
from app.imports.operations.reading import ReadFile
from app.imports.operations.roster_homes import Moved, note_moves
from app.imports.operations.roster_look import Judged, looked_at
from app.imports.operations.roster_undo import keep_changes, states_of
from app.imports.queries import (
    left_on,
    memberships_of,
    people_named,
    people_numbered,
    reach_of,
)
from app.imports.rules.fixes import LeftOut
from app.imports.rules.reach import Reach
from app.imports.rules.refusals import CellRefused, Refusal
from app.imports.rules.report import Look, Report
from app.imports.rules.roster_books import RosterBooks
from app.imports.rules.roster_people import (
    Entry,
    Kept,
    NewMembership,
    entry_of,
    membership_changes,
)
from app.imports.rules.roster_rows import RosterRead, RosterRow
from app.people.operations import confirm_new_friend
from app.people.operations.persons import person_of
from app.people.operations.rosters import Card, update_cards
from app.people.operations.volunteers import insert_people
from app.teams.operations.rosters import Correction, Joining, write_memberships
from app.teams.rules import Actor
from app.trail.operations import note

_ONE_ROSTER_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7106)")


def import_roster(
    session: Session,
    file: ReadFile,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    skip_refused: bool,
    commits: bool,
    look: Look | None = None,
) -> Report:
    """Judge all rows in file order and, when it commits, write what they change as one batch."""
    read = file.roster
    assert read is not None
    if commits and is_postgresql(session):
        # Two rosters at once could both find a person missing.
        session.execute(_ONE_ROSTER_AT_A_TIME)
    reach = reach_of(session, actor)
    books = RosterBooks(reach, _entries(session, reach, read.rows, today), today)
    judged = Judged([], [])
    report = _judged(file, read, books, skip_refused, judged)
    if look is not None:
        report = looked_at(session, report, file, books, judged)
        if commits and look.agreed is not None and look.agreed != report.digest:
            return replace(report, is_stale=True)
    if not commits or not report.writes:
        return report
    scope = _scope(reach, books)
    touched = [entry for entry in books.entries if _is_touched(entry)]
    before = states_of(session, [entry.known.id for entry in touched if entry.known is not None])
    batch_id = open_batch(session, file, report, scope, actor, now)
    note_moves(session, _moves(touched), actor_id=actor.login_id, now=now, reason=file.name)
    ids = _write(session, books.entries, actor, now)
    keep_changes(session, batch_id, before, [ids[id(entry)] for entry in touched])
    note(
        session,
        operation="import.roster",
        actor_id=actor.login_id,
        at=now,
        subject_kind="batch",
        subject_id=batch_id,
        batch_id=batch_id,
        organisation_id=scope,
        after={"file": file.name, **report.counts, "changes": _told(books, report.changes)},
    )
    return replace(report, batch_id=batch_id)


def _entries(session: Session, reach: Reach, rows: Sequence[RosterRow], today: date) -> list[Entry]:
    """Return everybody the rows may mean, with their teams; four statements."""
    numbers = {row.number for row in rows if row.number}
    known = {each.id: each for each in people_numbered(session, numbers)}
    known.update(
        (each.id, each) for each in people_named(session, reach, {row.name for row in rows})
    )
    held, left = memberships_of(session, known), left_on(session, known)
    return [
        entry_of(known[volunteer_id], held.get(volunteer_id, ()), today, left.get(volunteer_id))
        for volunteer_id in sorted(known)
    ]


def _judged(
    file: ReadFile, read: RosterRead, books: RosterBooks, skip_refused: bool, judged: Judged
) -> Report:
    refused: list[Refusal] = list(read.refused)
    duplicates: list[int] = []
    changes: dict[int, tuple[str, ...]] = {}
    created = 0
    for row in read.rows:
        try:
            status, changed = books.take(row)
        except CellRefused as found:
            refused.append(row.row.refusal(found.key, found.broken))
            continue
        judged.rows.append(row)
        judged.statuses.append(status)
        if status == "created":
            created += 1
        elif status == "updated":
            changes[row.row.number] = changed
        else:
            duplicates.append(row.row.number)
    is_refused = not skip_refused and any(each.code != LeftOut.code for each in refused)
    return Report(
        kind="roster",
        rows=file.rows,
        created=0 if is_refused else created,
        updated=0 if is_refused else len(changes),
        duplicates=len(duplicates),
        blank=read.blank,
        refused=sorted(refused, key=lambda each: each.row),
        is_refused=is_refused,
        duplicate_rows=duplicates,
        changes=changes,
    )


def _scope(reach: Reach, books: RosterBooks) -> int:
    """Return the lowest organisation above all that changed."""
    homes = [entry.organisation_id for entry in books.entries if _is_touched(entry)]
    return reach.common(homes or reach.tops())


def _is_touched(entry: Entry) -> bool:
    return entry.known is None or entry.is_changed or any(membership_changes(entry))


def _moves(entries: Sequence[Entry]) -> list[Moved]:
    return [
        Moved(entry.known.id, entry.known.organisation_id, entry.organisation_id)
        for entry in entries
        if entry.known is not None
    ]


def _told(books: RosterBooks, changes: Mapping[int, tuple[str, ...]]) -> dict[str, int]:
    """Return how often each column changed: the values themselves are personal."""
    told: dict[str, int] = {}
    for columns in changes.values():
        for column in columns:
            told[column] = told.get(column, 0) + 1
    return told


def _write(
    session: Session, entries: Sequence[Entry], actor: Actor, now: datetime
) -> dict[int, int]:
    """Write the cards first, then the memberships; one statement per table and kind.

    Returns everybody's id by the entry they stand in.
    """
    ids = _write_people(session, entries, actor, now)
    joinings: list[Joining] = []
    corrections: list[Correction] = []
    leaders: list[int] = []
    for entry in entries:
        volunteer_id = ids[id(entry)]
        changed, added = membership_changes(entry)
        corrections += [Correction(kept.id, *kept[2:]) for kept in changed]
        joinings += [Joining(new.team_id, volunteer_id, *new[1:]) for new in added]
        if entry.known is not None and _makes_leader(changed, added):
            leaders.append(volunteer_id)
    write_memberships(session, joinings, corrections, now=now, new_leaders=leaders)
    return ids


def _makes_leader(changed: Sequence[Kept], added: Sequence[NewMembership]) -> bool:
    return any(kept.role == "leader" for kept in changed) or any(
        new.role == "leader" for new in added
    )


def _write_people(
    session: Session, entries: Sequence[Entry], actor: Actor, now: datetime
) -> dict[int, int]:
    """Return everybody's id by the entry they stand in."""
    new = [entry for entry in entries if entry.known is None]
    people = [
        person_of(
            organisation_id=entry.organisation_id,
            name=entry.name,
            number=entry.number,
            phone=entry.phone,
            kind=entry.kind,
            sex=entry.sex,
            born_on=entry.born_on,
        )
        for entry in new
    ]
    ids = dict(zip(map(id, new), insert_people(session, people, now=now), strict=True))
    ids.update((id(entry), entry.known.id) for entry in entries if entry.known is not None)
    cards = [_card(session, entry, actor, now) for entry in entries if entry.is_changed]
    update_cards(session, cards)
    return ids


def _card(session: Session, entry: Entry, actor: Actor, now: datetime) -> Card:
    known = entry.known
    assert known is not None
    if known.number is None and entry.state == "active":
        # A new friend of a leader stands on the organiser's roster: that confirms them.
        confirmed = confirm_new_friend(
            session, known.id, actor_id=actor.login_id, now=now, number=entry.number
        )
        entry.number = confirmed.number
    return Card(known.id, *entry.card())
