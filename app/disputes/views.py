"""Disputes for those who answer them: the list, the page of one, and each way to answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.clock import now
from app.db import db
from app.disputes import operations, queries
from app.disputes.access import Reach, Seen, answerable_dispute, reach_of, seen_dispute, waiting_for
from app.disputes.forms import AnswerForm, SayForm
from app.disputes.queries import DisputeRow
from app.disputes.showing import ShownDispute, shown_dispute
from app.organisations.calendar import WorkingCalendar
from app.organisations.queries import working_calendar
from app.service.access import teams_to_log
from app.service.forms import CorrectionForm
from app.service.operations import Line
from app.teams.access import today
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.forms import Form, offered
from app.web.policy import allow, not_found
from app.web.saying import say as said
from app.web.submitting import carried_out

blueprint = Blueprint("disputes", __name__, url_prefix="/disputes")


# ── the list ──────────────────────────────────────────────────────────────────────────────


@blueprint.get("")
@allow("dispute.list")
def everything() -> str:
    """List what waits for an answer, the nearest deadline first, and what was answered lately."""
    session, actor = db.session(), current_actor()
    reach = reach_of(actor)
    waiting = queries.disputes_to_answer(session, **reach._asdict())
    concerned = _by_concerned(session, actor, reach)
    apart = {row.id for row in concerned}
    closed = queries.closed_disputes(session, **reach._asdict())
    calendar = calendar_of(session, [*waiting, *closed])
    shown = [shown_dispute(row, calendar, today()) for row in waiting]
    may_decide = bool(actor.leads or actor.organises)
    # Whoever only reads has no others: all of it waits for an answer.
    mine = waiting_for(session, actor, waiting) if may_decide else {row.id for row in waiting}
    return render_template(
        "disputes/list.html",
        may_decide=may_decide,
        waiting=[each for each in shown if each.id in mine],
        others=[each for each in shown if each.id not in mine],
        overdue=sum(1 for each in shown if each.is_overdue),
        concerned=[shown_dispute(row, calendar, today()) for row in concerned],
        closed=[shown_dispute(row, calendar, today()) for row in closed if row.id not in apart],
    )


def _by_concerned(session: Session, actor: Actor, reach: Reach) -> list[DisputeRow]:
    """Return what organisers should know: refused by whoever had recorded or approved it."""
    if not actor.organises:
        return []
    return queries.refused_by_concerned(
        session, organisation_ids=actor.organises, without=reach.without
    )


def calendar_of(session: Session, rows: list[DisputeRow]) -> WorkingCalendar:
    """Return the working days by which deadlines are told: the tree's, in one statement."""
    if not rows:
        return WorkingCalendar()
    return WorkingCalendar(working_calendar(session, rows[0].root_id))


# ── one dispute ───────────────────────────────────────────────────────────────────────────


@blueprint.get("/<int:dispute_id>")
@allow("dispute.read")
def one(dispute_id: int) -> ResponseReturnValue:
    """Show recorded and wished side by side, with all that was said."""
    return dispute_page(dispute_id, SayForm(formdata=None))


_OF_WORDS = dict.fromkeys(("said_enough", "words_missing", "words_too_long"), "words")


@blueprint.post("/<int:dispute_id>/say")
@allow("dispute.read")
def say(dispute_id: int) -> ResponseReturnValue:
    """Ask the volunteer back, or reply."""
    form = SayForm()
    seen = seen_dispute(db.session(), current_actor(), dispute_id)
    if not (seen.is_own or seen.is_near):
        not_found()

    def saying(session: Session) -> None:
        operations.say(
            session,
            dispute_id,
            form.words.data or "",
            actor=current_actor(),
            now=now(),
            key=form.sent_key,
        )

    if form.validate() and carried_out(form, saying, _OF_WORDS):
        flash(_("Added to the thread."), "toast")
        return redirect(url_for(".one", dispute_id=dispute_id), 303)
    return dispute_page(dispute_id, form)


def dispute_page(dispute_id: int, form: SayForm) -> ResponseReturnValue:
    """Show the page of a dispute, with the words typed so far."""
    session = db.session()
    seen = seen_dispute(session, current_actor(), dispute_id)
    page = render_template(
        "disputes/dispute.html",
        seen=seen,
        dispute=shown(session, seen.row, with_lines=True),
        refusal=said(seen.refusal) if seen.refusal and seen.is_near else "",
        form=form,
    )
    return page, 422 if form.is_submitted() else 200


