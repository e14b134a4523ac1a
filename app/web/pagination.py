"""Lists by pages: which part to read, and the addresses of the pages beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from flask import request

PAGE_SIZE = 50
HIGHEST_PAGE = 100_000


class Page(NamedTuple):
    """One page of a list; it counts from 1."""

    number: int
    pages: int
    size: int
    total: int
    previous_url: str | None
    next_url: str | None

    @property
    def offset(self) -> int:
        """How many rows come before this page."""
        return (self.number - 1) * self.size


def page_of(total: int, *, size: int = PAGE_SIZE, argument: str = "page") -> Page:
    """Return the page the address asks for, or the nearest there is."""
    pages = max(1, -(-total // size))
    number = min(max(1, _asked(argument)), pages)
    return Page(
        number,
        pages,
        size,
        total,
        _url(argument, number - 1) if number > 1 else None,
        _url(argument, number + 1) if number < pages else None,
    )


def url_with(changes: Mapping[str, object]) -> str:
    """Return this page's address with some arguments changed (None: left out)."""
    arguments: list[tuple[str, object]] = [
        (name, value) for name, value in request.args.items(multi=True) if name not in changes
    ]
    arguments += [(name, value) for name, value in changes.items() if value is not None]
    path = request.script_root + request.path
    return f"{path}?{urlencode(arguments)}" if arguments else path


def _url(argument: str, number: int) -> str:
    return url_with({argument: None if number == 1 else number})


def _asked(argument: str) -> int:
    given = request.args.get(argument, "")
    if not (given.isascii() and given.isdigit() and len(given) <= len(str(HIGHEST_PAGE))):
        return 1
    return int(given)
