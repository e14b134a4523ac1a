"""Who asks: read from the database once per request, never from the cookie (I-22)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, g

from app.web.edge import edge

if TYPE_CHECKING:
    from app.teams.rules import Actor


def find_actor() -> Actor | None:
    """Return whoever is signed in, or None."""
    if "actor" not in g:
        g.actor = edge().load_actor()
    found: Actor | None = g.actor
    return found


def current_actor() -> Actor:
    """Return whoever is signed in; views behind a right may rely on there being someone."""
    actor = find_actor()
    if actor is None:
        abort(404)
    return actor


def forget_actor() -> None:
    """Read the actor anew, after signing in or out within this request."""
    g.pop("actor", None)
