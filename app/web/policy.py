"""Every page and command names the right it needs; what names none is not reachable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from urllib.parse import urlencode

import click
from flask import Flask, current_app, redirect, request
from werkzeug.wrappers import Response

from app.errors import NotFound
from app.web.actor import find_actor
from app.web.addresses import here, is_readable
from app.web.resending import ask_to_sign_in_first
from app.web.rights import RIGHTS, is_granted

if TYPE_CHECKING:
    from app.teams.rules import Actor

MARK = "__qicai_right__"
STATIC = frozenset({"static"})
# Where roles that sleep are woken with a second factor.
FACTOR_PATH = "/me/second-factor"
# Where app.jobs, which stands above, keeps its handlers.
JOBS = "qicai_jobs"
# Commands that Flask and Flask-Migrate bring along.
FRAMEWORK_COMMANDS = frozenset({"run", "shell", "routes", "db"})

Marked = TypeVar("Marked", bound=Callable[..., Any])


def allow(right: str) -> Callable[[Marked], Marked]:
    """Say which right a view or a command needs: `@allow("service_record.enter")`.

    It stands below `@blueprint.get(…)` or `@group.command(…)`, next to the function.
    """
    if right not in RIGHTS:
        raise ValueError(f"{right} is no right of app/web/rights.py.")

    def mark(function: Marked) -> Marked:
        setattr(function, MARK, right)
        return function

    return mark


def right_of(function: object) -> str | None:
    """Return the right a view or command names, or None."""
    if isinstance(function, click.Command):
        return getattr(function, MARK, None) or getattr(function.callback, MARK, None)
    found: str | None = getattr(function, MARK, None)
    return found


def registered(app: Flask) -> dict[str, str | None]:
    """Return every endpoint, command and kind of job with its right (None: it names none)."""
    found = {
        name: right_of(view) for name, view in app.view_functions.items() if name not in STATIC
    }
    found |= {f"flask {name}": right_of(command) for name, command in _commands(app.cli)}
    handlers = app.extensions[JOBS].handlers if JOBS in app.extensions else {}
    return found | {f"job {kind}": right_of(handle) for kind, handle in handlers.items()}


def init_policy(app: Flask) -> None:
    """Ask for the right before every view."""
    app.before_request(_check)


def not_found() -> NoReturn:
    """Answer as if it did not exist: it lies outside the actor's reach."""
    raise NotFound


def sign_in_url(next_path: str | None = None) -> str:
    """Return the address of the sign-in page, which leads back to a path of ours."""
    query = f"?{urlencode({'next': next_path})}" if next_path and next_path != "/" else ""
    return f"{request.script_root}/sign-in{query}"


def factor_url(next_path: str | None = None) -> str:
    """Return the address of the page of one's second factor, which leads back to a path of ours."""
    query = f"?{urlencode({'next': next_path})}" if next_path else ""
    return f"{request.script_root}{FACTOR_PATH}{query}"


def _check() -> Response | str | tuple[str, int] | None:
    endpoint = request.endpoint
    if endpoint is None or endpoint in STATIC:
        return None
    right = right_of(current_app.view_functions[endpoint])
    if right is None:
        current_app.logger.error("The endpoint %s names no right.", endpoint)
        not_found()
    actor = find_actor()
    if is_granted(right, actor.roles if actor else ()):
        return None
    if actor is not None:
        return _wake(right, actor)
    if request.method == "POST":
        return ask_to_sign_in_first(sign_in_url(here() if is_readable(here()) else None))
    return redirect(sign_in_url(here()), 303)


def _wake(right: str, actor: Actor) -> Response | None:
    """Let a role that sleeps do its own matters, and lead it to the page that wakes it."""
    if any(RIGHTS[right].get(role) == "s" for role in actor.asleep):
        return None
    if not is_granted(right, actor.asleep):
        not_found()
    return redirect(factor_url(here() if is_readable(here()) else None), 303)


def _commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if not prefix and name in FRAMEWORK_COMMANDS:
            continue
        if isinstance(command, click.Group):
            yield from _commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command
