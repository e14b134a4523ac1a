"""Which kinds of notices there are: every package lists its own in a module `notices`."""

from __future__ import annotations

from collections.abc import Iterable

from app.notices.rules import Kind

_known: dict[str, Kind] = {}


def know_kinds(kinds: Iterable[Kind]) -> None:
    """Add kinds; the same code twice with other words is a mistake."""
    for kind in kinds:
        if _known.setdefault(kind.code, kind) != kind:
            raise ValueError(f"Two kinds of notices are called {kind.code}.")


def get_kind(code: str) -> Kind:
    """Return a kind that somebody wants to tell."""
    if code not in _known:
        raise ValueError(f"No package listed in app.NOTICES has a kind {code!r}.")
    return _known[code]


def find_kind(code: str) -> Kind | None:
    """Return the kind of a notice told once, or None: its code may have gone since."""
    return _known.get(code)
