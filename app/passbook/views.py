"""The ledger of one person: by months on the screen, line by line on paper."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import islice
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.bulk import asked_ahead
from app.clock import now, today_in
from app.db import db
from app.disputes.year_showing import YearCheck, offered_check
from app.organisations.rules import Settings
from app.passbook.access import Reach, own_passbook, owner_for
from app.passbook.ahead import asking_page
from app.passbook.disputing import disputing_of
from app.passbook.ending import endings_of
from app.passbook.queries import (
    FILTERS,
    Line,
    Owner,
    Statement,
    Summary,
    asking_owner,
    history_of,
    records_with_teams,
    settings_for,
    statement_of,
    summary_of,
    waiting_of,
    year_span,
)
from app.passbook.rules import first_day_of
from app.passbook.showing import ShownLine, paper_lines, shown_lines, shown_waiting
from app.teams.access import own_volunteer_id
from app.web.actor import current_actor
from app.web.filters import hours, month_year, number, points
from app.web.languages import chosen_zone
from app.web.pagination import url_with
from app.web.policy import allow

blueprint = Blueprint("passbook", __name__)

FILTER_LABELS = {
    "all": lazy_gettext("All"),
    "service": lazy_gettext("From service"),
    "redemptions": lazy_gettext("Redemptions"),
    "corrections": lazy_gettext("Corrections"),
}


@blueprint.get("/me/ledger")
@allow("profile.read")
def ledger() -> ResponseReturnValue:
    """Show the own ledger."""
    actor = current_actor()
    if actor.volunteer_id is None:
        # An organiser who is no volunteer has the bars of one, but no account of hours.
        return redirect(url_for("home.desk"), 303)
    session, own_id = db.session(), own_volunteer_id(actor)
    with asked_ahead(session, asking_owner(own_id), *_sure_to_read(own_id)):
        return _page(own_passbook(session, actor), Reach(True, True, frozenset()))


@blueprint.get("/volunteers/<number>/passbook")
@allow("passbook.read")
def passbook(number: str) -> ResponseReturnValue:
    """Show somebody's passbook, as far as the reader's rights go."""
    actor = current_actor()
    today = today_in(chosen_zone(), now())
    owner, reach = owner_for(db.session(), actor, number, today)
    if owner.number != number:
        flash(_("Number %(old)s is %(number)s now.", old=number, number=owner.number), "info")
        return redirect(url_for(".passbook", number=owner.number), 303)
    if not reach.sees_points:
        return _minutes_page(owner, reach)
    with asked_ahead(db.session(), *_sure_to_read(owner.id)):
        return _page(owner, reach)


def _is_paper() -> bool:
    return request.args.get("print") == "1"


def _sure_to_read(volunteer_id: int) -> list[tuple[Any, ...]]:
    """Return what the page asks for however it goes on; the paper reads the whole book anyway."""
    is_latest = not {"show", "year", "before"} & request.args.keys()
    actor = current_actor()
    return [] if _is_paper() else asking_page(volunteer_id, actor, is_latest=is_latest)


def _page(owner: Owner, reach: Reach) -> str:
    session = db.session()
    settings = settings_for(session, owner)
    if _is_paper():
        return _paper(owner, settings)
    summary = summary_of(session, owner.id, settings, now())
    show = request.args.get("show", "all")
    show = show if show in FILTERS else "all"
    year = _asked_year(summary)
    before = first_day_of(request.args.get("before", ""))
    statement = _statement(owner, settings, show, year, before)
    lines = [line for month in statement.months for line in month.lines]
    return render_template(
        "passbook/ledger.html",
        owner=owner,
        is_own=reach.is_own,
        summary=summary,
        with_time=settings.exchange_on,
        filters=_filters(show, year, summary, owner),
        months=_months(statement, with_sums=show == "all"),
        disputing=disputing_of(session, owner.id, lines, may_raise=reach.is_own),
        endings=endings_of(session, owner, settings),
        year_check=None if before else _year_check(owner, year, summary, settings),
        may_confirm=owner.id == current_actor().own_id,
        waiting=[shown_waiting(each) for each in _waiting(owner, show, year, before)],
        older_url=_older_url(statement),
        is_later_page=before is not None,
        newest_url=url_with({"before": None}),
        print_url=url_with({"print": 1, "before": None, "show": None}),
    )


def _year_check(
    owner: Owner, year: int | None, summary: Summary, settings: Settings
) -> YearCheck | None:
    """Return the check of the year shown, or of the season's."""
    today = today_in(settings.time_zone, now())
    return offered_check(db.session(), owner.id, year, summary.years, today)


