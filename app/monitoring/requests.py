"""One line and a few counts for each request, by its rule; never its address, form or person."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event

from app.db import db
from app.logs import log_of
from app.monitoring import counters
from app.web.headers import REQUEST_ID, RULE, STATIC_RULE, UNKNOWN_RULE
from app.web.retry import RetryingFlask

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

DEMO = "/demo/…"
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
_statements: ContextVar[int] = ContextVar("statements", default=0)


class Observed:
    """A WSGI app whose every answer is counted and logged."""

    def __init__(
        self, inner: WSGIApplication, request_id: ContextVar[str], in_use: Callable[[], int]
    ) -> None:
        self.inner = inner
        self.request_id = request_id
        self.in_use = in_use
        self.log = log_of("requests")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began, status, path = time.perf_counter(), 500, str(environ.get("PATH_INFO", ""))
        _statements.set(0)

        def started(
            said: str,
            headers: list[tuple[str, str]],
            exc_info: tuple[type[BaseException], BaseException, TracebackType]
            | tuple[None, None, None]
            | None = None,
        ) -> Callable[[bytes], object]:
            nonlocal status
            status = int(said[:3])
            if exc_info:
                return start_response(said, headers, exc_info)
            return start_response(said, headers)

        try:
            return self.inner(environ, started)
        finally:
            rule = environ.get(RULE) or _rule_of(path)
            self._tell(environ, rule, status, time.perf_counter() - began)
            self.request_id.set("")

    def _tell(self, environ: WSGIEnvironment, rule: str, status: int, seconds: float) -> None:
        method, asked = _shown(environ["REQUEST_METHOD"]), _statements.get()
        counters.REQUESTS.labels(method, rule, f"{status // 100}xx").inc()
        counters.LATENCY.labels(method, rule).observe(seconds)
        counters.ASKED.observe(asked)
        counters.CONNECTIONS.set(self.in_use())
        # Static files would bury the rest.
        write = self.log.debug if rule == STATIC_RULE else self.log.info
        write(
            "request",
            method=method,
            rule=rule,
            status=status,
            ms=round(seconds * 1000, 1),
            statements=asked,
            request_id=environ.get(REQUEST_ID, ""),
        )


def init_requests(app: RetryingFlask, request_id: ContextVar[str]) -> None:
    """Count and log what an app answers; called once everything else wraps it."""
    with app.app_context():
        engine = db.engine
    _count_statements(engine)
    app.race_met = counters.RACES.inc
    app.wsgi_app = Observed(  # type: ignore[method-assign]
        app.wsgi_app, request_id, lambda: _in_use(engine)
    )


def _rule_of(path: str) -> str:
    """Name what our own app did not answer: the demo, or what was refused before."""
    return DEMO if path == "/demo" or path.startswith("/demo/") else UNKNOWN_RULE


def _shown(method: str) -> str:
    return method if method in METHODS else "OTHER"


def _count_statements(engine: Engine) -> None:
    @event.listens_for(engine, "before_cursor_execute")
    def _count(*_what: Any) -> None:
        _statements.set(_statements.get() + 1)


def _in_use(engine: Engine) -> int:
    pool: Any = engine.pool
    return int(pool.checkedout()) if hasattr(pool, "checkedout") else 0
