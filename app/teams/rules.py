"""Who may approve a record, and who was a member when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from app.errors import N_, NotAllowed


class Span(NamedTuple):
    """The dates of a membership or leadership, both included; no end while it lasts."""

    from_on: date
    until_on: date | None


class OwnRecord(NotAllowed):
    """The actor is the beneficiary, or acts for them."""

    code = "own_record"
    message = N_("Nobody approves service of their own, or of someone they act for.")


class NotEntitled(NotAllowed):
    """The actor neither leads the team nor organises above it."""

    message = N_("Only a leader of the team or an organiser above it may approve this.")


class OrganiserNeeded(NotAllowed):
    """The record waits for an organiser; leading the team is not enough."""

    message = N_("This waits for an organiser; a leader of the team cannot approve it.")


class SecondPersonNeeded(NotAllowed):
    """Two people are asked for, and the actor recorded it."""

    message = N_("Two people are needed here: whoever recorded this may not approve it too.")


def may_approve(
    *,
    actor_volunteer_id: int | None,
    beneficiary_volunteer_id: int,
    acts_for: frozenset[int],
    recorder_is_actor: bool,
    two_people: bool,
    leads_team: bool,
    organises: bool,
    needs_organiser: bool,
) -> None:
    """Refuse an approval by someone who may not give it.

    `acts_for`: the volunteers for whom the actor acts. `leads_team` and `organises` are of
    the record's team, as the database says now. Whoever stands nearest to the benefit is
    refused first, so no role gets past that.
    """
    if is_own(actor_volunteer_id, beneficiary_volunteer_id, acts_for):
        raise OwnRecord
    if not (leads_team or organises):
        raise NotEntitled
    if needs_organiser and not organises:
        raise OrganiserNeeded
    if two_people and recorder_is_actor:
        raise SecondPersonNeeded


def is_own(
    actor_volunteer_id: int | None, beneficiary_volunteer_id: int, acts_for: frozenset[int]
) -> bool:
    """Say whether the actor would benefit: a row of their own, or of someone they act for."""
    return beneficiary_volunteer_id == actor_volunteer_id or beneficiary_volunteer_id in acts_for


def member_on(memberships: Iterable[tuple[date, date | None]], on: date) -> bool:
    """Say whether one of the spans (from, until; both included) holds the date."""
    return any(
        from_on <= on and (until_on is None or on <= until_on) for from_on, until_on in memberships
    )
