"""How points lie by the year they were earned, and until when each of them can be used.

The lots are a pure fold over one person's history; only the deadlines depend on the setting.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import NamedTuple

# What comes (back) after its time stays usable so long; warned as long, and once more, before.
GRACE = timedelta(days=60)
FIRST_WARNING = timedelta(days=60)
LAST_WARNING = timedelta(days=7)
ONE_DAY = timedelta(days=1)

# A lot: the year its points were earned, and since when they lie there.
Place = tuple[int, date]
Takes = list[tuple[Place, int]]
Subject = tuple[str, int]


class Move(NamedTuple):
    """One entry of somebody's points account, in hundredths."""

    entry_id: int
    kind: str
    amount: int
    # The civil date of the entry.
    on: date
    # Of a credit the year it was earned, of an expiry the year it ended; of what two people who
    # were one owed each other, the year that it evens out.
    year: int
    subject: Subject
    reverses_id: int | None = None
    # Of an award that puts another right: the reversal of that one.
    repays_id: int | None = None

    @property
    def is_joining(self) -> bool:
        """Tell whether it evens out the books of two people who turned out to be one."""
        return self.kind == "transfer" and self.subject[0] == "merge"


class Lot(NamedTuple):
    """Points left of one year that came (back) on one date."""

    year: int
    since_on: date
    hundredths: int


class Terms(NamedTuple):
    """The setting (0: never), and the last date on which it was decided, where that is known."""

    years: int
    begun_on: date | None = None


class Due(NamedTuple):
    """Points of one year that can be used until one date."""

    year: int
    until_on: date
    hundredths: int


class Purse:
    """One person's points as they lie, entry by entry."""

    def __init__(self) -> None:
        self._lots: dict[Place, int] = {}
        # Their places, the oldest first.
        self._order: list[Place] = []
        # By entry: which lots a credit filled, a debit emptied, and of others than its own.
        self._given: dict[int, Takes] = {}
        self._taken: dict[int, Takes] = {}
        self._borrowed: dict[int, Takes] = {}
        self._redeemed: dict[Subject, Takes] = {}
        # Inside one commit a debit may stand before the credit that covers it.
        self._owing: list[tuple[int, int]] = []

    def lots(self) -> list[Lot]:
        """Return what is left, in the order in which it is spent."""
        return [Lot(*place, self._lots[place]) for place in self._order]

    def move(self, move: Move) -> None:
        """Take up the next entry."""
        if move.amount > 0:
            self._credit(move)
        else:
            self._debit(move)

    def _credit(self, move: Move) -> None:
        given = self._given[move.entry_id] = []
        rest = move.amount
        for year, amount in _drained(self._returned_by(move), rest):
            rest -= amount
            given.append(((year, move.on), amount))
        if rest:
            given.append(((move.year, move.on), rest))
        for place, amount in given:
            self._put(place, amount)

    def _returned_by(self, move: Move) -> Takes:
        """Return what an earlier debit took, where a credit gives it back."""
        if move.kind == "refund":
            return self._redeemed.get(move.subject, [])
        if move.reverses_id is not None:
            return self._taken.get(move.reverses_id, [])
        return self._borrowed.get(move.repays_id or 0, [])

    def _put(self, place: Place, amount: int) -> None:
        while self._owing and amount:
            entry_id, owed = self._owing.pop(0)
            paid = min(owed, amount)
            self._taken[entry_id].append((place, paid))
            amount -= paid
            if owed > paid:
                self._owing.insert(0, (entry_id, owed - paid))
        if amount and place not in self._lots:
            insort(self._order, place)
        if amount:
            self._lots[place] = self._lots.get(place, 0) + amount

    def _debit(self, move: Move) -> None:
        own = self._own_of(move)
        taken = self._taken[move.entry_id] = []
        needed = self._take(own, -move.amount, taken)
        borrowed: Takes = []
        while needed and self._order:
            oldest = self._order[0]
            needed = self._take([(oldest, needed)], needed, borrowed)
        taken += borrowed
        if move.kind == "reversal":
            self._borrowed[move.entry_id] = borrowed
        elif move.kind == "redemption":
            self._redeemed.setdefault(move.subject, []).extend(taken)
        if needed:
            self._owing.append((move.entry_id, needed))

    def _own_of(self, move: Move) -> Takes:
        """Return where a debit takes first; by default from the oldest year."""
        if move.reverses_id is not None:
            return self._given.get(move.reverses_id, [])
        of_year = [(place, self._lots[place]) for place in self._order if place[0] == move.year]
        if move.kind == "expiry":
            return of_year
        if move.is_joining:
            # What came over by the same joining first: what lay here before keeps its last day.
            return of_year[::-1]
        return []

    def _take(self, places: Takes, needed: int, taken: Takes) -> int:
        """Empty lots up to the amounts given; return what is still needed."""
        for place, most in places:
            amount = min(most, needed, self._lots.get(place, 0))
            if not amount:
                continue
            left = self._lots[place] - amount
            if left:
                self._lots[place] = left
            else:
                del self._lots[place]
                del self._order[bisect_left(self._order, place)]
            taken.append((place, amount))
            needed -= amount
        return needed


