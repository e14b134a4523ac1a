"""The app on a day to come: the seconds to go ahead stand in the file QICAI_LATER names.

Served instead of wsgi:app by journeys in which days pass.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

import app.clock
from wsgi import app as later

_file = Path(os.environ["QICAI_LATER"])
_present = app.clock.now


def _later() -> datetime:
    return _present() + timedelta(seconds=int(_file.read_text() or 0))


# Modules took `now` by its name when they were imported; those to come find it at the clock.
for module in list(sys.modules.values()):
    if getattr(module, "now", None) is _present:
        module.now = _later  # type: ignore[attr-defined]

__all__ = ["later"]