def shown(session: Session, row: DisputeRow, *, with_lines: bool = False) -> ShownDispute:
    """Return a dispute as its own pages show it."""
    lines = queries.lines_of(session, [row.id]).get(row.id, ()) if with_lines else ()
    return shown_dispute(row, calendar_of(session, [row]), today(), lines)


# ── the answer ────────────────────────────────────────────────────────────────────────────


@blueprint.route("/<int:dispute_id>/correct", methods=["GET", "POST"])
@allow("dispute.answer")
def correct(dispute_id: int) -> ResponseReturnValue:
    """Correct the record, as wished or otherwise; the wish stands in the form."""
    actor = current_actor()
    seen = answerable_dispute(db.session(), actor, dispute_id)
    teams = {team.code: team for team in teams_to_log(db.session(), actor)}
    form = _correction_form(seen)
    form.team.choices = offered((team.code, team.name) for team in teams.values())
    if form.validate_on_submit():
        line = Line(
            volunteer_id=seen.row.volunteer_id,
            team_id=teams[form.team.data].id,
            service_on=form.service_on.data or seen.row.recorded.service_on,
            minutes=form.hours.data or 0,
            starts_minute=form.starts.data,
            content=form.content.data or "",
            place=form.place.data or None,
            note=seen.row.note,
        )
        done = carried_out(
            form,
            lambda session: operations.correct(
                session,
                dispute_id,
                line,
                actor=actor,
                now=now(),
                reason=form.reason.data or "",
                key=form.sent_key,
            ),
        )
        if done:
            _tell_correction(done)
            return redirect(url_for(".one", dispute_id=dispute_id), 303)
    return ask("disputes/correct.html", seen, form, lacks_team=_lacks_team(seen, list(teams)))


def _correction_form(seen: Seen) -> CorrectionForm:
    """Return the form filled with what is wished, or with what stands where words tell it."""
    if request.method == "POST":
        return CorrectionForm()
    found = seen.row.wished or seen.row.recorded
    is_same_team = found.team_id == seen.row.recorded.team_id
    return CorrectionForm(
        data={
            "service_on": found.service_on,
            "hours": found.minutes,
            "starts": found.starts_minute,
            "team": seen.row.team_code if is_same_team else seen.row.wished_team_code,
            "content": found.content,
            "place": seen.row.place,
        }
    )


def _lacks_team(seen: Seen, codes: list[str]) -> bool:
    """Tell whether the team wished for is another one's to record."""
    wished = seen.row.wished_team_code
    return wished is not None and wished not in codes


def _tell_correction(done: operations.Answered) -> None:
    if done.refusal is None:
        flash(_("Corrected: the old record is reversed and the new one counts."), "success")
    else:
        waits = _("The correction waits for somebody else; nothing has changed yet. %(why)s")
        flash(waits % {"why": said(done.refusal)}, "info")


@blueprint.route("/<int:dispute_id>/take-back", methods=["GET", "POST"])
@allow("dispute.answer")
def take_back(dispute_id: int) -> ResponseReturnValue:
    """Take the record back with nothing in its place."""
    return _answer(
        dispute_id,
        operations.take_back,
        "disputes/take_back.html",
        _("Taken back. Hours and points are gone from the books; both lines stay visible."),
    )


@blueprint.route("/<int:dispute_id>/refuse", methods=["GET", "POST"])
@allow("dispute.answer")
def refuse(dispute_id: int) -> ResponseReturnValue:
    """Leave the record as it is, with a reason."""
    return _answer(
        dispute_id,
        operations.refuse,
        "disputes/refuse.html",
        _("Answered. The volunteer reads your reason."),
    )


def _answer(
    dispute_id: int, answer: Callable[..., None], template: str, told: str
) -> ResponseReturnValue:
    actor, form = current_actor(), AnswerForm()
    seen = answerable_dispute(db.session(), actor, dispute_id)

    def answering(session: Session) -> None:
        answer(
            session,
            dispute_id,
            actor=actor,
            now=now(),
            reason=form.reason.data or "",
            key=form.sent_key,
        )

    if form.validate_on_submit() and carried_out(form, answering):
        flash(told, "success")
        return redirect(url_for(".one", dispute_id=dispute_id), 303)
    return ask(template, seen, form)


# ── how all of them ask ───────────────────────────────────────────────────────────────────


def ask(template: str, seen: Seen, form: Form, **more: Any) -> ResponseReturnValue:
    """Show the page that asks before something is done to a dispute."""
    page = render_template(
        template, seen=seen, dispute=shown(db.session(), seen.row), form=form, **more
    )
    return page, 422 if form.is_submitted() else 200
