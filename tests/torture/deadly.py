"""The site with places to die at: a file in TORTURE_FOLDER names one, and kills once.

Only tests serve this. The places are laid around the app's own functions from outside.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.wsgi import ClosingIterator

import app.db

FOLDER = Path(os.environ["TORTURE_FOLDER"])
if journal := os.environ.get("TORTURE_JOURNAL"):
    # Whatever version runs here: what is proven is that no writer is turned away.
    vars(sys.modules["app.db"])["wal_is_safe"] = lambda: journal == "wal"

from app.ledger import operations as ledger  # noqa: E402
from app.trail import operations as trail  # noqa: E402
from wsgi import app as site  # noqa: E402

# Whoever kills at random finds its victims here.
(FOLDER / f"worker-{os.getpid()}").touch()


def die_at(point: str) -> None:
    """Die as by a power cut, if a file asks for it; whoever takes the file away dies alone."""
    try:
        (FOLDER / f"kill-{point}").unlink()
    except FileNotFoundError:
        return
    (FOLDER / "deaths").open("a").write(f"{point}\n")
    os.kill(os.getpid(), signal.SIGKILL)


def replace_everywhere(function: Any, by: Any) -> None:
    """Put one function in another's place wherever the app has imported it."""
    for name, module in list(sys.modules.items()):
        if name == "app" or name.startswith("app."):
            for word, value in list(vars(module).items()):
                if value is function:
                    setattr(module, word, by)


def around(function: Callable[..., Any], before: str | None, after: str | None) -> None:
    """Lay places to die at before and after a function."""

    @wraps(function)
    def deadly(*given: Any, **more: Any) -> Any:
        if before:
            die_at(before)
        result = function(*given, **more)
        if after:
            die_at(after)
        return result

    replace_everywhere(function, deadly)


def _before_commit(session: Session) -> None:
    if session.info.get("in_transaction"):
        die_at("before_commit")


def _after_commit(session: Session) -> None:
    if session.info.get("in_transaction"):
        die_at("after_commit")


around(trail.asking_for, "before_key", None)
around(trail.kept_result, None, "after_key")
around(ledger.post, "before_posting", "after_posting")
event.listen(Session, "before_commit", _before_commit)
event.listen(Session, "after_commit", _after_commit)


def _answering(environ: Any, start_response: Any) -> Any:
    """Answer a form; whoever dies after it has handed all of it on, sent or not."""
    answer = answer_any(environ, start_response)
    if environ["REQUEST_METHOD"] != "POST":
        return answer
    die_at("before_answer")
    return ClosingIterator(answer, [lambda: die_at("after_answer")])


answer_any, site.wsgi_app = site.wsgi_app, _answering  # type: ignore[method-assign]
app = site  # type: ignore[assignment]
