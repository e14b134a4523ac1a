"""What packages above have to say beside a record that is looked at or waits: handed over once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Flask, current_app
from sqlalchemy.orm import Session

from app.teams.rules import Actor

EXTENSION = "qicai_asides"
# Returns by record what is to be shown beside it to this reader.
Aside = Callable[[Session, Actor, Sequence[int]], Mapping[int, Any]]


def init_asides(app: Flask, asides: Mapping[str, Aside]) -> None:
    """Learn who has something to say; templates find it by the name it is given here."""
    app.extensions[EXTENSION] = dict(asides)


def asides_for(
    session: Session, actor: Actor, record_ids: Sequence[int]
) -> dict[str, Mapping[int, Any]]:
    """Return by name, then by record, what is to be shown beside these records."""
    found: Mapping[str, Aside] = current_app.extensions[EXTENSION]
    return {name: aside(session, actor, record_ids) for name, aside in found.items()}


def questioned_by(asides: Mapping[str, Mapping[int, Any]]) -> set[int]:
    """Return the records beside which something stands that is worth a look of its own."""
    return {
        record_id
        for by_record in asides.values()
        for record_id, aside in by_record.items()
        if getattr(aside, "raises_question", False)
    }
