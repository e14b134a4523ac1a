"""What every answer carries: a content policy, a request id, and how long it may be kept."""

from __future__ import annotations

import hashlib
import re
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from secrets import token_hex
from typing import Any

from flask import Flask, Response, current_app, g, request

CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'self'; "
    "form-action 'self'; object-src 'none'"
)
A_YEAR_SECONDS = 365 * 86_400
ALWAYS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    # no-referrer would break the token check over HTTPS.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
}
FOREVER = f"public, max-age={A_YEAR_SECONDS}, immutable"
ASK_AGAIN = "no-cache"
THIS_BROWSER = "private, no-cache"
NEVER_KEEP = "no-store"
# Under these names of the WSGI environment a request's id and rule are kept for its log line.
REQUEST_ID = "qicai.request_id"
RULE = "qicai.rule"
STATIC_RULE = "/static/<path:filename>"
UNKNOWN_RULE = "(unknown)"
# As nginx makes ids ($request_id), or a UUID: no phone, no name, nothing anybody typed.
_GIVEN_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def init_headers(app: Flask, request_id: ContextVar[str]) -> None:
    """Name every request and send the headers; the trail reads the id from the variable."""

    def name_request() -> None:
        g.request_id = _given_id(app.config["PROXY_COUNT"]) or token_hex(8)
        request_id.set(g.request_id)
        request.environ[REQUEST_ID] = g.request_id
        request.environ[RULE] = str(request.url_rule or UNKNOWN_RULE)

    app.before_request(name_request)
    app.after_request(_send_headers)
    app.url_defaults(_add_version)


def _given_id(proxies: int) -> str:
    """Return the id a proxy of ours gave the request; a stranger's word counts for nothing."""
    said = request.headers.get("X-Request-Id", "") if proxies else ""
    return said if _GIVEN_ID.fullmatch(said) else ""


def _send_headers(response: Response) -> Response:
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={A_YEAR_SECONDS}")
    if "request_id" in g:
        response.headers["X-Request-Id"] = g.request_id
    response.headers["Cache-Control"] = _keep_for(response)
    return response


def _keep_for(response: Response) -> str:
    if request.endpoint == "static":
        is_fixed = bool(request.args.get("v")) and response.status_code in {200, 304}
        return FOREVER if is_fixed else ASK_AGAIN
    if g.get("actor") is not None:
        # A picture may stay in the browser that may still see it.
        return str(g.get("keep_for", NEVER_KEEP))
    return response.headers.get("Cache-Control", THIS_BROWSER)


def _add_version(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == "static" and "v" not in values:
        file = Path(current_app.static_folder or "") / str(values.get("filename"))
        version = file_version(file)
        if version:
            values["v"] = version


@lru_cache(maxsize=512)
def file_version(file: Path) -> str:
    """Return the first letters of a file's hash, so that a changed file has a new address."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()[:10]
    except OSError:
        return ""
