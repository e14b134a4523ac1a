"""Names one slip away: one character wrong, missing, too many, or two of them swapped."""

from __future__ import annotations

from collections.abc import Iterable

MOST_NEAR = 6


class NearNames:
    """All names by what is left of them when one character is taken out."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_rest: dict[str, list[str]] = {}
        for name in names:
            for rest in _rests(name):
                self._by_rest.setdefault(rest, []).append(name)

    def like(self, meant: str) -> list[str]:
        """Return the nearest names, those that share more characters in place first."""
        found = {name for rest in _rests(meant) for name in self._by_rest.get(rest, ())}
        # Of two characters one may be anybody's: only the family name counts there.
        if len(meant) <= 2:
            found = {
                name for name in found if name[:1] == meant[:1] or sorted(name) == sorted(meant)
            }
        return sorted(found, key=lambda name: (-_in_place(name, meant), name))[:MOST_NEAR]


def _rests(name: str) -> set[str]:
    return {name, *(name[:at] + name[at + 1 :] for at in range(len(name)))} - {""}


def _in_place(one: str, other: str) -> int:
    return sum(a == b for a, b in zip(one, other, strict=False)) - abs(len(one) - len(other))
