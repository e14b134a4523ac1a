"""Who looked at personal data: for the person themselves, and for organisers and auditors."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now, today_in
from app.db import db, transaction
from app.organisations.queries import settings_of
from app.people.queries import volunteer_by_number
from app.people.step_up import asks_again
from app.privacy.access import Desk, desk_of
from app.privacy.operations.handing_out import note_list
from app.privacy.queries.access import MOST_SHOWN, PAGE, Narrowed, looks_at, looks_below
from app.privacy.rules.looking import LOOKS, day_begins
from app.sheets.writing import XLSX, write_xlsx
from app.teams.access import own_volunteer_id
from app.web.actor import current_actor
from app.web.filters import instant
from app.web.pagination import url_with
from app.web.policy import allow, not_found

blueprint = Blueprint("data_access", __name__)

MOST_IN_A_SHEET = 20_000
BIGGEST_ID = 2**63 - 1


class Asked(NamedTuple):
    """What the desk's filters say; `is_unknown`: nobody here has the number that was typed."""

    number: str
    from_on: date | None
    until_on: date | None
    narrowed: Narrowed
    is_unknown: bool


@blueprint.get("/me/access")
@allow("profile.read")
def own() -> str:
    """Show who looked at one's data, and in which lists one stood."""
    looks = looks_at(db.session(), own_volunteer_id(current_actor()), MOST_SHOWN)
    rows = [(look, _(LOOKS[look.operation]), _reason(look.reason)) for look in looks]
    return render_template("privacy/own_access.html", rows=rows, most=MOST_SHOWN)


@blueprint.get("/admin/access")
@allow("access_log.read")
def desk() -> str:
    """Show who looked at whose data below an organisation."""
    session = db.session()
    found = desk_of(session, current_actor(), request.args.get("org"))
    asked = _asked(found)
    before = _whole(request.args.get("before"))
    looks = [] if asked.is_unknown else looks_below(
        session, found.scope, asked.narrowed, before_id=before, limit=PAGE + 1
    )  # fmt: skip
    shown = looks[:PAGE]
    return render_template(
        "privacy/access.html",
        desk=found,
        asked=asked,
        rows=[(look, _(LOOKS[look.operation]), _reason(look.reason)) for look in shown],
        choices=_choices(found),
        by=next((look.by for look in shown), None) if asked.narrowed.actor_id else None,
        everybody_url=url_with({"by": None, "before": None}),
        by_urls={look.actor_id: url_with({"by": look.actor_id, "before": None}) for look in shown},
        older_url=url_with({"before": shown[-1].id}) if len(looks) > PAGE else None,
        sheet_url=_sheet_url(),
    )


@blueprint.post("/admin/access/sheet")
@allow("access_log.read")
@asks_again
def sheet() -> ResponseReturnValue:
    """Hand the list out as a workbook, and say so in the trail: hence a POST."""
    session = db.session()
    found = desk_of(session, current_actor(), request.args.get("org"))
    asked = _asked(found)
    looks = [] if asked.is_unknown else looks_below(
        session, found.scope, asked.narrowed, limit=MOST_IN_A_SHEET
    )  # fmt: skip
    header = [
        *(_("When"), _("What"), _("By")),
        *(_("Volunteer number"), _("Name"), _("Organisation"), _("Reason")),
    ]
    rows = [
        (
            *(instant(look.at), _(LOOKS[look.operation]), look.by),
            *(look.number, look.whom, look.organisation, _reason(look.reason)),
        )
        for look in looks
    ]
    name = f"access-{found.organisation.code}-{_today(found)}.xlsx"
    with transaction() as writing:
        note_list(
            writing,
            "access.export",
            organisation_id=found.organisation.id,
            rows=len(rows),
            actor_id=current_actor().login_id,
            now=now(),
        )
    answer = Response(write_xlsx(header, rows, name=_("Who looked at data")), content_type=XLSX)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _asked(found: Desk) -> Asked:
    number = request.args.get("number", "").strip()[:40]
    from_on, until_on = _day("from"), _day("until")
    zone = settings_of(db.session(), found.organisation.id).time_zone
    person = volunteer_by_number(db.session(), number) if number else None
    is_here = person is not None and person.organisation_id in found.scope
    narrowed = Narrowed(
        volunteer_id=person.id if person is not None and is_here else None,
        actor_id=_whole(request.args.get("by")),
        from_at=day_begins(from_on, zone) if from_on else None,
        until_at=day_begins(until_on + timedelta(days=1), zone) if until_on else None,
    )
    return Asked(number, from_on, until_on, narrowed, bool(number) and not is_here)


def _sheet_url() -> str:
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name != "before"}
    return url_for(".sheet", **kept)


def _day(name: str) -> date | None:
    given = request.args.get(name, "")
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        not_found()


def _whole(given: str | None) -> int | None:
    if not given:
        return None
    fits = given.isascii() and given.isdigit() and int(given[:20]) <= BIGGEST_ID
    return int(given) if fits else not_found()


def _reason(typed: str | None) -> str | None:
    # Some reasons are sentences of ours; what somebody typed is no msgid and stays.
    return _(typed) if typed else None


def _choices(found: Desk) -> list[dict[str, Any]]:
    return [
        {
            "url": url_for(".desk", org=node.code),
            "label": node.name,
            "current": node.id == found.organisation.id,
        }
        for node in found.organisations
    ]


def _today(found: Desk) -> date:
    return today_in(settings_of(db.session(), found.organisation.id).time_zone, now())
