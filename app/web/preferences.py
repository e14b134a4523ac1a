"""Text size, colours and language: kept on the device, and with the login when there is one."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, request
from werkzeug.wrappers import Response

from app.web.actor import find_actor
from app.web.addresses import way_back
from app.web.edge import edge
from app.web.headers import A_YEAR_SECONDS
from app.web.languages import COOKIE as LANGUAGE_COOKIE
from app.web.languages import LANGUAGES
from app.web.policy import allow

blueprint = Blueprint("web", __name__)

TEXT_COOKIE = "qicai_text"
THEME_COOKIE = "qicai_theme"
GUIDE_COOKIE = "qicai_guide"
# Field of the form, its cookie, and what it may say.
CHOICES = (
    ("text", TEXT_COOKIE, ("large", "standard")),
    ("theme", THEME_COOKIE, ("light", "dark", "auto")),
    ("language", LANGUAGE_COOKIE, LANGUAGES),
    ("guide", GUIDE_COOKIE, ("known",)),
)


@blueprint.post("/preferences")
@allow("preferences.change")
def preferences() -> Response:
    """Keep what was chosen and go back to where the person was."""
    answer = redirect(way_back(), 303)
    for field, cookie, allowed in CHOICES:
        chosen = request.form.get(field)
        if chosen is not None and chosen in allowed:
            _keep(answer, cookie, chosen)
    actor, language = find_actor(), request.form.get("language")
    if actor is not None and language in LANGUAGES:
        edge().remember_language(actor.login_id, language)
    return answer


def text_size() -> str | None:
    """Return "large" where large text was chosen."""
    return "large" if request.cookies.get(TEXT_COOKIE) == "large" else None


def theme() -> str | None:
    """Return "light" or "dark" where one was chosen; else the device decides."""
    chosen = request.cookies.get(THEME_COOKIE)
    return chosen if chosen in {"light", "dark"} else None


def knows_the_way() -> bool:
    """Tell whether somebody said on this device that they need no first guide any more."""
    return request.cookies.get(GUIDE_COOKIE) == "known"


def _keep(answer: Response, cookie: str, value: str) -> None:
    answer.set_cookie(
        cookie,
        value,
        max_age=A_YEAR_SECONDS,
        path=current_app.config["SESSION_COOKIE_PATH"],
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
