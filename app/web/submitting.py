"""One submit: carry out one operation, or bring its refusal back to the form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.db import transaction
from app.errors import RuleBroken
from app.web.forms import Form

# Where a refusal is shown, by its code; any other stands above the form.
REASON: Mapping[str, str] = {"reason_missing": "reason"}


def carried_out(
    form: Form, operate: Callable[[Session], Any], fields: Mapping[str, str] = REASON
) -> Any:
    """Return what one operation gives (True for nothing) in its own commit; None when refused."""
    try:
        with transaction() as session:
            return operate(session) or True
    except RuleBroken as refusal:
        form.refuse(refusal, fields.get(refusal.code))
        return None
