"""Give back what was typed when a form was refused for want of a token or a signed-in person."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import render_template, request

from app.web.addresses import here

_NEVER_BACK = re.compile(r"password|pin|secret|token|code")


def ask_to_sign_in_first(sign_in_url: str) -> tuple[str, int]:
    """Answer a form of somebody no longer signed in: sign in elsewhere, then send it again."""
    page = render_template("errors/resend.html", typed=_typed(), action=here(), sign_in=sign_in_url)
    return page, 401


def ask_to_send_again() -> tuple[str, int]:
    """Answer a form whose token has gone: nothing was done, one tap sends it again."""
    page = render_template("errors/resend.html", typed=_typed(), action=here(), sign_in=None)
    return page, 400


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
