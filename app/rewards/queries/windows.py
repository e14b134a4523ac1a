"""The redemption days of an organisation: its own, or those of the nearest one above it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.organisations.models import Organisation
from app.organisations.queries import ancestors_of
from app.rewards.models import RedemptionWindow
from app.rewards.rules.windows import Window


class NamedWindow(NamedTuple):
    """One rule as it stands."""

    id: int
    title: str
    window: Window


class InForce(NamedTuple):
    """Whose rules count for an organisation, and which they are; none: every day."""

    organisation_id: int
    organisation_name: str
    rows: tuple[NamedWindow, ...]

    @property
    def windows(self) -> tuple[Window, ...]:
        """The rules alone, as `opens_on` takes them."""
        return tuple(row.window for row in self.rows)


def windows_in_force(session: Session, organisation_id: int) -> InForce | None:
    """Return the rules of the nearest organisation upward that has any; None: every day."""
    above = ancestors_of(session, organisation_id)
    rows = session.execute(
        select(RedemptionWindow, Organisation.name)
        .join(Organisation, Organisation.id == RedemptionWindow.organisation_id)
        .where(RedemptionWindow.organisation_id.in_(above), RedemptionWindow.ended_at.is_(None))
        .order_by(RedemptionWindow.id)
    ).all()
    for each_id in above:
        own = [(row, name) for row, name in rows if row.organisation_id == each_id]
        if own:
            return InForce(each_id, own[0][1], tuple(_named(row) for row, _name in own))
    return None


def _named(row: RedemptionWindow) -> NamedWindow:
    return NamedWindow(row.id, row.title, Window(row.kind, row.day, row.from_on, row.until_on))
