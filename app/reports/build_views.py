"""The report builder: rows, dates, filters and figures, as a page and as a sheet."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db, snapshot, transaction
from app.errors import RuleBroken
from app.jobs.operations import enqueue
from app.people.step_up import asks_again
from app.reports import build_showing as showing
from app.reports.asking import (
    Ground,
    answerable,
    arguments_of,
    ground_of,
    question_of,
    url_of,
)
from app.reports.built import MOST_AT_ONCE, PAGE_SIZE, build, sheet_body, words_for
from app.reports.figure_queries import lines_of, records_behind
from app.reports.questions import LONG_ROWS, ROWS, Question, kept
from app.reports.saving import note_export
from app.rewards.keeping_access import keeping_of
from app.rewards.keeping_views import SHEETS
from app.service.models import ServiceRecord
from app.service.queries.records import record_rows, rows_of
from app.service.showing import Chip, what_and_when
from app.web.actor import current_actor
from app.web.filters import hours, instant, number
from app.web.forms import Form
from app.web.languages import language
from app.web.pagination import page_of
from app.web.policy import allow, not_found
from app.web.saying import say

blueprint = Blueprint("reports_built", __name__, url_prefix="/reports")

SHEET_JOB = "report.sheet"


@blueprint.get("/build")
@allow("report.read")
def report() -> ResponseReturnValue:
    """A report as its address asks for it."""
    with snapshot() as session:
        ground = ground_of(session, _keeping(request.args.get("org")))
        question, refusal = answerable(question_of(request.args, ground))
        shown = frame(ground, question, refusal)
    return render_template("reports/build.html", **shown, saved=None), 422 if refusal else 200


@blueprint.post("/build/sheet")
@allow("report.read")
@asks_again
def sheet() -> ResponseReturnValue:
    """Hand a report out as a sheet, and say so in the trail: hence a POST."""
    kind = request.form.get("sheet", "xlsx")
    if kind not in SHEETS:
        not_found()
    session, actor = db.session(), current_actor()
    ground = ground_of(session, _keeping(request.form.get("org")))
    question, refusal = answerable(question_of(request.form, ground))
    if refusal is not None:
        raise refusal
    scope, organisation_id = ground.scope(question), ground.keeping.organisation.id
    is_long = question.rows in LONG_ROWS
    if is_long and lines_of(session, question, scope, limit=1).in_all > MOST_AT_ONCE:
        return _by_a_worker(question, ground, kind)
    body = sheet_body(session, kind, question, ground, scope, actor)
    with transaction() as writing:
        note_export(writing, organisation_id, question, kind=kind, actor=actor, now=now())
    answer = Response(body, content_type=SHEETS[kind])
    answer.headers.set(
        "Content-Disposition", "attachment", filename=file_name(ground, question, kind)
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/records")
@allow("report.read")
def records() -> str:
    """The records behind a line's hours."""
    with snapshot() as session:
        ground = ground_of(session, _keeping(request.args.get("org")))
        question, refusal = answerable(question_of(request.args, ground))
        if refusal is not None:
            raise refusal
        line, scope, asked = _line(), ground.scope(question), _page()
        behind = records_behind(
            session, question, scope, line, limit=PAGE_SIZE, offset=(asked - 1) * PAGE_SIZE
        )
        latest = (ServiceRecord.service_on.desc(), ServiceRecord.id.desc())
        chosen = record_rows.where(ServiceRecord.id.in_(behind.ids)).order_by(*latest)
        rows = rows_of(session, chosen) if behind.ids else []
    page = page_of(behind.in_all, size=PAGE_SIZE)
    return render_template(
        "reports/records.html",
        rows=[
            {
                "id": row.id,
                "name": row.volunteer_name,
                "about": what_and_when(row),
                "hours": _("%(hours)s hours", hours=hours(row.minutes)),
                "colour": Chip(row.colour_key, row.colour_glyph),
            }
            for row in rows
        ],
        page=page,
        total=number(behind.in_all),
        total_hours=hours(behind.minutes),
        span_text=showing.span_text(scope),
        organisation_name=ground.keeping.organisation.name,
        back_url=url_of(".report", question, ground),
    )


def frame(ground: Ground, question: Question, refusal: RuleBroken | None) -> dict[str, Any]:
    """Return what the page of a report shows."""
    common: dict[str, Any] = {
        "keeping": ground.keeping,
        "question": question,
        "choices": showing.choices(question, ground),
        "form": Form(),
        "refusal": say(refusal) if refusal else None,
        "hidden": _hidden(question, ground),
        "made_at": instant(now()),
    }
    if refusal is not None:
        return {**common, "built": None}
    return {**common, "built": _table(ground, question)}


def _table(ground: Ground, question: Question) -> dict[str, Any]:
    session, scope, asked = db.session(), ground.scope(question), _page()
    found = build(session, question, scope, asked)
    if asked > 1 and not found.lines.lines:
        not_found()
    words = words_for(session, question, ground, found.lines.lines, current_actor())
    is_long = question.rows in LONG_ROWS
    return {
        "title": _(ROWS[question.rows]),
        "heads": showing.heads(question),
        "lines": showing.shown_lines(found.lines.lines, words),
        "total": showing.shown_total(found.total, words),
        "count": number(found.lines.in_all),
        "page": page_of(found.lines.in_all, size=PAGE_SIZE) if is_long else None,
        "is_cut": is_long and found.lines.in_all > PAGE_SIZE,
        "span_text": showing.span_text(scope),
        "narrowed": _(", ").join(
            f"{label} {value}" for label, value in showing.narrowed_words(question, ground)
        ),
        "meanings": showing.meanings(question),
        "unanswered": showing.unanswered(question),
    }


def file_name(ground: Ground, question: Question, kind: str) -> str:
    """Return what a report's file is called."""
    scope = ground.scope(question)
    code = ground.keeping.organisation.code
    return f"report-{question.rows}-{code}-{scope.from_on}-{scope.until_on}.{kind}"


def _by_a_worker(question: Question, ground: Ground, kind: str) -> ResponseReturnValue:
    actor, organisation_id = current_actor(), ground.keeping.organisation.id
    with transaction() as session:
        note_export(session, organisation_id, question, kind=kind, actor=actor, now=now())
        job_id = enqueue(
            session,
            kind=SHEET_JOB,
            subject_kind="organisation",
            subject_id=organisation_id,
            actor_id=actor.login_id,
            now=now(),
            payload={"question": kept(question), "sheet": kind, "language": language()},
        )
    return redirect(
        url_for("files.job", job_id=job_id, next=url_of(".report", question, ground)), 303
    )


def _hidden(question: Question, ground: Ground) -> list[tuple[str, str]]:
    """Return the question as hidden fields of a form."""
    found: list[tuple[str, str]] = []
    for name, value in arguments_of(question, ground).items():
        listed = value if isinstance(value, list) else [value]
        found += [(name, str(one)) for one in listed if one is not None]
    return found


def _keeping(code: str | None) -> Any:
    return keeping_of(db.session(), current_actor(), code)


def _page() -> int:
    return max(1, _whole(request.args.get("page")) or 1)


def _line() -> int | None:
    given = request.args.get("line")
    if given is None:
        return None
    found = _whole(given)
    return not_found() if found is None else found


def _whole(given: str | None) -> int | None:
    fits = given and given.isascii() and given.isdigit() and len(given) <= 15
    return int(given) if given and fits else None
