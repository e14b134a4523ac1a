"""The trail and the kept keys are only added to (I-04)."""

from __future__ import annotations

from app.guards import Guard, refuse_change, refuse_replace

GUARDS: tuple[Guard, ...] = (
    *refuse_change("trail"),
    refuse_replace("trail", "o.id = NEW.id"),
    *refuse_change("operation_keys"),
    refuse_replace("operation_keys", "o.actor_id = NEW.actor_id AND o.key = NEW.key"),
)
