"""Keep a question under a name, rename it, forget it: one trail row each."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import N_, NotFound, RuleBroken
from app.organisations.operations import held_organisation
from app.reports.models import SavedReport
from app.reports.questions import LONGEST_NAME, Question, checked, kept
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered

SUBJECT = "saved_report"


class ReportNameUnfit(RuleBroken):
    """The name is empty, too long, or holds what cannot be seen."""

    code = "bad_report_name"
    message = N_("A report's name has 1 to %(most)s visible characters.")


class ReportNameTaken(RuleBroken):
    """The organisation has a report of this name."""

    code = "report_name_taken"
    message = N_("There is a saved report of this name already.")


def save_report(
    session: Session,
    organisation_id: int,
    name: str,
    question: Question,
    *,
    actor: Actor,
    now: datetime,
    key: str,
) -> int:
    """Keep a question for all who organise its organisation, and return its id."""
    if organisation_id not in actor.organises:
        raise NotFound
    text = kept(checked(question))
    content = {"operation": "report.save", "of": organisation_id, "name": name, "question": text}
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["report_id"])
    _check_name(session, organisation_id, name, None)
    report = SavedReport(
        organisation_id=organisation_id,
        owner_id=actor.login_id,
        name=name,
        question=text,
        saved_at=now,
    )
    session.add(report)
    session.flush()
    _note(session, "report.save", report, actor, now, after={"name": name, "question": text})
    remember(session, actor.login_id, key, content, {"report_id": report.id}, now)
    return report.id


def rename_report(
    session: Session, report_id: int, name: str, *, actor: Actor, now: datetime
) -> bool:
    """Call a saved report otherwise; False when nothing differs."""
    report = _hold(session, report_id, actor)
    before = report.name
    if before == name:
        return False
    _check_name(session, report.organisation_id, name, report.id)
    report.name = name
    session.flush()
    change = {"before": {"name": before}, "after": {"name": name}}
    _note(session, "report.rename", report, actor, now, **change)
    return True


def delete_report(session: Session, report_id: int, *, actor: Actor, now: datetime) -> None:
    """Forget a saved report; what it asked stays in the trail."""
    report = _hold(session, report_id, actor)
    before = {"name": report.name, "question": report.question}
    _note(session, "report.delete", report, actor, now, before=before)
    session.delete(report)
    session.flush()


def note_export(
    session: Session,
    organisation_id: int,
    question: Question,
    *,
    kind: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Leave the trail row of a sheet that was taken out."""
    note(
        session,
        operation="report.export",
        actor_id=actor.login_id,
        at=now,
        subject_kind="organisation",
        subject_id=organisation_id,
        organisation_id=organisation_id,
        after={"question": kept(question), "kind": kind},
    )


def _hold(session: Session, report_id: int, actor: Actor) -> SavedReport:
    query = select(SavedReport).where(SavedReport.id == report_id).with_for_update()
    report = session.scalar(query.execution_options(populate_existing=True))
    if report is None or report.organisation_id not in actor.organises:
        raise NotFound
    return report


def _check_name(session: Session, organisation_id: int, name: str, own_id: int | None) -> None:
    if not (1 <= len(name) <= LONGEST_NAME and name.isprintable() and name.strip() == name):
        raise ReportNameUnfit(most=LONGEST_NAME)
    # Two may save at once: whoever comes second waits here and then finds the first's.
    held_organisation(session, organisation_id)
    same = select(SavedReport.id).where(
        SavedReport.organisation_id == organisation_id, SavedReport.name == name
    )
    if session.scalar(same) not in {None, own_id}:
        raise ReportNameTaken


def _note(
    session: Session,
    operation: str,
    report: SavedReport,
    actor: Actor,
    now: datetime,
    *,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> None:
    note(
        session,
        operation=operation,
        actor_id=actor.login_id,
        at=now,
        subject_kind=SUBJECT,
        subject_id=report.id,
        organisation_id=report.organisation_id,
        before=before,
        after=after,
    )
