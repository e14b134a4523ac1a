"""Sentences that are kept: a msgid with its figures, said later in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from app.errors import RuleBroken


class Told(RuleBroken):
    """A refusal read back from where it was kept."""

    code: ClassVar[str] = "told"

    def __init__(self, kept_message: str, figures: Mapping[str, Any]) -> None:
        super().__init__(**figures)
        self.__dict__["message"] = kept_message

    def __reduce__(self) -> tuple[Any, ...]:
        return Told, (self.message, self.figures)


def kept(value: Any) -> Any:
    """Return a figure as JSON can hold it."""
    if isinstance(value, RuleBroken):
        return {"said": value.message, "figures": kept_figures(value.figures)}
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, date):
        return {"on": value.isoformat()}
    if isinstance(value, list | tuple | set | frozenset):
        return [kept(each) for each in value]
    return value if isinstance(value, str | int) or value is None else str(value)


def kept_figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return all figures of a sentence as JSON can hold them."""
    return {name: kept(value) for name, value in figures.items()}


def read_figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of a kept sentence as they were."""
    return {name: _read(value) for name, value in figures.items()}


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return [_read(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "said" in value:
        return Told(value["said"], read_figures(value["figures"]))
    return datetime.fromisoformat(value["at"]) if "at" in value else date.fromisoformat(value["on"])
