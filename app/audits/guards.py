"""What an audit found is never changed afterwards."""

from __future__ import annotations

from app.guards import Guard, refuse_change, refuse_replace

GUARDS: tuple[Guard, ...] = (
    *refuse_change("audit_runs"),
    refuse_replace("audit_runs", "o.id = NEW.id"),
)
