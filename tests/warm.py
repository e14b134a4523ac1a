"""What the apps of one test process share because it cannot be told apart: compiled things.

A real process makes one app and keeps it; a test process makes one for every test. Each would
compile the same addresses, statements and templates and read the same catalogues anew, which was
half of a run's time. Apps, databases, connections and their state stay each test's own.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

from babel.support import Translations
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Dialect, Engine
from werkzeug.routing import Rule

from app.db import db

# A run says more statements than one site does, for which SQLAlchemy keeps 500.
STATEMENTS = 2000


def share_compiled() -> None:
    """Let every app from now on take what an earlier one has compiled."""
    Rule._compile_builder = _remembering(Rule._compile_builder)  # type: ignore[method-assign]
    db._make_engine = _sharing(db._make_engine)  # type: ignore[method-assign]
    # An app merges what is loaded into a catalogue of its own.
    Translations.load = staticmethod(_remembering_catalogues(Translations.load))  # type: ignore[method-assign]


def _remembering(compile_builder: Callable[..., Any]) -> Callable[..., Any]:
    """Compile once per text of a rule what builds its address; the rule is its argument."""
    known: dict[tuple[Any, ...], Any] = {}

    def compiled(rule: Rule, append_unknown: bool = True) -> Any:
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        key = (rule.rule, append_unknown, *rule._trace)
        if key not in known:
            known[key] = compile_builder(rule, append_unknown)
        return known[key]

    return compiled


def _remembering_catalogues(load: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[tuple[str, str], Any] = {}

    def loaded(folder: str, locales: Any = None, domain: str | None = None) -> Any:
        key = (str(folder), repr((locales, domain)))
        if key not in known:
            known[key] = load(folder, locales, domain)
        return known[key]

    return loaded


def _sharing(make_engine: Callable[..., Engine]) -> Callable[..., Engine]:
    """Give the engines of one kind one dialect, which holds no connection, and its statements.

    SQLAlchemy does the same for the engines of `Engine.execution_options()`.
    """
    lenders: dict[str, Engine] = {}

    def made(bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
        engine = make_engine(bind_key, {"query_cache_size": STATEMENTS, **options}, app)
        rest = {key: value for key, value in options.items() if key != "url"}
        kind = f"{engine.url.drivername} {sorted(rest.items())!r}"
        lender = lenders.setdefault(kind, engine)
        if knows_its_server(lender.dialect):
            own = engine.dialect
            engine.dialect, engine._compiled_cache = lender.dialect, lender._compiled_cache
            # The pool opens connections by the one it was made with: it hears the same listeners.
            own.dispatch, own._has_events = lender.dialect.dispatch, True  # type: ignore[attr-defined]
        else:
            lenders[kind] = engine
        return engine

    return made


def knows_its_server(dialect: Dialect) -> bool:
    """Tell whether an engine of this dialect has ever been connected."""
    return "default_isolation_level" in vars(dialect)


class TemplatesInMemory(FileSystemBytecodeCache):
    """Compiled templates: read from the run's folder once a process."""

    codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        known = self.codes.get((bucket.key, bucket.checksum))
        if known is not None:
            bucket.code = known
            return
        super().load_bytecode(bucket)
        self._keep(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        super().dump_bytecode(bucket)
        self._keep(bucket)

    def _keep(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self.codes[bucket.key, bucket.checksum] = bucket.code
