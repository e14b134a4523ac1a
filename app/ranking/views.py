"""The preview of a year's ranking, on the page and as a sheet; to a volunteer the own place."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now, today_in
from app.db import db, snapshot
from app.ledger.queries import last_entry_id
from app.organisations.queries import get_organisation, settings_of
from app.people.queries import without_full_phone
from app.people.step_up import asks_again_to_read
from app.ranking.access import Reach, may_preview, reach_of
from app.ranking.choosing import Choices, choices_of
from app.ranking.listing import Listing, listing_of
from app.ranking.own_place import own_place_page, own_standing
from app.ranking.queries import Scope, main_teams, preview, scope_of, teams_preview, years_of
from app.ranking.rules import canonical_csv, sha256_of
from app.ranking.showing import podium, shown_rows, shown_teams
from app.sheets.cells import Cell
from app.sheets.writing import XLSX, write_xlsx
from app.web.actor import current_actor
from app.web.filters import hours, number
from app.web.kept import kept_if_dear
from app.web.languages import chosen_zone
from app.web.policy import allow, not_found

blueprint = Blueprint("ranking", __name__)


@blueprint.get("/ranking")
@allow("ranking.place")
def ranking() -> str:
    """Show the ranking of a year as it stands at this moment; to a volunteer the own place."""
    actor = current_actor()
    with snapshot() as session:
        reach = reach_of(session, actor)
        if reach.is_empty:
            return own_place_page(session, actor, _asked_year())
        scope, years = asked_scope(reach)
        if request.args.get("by") == "teams" and not reach.is_leader_only:
            return _teams_page(scope, choices_of(reach, scope, years, by_teams=True))
        choices = choices_of(reach, scope, years, by_teams=False)
        return _people_page(scope, listing_of(session, scope, _searched()), choices)


def _people_page(scope: Scope, listing: Listing, choices: Choices) -> str:
    session, rows = db.session(), listing.rows
    teams = main_teams(session, scope, [place.row.volunteer_no for place in rows])
    return render_template(
        "ranking/preview.html",
        scope=scope,
        people=number(listing.people),
        total_hours=hours(listing.minutes),
        rows=shown_rows(rows, teams),
        podium=podium(rows, teams) if listing.is_from_the_top else [],
        page=listing.page,
        searched=listing.searched,
        is_cut=listing.is_cut,
        own=own_standing(session, current_actor(), scope),
        csv_url=_sheet_url("ranking.ranking_csv", scope),
        xlsx_url=_sheet_url("ranking.ranking_xlsx", scope),
        choices=choices,
    )


def _teams_page(scope: Scope, choices: Choices) -> str:
    session = db.session()
    key = ("teams", scope.organisation_ids, scope.colour, scope.team, scope.year)
    return render_template(
        "ranking/teams.html",
        scope=scope,
        teams=shown_teams(kept_if_dear(key, lambda: teams_preview(session, scope))),
        least_people=settings_of(session, scope.organisation_id).ranking_least_people,
        choices=choices,
    )


@blueprint.post("/ranking/search")
@allow("ranking.preview")
def search() -> ResponseReturnValue:
    """Turn what was typed into an address; a phone typed in full leaves its last digits there."""
    asked: dict[str, Any] = {
        name: request.form.get(name) or None for name in ("org", "year", "colour", "team")
    }
    text = without_full_phone(request.form.get("q", "")[:60])
    return redirect(url_for(".ranking", q=text or None, **asked), 303)


@blueprint.get("/ranking.csv")
@allow("ranking.preview")
@asks_again_to_read
def ranking_csv() -> Response:
    """Return the canonical CSV, with the mark and its SHA-256 in the headers."""
    actor = current_actor()
    with snapshot() as session:
        scope, _years = asked_scope(reach_of(session, actor))
        body = canonical_csv(preview(session, scope))
        mark = last_entry_id(session)
    answer = _download(body, scope, "csv", "text/csv; charset=utf-8")
    answer.headers["X-Ranking-Mark"] = str(mark)
    answer.headers["X-Ranking-SHA256"] = sha256_of(body)
    return answer


@blueprint.get("/ranking.xlsx")
@allow("ranking.preview")
@asks_again_to_read
def ranking_xlsx() -> Response:
    """Return the ranking as a workbook, with names."""
    session = db.session()
    scope, _years = asked_scope(reach_of(session, current_actor()))
    header = [
        _("Rank"),
        _("Volunteer number"),
        _("Name"),
        _("Minutes"),
        _("Dates"),
        _("Service days"),
        _("Points"),
    ]
    rows: list[list[Cell | None]] = [
        [rank, row.volunteer_no, row.name, row.minutes, row.dates, row.service_days,
         Decimal(row.points_hundredths).scaleb(-2)]
        for rank, row in preview(session, scope)
    ]  # fmt: skip
    return _download(write_xlsx(header, rows, name=str(scope.year)), scope, "xlsx", XLSX)


# ── what is asked for ─────────────────────────────────────────────────────────────────────


def asked_scope(reach: Reach) -> tuple[Scope, list[int]]:
    """Return the scope the address names, or the widest the reader may see, and its years."""
    session = db.session()
    organisation_code, team_code = _asked_codes(reach)
    year = _asked_year()
    scope = scope_of(
        session,
        year or today_in(chosen_zone(), now()).year,
        organisation_code,
        colour_key=request.args.get("colour") or None,
        team_code=team_code,
    )
    if not may_preview(current_actor(), scope):
        not_found()
    years = years_of(session, [scope.organisation_id])
    if year is None and years and scope.year not in years:
        scope = replace(scope, year=years[0])
    return scope, years


def _asked_codes(reach: Reach) -> tuple[str, str | None]:
    """Return the codes of organisation and team; a leader's are those of a team they lead."""
    team_code = request.args.get("team") or None
    if not reach.is_leader_only:
        return request.args.get("org") or reach.organisations[0].code, team_code
    team = next((one for one in reach.led if team_code in {None, one.code}), None)
    if team is None:
        not_found()
    return get_organisation(db.session(), team.organisation_id).code, team.code


def _asked_year() -> int | None:
    given = request.args.get("year", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) == 4 else None


def _searched() -> str:
    # Of a phone only the last digits stand in an address.
    return without_full_phone(request.args.get("q", "")[:60])


# ── sheets ────────────────────────────────────────────────────────────────────────────────


def _sheet_url(endpoint: str, scope: Scope) -> str:
    return url_for(
        endpoint,
        year=scope.year,
        org=scope.organisation_code,
        colour=scope.colour.key if scope.colour else None,
        team=scope.team.code if scope.team else None,
    )


def _download(body: bytes, scope: Scope, ending: str, kind: str) -> Response:
    narrowed = scope.team.code if scope.team else scope.colour.key if scope.colour else None
    parts = [str(scope.year), scope.organisation_code, narrowed]
    name = "-".join(["ranking", *(part for part in parts if part)])
    answer = Response(body, content_type=kind)
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.{ending}")
    return answer
