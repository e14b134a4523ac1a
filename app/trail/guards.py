"""The trail and the kept keys are only added to (I-04); what is personal goes with the person."""

from __future__ import annotations

from app.guards import Erasable, Guard, refuse_change, refuse_replace, refuse_truncate

_PERSONAL = Erasable(
    "trail_personal", "OLD.volunteer_id IS NULL OR e.volunteer_id = OLD.volunteer_id"
)
FUNCTIONS = (_PERSONAL.function,)
GUARDS: tuple[Guard, ...] = (
    *refuse_change("trail"),
    refuse_replace("trail", "o.id = NEW.id"),
    *(guard for guard in refuse_change("trail_personal") if guard.name.endswith("_no_update")),
    *refuse_truncate("trail_personal"),
    refuse_replace("trail_personal", "o.trail_id = NEW.trail_id"),
    _PERSONAL.guard,
    *refuse_change("operation_keys"),
    refuse_replace("operation_keys", "o.actor_id = NEW.actor_id AND o.key = NEW.key"),
)
