"""What may be done with an uploaded file in which state; and why something may not."""

from __future__ import annotations

from app.errors import N_, RuleBroken

KINDS = ("roster", "service", "signin", "opening")
STATES = ("waiting", "unreadable", "ready", "committing", "committed", "dropped")
OPEN_STATES = ("waiting", "unreadable", "ready", "committing")
LONGEST_FILE_NAME = 120


class NotOpen(RuleBroken):
    code = "not_open"
    message = N_("This file was imported or put aside already; nothing was changed.")


class StillWorking(RuleBroken):
    code = "still_working"
    message = N_("The file is being worked on. Wait until the page shows the result.")


class ContentGone(RuleBroken):
    code = "content_gone"
    message = N_("What the file said was deleted on time. Upload it again.")


def short_file_name(given: str) -> str:
    """Return what somebody calls a file: its last part, visible characters only, not too long."""
    name = given.replace("\\", "/").rpartition("/")[2]
    shown = "".join(each for each in name if each.isprintable()).strip() or "?"
    if len(shown) <= LONGEST_FILE_NAME:
        return shown
    return f"{shown[: LONGEST_FILE_NAME - 12]}…{shown[-10:]}"
