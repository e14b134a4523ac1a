"""What an address asks a report for, and whose it may be; outside the reach it is a 404."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from flask import url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.bulk import allow_long_reading
from app.clock import now, today_in
from app.organisations.queries import settings_of, subtree_ids
from app.organisations.rules import Settings
from app.reports.figure_queries import Scope
from app.reports.label_queries import Named, colours_ever_in, teams_ever_in
from app.reports.questions import BadQuestion, Question, checked, dates_of
from app.rewards.keeping_access import Keeping
from app.teams.rules import Actor
from app.web.policy import not_found

Arguments = MultiDict[str, str]
FIELDS = ("org", "rows", "span", "from", "until", "team", "colour", "kind", "evidence", "m")


class Ground(NamedTuple):
    """An organisation within reach, what may be chosen there, and its date of today."""

    keeping: Keeping
    ids: tuple[int, ...]
    settings: Settings
    teams: Sequence[Named]
    colours: Sequence[Named]
    today: date

    def scope(self, question: Question) -> Scope:
        """Return where and when a question is asked."""
        span = dates_of(question, self.today, self.settings.service_month)
        return Scope(self.keeping.organisation.id, self.ids, *span)


def ground_of(session: Session, keeping: Keeping) -> Ground:
    """Return what a report of an organisation is asked on."""
    # A whole county's year may take longer than a page usually may; it is kept for a minute then.
    allow_long_reading(session)
    ids = tuple(subtree_ids(session, keeping.organisation.id))
    settings = settings_of(session, keeping.organisation.id)
    teams, colours = teams_ever_in(session, ids), colours_ever_in(session, ids)
    return Ground(keeping, ids, settings, teams, colours, today_in(settings.time_zone, now()))


def question_of(arguments: Arguments, ground: Ground) -> Question:
    """Return the question of an address; what is left out is the usual. May be unanswerable."""
    usual = Question()
    return Question(
        rows=arguments.get("rows") or usual.rows,
        span=arguments.get("span") or usual.span,
        from_on=_day(arguments.get("from")),
        until_on=_day(arguments.get("until")),
        team_id=_team(arguments.get("team"), ground.teams),
        colour_id=_colour(arguments.get("colour"), ground.colours),
        kind=arguments.get("kind") or None,
        evidence=arguments.get("evidence") or None,
        # A form that was sent says which figures; an address without them asks for the usual.
        measures=tuple(dict.fromkeys(arguments.getlist("m")))
        if "m" in arguments or "rows" in arguments
        else usual.measures,
    )


def answerable(question: Question) -> tuple[Question, BadQuestion | None]:
    """Return a question that can be answered; with the refusal, the usual one."""
    try:
        return checked(question), None
    except BadQuestion as refusal:
        return question, refusal


def arguments_of(question: Question, ground: Ground) -> dict[str, object]:
    """Return the arguments of an address that asks this question."""
    team = next((one for one in ground.teams if one.id == question.team_id), None)
    return {
        "org": ground.keeping.organisation.code,
        "rows": question.rows,
        "span": question.span,
        "from": question.from_on.isoformat() if question.from_on else None,
        "until": question.until_on.isoformat() if question.until_on else None,
        "team": team.about if team else None,
        "colour": question.colour_id,
        "kind": question.kind,
        "evidence": question.evidence,
        "m": list(question.measures),
    }


def url_of(endpoint: str, question: Question, ground: Ground, **more: object) -> str:
    """Return the address of a page that asks this question."""
    given: dict[str, Any] = {**arguments_of(question, ground), **more}
    return url_for(endpoint, **{key: value for key, value in given.items() if value is not None})


def is_within(actor: Actor, organisation_id: int | None) -> bool:
    """Tell whether what belongs to an organisation lies within the reader's reach."""
    return organisation_id in actor.organises | actor.audits


def _day(given: str | None) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        return None


def _team(code: str | None, teams: Sequence[Named]) -> int | None:
    if not code:
        return None
    found = next((team for team in teams if team.about == code.strip()), None)
    return found.id if found else not_found()


def _colour(given: str | None, colours: Sequence[Named]) -> int | None:
    if not given:
        return None
    found = next((colour for colour in colours if str(colour.id) == given), None)
    return found.id if found else not_found()
