"""By whose code an account was opened (I-12), and who agreed to what, is only added to."""

from __future__ import annotations

from app.guards import Guard, refuse_change, refuse_delete, refuse_replace

GUARDS: tuple[Guard, ...] = (
    *refuse_change("account_openings"),
    refuse_replace("account_openings", "o.id = NEW.id"),
    *refuse_change("consents"),
    refuse_replace("consents", "o.id = NEW.id"),
    *refuse_change("naming_consents"),
    refuse_replace("naming_consents", "o.id = NEW.id"),
    *refuse_change("purpose_consents"),
    refuse_replace("purpose_consents", "o.id = NEW.id"),
    # A return ends a row, and an erasure empties its words; no row goes.
    *refuse_delete("pauses"),
    refuse_replace("pauses", "o.id = NEW.id"),
)
