"""Who may see a picture is for whatever it belongs to; create_app hands those doors over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flask import Flask, current_app
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from app.teams.rules import Actor

EXTENSION = "qicai_pictures"
# Tells whether somebody may see what a picture belongs to.
# None: a visitor.
Door = Callable[[Session, "Actor | None", int], bool]


def init_pictures(app: Flask, doors: Iterable[Door]) -> None:
    """Learn from each package with pictures who sees them."""
    app.extensions[EXTENSION] = tuple(doors)


def may_see(session: Session, actor: Actor | None, picture_id: int) -> bool:
    """Tell whether one of the doors opens."""
    doors: tuple[Door, ...] = current_app.extensions[EXTENSION]
    return any(door(session, actor, picture_id) for door in doors)
