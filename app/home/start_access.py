"""Who may found from where: on the server's own machine freely, from elsewhere with the code."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, request

from app.founding.rules import check_founding_code
from app.web.addresses import PROXY_HEADERS, is_loopback


def needs_founding_code() -> bool:
    """Tell whether the request may come from another machine; in doubt it does.

    A proxy on this machine makes all the world look local, hence every sign of one counts.
    """
    config = current_app.config
    if config["PROXY_COUNT"] or config["SESSION_COOKIE_SECURE"] or config["TRUSTED_HOSTS"]:
        return True
    if any(name in request.headers for name in PROXY_HEADERS):
        return True
    host = urlsplit(f"//{request.host}").hostname or ""
    return not (is_loopback(request.remote_addr or "") and is_loopback(host))


def check_founder(typed: str) -> None:
    """Refuse whoever is elsewhere and has not read the server's terminal."""
    if needs_founding_code():
        check_founding_code(typed, current_app.config["SECRET_KEY"])
