"""What an evaluation may say, and the links by which somebody served gives theirs once."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import NamedTuple

from app.errors import N_, NotFound, RuleBroken

MOST_STARS = 5
LONGEST_WORD = 200
MOST_INVITES = 200
_TOKEN = re.compile(r"([1-9][0-9]{0,17})-([1-9][0-9]{0,2})-([0-9a-f]{32})")


class StarsUnfit(RuleBroken):
    code = "bad_number"
    message = N_("Choose 1 to %(most)s stars.")


class WordTooLong(RuleBroken):
    code = "too_long"
    message = N_("This is too long; %(most)s characters are the most.")


class NotClosedYet(RuleBroken):
    code = "not_closed_yet"
    message = N_("An activity is evaluated once it is closed.")


class EvaluatedAlready(RuleBroken):
    code = "evaluated_already"
    message = N_("This evaluation was given already. Thank you.")


class NobodyServed(RuleBroken):
    """The own helpers of an activity do not praise it in the name of those it served."""

    code = "not_allowed"
    message = N_("This link is for the person who was served; whoever served does not evaluate.")


class Invite(NamedTuple):
    """What a link says before anybody has looked whether it is true."""

    activity_id: int
    number: int
    mac: str


def check_evaluation(stars: int, word: str) -> None:
    """Refuse what is no evaluation."""
    if not 1 <= stars <= MOST_STARS:
        raise StarsUnfit(most=MOST_STARS)
    if len(word) > LONGEST_WORD:
        raise WordTooLong(most=LONGEST_WORD)


def invite_token(activity_id: int, number: int, secret: str) -> str:
    """Return what the link of one person served bears; each works once."""
    return f"{activity_id}-{number}-{_mac(activity_id, number, secret)}"


def read_invite(token: str) -> Invite:
    """Return what a link says; anything else does not exist."""
    found = _TOKEN.fullmatch(token)
    if found is None or int(found[2]) > MOST_INVITES:
        raise NotFound
    return Invite(int(found[1]), int(found[2]), found[3])


def check_invite(invite: Invite, secret: str) -> None:
    """Refuse a link that nobody handed out: it does not exist."""
    if not hmac.compare_digest(_mac(invite.activity_id, invite.number, secret), invite.mac):
        raise NotFound


def average_tenths(stars: Sequence[int]) -> int | None:
    """Return the average in tenths of a star, half up; None of nothing."""
    if not stars:
        return None
    return (20 * sum(stars) + len(stars)) // (2 * len(stars))


def _mac(activity_id: int, number: int, secret: str) -> str:
    said = f"thanks:{activity_id}:{number}".encode()
    return hmac.new(bytes.fromhex(secret), said, hashlib.sha256).hexdigest()[:32]
