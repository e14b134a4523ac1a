"""/health/live, /health/ready and /metrics: answered before the app, so that it may be broken.

No session, no trail, no host check and no founding comes in between (ADR 0028).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask
from prometheus_client import CollectorRegistry, generate_latest

from app.clock import now
from app.db import db
from app.monitoring.counters import exposition
from app.monitoring.figures import Figures
from app.monitoring.readiness import Readiness
from app.web.addresses import PROXY_HEADERS, is_loopback

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Answer = tuple[str, bytes]
TEXT = "text/plain; charset=utf-8"
EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"
OK, NOT_READY = "200 OK", "503 Service Unavailable"
NOT_FOUND, WRONG_METHOD = "404 Not Found", "405 Method Not Allowed"


class Door:
    """Answers its three addresses and hands on all others."""

    def __init__(self, app: Flask, options: str) -> None:
        self.inner: WSGIApplication = app.wsgi_app
        self.config: Mapping[str, Any] = app.config
        with app.app_context():
            self.engine = db.engine
        self.readiness = Readiness(app.config["DATABASE_URL"], options)
        self.answers: dict[str, Callable[[WSGIEnvironment], Answer]] = {
            "/health/live": lambda _environ: (OK, b"live\n"),
            "/health/ready": self._ready,
            "/metrics": self._metrics,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = self.answers.get(environ.get("PATH_INFO", ""))
        if answer is None:
            return self.inner(environ, start_response)
        method = environ["REQUEST_METHOD"]
        if method not in {"GET", "HEAD"}:
            return _send(start_response, (WRONG_METHOD, b""), TEXT, [("Allow", "GET, HEAD")])
        status, body = answer(environ)
        kind = EXPOSITION if answer == self._metrics and status == OK else TEXT
        sent = _send(start_response, (status, body), kind)
        return [] if method == "HEAD" else sent

    def _ready(self, _environ: WSGIEnvironment) -> Answer:
        word = self.readiness.ask()
        return OK if word == "ready" else NOT_READY, f"{word}\n".encode()

    def _metrics(self, environ: WSGIEnvironment) -> Answer:
        if not may_read_metrics(environ, self.config):
            return NOT_FOUND, b""
        folder = self.config["BACKUP_DIR"]
        asked = CollectorRegistry()
        asked.register(Figures(self.engine, Path(folder) if folder else None, now()))
        return OK, exposition() + generate_latest(asked)


def init_door(app: Flask, options: str) -> None:
    """Put the door in front of everything else; `options` are those of PostgreSQL connections."""
    app.wsgi_app = Door(app, options)  # type: ignore[method-assign]


def may_read_metrics(environ: WSGIEnvironment, config: Mapping[str, Any]) -> bool:
    """Tell whether somebody brings the token, or, where there is none, is on this machine."""
    token = config["METRICS_TOKEN"]
    if token:
        said = str(environ.get("HTTP_AUTHORIZATION", ""))
        return hmac.compare_digest(said.encode(), f"Bearer {token}".encode())
    # A proxy on this machine makes all the world look local.
    if config["PROXY_COUNT"] or any(_variable(name) in environ for name in PROXY_HEADERS):
        return False
    return is_loopback(str(environ.get("REMOTE_ADDR", "")))


def _variable(header: str) -> str:
    return "HTTP_" + header.upper().replace("-", "_")


def _send(
    start: StartResponse, answer: Answer, kind: str, more: Sequence[tuple[str, str]] = ()
) -> list[bytes]:
    status, body = answer
    headers = [
        ("Content-Type", kind),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    start(status, [*headers, *more])
    return [body]
