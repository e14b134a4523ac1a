"""A machine on which the libraries of PDF files are missing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.papers import engine


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no library be found, as `import weasyprint` tells it: by an OSError."""

    def not_there() -> None:
        raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr(engine, "_import", not_there)
    engine._loaded.cache_clear()
    yield
    engine._loaded.cache_clear()
