"""The words of the pages, each looked up once while a page is made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from flask_babel import gettext

from app.errors import N_
from app.web.filters import instant

EVIDENCE = {
    "signed_in": N_("Signed in on the spot"),
    "signed_in_weak": N_("Signed in by the paper code"),
    "signed_in_paper": N_("Signed in (paper)"),
    "entered": N_("Entered by the team"),
    "imported": N_("Imported from a sheet"),
    "claimed": N_("Claimed by the volunteer"),
}
KINDS = {
    "redemption": (N_("Redemption"), "gift"),
    "refund": (N_("Refund"), "undo"),
    "transfer": (N_("Time exchange"), "users"),
    "expiry": (N_("Expired"), "clock"),
    "adjustment": (N_("Adjustment"), "pencil"),
    "opening": (N_("Brought forward"), "document"),
    "shortfall": (N_("Covered shortfall"), "info"),
    "reversal": (N_("Correction"), "undo"),
    "service": (N_("Service"), "check"),
}
JOINED = (N_("Two numbers joined"), "users")
WAITS = {
    "own_row": N_("Another leader or an organiser has to confirm it."),
    "late": N_("It was entered late, so an organiser has to confirm it."),
    "over_limit": N_("The day is longer than usual, so an organiser has to confirm it."),
    "two_people": N_("A second person has to confirm it."),
    "new_person": N_("An organiser has to confirm the new volunteer first."),
    "claim": N_("The team has to confirm this claim."),
    "correction": N_("A correction waits for confirmation; until then nothing changes."),
}

# A page says the same few sentences, and names the same few instants, in every line.
_said: ContextVar[dict[object, str] | None] = ContextVar("said", default=None)


@contextmanager
def said_once() -> Iterator[None]:
    """Remember what was said, until the page is made."""
    token = _said.set({})
    try:
        yield
    finally:
        _said.reset(token)


def translated(message: str, **figures: object) -> str:
    """Translate as gettext does."""
    said = _said.get()
    text = said.get(message) if said is not None else None
    if text is None:
        text = str(gettext(message))
        if said is not None:
            said[message] = text
    return text % figures if figures else text


def instant_text(at: datetime | None) -> str:
    """Return an instant as text."""
    said = _said.get()
    text = said.get(at) if said is not None else None
    if text is None:
        text = instant(at)
        if said is not None:
            said[at] = text
    return text