def _drained(takes: Takes, most: int) -> Iterable[tuple[int, int]]:
    """Take back from what a debit took, the newest year first; give years and amounts."""
    while takes and most:
        place, amount = takes.pop()
        back = min(amount, most)
        most -= back
        if amount > back:
            takes.append((place, amount - back))
        yield place[0], back


def lots_after(moves: Iterable[Move]) -> list[Lot]:
    """Return what is left of somebody's points, in the order in which it is spent."""
    purse = Purse()
    for move in moves:
        purse.move(move)
    return purse.lots()


# ── deadlines ─────────────────────────────────────────────────────────────────────────────


def last_day(year: int, since_on: date, terms: Terms) -> date:
    """Return the last date on which points of a year can be used."""
    until_on = date(year + terms.years, 12, 31)
    if since_on > until_on:
        until_on = since_on + GRACE
    return until_on if terms.begun_on is None else max(until_on, first_end(terms.begun_on))


def first_end(begun_on: date) -> date:
    """Return the earliest last day under a setting decided on a date: told the day after."""
    return begun_on + ONE_DAY + FIRST_WARNING


def dues(lots: Iterable[Lot], terms: Terms, ended: Collection[tuple[int, date]] = ()) -> list[Due]:
    """Return lots by year and last day, the earliest end first; none where points never expire.

    `ended` are the years and last days that have expired already: each ends once, and what came
    to the same one later (a clock or time zone set back) ends a day later.
    """
    found: dict[tuple[date, int], int] = {}
    for lot in lots if terms.years else ():
        until_on = last_day(lot.year, lot.since_on, terms)
        while (lot.year, until_on) in ended:
            until_on += ONE_DAY
        place = (until_on, lot.year)
        found[place] = found.get(place, 0) + lot.hundredths
    return [Due(year, until_on, found[until_on, year]) for until_on, year in sorted(found)]


def over_by(found: Iterable[Due], on: date) -> list[Due]:
    """Return what can be used up to a date and no longer."""
    return [due for due in found if due.until_on <= on]


def warning_of(until_on: date, today: date) -> str | None:
    """Return which warning is due: `soon` from a week before the last day, `coming` from 60."""
    if not today <= until_on <= today + FIRST_WARNING:
        return None
    return "soon" if until_on <= today + LAST_WARNING else "coming"


def concerns_everybody(terms: Terms, last_on: date | None, today: date) -> bool:
    """Tell whether since a date a day came on which many are warned, or many points end."""
    if last_on is None:
        return True
    ends = [date(year, 12, 31) for year in range(last_on.year - 1, today.year + 1)]
    if terms.begun_on is not None:
        ends.append(first_end(terms.begun_on))
    steps = (-FIRST_WARNING, -LAST_WARNING, ONE_DAY)
    return any(last_on < end + step <= today for end in ends for step in steps)
