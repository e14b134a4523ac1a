"""What this browser scanned a while ago: kept in a signed cookie of its own, never in an address.

Signing in takes longer than a code lives, and it empties the session's cookie. So the moment
of scanning is kept apart, for a quarter of an hour, bound to this browser; the code is judged
by that moment. Whoever passes the address on passes nothing: the token has left it.
"""

from __future__ import annotations

from datetime import datetime

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from app.activities.operations.checking_in import SCAN_KEPT, Proof
from app.activities.rules import CodeUnknown, read_token
from app.clock import now
from app.people.access import browser_digest, browser_token, keep_browser_token
from app.people.rules.passwords import digest


def keep_scan(response: Response, token: str, at: datetime) -> None:
    """Remember in this browser that it scanned or typed a good code at an instant."""
    config, browser = current_app.config, browser_token()
    response.set_cookie(
        _cookie(),
        str(_sealed().dumps([token, at.isoformat(), digest(browser)])),
        max_age=SCAN_KEPT,
        path=config["SESSION_COOKIE_PATH"],
        secure=config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    keep_browser_token(response, browser)


def kept_scan() -> Proof | None:
    """Return what this browser scanned within the last quarter of an hour, or None."""
    try:
        token, said_at, device = _sealed().loads(request.cookies.get(_cookie(), ""))
        scanned, at = read_token(token), datetime.fromisoformat(said_at)
    except (BadSignature, CodeUnknown, ValueError, TypeError):
        return None
    is_here = device == browser_digest()
    return Proof(scanned, at, device) if is_here and now() - SCAN_KEPT <= at else None


def _cookie() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}_scan"


def _sealed() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="a code scanned")
