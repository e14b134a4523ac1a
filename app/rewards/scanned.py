"""A ticket's code scanned before signing in: kept in a signed cookie, never in an address.

What the camera read proves nothing by itself: only its owner or the desk is led on by it.
"""

from __future__ import annotations

from datetime import timedelta

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

# To sign in, and to fetch the glasses.
KEPT = timedelta(minutes=15)
LONGEST = 64


def keep_ticket(response: Response, token: str) -> None:
    """Remember in this browser which ticket it scanned."""
    config = current_app.config
    response.set_cookie(
        _cookie(),
        str(_sealed().dumps(token[:LONGEST])),
        max_age=KEPT,
        path=config["SESSION_COOKIE_PATH"],
        secure=config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def kept_ticket() -> str | None:
    """Return the token this browser scanned within the last quarter of an hour, or None."""
    try:
        most = int(KEPT.total_seconds())
        token = _sealed().loads(request.cookies.get(_cookie(), ""), max_age=most)
    except BadSignature:
        return None
    return token if isinstance(token, str) else None


def _cookie() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}_ticket"


def _sealed() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="a ticket scanned")
