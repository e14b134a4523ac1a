"""What an import did, or would do: every row of the file in exactly one of five counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.imports.rules.columns import Kind
from app.imports.rules.notes import Note
from app.imports.rules.refusals import Refusal


@dataclass(frozen=True)
class Look:
    """Ask for notes and a digest; with `agreed`, write only what has this digest."""

    agreed: str | None = None


@dataclass(frozen=True)
class Report:
    """The counts of one import and its refusals in the order of the rows.

    `changes`: of each row that updates somebody, the columns it changes. `waiting`: how many
    of the created wait for somebody's approval.
    """

    kind: Kind
    rows: int
    created: int
    updated: int
    duplicates: int
    blank: int
    refused: Sequence[Refusal]
    batch_id: int | None = None
    waiting: int = 0
    # The file as a whole is refused: rows are, and nobody chose to leave them out.
    is_refused: bool = False
    duplicate_rows: Sequence[int] = ()
    changes: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    # What a preview shows besides, where one is asked for: see operations/previewing.py.
    notes: Sequence[Note] = ()
    minutes: int = 0
    points_hundredths: int = 0
    people: int = 0
    digest: str = ""
    # The ground has changed since the preview somebody agreed to, so nothing was written.
    is_stale: bool = False

    @property
    def writes(self) -> bool:
        """Tell whether a commit writes anything."""
        return self.created + self.updated > 0

    @property
    def counts(self) -> dict[str, int]:
        """Return the counts as a batch keeps them."""
        return {
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "duplicates": self.duplicates,
            "refused": len(self.refused),
            "blank": self.blank,
        }
