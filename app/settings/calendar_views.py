"""The working calendar of an organisation, and the dates that stand in for a service day."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now, today_in
from app.db import db, transaction
from app.errors import RuleBroken
from app.organisations import operations
from app.organisations.calendar import WorkingCalendar, library_days, library_years
from app.organisations.queries import (
    ancestors_of,
    calendar_corrections,
    named_substitutes,
    settings_of,
    working_calendar,
)
from app.settings import calendar_showing, showing
from app.settings.access import Desk, own_desk, read_desk
from app.settings.forms import CorrectionForm, SubstituteForm
from app.settings.queries import changes
from app.settings.rules import CALENDAR_CHANGES, SUBSTITUTE_CHANGES, runs
from app.web.actor import current_actor
from app.web.filters import day
from app.web.policy import allow, not_found

blueprint = Blueprint("settings_calendar", __name__, url_prefix="/admin/settings")

FIELD_OF = {
    "bad_name": "name",
    "substitute_too_late": "substitute_on",
    "substitute_elsewhere": "substitute_on",
    "reason_missing": "reason",
}


@blueprint.get("/<code>/calendar")
@allow("setting.read")
def calendar(code: str) -> ResponseReturnValue:
    """Which dates of a year are worked, by the library and by own corrections."""
    return _calendar_page(read_desk(current_actor(), code), CorrectionForm(formdata=None))


@blueprint.post("/<code>/calendar")
@allow("setting.change")
def correct(code: str) -> ResponseReturnValue:
    """Say that a date is a holiday or a working day."""
    desk, form = own_desk(current_actor(), code), CorrectionForm()
    day_on = form.day_on.data
    if not form.validate_on_submit() or day_on is None:
        return _calendar_page(desk, form, 422)
    before = _entered_until(desk)
    try:
        with transaction() as session:
            operations.correct_calendar(
                session,
                desk.organisation.id,
                day_on=day_on,
                is_working=form.kind.data == "working",
                name=form.name.data or "",
                actor_id=current_actor().login_id,
                now=now(),
            )
    except RuleBroken as refusal:
        form.refuse(refusal, FIELD_OF.get(refusal.code))
        return _calendar_page(desk, form, 422)
    _say_effect(desk, before)
    return redirect(url_for(".calendar", code=code, year=day_on.year), 303)


@blueprint.post("/<code>/calendar/remove")
@allow("setting.change")
def remove(code: str) -> ResponseReturnValue:
    """Take a correction back."""
    desk, day_on = own_desk(current_actor(), code), _day(request.form.get("day_on", ""))
    before = _entered_until(desk)
    with transaction() as session:
        operations.drop_correction(
            session,
            desk.organisation.id,
            day_on=day_on,
            actor_id=current_actor().login_id,
            now=now(),
        )
    _say_effect(desk, before)
    return redirect(url_for(".calendar", code=code, year=day_on.year), 303)


@blueprint.get("/<code>/service-days")
@allow("setting.read")
def service_days(code: str) -> ResponseReturnValue:
    """The dates named to stand in for a month's service day."""
    return _service_days_page(read_desk(current_actor(), code), SubstituteForm(formdata=None))


@blueprint.post("/<code>/service-days")
@allow("setting.change")
def name_substitute(code: str) -> ResponseReturnValue:
    """Name a date for the service day of its month."""
    desk, form = own_desk(current_actor(), code), SubstituteForm()
    on = form.substitute_on.data
    if not form.validate_on_submit() or on is None:
        return _service_days_page(desk, form, 422)
    try:
        with transaction() as session:
            operations.name_substitute_day(
                session,
                organisation_id=desk.organisation.id,
                year=on.year,
                month=on.month,
                substitute_on=on,
                reason=form.reason.data or "",
                actor_id=current_actor().login_id,
                now=now(),
            )
    except RuleBroken as refusal:
        form.refuse(refusal, FIELD_OF.get(refusal.code))
        return _service_days_page(desk, form, 422)
    flash(_("The substitute service day is named."), "toast")
    return redirect(url_for(".service_days", code=code), 303)


@blueprint.post("/<code>/service-days/withdraw")
@allow("setting.change")
def withdraw_substitute(code: str) -> ResponseReturnValue:
    """Take a substitute service day back before it has come."""
    desk, on = own_desk(current_actor(), code), _day(request.form.get("substitute_on", ""))
    try:
        with transaction() as session:
            operations.withdraw_substitute_day(
                session,
                desk.organisation.id,
                year=on.year,
                month=on.month,
                actor_id=current_actor().login_id,
                now=now(),
            )
    except RuleBroken as refusal:
        if refusal.code == "not_found":
            raise
        form = SubstituteForm(formdata=None)
        form.refuse(refusal)
        return _service_days_page(desk, form, 422)
    flash(_("The substitute service day is taken back."), "toast")
    return redirect(url_for(".service_days", code=code), 303)


def _calendar_page(desk: Desk, form: CorrectionForm, status: int = 200) -> tuple[str, int]:
    session, own = db.session(), desk.organisation.id
    year, today = _year(), _today(desk)
    years = library_years()
    page = render_template(
        "settings/calendar.html",
        desk=desk,
        form=form,
        year=year,
        is_known=year in years,
        years=calendar_showing.year_links(
            range(min(years[-1], today.year - 1), max(years[-1], today.year) + 2), year
        ),
        runs=calendar_showing.run_texts(runs(library_days(year))),
        corrections=[
            each for each in calendar_corrections(session, own) if each.day_on.year == year
        ],
        deadline=calendar_showing.deadline_text(
            today, _entered_until(desk), settings_of(session, own).timely_working_days
        ),
        history=showing.history(changes(session, ancestors_of(session, own), CALENDAR_CHANGES)),
    )
    return page, status


def _service_days_page(desk: Desk, form: SubstituteForm, status: int = 200) -> tuple[str, int]:
    session, own = db.session(), desk.organisation.id
    page = render_template(
        "settings/service_days.html",
        desk=desk,
        form=form,
        service_day=settings_of(session, own).service_day,
        named=named_substitutes(session, own),
        today=_today(desk),
        history=showing.history(changes(session, ancestors_of(session, own), SUBSTITUTE_CHANGES)),
    )
    return page, status


def _entered_until(desk: Desk) -> date:
    """Return until when an entry of today's service counts at once."""
    session, own = db.session(), desk.organisation.id
    days = settings_of(session, own).timely_working_days
    worked = WorkingCalendar(working_calendar(session, own))
    return worked.working_days_after(_today(desk), days)


def _say_effect(desk: Desk, before: date) -> None:
    after = _entered_until(desk)
    if before == after:
        flash(_("Saved. The time for entering today's service stays the same."), "toast")
        return
    dates = {"before": day(before), "after": day(after)}
    flash(
        _("Saved. Today's service may now be entered until %(after)s, not %(before)s.", **dates),
        "toast",
    )


def _today(desk: Desk) -> date:
    return today_in(settings_of(db.session(), desk.organisation.id).time_zone, now())


def _year() -> int:
    text = request.args.get("year", "")
    known = library_years()
    if text.isascii() and text.isdigit() and known[0] <= int(text[:6]) <= known[-1] + 50:
        return int(text)
    return now().year


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        not_found()
