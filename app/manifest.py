"""What the schema consists of: every model's table, and the guards that stand over them."""

from __future__ import annotations

import app.activities.models
import app.adjustments.guards
import app.adjustments.models
import app.archive.guards
import app.archive.models
import app.audits.guards
import app.audits.models
import app.certificates.guards
import app.certificates.models
import app.claims.models
import app.disputes.guards
import app.disputes.models
import app.evaluations.models
import app.expiry.guards
import app.expiry.models
import app.imports.models
import app.jobs.models
import app.ledger.guards
import app.ledger.models
import app.merging.guards
import app.merging.models
import app.notices.models
import app.opening.guards
import app.opening.models
import app.organisations.guards
import app.organisations.models
import app.people.guards
import app.people.models
import app.pictures.models
import app.points.guards
import app.points.models
import app.privacy.guards
import app.privacy.models
import app.ranking.guards
import app.ranking.models
import app.reports.models
import app.rewards.guards
import app.rewards.models
import app.service.guards
import app.service.models
import app.teams.models
import app.trail.guards
import app.trail.models
from app.guards import Guard

GUARDS: tuple[Guard, ...] = (
    *app.trail.guards.GUARDS,
    *app.organisations.guards.GUARDS,
    *app.people.guards.GUARDS,
    *app.points.guards.GUARDS,
    *app.ledger.guards.GUARDS,
    *app.opening.guards.GUARDS,
    *app.service.guards.GUARDS,
    *app.disputes.guards.GUARDS,
    *app.adjustments.guards.GUARDS,
    *app.expiry.guards.GUARDS,
    *app.rewards.guards.GUARDS,
    *app.ranking.guards.GUARDS,
    *app.certificates.guards.GUARDS,
    *app.archive.guards.GUARDS,
    *app.merging.guards.GUARDS,
    *app.audits.guards.GUARDS,
    *app.privacy.guards.GUARDS,
)
FUNCTIONS: tuple[str, ...] = (
    *app.trail.guards.FUNCTIONS,
    *app.organisations.guards.FUNCTIONS,
    *app.points.guards.FUNCTIONS,
    *app.ledger.guards.FUNCTIONS,
    *app.opening.guards.FUNCTIONS,
    *app.service.guards.FUNCTIONS,
    *app.disputes.guards.FUNCTIONS,
    *app.adjustments.guards.FUNCTIONS,
    *app.expiry.guards.FUNCTIONS,
    *app.rewards.guards.FUNCTIONS,
    *app.ranking.guards.FUNCTIONS,
    *app.certificates.guards.FUNCTIONS,
    *app.archive.guards.FUNCTIONS,
    *app.merging.guards.FUNCTIONS,
    *app.privacy.guards.FUNCTIONS,
)


def expected_guards(engine: str) -> set[str]:
    """Return the names of the triggers an engine must have."""
    return {guard.name for guard in GUARDS if getattr(guard, engine) is not None}
