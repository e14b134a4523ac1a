"""Give back what was typed when a form was refused for want of a token or a signed-in person."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from flask import current_app, render_template, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from app.web.addresses import here, safe_path

HELD_SECONDS = 24 * 3600
_NEVER_BACK = re.compile(r"password|pin|secret|token|code")


class Held(NamedTuple):
    """A form that nobody could be found for: where it goes and what was typed."""

    action: str
    typed: list[tuple[str, str]]


def ask_to_sign_in_first(sign_in_url: str) -> tuple[str, int]:
    """Answer a form of somebody no longer signed in: the sign-in page takes it along."""
    held = Held(here(), _typed())
    page = render_template(
        "errors/resend.html",
        typed=held.typed,
        held=_sealed().dumps(held) if held.typed else None,
        sign_in=sign_in_url,
    )
    return page, 401


def ask_to_send_again() -> tuple[str, int]:
    """Answer a form whose token has gone: nothing was done, one tap sends it again."""
    page = render_template("errors/resend.html", typed=_typed(), action=here(), sign_in=None)
    return page, 400


def ask_to_wait(why: str, *, is_undone: bool) -> tuple[str, int]:
    """Answer, saying why, while the database cannot serve: what was typed can be sent again.

    `is_undone`: it is certain that nothing was done; else a commit may have arrived unanswered.
    """
    typed = _typed() if request.method == "POST" else []
    page = render_template(
        "errors/503.html",
        why=why,
        typed=typed,
        action=here(),
        is_undone=is_undone or request.method != "POST",
        # Whatever was sent with its key is done once, however often it is sent.
        has_key=any(name == "key" for name, _value in typed),
    )
    return page, 503


def held_form() -> str | None:
    """Return the form that a request to the sign-in page takes along, sealed."""
    return request.form.get("held") if _opened() else None


def send_held() -> str | None:
    """Return the page that gives a held form back to somebody who has just signed in."""
    held = _opened()
    if held is None:
        return None
    return render_template(
        "errors/resend.html", typed=held.typed, action=held.action, sign_in=None, is_back=True
    )


def _opened() -> Held | None:
    try:
        action, typed = _sealed().loads(request.form.get("held", ""), max_age=HELD_SECONDS)
    except BadSignature:
        return None
    return Held(action, typed) if safe_path(action) else None


def _sealed() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="a form held")


def _typed() -> list[tuple[str, str]]:
    """Return the fields to send again: none from another site's form, never a secret or a file."""
    if not _comes_from_here():
        return []
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if not _NEVER_BACK.search(name)
    ]


def _comes_from_here() -> bool:
    """Say whether the browser says that a page of ours sent the form."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    source = request.headers.get("Origin") or request.headers.get("Referer") or ""
    return bool(source) and urlsplit(source).netloc == request.host
