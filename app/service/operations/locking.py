"""Lock the people of some lines and read, behind the locks, what their lines are judged by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch_together
from app.ledger.operations import Held, lock_holders, lock_holders_and_ask, open_accounts
from app.service.operations.grounds import Grounds, grounds_asked
from app.service.operations.lines import (
    Line,
)
from app.service.operations.records import Kept, kept_of, records_asked
from app.service.rules import (
    DAY_MINUTES,
)

_ONE_DAY = timedelta(days=1)


def lock_people(session: Session, volunteer_ids: Iterable[int]) -> dict[int, Held]:
    """Hold the people's accounts until the commit: whoever judges their days stands in line."""
    return lock_holders(session, volunteer_ids)


class Locked(NamedTuple):
    """What some lines are judged by, read behind the locks of their people."""

    held: Mapping[int, Held]
    grounds: Grounds
    records: Sequence[Kept]


def lock_and_read(
    session: Session, lines: Sequence[Line], now: datetime, *queries: tuple[Any, ...]
) -> tuple[Locked, list[Sequence[Any]]]:
    """Lock the people of some lines, then read what is asked and what judges them: one trip."""
    asked = _asked(lines)
    held, answers = lock_holders_and_ask(session, people_in(lines), *queries, *asked)
    grounds, records = _heard(session, lines, now, answers[len(queries) :])
    locked = Locked(held, grounds, records)
    if len(held) < len(grounds.people):
        _open_missing(session, locked)
        locked, _ = lock_and_read(session, lines, now)
    return locked, answers[: len(queries)]


def read_for(session: Session, lines: Sequence[Line], now: datetime, *, is_locked: bool) -> Locked:
    if is_locked:
        return lock_and_read(session, lines, now)[0]
    answers = fetch_together(session, *_asked(lines))
    return Locked({}, *_heard(session, lines, now, answers))


def _asked(lines: Sequence[Line]) -> list[tuple[Any, ...]]:
    people = people_in(lines)
    grounds = grounds_asked({line.team_id for line in lines}, people)
    dates = {on for _team_id, on in days_in(lines)}
    return [*grounds, records_asked(people, min(dates), max(dates))] if dates else [*grounds]


def _heard(
    session: Session, lines: Sequence[Line], now: datetime, answers: Sequence[Sequence[Any]]
) -> tuple[Grounds, list[Kept]]:
    """Return the grounds and the standing records of some lines from the answers to `_asked`."""
    *about_grounds, rows = answers if lines else [*answers, ()]
    grounds = Grounds(session, {line.team_id for line in lines}, now, read=about_grounds)
    return grounds, [kept_of(row) for row in rows]


def people_in(lines: Iterable[Line]) -> list[int]:
    return sorted({line.volunteer_id for line in lines})


def days_in(lines: Iterable[Line]) -> set[tuple[int, date]]:
    """Return the teams' dates the lines fall on."""
    days = set()
    for line in lines:
        days.add((line.team_id, line.service_on))
        if _crosses_midnight(line):
            days.add((line.team_id, line.service_on + _ONE_DAY))
    return days


def _open_missing(session: Session, locked: Locked) -> None:
    """Open the accounts of people who have none yet."""
    missing: dict[int, list[int]] = {}
    for volunteer_id, person in locked.grounds.people.items():
        if volunteer_id not in locked.held:
            root_id = locked.grounds.root_of(person.organisation_id)
            missing.setdefault(root_id, []).append(volunteer_id)
    for root_id, holder_ids in sorted(missing.items()):
        open_accounts(session, root_id=root_id, holder_ids=holder_ids)


def _crosses_midnight(line: Line) -> bool:
    if line.service_on == date.max:
        return False
    return line.starts_minute is not None and line.starts_minute + line.minutes > DAY_MINUTES
