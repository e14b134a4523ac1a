"""我已核对: a volunteer confirms a year's books; organisers see how many have, as a figure."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.clock import now
from app.db import db
from app.disputes import operations, queries
from app.disputes.access import reach_of
from app.disputes.forms import ConfirmForm
from app.disputes.rules import figures_of, offered_year
from app.disputes.year_showing import year_check
from app.errors import NotFound
from app.service.showing import Chip
from app.teams.access import own_volunteer_id, today
from app.web.actor import current_actor
from app.web.pagination import url_with
from app.web.policy import allow
from app.web.submitting import carried_out

blueprint = Blueprint("year_checks", __name__)


@blueprint.route("/me/checked/<int:year>", methods=["GET", "POST"])
@allow("year_check.make")
def confirm(year: int) -> ResponseReturnValue:
    """Show what stands in the books of a year, and confirm it."""
    session, actor = db.session(), current_actor()
    volunteer_id = own_volunteer_id(actor)
    books = queries.books_of(session, volunteer_id, year) if 1900 <= year <= 9999 else None
    if books is None or not books.lines:
        raise NotFound
    figures = figures_of(books.lines)
    form = ConfirmForm()
    if form.validate_on_submit() and _confirmed(form, volunteer_id, year):
        flash(_("Thank you. %(year)s is confirmed.", year=str(year)), "success")
        return redirect(url_for("passbook.ledger", year=year), 303)
    # What it asks about now is what stands there now, whatever was sent.
    form.digest.data = figures.digest
    page = render_template(
        "disputes/confirm.html",
        year=year,
        figures=figures,
        check=year_check(session, volunteer_id, year, today()),
        acting_for=actor.acting_for,
        form=form,
    )
    return page, 422 if form.is_submitted() else 200


def _confirmed(form: ConfirmForm, volunteer_id: int, year: int) -> bool:
    def confirming(session: Session) -> None:
        operations.confirm_year(
            session,
            volunteer_id,
            year,
            digest=form.digest.data or "",
            actor=current_actor(),
            now=now(),
            key=form.sent_key,
        )

    return bool(carried_out(form, confirming))


@blueprint.get("/disputes/checked")
@allow("year_check.count")
def counted() -> str:
    """Show by team how many have confirmed a year: a figure, nobody's name."""
    session, reach = db.session(), reach_of(current_actor())
    scope = {"team_ids": reach.team_ids, "organisation_ids": reach.organisation_ids}
    years = queries.checked_years(session, **scope)
    offered = offered_year(today()) or today().year - 1
    asked = request.args.get("year", "")
    year = next((each for each in years if str(each) == asked), offered)
    people, confirmed = queries.checked_people(session, year, **scope)
    teams = [
        (Chip(team.colour_key, team.colour_glyph), team)
        for team in queries.checked_teams(session, year, **scope)
    ]
    return render_template(
        "disputes/checked.html",
        year=year,
        years=[
            {"url": url_with({"year": each}), "label": str(each), "current": each == year}
            for each in years
        ],
        people=people,
        confirmed=confirmed,
        teams=teams,
    )
