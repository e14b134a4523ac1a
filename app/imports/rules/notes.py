"""What is worth a second look before a commit, though nothing of it is refused: 请确认."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

MOST_SHOWN = 10
# Six hours are possible and seldom meant.
LONG_MINUTES = 360


class Noted(NamedTuple):
    """One row worth a look: its number, what it says and what was found."""

    row: int
    said: dict[str, str]
    found: dict[str, Any]
    # A row that repeats another can be kept beside it only without a start time and an id.
    may_keep: bool = False


class Note:
    """All rows of one such finding: every one counted, the first ones shown."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.count = 0
        self.shown: list[Noted] = []

    def add(self, noted: Noted | None) -> None:
        """Count a row, and show it while there is room."""
        self.count += 1
        if noted is not None and len(self.shown) < MOST_SHOWN:
            self.shown.append(noted)

    @property
    def has_room(self) -> bool:
        """Tell whether another row would be shown: making it up costs time."""
        return len(self.shown) < MOST_SHOWN

    def as_json(self) -> dict[str, Any]:
        """Return the note as it is kept."""
        return {
            "code": self.code,
            "count": self.count,
            "rows": [noted._asdict() for noted in self.shown],
        }


class Notes:
    """The notes of one preview, in the order in which they matter."""

    CODES = (
        *("waiting", "over_limit", "repeat", "twice", "same_day", "guest", "long", "earlier_year"),
        *("same_phone", "namesake", "served_before"),
    )

    def __init__(self) -> None:
        self._notes = {code: Note(code) for code in self.CODES}

    def __getitem__(self, code: str) -> Note:
        return self._notes[code]

    def filled(self) -> Iterable[Note]:
        """Return the notes that have rows."""
        return [note for note in self._notes.values() if note.count]
