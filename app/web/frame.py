"""What base.html draws around every page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Flask, current_app, g, has_request_context, request
from jinja2 import StrictUndefined

from app.web.actor import find_actor
from app.web.edge import current_site
from app.web.languages import html_lang, language
from app.web.navigation import navigation, role_label
from app.web.policy import FACTOR_PATH
from app.web.preferences import knows_the_way, text_size, theme

if TYPE_CHECKING:
    from app.teams.rules import Actor


class Viewer(NamedTuple):
    """Whoever is signed in, as the account menu shows them."""

    name: str
    role_label: str
    initial: str


def init_frame(app: Flask) -> None:
    """Fill the context of every page; a name nobody gave is an error, not a blank."""
    app.jinja_env.undefined = StrictUndefined
    app.context_processor(_frame)


def _frame() -> dict[str, Any]:
    if not has_request_context():
        return {}
    is_broken = bool(g.get("is_broken"))
    actor = None if is_broken else find_actor()
    return {
        "nav": None if is_broken else navigation(actor),
        "viewer": _viewer(actor) if actor else None,
        "organisation": None if is_broken else current_site(),
        "locale": language(),
        "html_lang": html_lang(),
        "theme": theme(),
        "text_size": text_size(),
        "density": None,
        "wants_guide": actor is not None and not knows_the_way(),
        "demo_banner": current_app.config["IS_DEMO"],
        "acting_for": actor.acting_for if actor else None,
        "asleep": _asleep(actor) if actor else "",
    }


def _asleep(actor: Actor) -> str:
    """Return the most telling role that rests until a second factor is given; '' for none."""
    return role_label(actor.asleep) if request.path != FACTOR_PATH else ""


def _viewer(actor: Actor) -> Viewer:
    return Viewer(actor.name, role_label(actor.roles or actor.asleep), actor.name[:1])
