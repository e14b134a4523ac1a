"""What a notice is made of, when a message may go out and how often; no database, no clock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from hmac import digest as keyed
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from app.errors import N_, RuleBroken

Group = Literal["sign_up", "activity", "record", "dispute", "account"]
Figure = str | int | date | datetime
Figures = Mapping[str, Figure]

GROUPS: Mapping[Group, str] = {
    "sign_up": N_("Sign-ups"),
    "activity": N_("Activities"),
    "record": N_("Hours and points"),
    "dispute": N_("Queries"),
    "account": N_("Teams and account"),
}
MESSAGE_STATES = ("waiting", "sending", "sent", "perhaps", "failed")
# A worker that has had a message so long is gone: nobody knows whether it was sent.
SENDING_LEASE = timedelta(minutes=5)
# After the first try, the second, …: then it is given up.
PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
# What could not be sent for so long is no news any more.
MESSAGE_LASTS = timedelta(days=3)
KEPT_FOR = timedelta(days=400)
DAY_MINUTES = 1440

CODE_DIGITS = 6
CODE_LASTS = timedelta(minutes=30)
MOST_CODE_TRIES = 5
# Codes within a day: for one person, and to one address whoever asks.
MOST_CODES_A_DAY = 5
CODE_WINDOW = timedelta(days=1)
LONGEST_ADDRESS = 254

_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"({_LOCAL})@((?:{_LABEL}\.)+[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9]))")


class Kind(NamedTuple):
    """One kind of notice: msgids with %(figures)s placeholders, rendered when somebody reads.

    Figures are shown by their names: `…_minutes` as hours, `…_hundredths` as points,
    `…_minute` as a time of the day; dates and instants as people write them.
    """

    code: str
    title: str
    body: str
    group: Group = "account"
    # Sent during quiet hours too: the activity of this very morning was cancelled.
    is_urgent: bool = False


class Told(NamedTuple):
    """What is told to one person (a volunteer's id, or a login's)."""

    to_id: int
    figures: Figures
    path: str
    subject_id: int


class Inbox(NamedTuple):
    """Whose notices these are: a volunteer's, a login's in its office, or both of one person."""

    volunteer_id: int | None
    login_id: int | None


class Quiet(NamedTuple):
    """Minutes of the day between which nothing is sent, and in which time zone."""

    from_minute: int = 1290
    until_minute: int = 480
    time_zone: str = "Asia/Shanghai"


class BadAddress(RuleBroken):
    """What was typed is no e-mail address."""

    code = "bad_address"
    message = N_("“%(given)s” is no e-mail address. It looks like name@example.com.")


class TooManyCodes(RuleBroken):
    """Codes were asked for too often."""

    code = "too_many_codes"
    message = N_("Enough codes were sent for one day. Try again tomorrow.")


class WrongCode(RuleBroken):
    """The code is not the one that was sent."""

    code = "wrong_code"
    message = N_("This is not the code that was sent. %(left)s tries are left.")


class CodeOver(RuleBroken):
    """The code is too old, was tried too often, or there is none."""

    code = "code_over"
    message = N_("This code no longer counts. Have a new one sent.")


class OwnAccount(RuleBroken):
    """A ward with an account keeps the own addresses."""

    code = "own_account"
    message = N_("%(name)s has an account and enters the own address there.")


def check_path(path: str) -> None:
    """Raise where a notice would lead away from the site."""
    if not path.startswith("/") or path.startswith(("//", "/\\")) or not path.isprintable():
        raise ValueError(f"A notice leads to a path of ours, not to {path!r}.")


def email_address(given: str) -> str:
    """Return an e-mail address as it is kept, or refuse: plain ASCII, one line, a real domain."""
    typed = given.strip()
    found = _EMAIL.fullmatch(typed)
    if found is None or len(typed) > LONGEST_ADDRESS or len(found[1]) > 64:
        raise BadAddress(given=typed[:60])
    return f"{found[1]}@{found[2].lower()}"


def mask_address(address: str) -> str:
    """Return an address with nearly all of its name hidden: l***@example.com."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}***@{domain}" if domain else f"{name[:1]}***"


def code_from(secret: str, code_id: int, nonce: str) -> str:
    """Return the digits of a code, which are kept nowhere: whoever has the secret makes them."""
    made = keyed(secret.encode(), f"address code {code_id} {nonce}".encode(), sha256)
    return f"{int.from_bytes(made[:8]) % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def why_unsendable(
    *,
    is_known_channel: bool,
    address: str | None,
    is_wanted: bool,
    is_open: bool,
    due_since: datetime,
    now: datetime,
) -> str | None:
    """Return the word for why a message has become pointless since it was written, or None."""
    if not is_known_channel:
        return "no_channel"
    if address is None:
        return "no_address"
    if not is_wanted:
        return "unwanted"
    if not is_open:
        return "closed"
    return "too_late" if now - due_since > MESSAGE_LASTS else None


def still_reaches(
    acting: Iterable[tuple[date, date | None]], confirmed_on: date, today: date
) -> bool:
    """Tell whether the address of somebody without an account still is a helper's who acts today.

    Whoever acted for them on the day it was confirmed entered it: it reaches nobody any more as
    soon as the acting of one of these has run out.
    """
    entered = [until for since, until in acting if since <= confirmed_on <= (until or confirmed_on)]
    return bool(entered) and all(until is None or today <= until for until in entered)


def pause_after(tries: int) -> timedelta | None:
    """Return how long to wait after so many tries; None where it is given up."""
    return PAUSES[tries - 1] if 1 <= tries <= len(PAUSES) else None


def quiet_until(quiet: Quiet, at: datetime) -> datetime | None:
    """Return when the quiet hours around an instant end, or None outside them.

    They begin at their first minute and are over at their last. Equal minutes: none at all.
    """
    start, end = quiet.from_minute % DAY_MINUTES, quiet.until_minute % DAY_MINUTES
    if start == end:
        return None
    local = at.astimezone(ZoneInfo(quiet.time_zone))
    minute = local.hour * 60 + local.minute
    spans_midnight = start > end
    if not (minute >= start or minute < end if spans_midnight else start <= minute < end):
        return None
    ends_tomorrow = spans_midnight and minute >= start
    day = local.date() + timedelta(days=1 if ends_tomorrow else 0)
    # The wall clock's minute of that day, whatever a change of summer time did in between.
    over = datetime.combine(day, time(end // 60, end % 60), ZoneInfo(quiet.time_zone))
    return over.astimezone(at.tzinfo)
