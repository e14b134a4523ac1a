"""The preview of a year's ranking, on the page and as a sheet."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _

from app.clock import now, today_in
from app.db import db, snapshot
from app.ledger.queries import last_entry_id
from app.organisations.queries import get_organisation, root_id_of, settings_of
from app.ranking.access import Reach, may_preview, reach_of, teams_to_choose
from app.ranking.queries import Scope, main_teams, preview, scope_of, teams_preview, years_of
from app.ranking.rules import canonical_csv, sha256_of
from app.ranking.showing import podium, shown_rows, shown_teams, tied_ranks
from app.sheets.cells import Cell
from app.sheets.writing import write_xlsx
from app.teams.queries import ColourRow, colours_of
from app.web.actor import current_actor
from app.web.filters import hours, number
from app.web.languages import chosen_zone
from app.web.pagination import page_of, url_with
from app.web.policy import allow, not_found

blueprint = Blueprint("ranking", __name__)

PAGE_SIZE = 100
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NARROWING = ("colour", "team", "by", "page")


@blueprint.get("/ranking")
@allow("ranking.preview")
def ranking() -> str:
    """Show the ranking of a year as it stands at this moment."""
    session = db.session()
    reach = reach_of(session, current_actor())
    scope = _asked(reach)
    if request.args.get("by") == "teams" and not reach.is_leader_only:
        return _teams_page(reach, scope)
    places = preview(session, scope)
    page = page_of(len(places), size=PAGE_SIZE)
    shown = places[page.offset : page.offset + page.size]
    teams = main_teams(session, scope, [row.volunteer_no for _rank, row in shown])
    return render_template(
        "ranking/preview.html",
        scope=scope,
        people=number(len(places)),
        total_hours=hours(sum(row.minutes for _rank, row in places)),
        rows=shown_rows(shown, tied_ranks(places), teams),
        podium=podium(places, teams) if page.number == 1 else [],
        page=page,
        csv_url=_sheet_url("ranking.ranking_csv", scope),
        xlsx_url=_sheet_url("ranking.ranking_xlsx", scope),
        choices=_choices(reach, scope, by_teams=False),
    )


def _teams_page(reach: Reach, scope: Scope) -> str:
    session = db.session()
    return render_template(
        "ranking/teams.html",
        scope=scope,
        teams=shown_teams(teams_preview(session, scope)),
        least_people=settings_of(session, scope.organisation_id).ranking_least_people,
        choices=_choices(reach, scope, by_teams=True),
    )


@blueprint.get("/ranking.csv")
@allow("ranking.preview")
def ranking_csv() -> Response:
    """Return the canonical CSV, with the mark and its SHA-256 in the headers."""
    actor = current_actor()
    with snapshot() as session:
        scope = _asked(reach_of(session, actor))
        body = canonical_csv(preview(session, scope))
        mark = last_entry_id(session)
    answer = _download(body, scope, "csv", "text/csv; charset=utf-8")
    answer.headers["X-Ranking-Mark"] = str(mark)
    answer.headers["X-Ranking-SHA256"] = sha256_of(body)
    return answer


@blueprint.get("/ranking.xlsx")
@allow("ranking.preview")
def ranking_xlsx() -> Response:
    """Return the ranking as a workbook, with names."""
    session = db.session()
    scope = _asked(reach_of(session, current_actor()))
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


def _asked(reach: Reach) -> Scope:
    """Return the scope the address names, or the widest the reader may see; else 404."""
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
    if year is None:
        years = years_of(session, scope.organisation_ids)
        latest = scope.year if scope.year in years or not years else years[0]
        scope = replace(scope, year=latest)
    return scope


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


# ── choices and sheets ────────────────────────────────────────────────────────────────────


def _choices(reach: Reach, scope: Scope, *, by_teams: bool) -> list[dict[str, Any]]:
    """Return the rows of choices: organisation, year, what is ranked, teams."""
    session = db.session()
    rows = [_organisations(reach, scope), _years(scope), _subjects(reach, scope, by_teams)]
    teams = [
        _choice(team.name, scope.team == team, {"team": team.code}, team.colour)
        for team in teams_to_choose(session, reach, scope)
    ]
    rows.append({"text": _("One team"), "choices": teams, **_fold(reach, scope)})
    return [row for row in rows if len(row["choices"]) > 1]


def _fold(reach: Reach, scope: Scope) -> dict[str, Any]:
    """Many teams are offered behind a word; to a leader their few at once."""
    return {} if reach.is_leader_only else {"folded": True, "open": scope.team is not None}


def _organisations(reach: Reach, scope: Scope) -> dict[str, Any]:
    choices = [
        {
            "url": url_with({"org": one.code, **dict.fromkeys(NARROWING)}),
            "label": one.name,
            "current": one.id == scope.organisation_id,
        }
        for one in reach.organisations
    ]
    return {"text": _("Organisation"), "choices": choices}


def _years(scope: Scope) -> dict[str, Any]:
    years = sorted({scope.year, *years_of(db.session(), scope.organisation_ids)}, reverse=True)
    choices = [
        {
            "url": url_with({"year": year, "page": None}),
            "label": _("%(year)s", year=year),
            "current": year == scope.year,
        }
        for year in years
    ]
    return {"text": _("Year"), "choices": choices}


def _subjects(reach: Reach, scope: Scope, by_teams: bool) -> dict[str, Any]:
    if reach.is_leader_only:
        return {"text": "", "choices": []}
    everyone = not (by_teams or scope.colour or scope.team)
    choices = [
        _choice(_("Everyone"), everyone, {}, None),
        _choice(_("Teams among themselves"), by_teams, {"by": "teams"}, None),
    ]
    choices += [
        _choice(colour.name, scope.colour == colour, {"colour": colour.key}, colour)
        for colour in colours_of(db.session(), root_id_of(db.session(), scope.organisation_id))
    ]
    return {"text": _("What is ranked"), "choices": choices}


def _choice(
    label: str, current: bool, arguments: dict[str, str], colour: ColourRow | None
) -> dict[str, Any]:
    url = url_with({**dict.fromkeys(NARROWING), **arguments})
    found: dict[str, Any] = {"url": url, "label": label, "current": current}
    return {**found, "colour": colour} if colour else found


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
