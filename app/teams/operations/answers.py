"""What every question to a leader or organiser shares: who may answer it, and only once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.errors import N_, NotAllowed, NotFound, RuleBroken
from app.teams.models import HelperAsk, JoinRequest, Team, TeamAsk
from app.teams.rules import Actor


class AnsweredAlready(RuleBroken):
    code = "answered_already"
    message = N_("This was answered or withdrawn meanwhile; nothing was done now.")


class OwnQuestion(NotAllowed):
    """The actor asked, or acts for whoever did, or would act for them."""

    message = N_("Nobody answers what they asked themselves, or what concerns someone close.")


class ReasonMissing(RuleBroken):
    code = "reason_missing"
    message = N_("Say why in a few words; the person who asked reads it.")


# Rows that wait for an answer.
Question = JoinRequest | TeamAsk | HelperAsk


def settle(
    question: Question, state: str, *, actor_id: int, now: datetime, reason: str | None = None
) -> None:
    """Write an answer into the question's row; what is not open stays as it is."""
    refuse_unless_open(question)
    question.state, question.decided_at = state, now
    question.decided_by_id, question.reason = actor_id, reason


def refuse_unless_open(question: Question) -> None:
    """Refuse an answer to what was answered or withdrawn."""
    if question.state != "open":
        raise AnsweredAlready


def answers_for_team(session: Session, actor: Actor, team_id: int) -> Team:
    """Return a team whose members the actor decides on: its leader, an organiser above it."""
    team = session.get(Team, team_id)
    if team is None or not (team.id in actor.leads or team.organisation_id in actor.organises):
        raise NotFound
    return team


def checked_reason(reason: str) -> str:
    """Return the reason of a refusal, which must not be empty."""
    if not reason.strip():
        raise ReasonMissing
    return reason.strip()
