"""异议: raise an objection to a notice, withdraw it, answer it; the list itself stays.

An objection that is upheld leads to mending the records and to a correction of the list.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.notices.operations import tell, tell_logins
from app.organisations.queries import get_organisation, root_id_of
from app.people.queries import get_volunteer
from app.ranking.models import Objection, RankingRow
from app.ranking.operations.holding import hold_year, today_at
from app.ranking.queries.objections import named_in, open_about
from app.ranking.queries.snapshots import stage_in
from app.ranking.rules.objecting import (
    NamesSomebody,
    ObjectionEnded,
    ObjectionOpenAlready,
    check_length,
    check_takes_objections,
)
from app.ranking.rules.stages import (
    OBJECTION_SUBJECT,
    AnswerMissing,
    OwnObjection,
    RankingUnknown,
    WordsMissing,
)
from app.service.models import EVERY_COLOUR
from app.teams.queries import organisers_above
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered


class Against(NamedTuple):
    """What is objected to: somebody's place in the list, or (None) the list as a whole."""

    about_id: int | None
    words: str


class Answer(NamedTuple):
    """What an organiser says to an objection, on the board or to whoever objected only."""

    is_upheld: bool
    words: str
    is_public: bool


def raise_objection(
    session: Session,
    organisation_id: int,
    year: int,
    against: Against,
    *,
    volunteer_id: int,
    actor: Actor,
    now: datetime,
    key: str,
) -> int:
    """Say during a notice what is not right with it; return the objection."""
    content = {
        "operation": "objection.raise",
        "organisation_id": organisation_id,
        "year": year,
        "volunteer_id": volunteer_id,
        **against._asdict(),
    }
    if not actor.benefits(volunteer_id):
        raise RankingUnknown
    hold_year(session, organisation_id, year)
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["objection"])
    today = today_at(session, organisation_id, now)
    snapshot_id = _check_may_raise(session, organisation_id, year, volunteer_id, against, today)
    made = Objection(
        snapshot_id=snapshot_id,
        organisation_id=organisation_id,
        year=year,
        volunteer_id=volunteer_id,
        raised_by_id=actor.login_id,
        about_id=against.about_id,
        words=against.words.strip(),
        raised_at=now,
    )
    session.add(made)
    session.flush()
    # What was said stays with the objection: the trail only says that it was.
    _note(session, "raise", made, actor, now, {"state": "open", "about_id": made.about_id})
    _tell_organisers(session, made, today, now)
    remember(session, actor.login_id, key, content, {"objection": made.id}, now)
    return made.id


def withdraw_objection(
    session: Session, objection_id: int, *, actor: Actor, now: datetime, key: str
) -> None:
    """Take an open objection back."""
    content = {"operation": "objection.withdraw", "objection_id": objection_id}
    objection = _held(session, objection_id)
    if remembered(session, actor.login_id, key, content) is not None:
        return
    if not actor.benefits(objection.volunteer_id):
        raise RankingUnknown
    _check_is_open(objection)
    objection.state, objection.ended_at = "withdrawn", now
    session.flush()
    _note(session, "withdraw", objection, actor, now, {"state": "withdrawn"})
    remember(session, actor.login_id, key, content, {}, now)


def answer_objection(
    session: Session, objection_id: int, answer: Answer, *, actor: Actor, now: datetime, key: str
) -> None:
    """Uphold or refuse an objection with words, as an organiser it does not concern."""
    content = {
        "operation": "objection.answer",
        "objection_id": objection_id,
        **answer._asdict(),
    }
    objection = _held(session, objection_id)
    if remembered(session, actor.login_id, key, content) is not None:
        return
    check_may_answer(objection, actor)
    _check_is_open(objection)
    if not answer.words.strip():
        raise AnswerMissing
    check_length(answer.words)
    if answer.is_public and (name := named_in(session, objection.snapshot_id, answer.words)):
        raise NamesSomebody(name=name)
    objection.state = "upheld" if answer.is_upheld else "refused"
    objection.answer, objection.is_public = answer.words.strip(), answer.is_public
    objection.answered_by_id, objection.ended_at = actor.login_id, now
    session.flush()
    said = {"state": objection.state, "is_public": objection.is_public}
    _note(session, "answer", objection, actor, now, said, reason=objection.answer)
    _tell_volunteer(session, objection, now)
    remember(session, actor.login_id, key, content, {}, now)


