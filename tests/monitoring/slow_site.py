"""The site with one address more: it takes its time, and commits at the end."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from app.clock import now
from app.db import transaction
from app.jobs.models import JobWorker
from wsgi import app

_inner = app.wsgi_app


def _slowly(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] != "/t/slow":
        return _inner(environ, start)
    with app.app_context(), transaction() as session:
        session.add(JobWorker(name="slow", seen_at=now()))
        session.flush()
        Path(os.environ["BEGUN"]).touch()
        time.sleep(1.0)
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"done"]


app.wsgi_app = _slowly  # type: ignore[method-assign, assignment]
