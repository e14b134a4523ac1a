"""When a job may be taken up, taken back, given up; no database, no clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.errors import N_, RuleBroken

STATES = ("queued", "running", "done", "failed")
# A worker that was not heard of for so long is gone; whoever it was may no longer end the job.
LEASE = timedelta(seconds=60)
HEARTBEAT = timedelta(seconds=5)
MOST_ATTEMPTS = 3
# Ended jobs are kept so long for whoever asks what became of them.
KEPT_FOR = timedelta(days=30)


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


class NoLongerAllowed(RuleBroken):
    code = "not_allowed"
    message = N_("You may no longer do this, so it was not done.")


def is_lapsed(heartbeat_at: datetime | None, now: datetime) -> bool:
    """Tell whether a running job's worker is gone."""
    return heartbeat_at is None or now - heartbeat_at > LEASE


def is_given_up(attempts: int) -> bool:
    """Tell whether a job was begun so often that another try would only repeat it."""
    return attempts >= MOST_ATTEMPTS


def is_alive(seen_at: datetime | None, now: datetime) -> bool:
    """Tell whether a worker seen at an instant still counts as there."""
    return seen_at is not None and now - seen_at <= LEASE
