"""The leader's page: log a team's day, read what became of it, take it back."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.clock import now
from app.db import db, transaction
from app.errors import NotAllowed, NotFound, RuleBroken
from app.ledger.rules import WouldGoBelowZero
from app.service import operations
from app.service.access import Entry, logged_day, team_to_log, teams_to_log
from app.service.forms import LogDayForm, ReasonForm
from app.service.lacking import lacks_of_batch
from app.service.log_page import QUICK_HOURS, DayPage
from app.service.queries import BatchRow, records_of_batch
from app.service.showing import batch_title, figures_of, group_text, shown_records
from app.web.actor import current_actor
from app.web.policy import allow

blueprint = Blueprint("log", __name__)

_ASK_AGAIN = _l("Some rows were not recorded. What stands below as recorded counts already.")


@blueprint.get("/log")
@allow("service_record.enter")
def teams() -> ResponseReturnValue:
    """Choose the team; who has one only is led to it."""
    found = teams_to_log(db.session(), current_actor())
    if len(found) == 1:
        return redirect(url_for(".day", team_code=found[0].code), 303)
    return render_template("service/teams.html", teams=found)


@blueprint.route("/log/<team_code>", methods=["GET", "POST"])
@allow("service_record.enter")
def day(team_code: str) -> ResponseReturnValue:
    """The form of a team's day; only its "record" button records."""
    actor = current_actor()
    entry = team_to_log(db.session(), actor, team_code)
    form = LogDayForm()
    if request.method == "GET":
        form.service_on.data = request.args.get("on", "")
        form.guest.process(request.args)
    page = DayPage(db.session(), actor, entry, form, now())
    if request.method == "GET" and len(page.activities) == 1:
        # One door to a day: what was announced for it is closed.
        return redirect(url_for("closing.close", activity_id=page.activities[0].id), 303)
    if request.method == "POST" and form.do.data == "record":
        return _record(page, entry, form)
    if request.method == "POST":
        page.turn()
    return _show(page)


def _record(page: DayPage, entry: Entry, form: LogDayForm) -> ResponseReturnValue:
    is_fit = form.validate()
    if is_fit and page.unknown_people():
        form.present.errors = [_("Tick the people again.")]
        is_fit = False
    if page.ground.error:
        form.service_on.errors = [page.ground.error]
        is_fit = False
    if page.activities:
        form.service_on.errors = [_("Close the activity announced for this day instead.")]
        is_fit = False
    if not is_fit:
        return _show(page, 422)
    lines = page.lines()
    try:
        result = _log(page, entry, form, lines)
    except (NotFound, NotAllowed):
        raise
    except RuleBroken as refusal:
        # A form sent before with other content, by Back: what went through shows as recorded.
        form.refuse(refusal)
        return _show(page, 422)
    if result.batch_id and all(each.status in {"approved", "waiting"} for each in result.outcomes):
        return redirect(url_for(".result", batch_id=result.batch_id), 303)
    page.show_result(result, lines)
    form.form_errors.append(str(_ASK_AGAIN) if result.batch_id else _("Nothing was recorded."))
    return _show(page, 422, result.batch_id)


def _log(
    page: DayPage, entry: Entry, form: LogDayForm, lines: list[operations.Line]
) -> operations.DayResult:
    with transaction() as session:
        return operations.log_day(
            session,
            actor=page.actor,
            team_id=entry.team.id,
            service_on=page.ground.on,
            lines=lines,
            friends=page.new_friends(),
            like=page.model_line(),
            once_a_day=True,
            enters_as=entry.enters_as,
            over_limit_reason=form.over_limit_reason.data or None,
            now=now(),
            key=form.sent_key,
        )


def _show(page: DayPage, status: int = 200, batch_id: int | None = None) -> tuple[str, int]:
    rows = page.rows()
    shown = render_template(
        "service/log_day.html",
        page=page,
        form=page.form,
        team=page.team,
        rows=rows,
        errors=page.errors(rows) if status != 200 else [],
        quick=QUICK_HOURS,
        has_last=page.roster.last is not None,
        batch_id=batch_id,
    )
    return shown, status


@blueprint.get("/log/<int:batch_id>")
@allow("service_record.enter")
def result(batch_id: int) -> ResponseReturnValue:
    """Say who got what, what waits and why, and what may be told in the group."""
    batch, entry = logged_day(db.session(), current_actor(), batch_id)
    records = records_of_batch(db.session(), batch_id)
    figures = figures_of(records)
    return render_template(
        "service/day_result.html",
        batch=batch,
        title=batch_title(batch),
        team=entry.team,
        records=shown_records(records),
        figures=figures,
        group_text=group_text(entry.team.name, batch.service_on, figures),
        may_undo=batch.undone_at is None and figures.approved + figures.waiting > 0,
    )


@blueprint.route("/log/<int:batch_id>/undo", methods=["GET", "POST"])
@allow("service_record.reverse")
def undo(batch_id: int) -> ResponseReturnValue:
    """Ask once, then take the whole day back."""
    actor = current_actor()
    batch, entry = logged_day(db.session(), actor, batch_id)
    form = ReasonForm()
    if not form.validate_on_submit():
        return _ask_to_undo(batch, entry, form)
    try:
        with transaction() as session:
            operations.undo_batch(
                session,
                batch_id,
                actor=actor,
                now=now(),
                reason=form.reason.data or None,
                key=form.sent_key,
            )
    except NotFound:
        raise
    except WouldGoBelowZero as refusal:
        form.renew_key()
        form.form_errors.append(_who_has_spent(batch, refusal))
        return _ask_to_undo(batch, entry, form)
    except RuleBroken as refusal:
        form.refuse(refusal)
        return _ask_to_undo(batch, entry, form)
    flash(_("Taken back. Nobody keeps hours or points of it."), "success")
    return redirect(url_for(".result", batch_id=batch_id), 303)


def _who_has_spent(batch: BatchRow, refusal: WouldGoBelowZero) -> str:
    records = records_of_batch(db.session(), batch.id)
    concerned = {each.volunteer_name for each in records if each.volunteer_id in refusal.holders}
    said = _("Nothing was taken back: these people have spent some of it already: %(names)s.")
    return str(said % {"names": _(", ").join(sorted(concerned))})


def _ask_to_undo(batch: BatchRow, entry: Entry, form: ReasonForm) -> tuple[str, int]:
    figures = figures_of(records_of_batch(db.session(), batch.id))
    may_cover = entry.enters_as == "organiser"
    shown = render_template(
        "service/undo.html",
        batch=batch,
        team=entry.team,
        form=form,
        figures=figures,
        lacks=lacks_of_batch(db.session(), batch.id),
        cover_url=url_for("adjustments.cover_batch", batch_id=batch.id) if may_cover else "",
    )
    return shown, 422 if form.is_submitted() else 200
