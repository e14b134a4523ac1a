"""Let points expire and warn of it: one batch of people, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import Statement, driver_instant, for_sqlite, many, next_ids
from app.clock import today_in
from app.db import is_postgresql
from app.expiry.queries import House, dues_of
from app.expiry.rules import ONE_DAY, Due, over_by, warning_of
from app.ledger.operations import NewEntry, lock_holders, post, reserve_with_accounts
from app.ledger.rules import Leg
from app.notices.operations import tell_each
from app.notices.rules import Told
from app.trail.operations import note

SUBJECT = "expiry"
PURPOSE = "expired"
# Where what has expired is explained, and where what is about to can be redeemed.
PASSBOOK, SHELF = "/me/ledger", "/rewards"
_INSERT = Statement(
    "INSERT INTO expiries (id, root_id, volunteer_id, year_earned, usable_until_on, "
    "points_hundredths, entry_id, posted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    "INSERT INTO expiries (id, root_id, volunteer_id, year_earned, usable_until_on, "
    "points_hundredths, entry_id, posted_at) SELECT * FROM {rows}",
    ("bigint", "bigint", "bigint", "integer", "date", "bigint", "bigint", "timestamptz"),
)


class Done(NamedTuple):
    """What one batch did."""

    people: int = 0
    points_hundredths: int = 0
    warned: int = 0


def expire_points(
    session: Session, people: Mapping[int, House], *, root_id: int, now: datetime
) -> Done:
    """Post what is over of these people's points and tell them; a second run finds nothing left.

    Reckoned under their locks: what somebody redeems at the same instant is either spent or
    expired, never both.
    """
    held = lock_holders(session, people)
    over = [
        (volunteer_id, due)
        for volunteer_id, found in sorted(dues_of(session, people).items())
        for due in over_by(found, _yesterday(people[volunteer_id], now))
    ]
    if not over:
        return Done()
    account = (root_id, PURPOSE, "points")
    slots, accounts, _ = reserve_with_accounts(session, len(over), now, [account])
    ids = next_ids(session, "expiries", len(over))
    entries = [
        NewEntry(
            "expiry",
            SUBJECT,
            expiry_id,
            (
                Leg(held[volunteer_id].points_id, -due.hundredths),
                Leg(accounts[account], due.hundredths),
            ),
        )
        for expiry_id, (volunteer_id, due) in zip(ids, over, strict=True)
    ]
    post(session, entries, slots, actor_id=None)
    at = driver_instant(session, slots.recorded_at)
    rows = [
        (
            *(expiry_id, root_id, volunteer_id, due.year, _day(session, due.until_on)),
            *(due.hundredths, slots.first_id + place, at),
        )
        for place, (expiry_id, (volunteer_id, due)) in enumerate(zip(ids, over, strict=True))
    ]
    many(session, _INSERT, rows)
    done = Done(len({one for one, _ in over}), sum(due.hundredths for _, due in over))
    note(
        session,
        operation="expire_points",
        actor_id=None,
        at=slots.recorded_at,
        subject_kind="organisation",
        subject_id=root_id,
        organisation_id=root_id,
        after={
            "people": done.people,
            "points_hundredths": done.points_hundredths,
            "expiries": [ids[0], ids[-1]],
        },
    )
    _tell(session, "expiry.expired", over, now)
    return done


def warn_of_expiry(session: Session, people: Mapping[int, House], *, now: datetime) -> int:
    """Tell these people what ends within 60 days, and within 7: each once; return how many."""
    found = dues_of(session, people)
    warned: set[int] = set()
    for kind in ("coming", "soon"):
        told = [
            (volunteer_id, due)
            for volunteer_id, listed in sorted(found.items())
            for due in listed
            if warning_of(due.until_on, today_in(people[volunteer_id].zone, now)) == kind
        ]
        _tell(session, f"expiry.{kind}", told, now)
        warned |= {volunteer_id for volunteer_id, _ in told}
    return len(warned)


def has_work(found: Iterable[Due], today: date) -> tuple[bool, bool]:
    """Tell whether anything of somebody's points is over, and whether any is to be warned of."""
    listed = list(found)
    is_over = bool(over_by(listed, today - ONE_DAY))
    return is_over, any(warning_of(due.until_on, today) for due in listed)


def note_sheet(
    session: Session,
    *,
    actor_id: int,
    organisation_id: int,
    until_on: date,
    people: int,
    now: datetime,
) -> None:
    """Leave the trail row of a list of losses that was taken out."""
    note(
        session,
        operation="expiry.export",
        actor_id=actor_id,
        at=now,
        subject_kind="organisation",
        subject_id=organisation_id,
        organisation_id=organisation_id,
        after={"until": until_on.isoformat(), "people": people},
    )


def _yesterday(house: House, now: datetime) -> date:
    return today_in(house.zone, now) - ONE_DAY


def _day(session: Session, on: date) -> object:
    return on if is_postgresql(session) else for_sqlite(on)


def _tell(session: Session, kind: str, ends: Iterable[tuple[int, Due]], now: datetime) -> None:
    """Tell each person one sum for each last day."""
    path = PASSBOOK if kind == "expiry.expired" else SHELF
    sums: dict[date, dict[int, int]] = {}
    for volunteer_id, due in ends:
        people = sums.setdefault(due.until_on, {})
        people[volunteer_id] = people.get(volunteer_id, 0) + due.hundredths
    for until_on, people in sorted(sums.items()):
        told = [
            Told(
                volunteer_id,
                {"points_hundredths": hundredths, "until_on": until_on},
                path,
                volunteer_id,
            )
            for volunteer_id, hundredths in sorted(people.items())
        ]
        tell_each(session, kind, told, at=now, subject_kind="volunteer", once=until_on.isoformat())
