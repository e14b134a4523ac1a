"""What the web needs from the packages above it, handed down by create_app."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from flask import Flask, current_app, g

if TYPE_CHECKING:
    from app.teams.rules import Actor

EXTENSION = "qicai"


class Site(NamedTuple):
    """Whose site this is, for the frame of every page; a new instance has none."""

    id: int
    name: str
    time_zone: str


class Counts(NamedTuple):
    """How many hours wait for a person's decision, questions and disputes for their answer,
    and how many notices are unread.
    """

    hours: int
    questions: int
    unread: int
    disputes: int = 0


class Edge(NamedTuple):
    """The doors through which the web asks; the first two at most once per request.

    `load_actor` reads the rights of whoever is signed in from the database, `remembered_language`
    and `remember_language` concern the login with this id, `count_for` says what is counted beside
    the ways through the site, `card_desk` where a leader whose activity is on goes with a card.
    """

    load_actor: Callable[[], Actor | None] = lambda: None
    load_site: Callable[[], Site | None] = lambda: None
    remembered_language: Callable[[int], str | None] = lambda _login_id: None
    remember_language: Callable[[int, str], None] = lambda _login_id, _language: None
    count_for: Callable[[Actor], Counts] = lambda _actor: Counts(0, 0, 0)
    card_desk: Callable[[], str | None] = lambda: None


def init_edge(app: Flask, edge: Edge) -> None:
    """Keep the doors with the app."""
    app.extensions[EXTENSION] = edge


def edge() -> Edge:
    """Return the doors of the app that answers this request."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Edge)
    return found


def current_site() -> Site | None:
    """Return whose site this is, read once per request; None on a new instance."""
    if "site" not in g:
        g.site = edge().load_site()
    site: Site | None = g.site
    return site
