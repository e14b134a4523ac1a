"""The organiser's list of people.

It stands above `people` because the list shows and filters by team.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.db import db
from app.people import queries as people_queries
from app.sheets.cells import Cell
from app.sheets.writing import XLSX, write_csv, write_xlsx
from app.teams import queries
from app.teams.access import read_scope, today
from app.teams.forms import (
    KINDS,
    MEMBER_ROLES,
    SEXES,
    said,
)
from app.web.actor import current_actor
from app.web.pagination import page_of, url_with
from app.web.policy import allow, not_found

blueprint = Blueprint("people_desk", __name__, url_prefix="/admin/people")


# ── the list ──────────────────────────────────────────────────────────────────────────────


@blueprint.get("")
@allow("volunteer.read")
def everybody() -> ResponseReturnValue:
    """Everybody of the desk's organisations, by pinyin; found by name, number or phone's end."""
    actor = current_actor()
    scope, on = read_scope(actor), today()
    teams = queries.teams_in(db.session(), scope, on=on)
    text, chosen = _asked(), _chosen_team(teams)
    where = queries.people_where(scope, text=text, team_id=chosen and chosen.id, on=on)
    page = page_of(queries.count_people(db.session(), where))
    rows = queries.people_page(db.session(), where, offset=page.offset, limit=page.size)
    return render_template(
        "people/everybody.html",
        rows=rows,
        teams_of=_teams_of(rows, on),
        page=page,
        text=text,
        filters=_filters(teams, chosen),
        chosen=chosen,
        kinds=said(KINDS),
        may_add=bool(actor.organises),
        downloads={kind: _download_url(kind) for kind in ("xlsx", "csv")},
    )


@blueprint.post("/search")
@allow("volunteer.read")
def search() -> ResponseReturnValue:
    """Turn what was typed into an address; a phone typed in full leaves its last digits there."""
    read_scope(current_actor())
    text = people_queries.without_full_phone(request.form.get("q", ""))
    team = request.form.get("team") or None
    return redirect(url_for(".everybody", q=text or None, team=team), 303)


@blueprint.get("/list.<any(csv, xlsx):kind>")
@allow("volunteer.read")
def download(kind: str) -> ResponseReturnValue:
    """The list as filtered, as a sheet; of phones the last digits only."""
    scope, on = read_scope(current_actor()), today()
    chosen = _chosen_team(queries.teams_in(db.session(), scope, on=on))
    where = queries.people_where(scope, text=_asked(), team_id=chosen and chosen.id, on=on)
    rows = queries.people_page(db.session(), where)
    cells = list(_cells(rows, _teams_of(rows, on)))
    header = [
        _("Volunteer number"), _("Name"), _("Sex"), _("Date of birth"), _("Phone, last digits"),
        _("Kind"), _("Organisation"), _("Team"), _("Role in the team"), _("Member since"),
    ]  # fmt: skip
    body = write_csv(header, cells) if kind == "csv" else write_xlsx(header, cells)
    answer = make_response(body)
    answer.headers["Content-Type"] = "text/csv; charset=utf-8" if kind == "csv" else XLSX
    answer.headers["Content-Disposition"] = f'attachment; filename="people-{on}.{kind}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _cells(
    rows: Sequence[queries.PersonRow], teams_of: dict[int, list[queries.MembershipRow]]
) -> Iterable[list[Cell | None]]:
    kinds, sexes, roles = said(KINDS), said(SEXES), said(MEMBER_ROLES)
    for row in rows:
        belongs = teams_of.get(row.id, [])
        yield [
            row.number,
            row.name,
            sexes[row.sex] if row.sex else None,
            row.born_on,
            row.masked_phone[-4:] or None,
            kinds[row.kind],
            row.organisation_name,
            "、".join(one.team_name for one in belongs) or None,
            "、".join(f"{one.team_name}:{roles[one.role]}" for one in belongs) or None,
            min((one.from_on for one in belongs), default=None),
        ]


def _teams_of(
    rows: Sequence[queries.PersonRow], on: date
) -> dict[int, list[queries.MembershipRow]]:
    ids = [row.id for row in rows]
    found: dict[int, list[queries.MembershipRow]] = {}
    for at in range(0, len(ids), queries.CHUNK):
        chunk = ids[at : at + queries.CHUNK]
        for one in queries.membership_rows(db.session(), chunk, on=on):
            found.setdefault(one.volunteer_id, []).append(one)
    return found


def _asked() -> str:
    return people_queries.without_full_phone(request.args.get("q", "")[:60])


def _chosen_team(teams: Sequence[queries.TeamRow]) -> queries.TeamRow | None:
    code = request.args.get("team")
    if not code:
        return None
    return next((team for team in teams if team.code == code), None) or not_found()


def _filters(
    teams: Sequence[queries.TeamRow], chosen: queries.TeamRow | None
) -> list[dict[str, Any]]:
    everybody = {
        "url": url_with({"team": None, "page": None}), "label": _("All teams"),
        "current": chosen is None,
    }  # fmt: skip
    return [everybody] + [
        {
            "url": url_with({"team": team.code, "page": None}),
            "label": team.name,
            "colour": team.colour,
            "current": team == chosen,
        }
        for team in teams
    ]


def _download_url(kind: str) -> str:
    return url_for(".download", kind=kind, q=_asked() or None, team=request.args.get("team"))
