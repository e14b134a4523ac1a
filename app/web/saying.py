"""Say a refusal of the core in the reader's language, its figures as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import gettext

from app.errors import RuleBroken
from app.web.filters import day, instant


def say(refusal: RuleBroken) -> str:
    """Return the refusal's one sentence."""
    return say_message(refusal.message, refusal.figures)


def say_message(message: str, figures: Mapping[str, Any]) -> str:
    """Translate a msgid first and fill in the figures then: they are nobody's msgid."""
    # gettext() itself formats only when it is given variables, so %% stays for us.
    template: str = gettext(message)
    return template % {name: _shown(value) for name, value in figures.items()}


def _shown(value: Any) -> Any:
    if isinstance(value, RuleBroken):
        return say(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return day(value, with_year=True)
    if isinstance(value, list | tuple | set | frozenset):
        return gettext(", ").join(str(_shown(one)) for one in value)
    return value
