"""Other processes of this machine."""

from __future__ import annotations

import os


def lives(pid: int) -> bool:
    """Tell whether a process of that number runs, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
