"""By whose code an account was opened is only added to: it decides who may approve (I-12)."""

from __future__ import annotations

from app.guards import Guard, refuse_change, refuse_replace

GUARDS: tuple[Guard, ...] = (
    *refuse_change("account_openings"),
    refuse_replace("account_openings", "o.id = NEW.id"),
)
