"""What somebody agreed to for each purpose, as their own page and the organiser's show it."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.people.queries.naming import nameable
from app.people.queries.purposes import PurposeRow, photos_show, purposes_of
from app.people.rules.consent import is_child
from app.people.rules.naming import needs_guardian
from app.people.rules.purposes import MINORS_VERSION


class PurposeCard(NamedTuple):
    """One purpose: whether a yes counts now, and the words on it so far, the last first."""

    purpose: str
    counts: bool
    words: list[PurposeRow]

    @property
    def may_end(self) -> bool:
        """Tell whether there is something to take back: no no stands yet."""
        return self.counts or bool(self.words and self.words[0].is_given)


class PurposeCards(NamedTuple):
    photos: PurposeCard
    helpers: PurposeCard
    minors: PurposeCard
    # Only a guardian's word counts; of whom no date is known, whoever has a guardian may be one.
    needs_guardian: bool
    # Under 14, or somebody whose guardian agreed while they were.
    is_minor: bool
    minors_version: str


def purpose_cards(session: Session, volunteer_id: int, on: date) -> PurposeCards:
    """Return what somebody agreed to, beside being named in public."""
    rows, person = purposes_of(session, volunteer_id), nameable(session, volunteer_id, on)
    words: dict[str, list[PurposeRow]] = {}
    for row in rows:
        words.setdefault(row.purpose, []).append(row)
    helpers, minors = words.get("helpers", []), words.get("minors", [])
    is_guarded = needs_guardian(person.born_on, on, has_guardian=person.has_guardian)
    return PurposeCards(
        PurposeCard("photos", photos_show(session, volunteer_id, on), words.get("photos", [])),
        PurposeCard("helpers", bool(helpers and helpers[0].is_given), helpers),
        PurposeCard("minors", _is_agreed(minors), minors),
        needs_guardian=is_guarded,
        is_minor=is_child(person.born_on, on) or is_guarded or bool(minors),
        minors_version=MINORS_VERSION,
    )


def _is_agreed(minors: list[PurposeRow]) -> bool:
    return bool(minors) and minors[0].is_given and minors[0].version == MINORS_VERSION
