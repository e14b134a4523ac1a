"""What both engines can: copy the live books out, bring a copy in beside them, and swap."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

from app.audit.reading import Reading
from app.audit.report import Report
from app.backups.facts import Facts
from app.backups.manifests import Proof

T = TypeVar("T")
SQLITE_BEGINS = b"SQLite format 3\0"
DUMP_BEGINS = b"PGDMP"


class Copied(NamedTuple):
    """A copy that was made, and what is known of it."""

    facts: Facts
    digest: str
    proof: Proof
    violated: list[str]


class Candidate(ABC):
    """Books brought in beside the present ones, which nobody serves yet."""

    @property
    @abstractmethod
    def addresses(self) -> Mapping[str, str]:
        """Return the settings by which a program opens these books."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Reading]:
        """Read these books."""

    @abstractmethod
    def faults(self) -> list[str]:
        """Return what the engine itself finds wrong, at most some."""

    @abstractmethod
    def take_place(self, now: datetime) -> str | None:
        """Put these books in the place of the present ones; return where those lie now."""


class Present(ABC):
    """The books in service, while nobody is in them."""

    @abstractmethod
    def looked_at(self, look: Callable[[Reading], T]) -> T | None:
        """Return what is found in them; None where there are none that can be read."""


class Engine(ABC):
    """One of the two engines, for the books that the settings name."""

    name: str
    suffix: str
    begins: bytes

    @abstractmethod
    def copy_out(self, target: Path) -> Copied:
        """Copy the live books into a file of ours and prove the copy."""

    @abstractmethod
    def held(self) -> AbstractContextManager[Present]:
        """Hold the present books still for a restore, or refuse where somebody is in them."""

    @abstractmethod
    def brought_in(self, source: Path) -> AbstractContextManager[Candidate]:
        """Bring a copy in beside the present books; what does not take their place goes."""


def violated_in(report: Report) -> list[str]:
    """Return which checks found something."""
    return [result.id for result in report.results if result.violations]


def engine_of(file: Path) -> str | None:
    """Tell whose copy a file is by how it begins."""
    with file.open("rb") as content:
        begins = content.read(len(SQLITE_BEGINS))
    if begins == SQLITE_BEGINS:
        return "sqlite"
    return "postgresql" if begins.startswith(DUMP_BEGINS) else None
