"""What organisers, auditors and administrators are told of an audit."""

from __future__ import annotations

from app.audits.operations import KIND
from app.errors import N_
from app.notices.rules import Kind

KINDS: tuple[Kind, ...] = (
    Kind(
        KIND,
        N_("The audit found something that does not agree"),
        N_(
            "Checks concerned: %(checks)s. Open the page and show it to whoever keeps the machine;"
            " leave the books as they are until then."
        ),
    ),
)
