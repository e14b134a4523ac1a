"""What people are told about their certificates."""

from __future__ import annotations

from app.errors import N_
from app.notices.rules import Kind

KINDS: tuple[Kind, ...] = (
    Kind(
        "certificate.issued",
        N_("A certificate for you"),
        N_("%(issuer)s issued you the certificate %(number)s."),
        "record",
    ),
    Kind(
        "certificate.revoked",
        N_("A certificate was revoked"),
        N_("%(issuer)s revoked your certificate %(number)s. Reason: %(reason)s"),
        "record",
    ),
    Kind(
        "certificate.replaced",
        N_("A certificate was replaced"),
        N_("%(issuer)s issued another certificate in the place of %(number)s. Reason: %(reason)s"),
        "record",
    ),
)
