"""When a job may be taken up, taken back, given up; what it may leave; no database, no clock."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from app.errors import N_, RuleBroken

STATES = ("queued", "running", "done", "failed")
# A worker that was not heard of for so long is gone; whoever it was may no longer end the job.
LEASE = timedelta(seconds=60)
HEARTBEAT = timedelta(seconds=5)
MOST_ATTEMPTS = 3
# Ended jobs are kept so long for whoever asks what became of them.
KEPT_FOR = timedelta(days=30)
# Files hold names and are made again at a tap: long enough for a weekend at home.
FILE_KEPT_FOR = timedelta(days=7)
MOST_FILE_BYTES = 256_000_000
LONGEST_FILE_NAME = 120
_NO_FILE_NAME = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')


class LeaseLost(RuntimeError):
    """Another worker has the job now; what this one did must not be committed."""


class StoppedMidway(RuleBroken):
    code = "stopped_midway"
    message = N_(
        "The work stopped midway %(times)s times and was given up. Nothing of it was kept;"
        " try once more, or tell whoever keeps the machine."
    )


class WentWrong(RuleBroken):
    code = "went_wrong"
    message = N_(
        "Something went wrong inside Qicai. Nothing was kept; whoever keeps the machine"
        " finds job %(job)s in the log."
    )


class CalledOff(RuleBroken):
    code = "cancelled"
    message = N_("You called this off, and nothing of it was kept.")


class NoLongerAllowed(RuleBroken):
    code = "not_allowed"
    message = N_("You may no longer do this, so it was not done.")


class MadeFileTooLarge(RuleBroken):
    code = "too_large"
    message = N_("The file would be larger than %(limit_mb)s MB. Divide it into parts.")


def file_name(wanted: str) -> str:
    """Return a name every system takes for a file, its ending kept."""
    clean = _NO_FILE_NAME.sub("-", wanted).strip(" .-") or "file"
    ending = PurePosixPath(clean).suffix[:12]
    stem = clean[: len(clean) - len(ending)] if ending else clean
    return stem[: LONGEST_FILE_NAME - len(ending)].rstrip() + ending


def is_given_up(attempts: int) -> bool:
    """Tell whether a job was begun so often that another try would only repeat it."""
    return attempts >= MOST_ATTEMPTS


def is_alive(seen_at: datetime | None, now: datetime) -> bool:
    """Tell whether a worker seen at an instant still counts as there."""
    return seen_at is not None and abs(now - seen_at) <= LEASE
