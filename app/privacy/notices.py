"""What organisers are told of who asks to be erased."""

from __future__ import annotations

from app.errors import N_
from app.notices.rules import Kind
from app.privacy.operations.asking import ASKED

KINDS: tuple[Kind, ...] = (
    Kind(
        ASKED,
        N_("Somebody asks to be erased"),
        N_(
            "Number %(number)s. It can be done from %(ready_at)s on; until then it may be taken"
            " back. Nothing happens by itself."
        ),
    ),
)
