"""The annual report of an organisation: on a page, printed, as a PDF; it names nobody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import now, today_in
from app.db import db, snapshot
from app.organisations.queries import Node, settings_of, settings_of_many, subtree_ids
from app.papers.making import pdf_of
from app.reports import annual_showing as showing
from app.reports.annual_queries import Annual, annual_of, years_to_report
from app.rewards.keeping_access import keeping_of
from app.web.actor import current_actor
from app.web.filters import instant
from app.web.kept import kept_if_dear
from app.web.policy import allow, not_found

blueprint = Blueprint("annual", __name__, url_prefix="/reports/annual")

EARLIEST_YEAR = 2000


class Asked(NamedTuple):
    """Whose year is asked for, what it says, and what else may be chosen."""

    organisation: Node
    organisations: list[Node]
    year: int
    years: list[int]
    today: date
    annual: Annual

    @property
    def is_running(self) -> bool:
        """Tell whether the year is not over yet."""
        return self.year == self.today.year


@blueprint.get("")
@allow("report.read")
def latest() -> ResponseReturnValue:
    """Lead to the last year that is over, or the one that runs where there is none."""
    session = db.session()
    organisation = keeping_of(session, current_actor(), request.args.get("org")).organisation
    ids = subtree_ids(session, organisation.id)
    today = today_in(settings_of(session, organisation.id).time_zone, now())
    over = [year for year in years_to_report(session, ids) if year < today.year]
    year = over[0] if over else today.year
    return redirect(url_for(".report", code=organisation.code, year=year), 303)


@blueprint.get("/<code>/<int:year>")
@allow("report.read")
def report(code: str, year: int) -> ResponseReturnValue:
    """The year on a page that prints."""
    asked = _asked(code, year)
    return render_template(
        "reports/annual.html",
        **_shown(asked),
        years=_choices(((code, one), str(one), one == year) for one in _years(asked)),
        organisations=_choices(
            ((node.code, year), node.name, node.code == code) for node in asked.organisations
        ),
    )


def _years(asked: Asked) -> list[int]:
    return sorted({*asked.years, asked.year}, reverse=True)


def _choices(offered: Iterable[tuple[tuple[str, int], str, bool]]) -> list[dict[str, Any]]:
    return [
        {"url": url_for(".report", code=code, year=year), "label": label, "current": current}
        for (code, year), label, current in offered
    ]


@blueprint.get("/<code>/<int:year>.pdf")
@allow("report.read")
def printed(code: str, year: int) -> ResponseReturnValue:
    """The same as a PDF, ready to publish."""
    asked = _asked(code, year)
    page = render_template("reports/annual_paper.html", for_pdf=True, **_shown(asked))
    answer = Response(pdf_of(page), mimetype="application/pdf")
    answer.headers.set(
        "Content-Disposition", "attachment", filename=f"annual-report-{code}-{year}.pdf"
    )
    return answer


def _asked(code: str, year: int) -> Asked:
    with snapshot() as session:
        keeping = keeping_of(session, current_actor(), code)
        organisation = keeping.organisation
        places = settings_of_many(session, subtree_ids(session, organisation.id))
        today = today_in(places[organisation.id].time_zone, now())
        if not EARLIEST_YEAR <= year <= today.year:
            not_found()
        key = ("annual", tuple(places), year, today)
        annual = kept_if_dear(key, lambda: annual_of(session, places, year, today))
        years = years_to_report(session, places)
    return Asked(organisation, list(keeping.organisations), year, years, today, annual)


def _shown(asked: Asked) -> dict[str, Any]:
    annual = asked.annual
    return {
        "organisation_name": asked.organisation.name,
        "code": asked.organisation.code,
        "year": asked.year,
        "is_running": asked.is_running,
        "is_empty": annual.is_empty,
        "made_at": instant(now()),
        "tiles": showing.tiles(annual),
        "ring": showing.ring(annual),
        "bars": showing.bars(annual),
        "colour_lines": showing.colour_lines(annual),
        "teams": showing.team_lines(annual),
        "stars": showing.star_lines(annual),
        "facts": showing.facts(annual),
    }