def _statement(
    owner: Owner, settings: Settings, show: str, year: int | None, before: date | None
) -> Statement:
    if year is not None:
        from_on, until_on = year_span(year)
    else:
        from_on, until_on = None, date.max
        if before is not None:
            until_on = date.fromordinal(max(before.toordinal() - 1, 1))
    return statement_of(
        db.session(),
        owner.id,
        settings.time_zone,
        until_on=until_on,
        from_on=from_on,
        show=show,
    )


def _waiting(owner: Owner, show: str, year: int | None, before: date | None) -> Iterable[Any]:
    """What waits stands apart, on the first page only."""
    is_first = show == "all" and year is None and before is None
    return waiting_of(db.session(), owner.id) if is_first else ()


def _asked_year(summary: Summary) -> int | None:
    given = request.args.get("year", "")
    return next((year for year in summary.years if str(year) == given), None)


def _filters(show: str, year: int | None, summary: Summary, owner: Owner) -> list[dict[str, Any]]:
    """Return the choices there is something behind."""
    behind = {"redemptions": owner.has_redemptions, "corrections": owner.has_corrections}
    kinds = [each for each in FILTERS if behind.get(each, True) or each == show]
    kinds = kinds if any(behind.values()) or show != "all" else []
    found = [
        {
            "url": url_with({"show": None if each == "all" else each, "before": None}),
            "label": str(FILTER_LABELS[each]),
            "current": show == each,
        }
        for each in kinds
    ]
    if len(summary.years) > 1 or year is not None:
        found += [
            {
                "url": url_with({"year": None if year == each else each, "before": None}),
                "label": _("%(year)s", year=each),
                "current": year == each,
            }
            for each in summary.years
        ]
    return found


def _months(statement: Statement, *, with_sums: bool) -> list[tuple[str, str, list[ShownLine]]]:
    """Return each month's heading, its sums and its lines."""
    shown = iter(shown_lines(line for month in statement.months for line in month.lines))
    return [
        (
            month_year(month.first_on),
            _sums(month.minutes, month.points_hundredths) if with_sums else "",
            list(islice(shown, len(month.lines))),
        )
        for month in statement.months
    ]


def _sums(minutes: int, points_hundredths: int) -> str:
    earned = points(points_hundredths, signed=True)
    return str(_("%(hours)s hours · %(points)s points", hours=hours(minutes), points=earned))


def _older_url(statement: Statement) -> str | None:
    if statement.older is None:
        return None
    return url_with({"before": f"{statement.older:%Y-%m}"})


def _paper(owner: Owner, settings: Settings) -> str:
    """The whole book in the order of the entries, so that the balance runs on; or one year."""
    session = db.session()
    summary = summary_of(session, owner.id, settings, now())
    year = _asked_year(summary)
    lines: list[Line] = history_of(session, owner.id, settings.time_zone)
    if year is not None:
        first_on, last_on = year_span(year)
        lines = [line for line in lines if first_on <= line.on <= last_on]
    shown = paper_lines(lines)
    return render_template(
        "passbook/paper.html",
        owner=owner,
        summary=summary,
        years=_paper_years(summary, year),
        with_time=settings.exchange_on,
        lines=shown,
        minutes=sum(line.minutes for line in lines),
        points_hundredths=sum(line.points_hundredths for line in lines),
        printed_at=now(),
        back_url=url_with({"print": None}),
        line_count=number(len(shown)),
    )


def _paper_years(summary: Summary, chosen: int | None) -> list[dict[str, Any]]:
    if len(summary.years) < 2:
        return []
    every = {"url": url_with({"year": None}), "label": _("All years"), "current": chosen is None}
    return [every] + [
        {
            "url": url_with({"year": year}),
            "label": _("%(year)s", year=year),
            "current": year == chosen,
        }
        for year in summary.years
    ]


def _minutes_page(owner: Owner, reach: Reach) -> str:
    """What a leader sees of a member: minutes, never points."""
    session = db.session()
    summary = summary_of(session, owner.id, settings_for(session, owner), now())
    return render_template(
        "passbook/minutes.html",
        owner=owner,
        summary=summary,
        records=records_with_teams(session, owner.id, reach.team_ids),
    )
