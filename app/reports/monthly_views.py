"""The monthly report: a month beside the one before and the same a year ago; it prints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db, snapshot
from app.reports.asking import Ground, ground_of, url_of
from app.reports.build_showing import FORMS
from app.reports.monthly_queries import ColourMonth, Month, month_report
from app.reports.questions import MEASURES, Question
from app.reports.rules import EARLIEST, month_of, months_on
from app.rewards.keeping_access import keeping_of
from app.service.showing import Chip
from app.web.actor import current_actor
from app.web.filters import MINUS, hours, instant, month_year, number
from app.web.kept import kept_if_dear
from app.web.policy import allow, not_found

blueprint = Blueprint("monthly", __name__, url_prefix="/reports/monthly")

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@blueprint.get("")
@allow("report.read")
def latest() -> ResponseReturnValue:
    """Lead to the month that ended last."""
    session = db.session()
    ground = ground_of(session, keeping_of(session, current_actor(), request.args.get("org")))
    return redirect(_url(ground, months_on(month_of(ground.today), -1)), 303)


@blueprint.get("/<code>/<text>")
@allow("report.read")
def report(code: str, text: str) -> str:
    """A month on a page that prints."""
    with snapshot() as session:
        keeping = keeping_of(session, current_actor(), code)
        ground = ground_of(session, keeping)
        first_on = _month(text)
        if not EARLIEST <= first_on <= ground.today:
            not_found()
        key = ("monthly", ground.ids, first_on)
        month = kept_if_dear(
            key, lambda: month_report(session, keeping.organisation.id, ground.ids, first_on)
        )
    following = months_on(first_on, 1)
    return render_template(
        "reports/monthly.html",
        organisation_name=keeping.organisation.name,
        code=code,
        month_text=month_year(first_on),
        is_running=following > ground.today,
        is_empty=month.is_empty,
        made_at=instant(now()),
        heads=[month_year(months_on(first_on, back)) for back in (0, -1, -12)],
        figures=_figures(month),
        colours=_colours(month, ground),
        open_now=[
            (_("Records of the month that wait"), number(month.waiting)),
            (_("Open disputes, of whatever month"), number(month.disputes)),
        ],
        before_url=_url(ground, months_on(first_on, -1)),
        following_url=_url(ground, following) if following <= ground.today else None,
        organisations=[
            {
                "url": url_for(".report", code=node.code, text=text),
                "label": node.name,
                "current": node.code == code,
            }
            for node in keeping.organisations
        ],
        build_url=_by_team(ground, first_on),
    )


def _by_team(ground: Ground, first_on: date) -> str:
    """Return the address of the month's report by team."""
    last_on = months_on(first_on, 1) - timedelta(days=1)
    question = Question(rows="team", span="own", from_on=first_on, until_on=last_on)
    return url_of("reports_built.report", question, ground)


def _figures(month: Month) -> list[dict[str, str]]:
    return [
        {
            "label": _(measure.title),
            "meaning": _(measure.meaning),
            "now": str(FORMS[measure.unit](month.figures[measure.key])),
            "before": str(FORMS[measure.unit](month.before[measure.key])),
            "year_ago": str(FORMS[measure.unit](month.year_ago[measure.key])),
            "change": _change(month.figures, month.before, measure.key, measure.unit),
        }
        for measure in MEASURES
    ]


def _change(now_is: Mapping[str, int], before: Mapping[str, int], key: str, unit: str) -> str:
    change = now_is[key] - before[key]
    text = str(FORMS[unit](abs(change)))
    return "0" if not change else f"{'+' if change > 0 else MINUS}{text}"


def _colours(month: Month, ground: Ground) -> list[dict[str, Any]]:
    by_id = {one.colour_id: one for one in month.colours}
    return [
        {
            "colour": Chip(named.colour_key, named.glyph),
            "name": named.name,
            **_colour(by_id[named.id]),
        }
        for named in ground.colours
        if named.id in by_id
    ]


def _colour(one: ColourMonth) -> dict[str, Any]:
    return {
        "minutes": one.minutes,
        "now": hours(one.minutes),
        "people": number(one.people),
        "before": hours(one.minutes_before),
        "year_ago": hours(one.minutes_year_ago),
    }


def _month(text: str) -> date:
    found = _MONTH.fullmatch(text)
    if found is None or found[1] < f"{EARLIEST.year}":
        not_found()
    return date(int(found[1]), int(found[2]), 1)


def _url(ground: Ground, first_on: date) -> str:
    code = ground.keeping.organisation.code
    return url_for(".report", code=code, text=f"{first_on:%Y-%m}")
