"""What waits for somebody at the desk: each count is what they may act on, as its page lists it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjustments import queries as adjustments
from app.audits.queries import faults_in, open_results
from app.disputes.queries.lists import counting_open
from app.home.desk_todo_queries import LowShelf, Notice, low_and_notices
from app.privacy.queries.erasing import counting_asked
from app.rewards.queries import desk as redemptions
from app.service.queries.waiting import oldest_waiting, waiting_count
from app.teams.queries.asking import asked_counts
from app.teams.rules import Actor

MOST_SHELVES = 3
MOST_NAMED = 3


class Todo(NamedTuple):
    """One line of the list; without a count it only leads somewhere."""

    url: str
    icon: str
    title: str
    sub: str
    waiting: int | None


class _Counted(NamedTuple):
    hours: int
    oldest_at: datetime | None
    disputes: int
    redemptions: int
    adjustments: int
    erasures: int
    faults: dict[str, int]
    questions: int


def todos(session: Session, actor: Actor, at: datetime, today: date, late: int) -> list[Todo]:
    """Return what waits for the actor anywhere in reach; what there is none of is left out.

    `late`: how many activities are to be closed.
    """
    return [each for each in _all(session, actor, at, today, late) if each.waiting != 0]


def _all(session: Session, actor: Actor, at: datetime, today: date, late: int) -> Iterator[Todo]:
    counted, reads = _counted(session, actor, today), actor.organises | actor.audits
    if actor.organises or actor.leads:
        yield from _daily(counted, at)
        sub = _("Their hours wait for being closed.")
        yield Todo(url_for("proposing.desk"), "calendar", _("Activities to close"), sub, late)
    sub = _("Somebody asked; a second person decides.")
    url = url_for("adjustments.everything", show="waiting")
    yield Todo(url, "pencil", _("Adjustments"), sub, counted.adjustments)
    sub = _("Look at what goes and what stays, then do it or say why not.")
    yield Todo(url_for("erasing.everything"), "user", _("Erasures"), sub, counted.erasures)
    if reads:
        yield from _audit(counted.faults)
    low, notices = low_and_notices(session, actor) if reads else ([], [])
    yield from _low(low)
    yield from _notices(notices, today)


def _counted(session: Session, actor: Actor, today: date) -> _Counted:
    """Count what the daily pages list, in one statement."""
    questions = asked_counts(actor, today)
    row = session.execute(
        select(
            waiting_count(actor),
            oldest_waiting(actor),
            counting_open(actor.leads, actor.organises, actor.needs_another_for, actor.login_id),
            redemptions.counting_waiting(redemptions.Served(actor, today)),
            adjustments.counting_waiting(actor),
            counting_asked(actor.organises, without=actor.needs_another_for),
            open_results(),
            *questions,
        )
    ).one()
    faults, asked = faults_in(row[6]), sum(row[7:])
    return _Counted(row[0], row[1], row[2], row[3], row[4], row[5], faults, asked)


def _daily(counted: _Counted, at: datetime) -> Iterator[Todo]:
    days = (at - counted.oldest_at).days if counted.oldest_at else 0
    waits = ngettext("The oldest waits %(num)s day.", "The oldest waits %(num)s days.", days)
    sub = waits if days else _("The oldest came today.")
    yield Todo(url_for("service.waiting"), "check", _("Hours to review"), sub, counted.hours)
    sub = _("Whoever asked waits for an answer.")
    yield Todo(url_for("disputes.everything"), "question", _("Disputes"), sub, counted.disputes)
    sub = _("To join a team, to leave one, or to act for somebody.")
    url = f"{request.script_root}/joining"
    yield Todo(url, "user-add", _("Requests"), sub, counted.questions)
    sub = _("Set aside until they are collected.")
    yield Todo(url_for("pick_up.desk"), "box", _("To be collected"), sub, counted.redemptions)


def _audit(faults: dict[str, int]) -> Iterator[Todo]:
    if faults:
        sub = _("Look at it before anything else: %(checks)s", checks=", ".join(sorted(faults)))
        url = f"{request.script_root}/admin/audit"
        yield Todo(url, "warn", _("The books do not agree"), sub, len(faults))


def _low(shelves: Sequence[LowShelf]) -> Iterator[Todo]:
    for one in shelves[:MOST_SHELVES]:
        names = _("%(names)s and others") if len(one.names) > MOST_NAMED else "%(names)s"
        shown = _(", ").join(one.names[:MOST_NAMED])
        title = (
            _("Running out")
            if len(shelves) == 1
            else _("Running out: %(organisation)s", organisation=one.organisation)
        )
        url = url_for("keeping.shelf", org=one.code, show="low")
        yield Todo(url, "gift", title, names % {"names": shown}, len(one.names))


def _notices(notices: Sequence[Notice], today: date) -> Iterator[Todo]:
    for one in notices:
        left = (one.until_on - today).days
        title = _("Public notice of %(year)s: %(name)s", year=one.year, name=one.organisation)
        days = ngettext("%(num)s day left", "%(num)s days left", max(left, 0))
        sub = days if left >= 0 else _("The notice is over.")
        if one.objections:
            url = url_for("objections.of_year", code=one.code, year=one.year)
            yield Todo(
                url, "notice", title, _("%(days)s; objections to answer", days=sub), one.objections
            )
        else:
            yield Todo(
                url_for("awards.year", code=one.code, year=one.year), "notice", title, sub, None
            )
