"""Points and rewards in figures: month by month, by item, partner and donor; and as sheets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import now, today_in
from app.db import snapshot
from app.ledger.periods import first_recorded_at
from app.organisations.queries import settings_of, subtree_ids
from app.reports import showing
from app.reports.queries import Report, report_of
from app.reports.rules import month_of, months_of, span_of
from app.rewards.keeping_access import Keeping, keeping_of
from app.rewards.keeping_showing import counted, ways
from app.rewards.keeping_views import SHEETS, sheet
from app.rewards.stock_showing import donor_text
from app.web.actor import current_actor
from app.web.filters import month_year
from app.web.kept import kept_if_dear
from app.web.policy import allow

blueprint = Blueprint("reports", __name__, url_prefix="/reports")

PARTS = ("months", "items", "partners", "donors")
MOST_YEARS = 5


class Asked(NamedTuple):
    """Whose report of which months is asked for, and what it says."""

    keeping: Keeping
    # The organisation and all below it.
    organisations: int
    months: Sequence[date]
    this_month: date
    years: Sequence[int]
    report: Report


@blueprint.get("/points")
@allow("report.read")
def points() -> ResponseReturnValue:
    """What was issued, redeemed and expired, and what is outstanding."""
    asked = _asked()
    report, flows = asked.report, asked.report.months
    return render_template(
        "reports/points.html",
        keeping=asked.keeping,
        ways=ways(asked.keeping, url_for, "reports.points"),
        first=asked.months[0],
        last=asked.months[-1],
        span_text=(month_year(asked.months[0]), month_year(asked.months[-1])),
        years=_year_choices(asked),
        tiles=showing.tiles(report),
        charts={"flow": showing.flow_chart(flows), "held": showing.outstanding_chart(flows)},
        heads=[title for _name, title in showing.heads(flows)],
        rows=showing.month_rows(flows),
        total=showing.total_row(flows),
        bars=showing.bars(report.pieces),
        pieces=showing.pieces_rows(report.pieces, name_organisation=asked.organisations > 1),
        partners=showing.partner_rows(report.pieces),
        given=report.given[: showing.MOST_SHOWN],
        is_cut=max(len(report.pieces), len(report.given)) > showing.MOST_SHOWN,
        counted=counted,
        donor_text=donor_text,
        downloads=_downloads(asked),
    )


@blueprint.get("/points/<any(months, items, partners, donors):part>.<any(csv, xlsx):kind>")
@allow("report.read")
def download(part: str, kind: str) -> ResponseReturnValue:
    """One table of the report as a sheet, with all its rows."""
    asked = _asked()
    header, rows = showing.sheet_of(part, asked.report)
    span = f"{asked.months[0]:%Y-%m}-{asked.months[-1]:%Y-%m}"
    return sheet(kind, header, rows, f"points-{part}-{asked.keeping.organisation.code}-{span}")


def _asked() -> Asked:
    """Return what the address asks for, read from one state of the database."""
    with snapshot() as session:
        keeping = keeping_of(session, current_actor(), request.args.get("org"))
        ids = subtree_ids(session, keeping.organisation.id)
        zone = settings_of(session, keeping.organisation.id).time_zone
        today = today_in(zone, now())
        months = _months(month_of(today))
        begun = first_recorded_at(session)
        first_year = today_in(zone, begun).year if begun else today.year
        key = ("report", tuple(ids), months[0], months[-1], zone)
        report = kept_if_dear(key, lambda: report_of(session, ids, months, zone))
    years = range(max(first_year, today.year - MOST_YEARS + 1), today.year + 1)
    return Asked(keeping, len(ids), months, month_of(today), years, report)


def _months(this_month: date) -> list[date]:
    """Return the months asked for: of a year, from one to another, or this year's so far."""
    year = _month(f"{request.args.get('year', '')}-01") or this_month.replace(month=1)
    first = _month(request.args.get("from", "")) or year
    last = _month(request.args.get("until", "")) or first.replace(month=12)
    return months_of(*span_of(first, last, this_month=this_month))


def _month(text: str) -> date | None:
    """Return a month of the address; one that is none asks for the usual."""
    try:
        return month_of(date.fromisoformat(f"{text}-01"))
    except ValueError:
        return None


def _year_choices(asked: Asked) -> list[dict[str, Any]]:
    span = (asked.months[0], asked.months[-1])
    return [
        {
            "url": url_for(".points", org=asked.keeping.code, year=year),
            "label": str(year),
            "current": span
            == span_of(date(year, 1, 1), date(year, 12, 1), this_month=asked.this_month),
        }
        for year in asked.years
    ]


def _downloads(asked: Asked) -> dict[str, dict[str, str]]:
    given: dict[str, Any] = {
        "org": asked.keeping.code,
        "from": f"{asked.months[0]:%Y-%m}",
        "until": f"{asked.months[-1]:%Y-%m}",
    }
    return {
        part: {kind: url_for(".download", part=part, kind=kind, **given) for kind in SHEETS}
        for part in PARTS
    }
