"""Addresses of our own: where a person is, and where a form may send them back to."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

LONGEST_PATH = 2000
# Only a proxy sends these; whoever stands behind it is not on this machine.
PROXY_HEADERS = (
    "Forwarded",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-IP",
)


def safe_path(given: str | None) -> str | None:
    """Return the path when it surely stays on this site, else None.

    Browsers read a backslash as a slash and drop control characters, so `/\\evil`,
    `///evil` and `https:///evil` all lead elsewhere although they name no host.
    """
    if not given or len(given) > LONGEST_PATH or not given.startswith("/"):
        return None
    if given.startswith("//") or "\\" in given or not given.isprintable() or " " in given:
        return None
    parts = urlsplit(given)
    return None if parts.scheme or parts.netloc else given


def here() -> str:
    """Return the path of this request, with its query, below the site's own address."""
    path = request.full_path if request.query_string else request.path
    return safe_path(request.script_root + path) or "/"


def way_back(default: str = "/") -> str:
    """Return the path a form or link asked to be led back to, when it is one of ours."""
    wish = safe_path(request.values.get("next"))
    return wish if wish and is_readable(wish) else f"{request.script_root}{default}"


def is_readable(path: str) -> bool:
    """Say whether a path of ours can be opened by a link."""
    inside = urlsplit(path).path.removeprefix(request.script_root) or "/"
    adapter = current_app.url_map.bind("localhost")
    try:
        adapter.match(inside, method="GET")
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Tell whether a host, by name or number, is this machine itself."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
