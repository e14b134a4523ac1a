"""Log lines with named values: JSON for programs, words for a terminal, no phone in either."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping
from contextvars import ContextVar
from typing import Any

import structlog

Event = MutableMapping[str, Any]
Mask = Callable[[str], str]
# All of ours log below this name; what libraries say below a warning is nobody's news.
OURS = "app"
FIRST = ("timestamp", "level", "event", "request_id")
Log = structlog.stdlib.BoundLogger


def log_of(name: str) -> Log:
    """Return what writes lines of a part: `log_of("jobs").info("job begun", job=7)`."""
    found: Log = structlog.stdlib.get_logger(f"{OURS}.{name}")
    return found


def init_logs(
    *, form: str, level: str, mask: Mask, request_id: ContextVar[str], is_testing: bool
) -> None:
    """Let every line of this process come out in one form; tests keep their own handlers."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _request_namer(request_id),
        _masker(mask),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    if is_testing:
        return
    root = logging.getLogger()
    root.handlers = [_handler(form, shared)]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level.upper())


def _handler(form: str, shared: list[Any]) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    is_words = form == "text" or (form == "auto" and sys.stderr.isatty())
    drawn: list[Any] = (
        [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
        if is_words
        else [_in_order, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    # A traceback that somebody hands to logging is text like any other, and masked as such.
    foreign = [*shared[:-1], structlog.processors.format_exc_info, shared[-1]]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=foreign,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *drawn],
        )
    )
    return handler


def _request_namer(request_id: ContextVar[str]) -> Callable[[Any, str, Event], Event]:
    def name(_logger: Any, _method: str, event: Event) -> Event:
        if request_id.get():
            event.setdefault("request_id", request_id.get())
        return event

    return name


def _in_order(_logger: Any, _method: str, event: Event) -> Event:
    first = {name: event.pop(name) for name in FIRST if name in event}
    return {**first, **event}


def _masker(mask: Mask) -> Callable[[Any, str, Event], Event]:
    """Whatever slipped in: no line holds a full phone or ID number."""

    def masked(_logger: Any, _method: str, event: Event) -> Event:
        for name, value in event.items():
            if isinstance(value, str):
                event[name] = mask(value)
        return event

    return masked
