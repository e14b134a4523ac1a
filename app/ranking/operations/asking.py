"""Ask for a notice, a correction or the final list; a second person decides."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.disputes.queries import open_disputes
from app.ranking.models import RankingFreeze
from app.ranking.operations.holding import hold_year, matter_of, today_at
from app.ranking.operations.telling import tell_seconds
from app.ranking.queries.schemes import KeptScheme, latest_scheme
from app.ranking.queries.scopes import years_of
from app.ranking.queries.snapshots import Snapshot, Stage, open_objections, stage_in
from app.ranking.rules.stages import (
    FINAL,
    FREEZE_SUBJECT,
    NOTICE,
    PREVIEW,
    AskedAlready,
    IsFinal,
    NothingToRank,
    NotUnderNotice,
    ReasonForCorrection,
    SchemeMissing,
    UnderNotice,
    YearNotOver,
    check_final,
)
from app.second_person.rules import check_first
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered


def ask_notice(
    session: Session, organisation_id: int, year: int, *, actor: Actor, now: datetime, key: str
) -> int:
    """Ask a second person to freeze the ranking for its public notice; return the question."""
    return _ask(session, "notice", organisation_id, year, actor=actor, now=now, key=key, reason="")


def ask_correction(
    session: Session,
    organisation_id: int,
    year: int,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    key: str,
) -> int:
    """Ask a second person to freeze the ranking anew, naming the one it corrects and why."""
    return _ask(
        session, "correction", organisation_id, year, actor=actor, now=now, key=key, reason=reason
    )


def ask_final(
    session: Session, organisation_id: int, year: int, *, actor: Actor, now: datetime, key: str
) -> int:
    """Ask a second person to make the list under notice final."""
    return _ask(session, "final", organisation_id, year, actor=actor, now=now, key=key, reason="")


def check_ready_for_final(session: Session, snapshot: Snapshot, today: date) -> None:
    """Refuse the final list while its notice lasts, or an objection or a dispute is open."""
    check_final(
        today=today,
        until_on=snapshot.until_on,
        objections=open_objections(session, snapshot.organisation_id, snapshot.year),
        disputes=len(open_disputes(session, snapshot.organisation_ids, snapshot.year)),
    )


def _ask(
    session: Session,
    asked_for: str,
    organisation_id: int,
    year: int,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    key: str,
) -> int:
    content = {
        "operation": f"ranking.ask_{asked_for}",
        "organisation_id": organisation_id,
        "year": year,
        "reason": reason,
    }
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["id"])
    check_first(actor, matter_of(organisation_id))
    hold_year(session, organisation_id, year)
    scheme, stage = _judged(session, asked_for, organisation_id, year, reason, now)
    asked = RankingFreeze(
        organisation_id=organisation_id,
        year=year,
        asked_for=asked_for,
        scheme_id=scheme,
        snapshot_id=stage.snapshot.id if stage.snapshot else None,
        reason=reason.strip(),
        asker_id=actor.login_id,
        asked_at=now,
        state="asked",
    )
    session.add(asked)
    session.flush()
    note(
        session,
        operation=f"ranking.ask_{asked_for}",
        actor_id=actor.login_id,
        at=now,
        subject_kind=FREEZE_SUBJECT,
        subject_id=asked.id,
        organisation_id=organisation_id,
        after={"year": year, "asked_for": asked_for, "scheme": scheme},
        reason=reason.strip() or None,
    )
    tell_seconds(session, asked, asker_name=actor.name, now=now)
    remember(session, actor.login_id, key, content, {"id": asked.id}, now)
    return asked.id


def _judged(
    session: Session, asked_for: str, organisation_id: int, year: int, reason: str, now: datetime
) -> tuple[int, Stage]:
    """Return scheme and stage when this can be asked for today; it is judged again when done."""
    stage = stage_in(session, organisation_id, year)
    if stage.asked is not None:
        raise AskedAlready(name=stage.asked.asker)
    check_stage(stage, asked_for, year)
    if asked_for == "correction" and not reason.strip():
        raise ReasonForCorrection
    today = today_at(session, organisation_id, now)
    if asked_for == "final":
        assert stage.snapshot is not None
        check_ready_for_final(session, stage.snapshot, today)
        return stage.snapshot.scheme_id, stage
    check_year(session, organisation_id, year, today)
    return _scheme(session, organisation_id, year).id, stage


def check_stage(stage: Stage, asked_for: str, year: int) -> None:
    """Refuse what the stage of the year does not allow."""
    if stage.stage == FINAL:
        raise IsFinal(year=year)
    if asked_for == "notice" and stage.stage != PREVIEW:
        raise UnderNotice(year=year)
    if asked_for != "notice" and stage.stage != NOTICE:
        raise NotUnderNotice(year=year)


def check_year(session: Session, organisation_id: int, year: int, today: date) -> None:
    """Refuse a notice before the year is over, or of a year without a record."""
    if today.year <= year:
        raise YearNotOver(year=year, from_on=date(year + 1, 1, 1))
    if year not in years_of(session, [organisation_id]):
        raise NothingToRank(year=year)


def _scheme(session: Session, organisation_id: int, year: int) -> KeptScheme:
    scheme = latest_scheme(session, organisation_id, year)
    if scheme is None:
        raise SchemeMissing
    return scheme
