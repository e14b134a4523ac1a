"""How long a sign-in lasts, and how long to wait after wrong ones."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from app.errors import N_, RuleBroken

VOLUNTEER_LIFETIME = timedelta(days=90)
LEADER_LIFETIME = timedelta(days=14)
DESK_LIFETIME = timedelta(hours=12)
# On a device that others use too; there the browser forgets its cookie when it is closed.
SHARED_LIFETIME = timedelta(hours=12)
# A device on which an account signed in within this time is the owner's own.
KNOWN_DEVICE_LIFETIME = timedelta(days=180)
# How many people may sign in by one phone; more use their number. Every sign-in by phone takes
# this many checks, so that nobody learns how many share it.
PHONE_SHARERS = 4
# For so long after it was opened with a code, an account approves nothing of the issuer's.
OPENING_COUNTS = timedelta(days=14)
# An address where an account signed in within this time is the owner's own.
KNOWN_ADDRESS_LIFETIME = timedelta(days=180)


class Limit(NamedTuple):
    """Free tries, then a wait that doubles from `first` to `longest`; old tries are forgotten."""

    free: int
    first: timedelta
    longest: timedelta
    window: timedelta


ACCOUNT_LIMIT = Limit(5, timedelta(seconds=15), timedelta(minutes=15), timedelta(hours=6))
# Six digits are a million PINs: after five wrong tries at most 24 a day. A known device, an
# activation code or an hour's patience lets the owner in whatever a stranger does.
PIN_LIMIT = Limit(5, timedelta(minutes=1), timedelta(hours=1), timedelta(hours=24))
# No try counts longer than this.
FAILURES_KEPT = max(ACCOUNT_LIMIT.window, PIN_LIMIT.window)
# Many people share one address: a community office, a phone company.
ADDRESS_LIMIT = Limit(30, timedelta(seconds=10), timedelta(minutes=10), timedelta(hours=1))


class TooManyTries(RuleBroken):
    """Wait; nothing is locked for good."""

    code = "too_many_tries"
    message = N_(
        "Too many wrong tries. Please wait %(seconds)s seconds, or ask your team leader or "
        "organiser for an activation code."
    )


class TooManyTriesForMinutes(TooManyTries):
    message = N_(
        "Too many wrong tries. Please wait %(minutes)s minutes, or ask your team leader or "
        "organiser for an activation code."
    )


class SignInWrong(RuleBroken):
    """One sentence for every cause, so that nobody learns which accounts exist."""

    code = "wrong_sign_in"
    message = N_("The name or the password or PIN is not right.")


class SecretWrong(SignInWrong):
    """Who it is, is known: of a card, or of an account that is open."""

    message = N_("The PIN or password is not right.")


def lifetime(*, is_leader: bool, roles: frozenset[str], is_shared: bool = False) -> timedelta:
    """Return how long a session of somebody with these roles lasts: the shortest wins."""
    if is_shared:
        return SHARED_LIFETIME
    if roles & {"organiser", "auditor", "admin"}:
        return DESK_LIFETIME
    return LEADER_LIFETIME if is_leader else VOLUNTEER_LIFETIME


def wait_after(failures: Sequence[datetime], limit: Limit, now: datetime) -> timedelta:
    """Return how long to wait before the next try; zero when it may be made."""
    recent = sorted(at for at in failures if at > now - limit.window)
    if len(recent) < limit.free:
        return timedelta(0)
    doublings = min(len(recent) - limit.free, 16)
    wait = min(limit.first * (1 << doublings), limit.longest)
    return max(recent[-1] + wait - now, timedelta(0))


def shared_address(address: str) -> str:
    """Return an address as it is counted: of IPv6 the network, which one person has whole."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)


def address_part(address: str) -> str:
    """Return the first half of an address as it is counted: enough to recognise one's own."""
    if ":" in address:
        return ":".join(address.split(":")[:2]) + ":…"
    return ".".join(address.split(".")[:2]) + ".…" if "." in address else address


def device_of(user_agent: str) -> str:
    """Return a device in a word or two, for its owner to recognise."""
    words = (
        ("MicroMessenger", "WeChat"), ("iPhone", "iPhone"), ("iPad", "iPad"),
        ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("Windows", "Windows"),
        ("Macintosh", "Mac"), ("Linux", "Linux"),
    )  # fmt: skip
    systems = [name for mark, name in words if mark in user_agent]
    return " · ".join(systems[:2]) or "?"


def refuse_while_waiting(wait: timedelta) -> None:
    """Refuse a try that comes too early."""
    seconds = -(-wait // timedelta(seconds=1))
    if seconds > 90:
        raise TooManyTriesForMinutes(minutes=-(-seconds // 60), seconds=seconds)
    if seconds > 0:
        raise TooManyTries(seconds=seconds)
