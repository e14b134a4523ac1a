"""Saved reports: save, open, rename, delete; and the page that leads to all figures."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired

from app.clock import now
from app.db import db, snapshot
from app.reports import build_showing as showing
from app.reports.asking import answerable, ground_of, question_of
from app.reports.build_views import blueprint, frame
from app.reports.questions import LONGEST_NAME, ROWS, SPANS, from_kept
from app.reports.saved_queries import SavedRow, find_saved, saved_in
from app.reports.saving import delete_report, rename_report, save_report
from app.rewards.keeping_access import Keeping, keeping_by_id, keeping_of
from app.rewards.keeping_forms import PressForm
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.filters import day
from app.web.forms import Form, TextField
from app.web.navigation import is_open_to
from app.web.policy import allow, not_found
from app.web.submitting import carried_out

MOST_LISTED = 100
NAME_FIELDS = {"bad_report_name": "name", "report_name_taken": "name"}


class NameForm(Form):
    """What a report is called."""

    name = TextField(
        _l("Name of the report"), [DataRequired(_l("Fill in a name."))], most=LONGEST_NAME
    )


@blueprint.get("")
@allow("report.read")
def start() -> str:
    """Lead to every figure there is, and to the reports that were saved."""
    session, actor = db.session(), current_actor()
    keeping = keeping_of(session, actor, request.args.get("org"))
    rows = saved_in(session, actor.organises | actor.audits, MOST_LISTED)
    return render_template(
        "reports/start.html",
        keeping=keeping,
        ways=_ways(keeping, actor),
        saved=[_listed(row) for row in rows],
    )


@blueprint.post("/saved")
@allow("report.save")
def save() -> ResponseReturnValue:
    """Keep the question of a page under a name."""
    session, actor = db.session(), current_actor()
    keeping = keeping_of(session, actor, request.form.get("org"))
    if not keeping.may_change:
        not_found()
    ground, form = ground_of(session, keeping), NameForm()
    question, refusal = answerable(question_of(request.form, ground))
    if refusal is not None:
        raise refusal
    if form.validate_on_submit():
        report_id = carried_out(
            form,
            lambda session: save_report(
                session,
                keeping.organisation.id,
                form.name.data or "",
                question,
                actor=actor,
                now=now(),
                key=form.sent_key,
            ),
            NAME_FIELDS,
        )
        if report_id is not None:
            flash(_("The report is saved; those who organise the same see it, too."), "toast")
            return redirect(url_for(".saved", report_id=report_id), 303)
    shown = {**frame(ground, question, None), "form": form}
    return render_template("reports/build.html", **shown, saved=None), 422


@blueprint.get("/saved/<int:report_id>")
@allow("report.read")
def saved(report_id: int) -> ResponseReturnValue:
    """Open a saved report; what is relative is as of today."""
    with snapshot() as session:
        keeping, row = _reached(report_id)
        ground = ground_of(session, keeping)
        question, refusal = answerable(from_kept(row.question))
        # A team or colour it asks for may have never stood here since a split: no other answer.
        known = {team.id for team in ground.teams} | {None}
        colours = {colour.id for colour in ground.colours} | {None}
        if question.team_id not in known or question.colour_id not in colours:
            not_found()
        shown = frame(ground, question, refusal)
    return render_template("reports/build.html", **shown, saved=_listed(row))


@blueprint.route("/saved/<int:report_id>/rename", methods=["GET", "POST"])
@allow("report.save")
def rename(report_id: int) -> ResponseReturnValue:
    """Call a saved report otherwise."""
    row = _own(report_id)
    form = NameForm(data={"name": row.name})
    if form.validate_on_submit():
        done = carried_out(
            form,
            lambda session: (
                rename_report(
                    session, report_id, form.name.data or "", actor=current_actor(), now=now()
                )
                or True
            ),
            NAME_FIELDS,
        )
        if done is not None:
            flash(_("Saved."), "toast")
            return redirect(url_for(".saved", report_id=report_id), 303)
    page = render_template("reports/rename.html", form=form, report=row)
    return page, 422 if form.is_submitted() else 200


@blueprint.route("/saved/<int:report_id>/delete", methods=["GET", "POST"])
@allow("report.save")
def delete(report_id: int) -> ResponseReturnValue:
    """Ask, then forget a saved report."""
    row = _own(report_id)
    form = PressForm()
    if form.validate_on_submit():
        done = carried_out(
            form,
            lambda session: delete_report(session, report_id, actor=current_actor(), now=now()),
        )
        if done is not None:
            flash(_("The saved report is deleted; no figure changed."), "success")
            return redirect(url_for(".start"), 303)
    page = render_template("reports/delete.html", report=row)
    return page, 422 if form.is_submitted() else 200


def _reached(report_id: int) -> tuple[Keeping, SavedRow]:
    session, actor = db.session(), current_actor()
    row = find_saved(session, report_id) or not_found()
    return keeping_by_id(session, actor, row.organisation_id), row


def _own(report_id: int) -> SavedRow:
    keeping, row = _reached(report_id)
    return row if keeping.may_change else not_found()


def _listed(row: SavedRow) -> dict[str, Any]:
    question = from_kept(row.question)
    span = _(SPANS[question.span])
    if question.from_on and question.until_on:
        span = _(
            "%(first)s to %(last)s",
            first=day(question.from_on, with_year=True),
            last=day(question.until_on, with_year=True),
        )
    parts = (row.organisation, _("by %(rows)s", rows=_(ROWS[question.rows])), span)
    return {
        "id": row.id,
        "name": row.name,
        "about": " · ".join(parts),
        "owner": row.owner,
        "saved_on": row.saved_at,
        "figures": _(", ").join(title for _key, title in showing.heads(question)),
    }


def _ways(keeping: Keeping, actor: Actor) -> list[dict[str, str]]:
    """Return the pages of figures that are open to the reader."""
    code = keeping.code
    listed = (
        (url_for(".report", org=code), "chart", _("Make a report"),
         _("Hours, people, first-timers, no-shows, points and redemptions, by team, person, month"
           " and more.")),
        (url_for("monthly.latest", org=code), "calendar", _("Monthly report"),
         _("The last month beside the one before and the same month a year ago.")),
        (url_for("annual.latest", org=code), "document", _("Annual report"),
         _("A year on one page that names nobody and may be published.")),
        (url_for("reports.points", org=code), "gift", _("Points and rewards"),
         _("What was issued, redeemed and expired, month by month.")),
        (url_for("poster.latest", org=code), "printer", _("Notice-board sheet of a month"),
         _("Hours per team, to be printed and hung up.")),
        (url_for("ceremony.listing"), "star", _("Stars"),
         _("Who reached which star, and the list for the ceremony.")),
        (url_for("integrity.overview"), "search", _("Records check"),
         _("How service was recorded, and patterns worth a second look.")),
    )  # fmt: skip
    return [
        {"url": url, "icon": icon, "title": title, "about": about}
        for url, icon, title, about in listed
        if is_open_to(url.partition("?")[0].removeprefix(request.script_root), actor.roles)
    ]
