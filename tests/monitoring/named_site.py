"""The site, which says instead of a page that it made which of its processes did."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from werkzeug.test import run_wsgi_app

from wsgi import app

_inner = app.wsgi_app


def _named(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    page, status, _headers = run_wsgi_app(_inner, environ, buffered=True)
    start(status, [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode() if any(page) else b"nothing"]


app.wsgi_app = _named  # type: ignore[method-assign, assignment]
