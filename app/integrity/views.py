"""The records check: patterns of the last months, each with the records behind it."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now, today_in
from app.db import db, transaction
from app.integrity.access import Reach, reach_of
from app.integrity.ground import Ground, Listed
from app.integrity.lists import counted, listed
from app.integrity.operations import note_export
from app.integrity.queries import Narrowed, Scope, count_behind, records_behind
from app.integrity.rules import MONTHS, PATTERN_OF, PATTERNS, Pattern, last_months
from app.integrity.showing import share_text, sheet_of, shown_record, shown_rows, tiles_of
from app.integrity.team_lists import team_shares
from app.organisations.queries import inherited_by
from app.people.step_up import asks_again
from app.service.models import STATES
from app.service.queries.evidence import SHOWN_EVIDENCE
from app.sheets.writing import XLSX, write_csv, write_xlsx
from app.web.actor import current_actor
from app.web.filters import hours, number
from app.web.kept import kept_if_dear
from app.web.languages import chosen_zone
from app.web.pagination import page_of, url_with
from app.web.policy import allow, not_found

blueprint = Blueprint("integrity", __name__, url_prefix="/integrity")

# Up to so many records the overview looks through all patterns; beyond, each on its own page.
LOOKED_THROUGH = 100_000
MOST_TEAMS = 12
# More organisations to choose from are a list instead of a row.
MOST_IN_A_ROW = 8
BIGGEST_ID = 2**63 - 1
SHEETS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": XLSX,
}


@blueprint.get("")
@allow("integrity.read")
def overview() -> str:
    """Show how service was recorded, and which patterns there are to look at."""
    reach, ground = _asked()
    shares = team_shares(ground)
    records = sum(share.records for share in shares)
    counts = records <= LOOKED_THROUGH
    found = {each.key: counted(ground, each.key) if counts else None for each in PATTERNS[1:]}
    ways = [
        {
            "title": _(each.title),
            "meaning": _(each.meaning),
            "count": found[each.key],
            "url": url_for(".pattern", key=each.key, **_common(reach)),
        }
        for each in PATTERNS[1:]
        # Where nobody announces activities there is nothing to look for.
        if found[each.key] != 0 or each.key != "above_plan"
    ]
    teams = [
        {"team": share.team, "signed_in": share.signed_in, "text": share_text(share)}
        for share in shares[:MOST_TEAMS]
    ]
    return render_template(
        "integrity/overview.html",
        **_frame(reach, ground),
        tiles=tiles_of(shares),
        teams=teams,
        teams_url=url_for(".pattern", key="teams", **_common(reach)),
        are_more_teams=len(shares) > MOST_TEAMS,
        records=number(records),
        ways=ways,
    )


@blueprint.get("/<key>")
@allow("integrity.read")
def pattern(key: str) -> str:
    """Show the list of one pattern."""
    pattern = _pattern(key)
    reach, ground = _asked()
    found = listed(ground, key)
    return render_template(
        "integrity/pattern.html",
        **_frame(reach, ground),
        pattern=pattern,
        columns=found.columns,
        rows=shown_rows(found, _common(reach)),
        overview_url=url_for(".overview", **_common(reach)),
        sheet_url=url_for(".sheet", key=key, **_common(reach)),
    )


@blueprint.post("/<key>/sheet")
@allow("integrity.read")
@asks_again
def sheet(key: str) -> ResponseReturnValue:
    """Hand a list out as a sheet, and say so in the trail: hence a POST."""
    pattern, kind = _pattern(key), request.form.get("kind", "xlsx")
    if kind not in SHEETS:
        not_found()
    reach, ground = _asked()
    found = listed(ground, key)
    with transaction() as session:
        note_export(
            session,
            actor=current_actor(),
            organisation_id=reach.organisation.id,
            what=key,
            span=ground.scope.span,
            rows=len(found.rows),
            now=now(),
        )
    return _download(pattern, kind, found, ground.scope.span.until_on)


@blueprint.get("/records")
@allow("integrity.read")
def records() -> str:
    """Show the records behind a figure."""
    reach, ground = _asked()
    narrowed = _narrowed(ground)
    session = db.session()
    key = ("integrity", "behind", ground.scope, narrowed)
    sums = kept_if_dear(key, lambda: count_behind(session, ground.scope, narrowed))
    page = page_of(sums.records)
    found = records_behind(session, ground.scope, narrowed, offset=page.offset, limit=page.size)
    return render_template(
        "integrity/records.html",
        **_frame(reach, ground),
        rows=[shown_record(record) for record in found],
        page=page,
        total=number(sums.records),
        total_hours=hours(sums.minutes),
        overview_url=url_for(".overview", **_common(reach)),
    )


# ── what is asked for ─────────────────────────────────────────────────────────────────────


def _asked() -> tuple[Reach, Ground]:
    """Return what the address asks for: an organisation within reach, and the months."""
    session, actor = db.session(), current_actor()
    reach = reach_of(session, actor, request.args.get("org"))
    span = last_months(today_in(chosen_zone(), now()), _months())
    scope = Scope(tuple(sorted(reach.teams)), span, actor.login_id)
    house = inherited_by(session, reach.organisation.id)
    return reach, Ground(session, scope, reach.teams, house)


def _pattern(key: str) -> Pattern:
    return PATTERN_OF.get(key) or not_found()


def _months() -> int:
    given = request.args.get("months", "")
    return next((months for months in MONTHS if str(months) == given), MONTHS[0])


def _common(reach: Reach) -> dict[str, Any]:
    """Return what every address of these pages bears, and the usual is left out of."""
    is_top = reach.organisation.id == reach.organisations[0].id
    months = _months()
    return {
        "org": None if is_top else reach.organisation.code,
        "months": None if months == MONTHS[0] else months,
    }


def _narrowed(ground: Ground) -> Narrowed:
    """Return which records are asked for; the reader's own entries are for others to look at."""
    args = request.args
    team = next((one for one in ground.teams.values() if one.code == args.get("team")), None)
    if args.get("team") and team is None:
        not_found()
    recorder_id, approver_id = _id("by"), _id("approver")
    if ground.scope.reader_id in {recorder_id, approver_id}:
        not_found()
    return Narrowed(
        team_id=team.id if team else None,
        recorder_id=recorder_id,
        volunteer_id=_id("person"),
        approver_id=approver_id,
        on=_day("on"),
        evidence=_one_of("evidence", SHOWN_EVIDENCE),
        state=_one_of("state", STATES) or "approved",
        beyond_activity_id=_id("beyond"),
    )


