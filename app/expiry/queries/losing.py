"""Who would lose what by a date if nothing were redeemed until then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.errors import N_, RuleBroken
from app.expiry.queries.houses import House
from app.expiry.queries.lying import dues_of
from app.expiry.rules import Due, over_by
from app.ledger.histories import with_points_among

_OF = "SELECT id, organisation_id FROM volunteers WHERE organisation_id IN ?ids"
# More people than these are not reckoned while somebody waits for a page.
MOST_RECKONED = 2000
_CARDS = """
SELECT v.id, v.number, v.name, o.name FROM volunteers v JOIN organisations o
  ON o.id = v.organisation_id
WHERE v.id IN ?ids AND v.organisation_id IN ?ids
"""


class Loser(NamedTuple):
    """Who would lose something, and what."""

    volunteer_id: int
    number: str
    name: str
    organisation_name: str
    dues: tuple[Due, ...]

    @property
    def hundredths(self) -> int:
        return sum(due.hundredths for due in self.dues)


class TooMany(RuleBroken):
    """More people belong there than a page reckons."""

    code = "too_many_people"
    message = N_("More than %(most)s people belong here.")


def losers_by(session: Session, houses: Mapping[int, House], on: date) -> list[Loser]:
    """Return who would lose what up to a date, by number. Raises TooMany."""
    return losers_named(session, houses, losses_by(session, houses, on))


def losses_by(session: Session, houses: Mapping[int, House], on: date) -> dict[int, list[Due]]:
    """Return what is lost up to a date, by the person. Raises TooMany."""
    left = dues_of(session, people_of(session, houses))
    return {each: over for each, found in left.items() if (over := over_by(found, on))}


def losers_named(
    session: Session, houses: Mapping[int, House], losses: Mapping[int, Sequence[Due]]
) -> list[Loser]:
    """Return who loses it as they are called now; whoever belongs elsewhere by now is left out."""
    cards = fetch(session, _CARDS, sorted(losses), sorted(houses))
    listed = [Loser(row[0], row[1] or "", row[2], row[3], tuple(losses[row[0]])) for row in cards]
    return sorted(listed, key=lambda one: (one.number, one.volunteer_id))


def people_of(session: Session, houses: Mapping[int, House]) -> dict[int, House]:
    """Return the people of some organisations who have points, each with the terms."""
    homes = {row[0]: row[1] for row in fetch(session, _OF, sorted(houses))}
    if len(homes) > MOST_RECKONED:
        raise TooMany(most=MOST_RECKONED)
    return {each: houses[homes[each]] for each in with_points_among(session, homes)}
