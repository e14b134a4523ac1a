"""The invariant of names on public pages: the flag is what the last word says."""

from __future__ import annotations

from app.audit.checks import Check, Part
from app.errors import N_


def naming_checks() -> tuple[Check, ...]:
    """Return the check on who is named in public."""
    differs = """
        SELECT v.id AS volunteer_id FROM volunteers v
        LEFT JOIN naming_consents n
          ON n.id = (SELECT max(id) FROM naming_consents WHERE volunteer_id = v.id)
        WHERE v.is_named <> coalesce(n.is_named, false)
    """
    return (
        Check(
            "N-01",
            N_("Nobody is named in public but whose last word on it was yes"),
            "SELECT count(*) FROM volunteers",
            (Part("named_otherwise_than_agreed", differs),),
        ),
    )