def _id(name: str) -> int | None:
    given = request.args.get(name)
    if given is None:
        return None
    fits = given.isascii() and given.isdigit() and len(given) <= 19
    return int(given) if fits and 0 < int(given) <= BIGGEST_ID else not_found()


def _day(name: str) -> date | None:
    given = request.args.get(name)
    if given is None:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        not_found()


def _one_of(name: str, words: tuple[str, ...]) -> str | None:
    given = request.args.get(name)
    return given if given is None or given in words else not_found()


# ── how it is shown ───────────────────────────────────────────────────────────────────────


def _frame(reach: Reach, ground: Ground) -> dict[str, Any]:
    """Return what stands on top of each of these pages."""
    return {
        "organisation_shown": reach.organisation,
        "span": ground.scope.span,
        "months": [
            {
                "url": url_with({"months": each, "page": None}),
                "label": _("%(count)s months", count=each),
                "current": each == _months(),
            }
            for each in MONTHS
        ],
        "organisations": [
            {
                "url": url_with({"org": node.code, "page": None, "team": None}),
                "code": node.code,
                "label": node.name,
                "current": node.id == reach.organisation.id,
            }
            for node in (reach.organisations if len(reach.organisations) > 1 else ())
        ],
        "organisations_as_list": len(reach.organisations) > MOST_IN_A_ROW,
        "months_asked": _months(),
    }


def _download(pattern: Pattern, kind: str, found: Listed, on: date) -> Response:
    header, rows = sheet_of(_("Name"), found)
    title = _(pattern.title)
    body = write_csv(header, rows) if kind == "csv" else write_xlsx(header, rows, name=title)
    answer = Response(body, content_type=SHEETS[kind])
    name = f"check-{pattern.key}-{on}.{kind}"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer
