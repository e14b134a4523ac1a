"""The rule versions that apply in an organisation."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.organisations.queries import ancestors_of
from app.points.models import RuleRate
from app.points.models import RuleVersion as RuleVersionRow
from app.points.rules import RuleVersion

_versions = select(
    RuleVersionRow.id,
    RuleVersionRow.organisation_id,
    RuleVersionRow.effective_from,
    RuleVersionRow.service_day_percent,
    RuleVersionRow.service_month_percent,
    RuleVersionRow.step_hundredths,
).order_by(RuleVersionRow.effective_from)
_rates = select(RuleRate.rule_version_id, RuleRate.colour_id, RuleRate.hundredths_per_hour)


def versions_for(session: Session, organisation_id: int) -> tuple[RuleVersion, ...]:
    """Return the versions of the nearest organisation, up the tree, that has any; oldest first."""
    above = ancestors_of(session, organisation_id)
    rows = session.execute(_versions.where(RuleVersionRow.organisation_id.in_(above))).all()
    holders = {row.organisation_id for row in rows}
    nearest = next((each for each in above if each in holders), None)
    mine = [row for row in rows if row.organisation_id == nearest]
    rates = _rates_of(session, [row.id for row in mine])
    return tuple(
        RuleVersion(
            row.id,
            row.effective_from,
            row.service_day_percent,
            row.service_month_percent,
            row.step_hundredths,
            rates.get(row.id, {}),
        )
        for row in mine
    )


def versions_by_id(session: Session, version_ids: list[int]) -> dict[int, RuleVersion]:
    """Return rule versions by id, to explain lines that were credited by them."""
    rows = session.execute(_versions.where(RuleVersionRow.id.in_(version_ids))).all()
    rates = _rates_of(session, [row.id for row in rows])
    return {
        row.id: RuleVersion(
            row.id,
            row.effective_from,
            row.service_day_percent,
            row.service_month_percent,
            row.step_hundredths,
            rates.get(row.id, {}),
        )
        for row in rows
    }


def _rates_of(session: Session, version_ids: list[int]) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {}
    if version_ids:
        for row in session.execute(_rates.where(RuleRate.rule_version_id.in_(version_ids))):
            found.setdefault(row.rule_version_id, {})[row.colour_id] = row.hundredths_per_hour
    return found
