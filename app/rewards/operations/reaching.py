"""Whom the desk serves: members of a leader's teams, or whoever stands below an organiser."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.errors import N_, NotAllowed, NotFound
from app.teams.rules import SETTLED_AFTER, Actor

ONE_DAY = timedelta(days=1)
_TEAMS_ON = (
    "SELECT team_id FROM memberships WHERE volunteer_id = ? AND from_on <= ? "
    "AND (until_on IS NULL OR until_on >= ?)"
)

_HAS_PIN = (
    "SELECT 1 FROM logins WHERE volunteer_id = ? AND pin_set_at IS NOT NULL AND NOT is_suspended"
)


class OwnRedemption(NotAllowed):
    """Nobody serves themselves, or somebody they act for, at the desk."""

    code = "own_redemption"
    message = N_("Nobody hands over to themselves, or to someone they act for.")


class OpenedByServed(OwnRedemption):
    """The person, or who acts for them, handed out the code that opened the account."""

    message = N_(
        "Your account was opened on %(opened_on)s with a code from %(by)s; until %(until)s"
        " somebody else must serve them at the desk."
    )


class OthersTeam(NotAllowed):
    """A leader hands over to members of the own teams."""

    code = "others_team"
    message = N_(
        "This belongs to somebody outside your teams; their leader or an organiser hands it over."
    )


class SignatureOfNewcomer(NotAllowed):
    """A leader takes anybody into the team; their points must not come along with them."""

    code = "signature_of_newcomer"
    message = N_(
        "This person joined your team less than %(days)s days ago; until then they agree by their"
        " PIN, or an organiser serves them."
    )


class PinThere(NotAllowed):
    """Whoever has a PIN agrees by it; a leader cannot go around it."""

    code = "pin_there"
    message = N_("This person has a PIN and agrees by it; an organiser may also let them sign.")


def check_signature(
    session: Session, actor: Actor, volunteer_id: int, organisation_id: int, today: date
) -> None:
    """Refuse a leader to spend, on a signature alone, the points of whom they just took in."""
    if organisation_id in actor.organises:
        return
    if fetch(session, _HAS_PIN, volunteer_id):
        raise PinThere
    long_ago = today - SETTLED_AFTER - ONE_DAY
    teams = {row[0] for row in fetch(session, _TEAMS_ON, volunteer_id, long_ago, today)}
    if not teams & actor.leads:
        raise SignatureOfNewcomer(days=SETTLED_AFTER.days)


def check_serves(
    session: Session, actor: Actor, volunteer_id: int, organisation_id: int, today: date
) -> None:
    """Refuse a desk that may not serve this person from this organisation's shelf."""
    if actor.benefits(volunteer_id):
        raise OwnRedemption
    opening = actor.openings.get(volunteer_id)
    if opening is not None:
        raise OpenedByServed(opened_on=opening.opened_on, by=opening.by, until=opening.until_on)
    if organisation_id in actor.organises:
        return
    if not actor.leads:
        raise NotFound
    teams = {row[0] for row in fetch(session, _TEAMS_ON, volunteer_id, today, today)}
    if not teams & actor.leads:
        raise OthersTeam
