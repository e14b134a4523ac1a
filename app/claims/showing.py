"""Claims as their pages show them: figures as text, states in words."""

from __future__ import annotations

from typing import NamedTuple

from flask_babel import gettext as _

from app.claims.queries import OwnClaim
from app.service.queries import RecordRow
from app.service.showing import WAITS, Chip, what_and_when
from app.web.filters import hours


class ShownClaim(NamedTuple):
    """One claim in the list of one's own."""

    id: int
    colour: Chip
    title: str
    what: str
    hours: str
    state: str
    state_text: str
    why: str
    picture_id: int | None
    parts: tuple[tuple[int, str], ...]
    may_withdraw: bool
    may_resend: bool


def shown_claims(claims: list[OwnClaim]) -> list[ShownClaim]:
    """Return the lines of one's own claims."""
    # Whoever sent one anew is not asked to once more.
    sent_again = {claim.beside.resends_id for claim in claims}
    return [_shown(claim, claim.record.id in sent_again) for claim in claims]


def _shown(claim: OwnClaim, was_sent_again: bool) -> ShownClaim:
    record = claim.record
    is_back = record.state == "rejected" and not claim.parts
    return ShownClaim(
        record.id,
        Chip(record.colour_key, record.colour_glyph),
        record.content or record.team_name,
        what_and_when(record._replace(content="")),
        _("%(hours)s hours", hours=hours(claim.minutes)),
        _state(claim),
        _state_text(claim, was_sent_again),
        _why(record),
        claim.beside.picture_id,
        tuple((part.id, _part_text(part)) for part in claim.parts),
        may_withdraw=record.state == "submitted",
        may_resend=is_back and not was_sent_again,
    )


def _state(claim: OwnClaim) -> str:
    """Return the state as tags know it; what is split counts, in part."""
    return "approved" if claim.counted_minutes else claim.record.state


def _state_text(claim: OwnClaim, was_sent_again: bool) -> str:
    """Return other words for the state where its own would mislead; else nothing."""
    if claim.parts:
        counted = hours(claim.counted_minutes)
        return str(_("%(hours)s hours of it count", hours=counted))
    if was_sent_again:
        return str(_("Sent again"))
    return str(_("Withdrawn")) if claim.is_withdrawn else ""


def _why(record: RecordRow) -> str:
    if record.state == "submitted":
        return str(WAITS.get(record.waits_reason or "", ""))
    # Reasons of ours have their words in each language; what people typed has none.
    return str(_(record.reason)) if record.reason else ""


def _part_text(part: RecordRow) -> str:
    return str(_("%(hours)s hours: %(what)s", hours=hours(part.minutes), what=what_and_when(part)))


def sent_text(waits_reason: str) -> str:
    """Return what is told right after a claim was sent: who decides about it."""
    if waits_reason == "claim":
        return str(_("Sent. The team's leader decides; the hours count once they are approved."))
    if waits_reason == "late":
        return str(_("Sent. It came late, so an organiser decides about it."))
    return str(_("Sent. An organiser decides about it."))
