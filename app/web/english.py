"""What English makes of one hour: "1 hour", where Chinese has no plural and says the same.

Hours are decimals in some hundred sentences, so the figure is looked at where a sentence gets it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from babel.support import Translations

_COUNTED = re.compile(r"%\((\w+)\)s( more)? hours\b")
_TAG = re.compile(r"<[^>]*>")
_ONE = frozenset({"1", "+1", "-1", "−1"})


class Counted(str):
    """A sentence with a place for a count of hours."""

    __slots__ = ()

    def __mod__(self, figures: Any) -> str:
        return str(with_one(self, figures) % figures)


class English(Translations):
    """The language the messages are written in."""

    def ugettext(self, message: str) -> str:
        """Return a message as it is, ready for its figures."""
        return _ready(message)


@lru_cache(maxsize=4096)
def _ready(message: str) -> str:
    return Counted(message) if _COUNTED.search(message) else message


def with_one(message: str, figures: Any) -> str:
    """Return a message that says hour where its figure is one."""
    if not isinstance(figures, Mapping):
        return str(message)

    def said(found: re.Match[str]) -> str:
        figure = _TAG.sub("", str(figures.get(found[1], ""))).strip()
        return found[0][:-1] if figure in _ONE else found[0]

    return _COUNTED.sub(said, str(message))
