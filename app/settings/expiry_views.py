"""Who would lose which points by a date: as the setting stands, or as it might be."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.clock import now, today_in
from app.db import db, transaction
from app.expiry.operations import note_sheet
from app.expiry.queries import (
    KEY,
    House,
    Loser,
    TooMany,
    houses_if,
    houses_of,
    losers_by,
    losers_named,
    losses_by,
)
from app.expiry.rules import first_end
from app.expiry.showing import loser_row
from app.organisations.queries import settings_of, subtree_ids
from app.organisations.rules import BOUNDS
from app.people.step_up import asks_again
from app.settings.access import Desk, first_code, read_desk
from app.sheets.writing import XLSX, write_csv, write_xlsx
from app.web.actor import current_actor
from app.web.filters import day, points
from app.web.kept import kept_if_dear
from app.web.pagination import page_of, url_with
from app.web.policy import allow, not_found
from app.web.saying import say

blueprint = Blueprint("points_expiry", __name__, url_prefix="/admin/expiry")

SHEETS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": XLSX,
}
# What is offered beside the setting as it stands.
OFFERED_YEARS = (1, 2, 3, 5)
SHOWN_YEARS = 3


class Asked(NamedTuple):
    """What the address asks for: by which date, and under which setting (None: as it stands)."""

    desk: Desk
    on: date
    years: int | None
    houses: dict[int, House]
    today: date

    def losers(self) -> list[Loser]:
        """Return who would lose something; what it is, is made once a minute where that is dear."""
        session, houses = db.session(), self.houses
        key = (KEY, tuple(sorted(houses.items())), self.on)
        losses = kept_if_dear(key, lambda: losses_by(session, houses, self.on))
        return losers_named(session, houses, losses)


@blueprint.get("")
@allow("setting.read")
def start() -> ResponseReturnValue:
    """Lead to the list of one's own organisation."""
    return redirect(url_for(".losers", code=first_code(current_actor())), 303)


@blueprint.get("/<code>")
@allow("setting.read")
def losers(code: str) -> str:
    """List who would lose what by a date."""
    asked = _asked(code)
    is_on = bool(asked.houses)
    try:
        found, too_many = asked.losers() if is_on else [], False
    except TooMany:
        found, too_many = [], True
    page = page_of(len(found))
    return render_template(
        "settings/expiry.html",
        desk=asked.desk,
        asked=asked,
        is_on=is_on,
        too_many=too_many,
        total=total_text(found, asked.on),
        rows=[loser_row(one) for one in found[page.offset : page.offset + page.size]],
        page=page,
        days=_days(asked),
        choices=_choices(asked),
        least_on=asked.today,
    )


@blueprint.post("/<code>/sheet")
@allow("setting.read")
@asks_again
def sheet(code: str) -> ResponseReturnValue:
    """Hand the list out as a sheet, and say so in the trail: hence a POST."""
    kind = request.form.get("kind", "xlsx")
    asked = _asked(code)
    if kind not in SHEETS or not asked.houses:
        not_found()
    found = asked.losers()
    with transaction() as session:
        note_sheet(
            session,
            actor_id=current_actor().login_id,
            organisation_id=asked.desk.organisation.id,
            until_on=asked.on,
            people=len(found),
            now=now(),
        )
    return _download(found, kind, asked.on)


def total_text(found: list[Loser], on: date) -> str:
    """Say how many people would lose how much."""
    if not found:
        return str(_("Nobody loses points by %(on)s.", on=day(on, with_year=True)))
    return str(
        ngettext(
            "By %(on)s %(num)s person would lose %(points)s points.",
            "By %(on)s %(num)s people would lose %(points)s points.",
            len(found),
            on=day(on, with_year=True),
            points=points(sum(one.hundredths for one in found)),
        )
    )


def effect_of_years(desk: Desk, years: int) -> tuple[str, str] | None:
    """Say what a value of the setting would take at first, and where that is listed."""
    session = db.session()
    today = today_in(settings_of(session, desk.organisation.id).time_zone, now())
    on = first_end(today)
    houses = houses_if(session, desk.organisation.id, years, today)
    address = url_for("points_expiry.losers", code=desk.organisation.code, years=years, on=on)
    try:
        found = losers_by(session, houses, on)
    except TooMany as refusal:
        return say(refusal), address
    return (total_text(found, on), address) if found else None


def _asked(code: str) -> Asked:
    session, desk = db.session(), read_desk(current_actor(), code)
    own = desk.organisation.id
    today = today_in(settings_of(session, own).time_zone, now())
    years = _years()
    if years is None:
        houses = houses_of(session, subtree_ids(session, own))
    else:
        houses = houses_if(session, own, years, today)
    usual = max(date(today.year, 12, 31), first_end(today) if years else today)
    return Asked(desk, _day(today) or usual, years, houses, today)


def _years() -> int | None:
    given = request.args.get("years", "")
    if not given:
        return None
    fits = given.isascii() and given.isdigit() and len(given) <= 2
    return int(given) if fits and 1 <= int(given) <= BOUNDS[KEY].most else not_found()


def _day(today: date) -> date | None:
    given = request.args.get("on", "")
    if not given:
        return None
    try:
        on = date.fromisoformat(given)
    except ValueError:
        not_found()
    return max(on, today)


def _days(asked: Asked) -> list[dict[str, Any]]:
    ends = [date(asked.today.year + ahead, 12, 31) for ahead in range(SHOWN_YEARS)]
    return [
        {
            "url": url_with({"on": end, "page": None}),
            "label": _("End of %(year)s", year=end.year),
            "current": end == asked.on,
        }
        for end in ends
    ]


def _choices(asked: Asked) -> list[dict[str, Any]]:
    offered: list[int | None] = [None, *OFFERED_YEARS]
    if asked.years not in offered:
        offered.append(asked.years)
    return [
        {
            "url": url_with({"years": years, "on": None, "page": None}),
            "label": _("As it is set")
            if years is None
            else ngettext("If after %(num)s year", "If after %(num)s years", years),
            "current": years == asked.years,
        }
        for years in offered
    ]


def _download(found: list[Loser], kind: str, on: date) -> Response:
    header = [
        *(_("Number"), _("Name"), _("Organisation")),
        *(_("Earned in"), _("Usable until"), _("Points")),
    ]
    rows = [
        (
            *(one.number, one.name, one.organisation_name, due.year, due.until_on),
            Decimal(due.hundredths).scaleb(-2),
        )
        for one in found
        for due in one.dues
    ]
    title = _("Points that expire")
    body = write_csv(header, rows) if kind == "csv" else write_xlsx(header, rows, name=title)
    answer = Response(body, content_type=SHEETS[kind])
    answer.headers.set("Content-Disposition", "attachment", filename=f"expiry-{on}.{kind}")
    answer.headers["Cache-Control"] = "no-store"
    return answer
