"""Make the entries that award a record, against the accounts that issue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from app.ledger.operations import (
    Held,
    NewEntry,
    SystemAccount,
    system_accounts,
)
from app.ledger.rules import Leg

SUBJECT = "service_record"
# The accounts opposite an award: purpose and unit.
MINUTES = ("service_issued", "minutes")
POINTS = ("points_issued", "points")


def awarding_of(
    session: Session, root_ids: Iterable[int], held: Mapping[int, Held]
) -> dict[int, Awarding]:
    """Return what makes the awards, by organisation root."""
    roots = set(root_ids)
    return awarding_by_root(roots, system_accounts(session, opposite(roots)), held)


def opposite(roots: Iterable[int]) -> list[SystemAccount]:
    return [(root_id, *account) for root_id in sorted(roots) for account in (MINUTES, POINTS)]


def awarding_by_root(
    roots: Iterable[int], accounts: Mapping[SystemAccount, int], held: Mapping[int, Held]
) -> dict[int, Awarding]:
    return {
        root_id: Awarding(held, accounts[root_id, *MINUTES], accounts[root_id, *POINTS])
        for root_id in roots
    }


class Awarding:
    """Makes the entries that award a record, against the root's issuing accounts."""

    def __init__(self, held: Mapping[int, Held], minutes_id: int, points_id: int) -> None:
        self._held = held
        self._minutes_id = minutes_id
        self._points_id = points_id

    def entry(
        self, volunteer_id: int, record_id: int, minutes: int, points: int, rule_version_id: int
    ) -> NewEntry:
        """Return the award of one record; without points it has no legs in points."""
        held = self._held[volunteer_id]
        legs: tuple[Leg, ...] = (Leg(held.minutes_id, minutes), Leg(self._minutes_id, -minutes))
        if points:
            legs += (Leg(held.points_id, points), Leg(self._points_id, -points))
        return NewEntry("service", SUBJECT, record_id, legs, rule_version_id=rule_version_id)
