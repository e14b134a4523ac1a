"""The organiser's list of people: found, filtered, sorted, and taken along as a sheet.

It stands above what it filters by: teams, accounts, consents, service.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import now
from app.db import db, transaction
from app.people import queries as people_queries
from app.people.step_up import asks_again
from app.roster.access import Sought, sought
from app.roster.people_sheet import note_list, roster_sheet
from app.roster.queries.people import (
    among,
    count_people,
    memberships_where,
    people_page,
    people_where,
    served_of,
)
from app.roster.rules.filters import BY_SERVICE, Filters, filters_from
from app.roster.showing import chips, choices
from app.sheets.writing import XLSX
from app.teams.access import read_scope
from app.teams.forms import KINDS, said
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.languages import language
from app.web.pagination import page_of
from app.web.policy import allow

blueprint = Blueprint("people_desk", __name__, url_prefix="/admin/people")


@blueprint.get("")
@allow("volunteer.read")
def everybody() -> ResponseReturnValue:
    """Everybody of the desk's organisations, by pinyin; found by name, number or phone's end."""
    actor, session = current_actor(), db.session()
    found = _sought()
    where = people_where(found.filters, found.scope)
    page = page_of(count_people(session, where))
    rows = people_page(
        session,
        where,
        on=found.scope.on,
        sort=found.filters.sort,
        offset=page.offset,
        limit=page.size,
    )
    ids = [row.id for row in rows]
    read = [row.id for row in rows if row.organisation_id in _books(actor)]
    return render_template(
        "people/everybody.html",
        rows=rows,
        teams_of=memberships_where(session, among(ids), found.scope),
        served=served_of(session, read, found.scope.on.year),
        reads_hours=bool(_books(actor)),
        year=found.scope.on.year,
        page=page,
        filters=found.filters,
        chips=chips(found),
        choices=choices(found),
        kinds=said(KINDS),
        may_add=bool(actor.organises),
        downloads={kind: _download_url(kind, found) for kind in ("xlsx", "csv")},
    )


@blueprint.post("/search")
@allow("volunteer.read")
def search() -> ResponseReturnValue:
    """Turn what was typed into an address; a phone typed in full leaves its last digits there."""
    read_scope(current_actor())
    asked = filters_from(request.form)
    text = people_queries.without_full_phone(request.form.get("q", "")[:60])
    return redirect(_url("everybody", asked._replace(q=text)), 303)


@blueprint.post("/list.<any(csv, xlsx):kind>")
@allow("volunteer.read")
@asks_again
def download(kind: str) -> ResponseReturnValue:
    """The list as filtered, as a roster that can be brought in again; of phones the end only.

    It leaves the house, so everybody who stands in it may read that: hence a POST.
    """
    found = _sought()
    with transaction() as session:
        note_list(session, found, actor_id=current_actor().login_id, now=now())
    body = roster_sheet(db.session(), found, language(), as_csv=kind == "csv")
    answer = make_response(body)
    answer.headers["Content-Type"] = "text/csv; charset=utf-8" if kind == "csv" else XLSX
    answer.headers["Content-Disposition"] = f'attachment; filename="people-{found.scope.on}.{kind}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _sought() -> Sought:
    """Return what is asked; by service only of people whose books the desk reads."""
    actor = current_actor()
    scope = read_scope(actor)
    asked = filters_from(request.args)
    is_about_service = asked.idle is not None or asked.sort in BY_SERVICE
    return sought(scope & _books(actor) if is_about_service else scope, request.args)


def _books(actor: Actor) -> frozenset[int]:
    return actor.organises | actor.audits


def _download_url(kind: str, found: Sought) -> str:
    return _url("download", found.filters, kind=kind)


def _url(page: str, filters: Filters, **named: str) -> str:
    arguments: dict[str, Any] = {**filters.arguments, **named}
    return url_for(f".{page}", **arguments)