def check_may_answer(objection: Objection, actor: Actor) -> None:
    """Refuse whoever may not answer: out of reach it is unknown, one's own is somebody else's."""
    if objection.organisation_id not in actor.organises:
        raise RankingUnknown
    concerned = {objection.volunteer_id, objection.about_id} - {None}
    if objection.raised_by_id == actor.login_id or any(
        actor.needs_another(each) for each in concerned if each is not None
    ):
        raise OwnObjection


# ── parts ─────────────────────────────────────────────────────────────────────────────────


def _check_may_raise(
    session: Session,
    organisation_id: int,
    year: int,
    volunteer_id: int,
    against: Against,
    today: date,
) -> int:
    """Return the list that stands, if this may be said against it today."""
    home_id = get_volunteer(session, volunteer_id).organisation_id
    if root_id_of(session, home_id) != root_id_of(session, organisation_id):
        raise RankingUnknown
    stage = stage_in(session, organisation_id, year)
    snapshot = stage.snapshot
    check_takes_objections(stage.stage, year, snapshot.until_on if snapshot else None, today)
    assert snapshot is not None
    if not against.words.strip():
        raise WordsMissing
    check_length(against.words)
    if against.about_id is not None:
        place = (snapshot.id, EVERY_COLOUR, against.about_id)
        if session.get(RankingRow, place) is None:
            raise RankingUnknown
    if against.about_id in open_about(session, volunteer_id, organisation_id, year):
        raise ObjectionOpenAlready
    return snapshot.id


def _held(session: Session, objection_id: int) -> Objection:
    """Return an objection, its year held until the commit: answers to it stand in line."""
    of = select(Objection.organisation_id, Objection.year).where(Objection.id == objection_id)
    found = session.execute(of).first()
    if found is None:
        raise RankingUnknown
    hold_year(session, *found)
    return session.get_one(Objection, objection_id, populate_existing=True)


def _check_is_open(objection: Objection) -> None:
    if objection.state != "open":
        raise ObjectionEnded


def _note(
    session: Session,
    verb: str,
    objection: Objection,
    actor: Actor,
    now: datetime,
    after: Mapping[str, Any],
    reason: str | None = None,
) -> None:
    is_own = verb == "answer" or actor.volunteer_id == objection.volunteer_id
    note(
        session,
        operation=f"objection.{verb}",
        actor_id=actor.login_id,
        at=now,
        subject_kind=OBJECTION_SUBJECT,
        subject_id=objection.id,
        organisation_id=objection.organisation_id,
        on_behalf_of_id=None if is_own else objection.volunteer_id,
        before=None if verb == "raise" else {"state": "open"},
        after=after,
        reason=reason,
    )


def _tell_organisers(session: Session, objection: Objection, today: date, now: datetime) -> None:
    organisers = organisers_above(session, objection.organisation_id, today)
    tell_logins(
        session,
        "objection.raised",
        organisers - {objection.raised_by_id},
        figures=_figures(session, objection),
        path=f"/objections/{objection.id}",
        at=now,
        subject_kind=OBJECTION_SUBJECT,
        subject_id=objection.id,
    )


def _tell_volunteer(session: Session, objection: Objection, now: datetime) -> None:
    tell(
        session,
        f"objection.{objection.state}",
        [objection.volunteer_id],
        figures=_figures(session, objection),
        path=f"/objections/{objection.id}",
        at=now,
        subject_kind=OBJECTION_SUBJECT,
        subject_id=objection.id,
    )


def _figures(session: Session, objection: Objection) -> dict[str, str | int]:
    name = get_organisation(session, objection.organisation_id).name
    return {"year": objection.year, "name": name}
