"""Who reached which star within some time: for the ceremony, as a list, as sheets and on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now, today_in
from app.db import snapshot
from app.organisations.queries import settings_of_many, subtree
from app.organisations.rules import Settings
from app.passbook.ceremony_showing import (
    level_choices,
    line_of,
    naming_choices,
    people_text,
    row_of,
    sheaves,
    span_text,
    year_choices,
)
from app.people.queries import without_full_phone
from app.people.queries.naming import public_names
from app.people.queries.volunteers import ids_meant
from app.people.step_up import asks_again_to_read
from app.rewards.keeping_access import Keeping, keeping_of
from app.rewards.keeping_views import SHEETS, sheet
from app.service.queries import Honour, Span, dates_of, honours_of
from app.web.actor import current_actor
from app.web.pagination import page_of
from app.web.policy import allow

blueprint = Blueprint("ceremony", __name__)

FIRST_YEAR = 1900
KEPT = ("org", "year", "from", "until", "level")


class Asked(NamedTuple):
    """Whose stars of which time are asked for."""

    keeping: Keeping
    # Every organisation meant, by id: its settings and its name.
    places: Mapping[int, Settings]
    names: Mapping[int, str]
    span: Span
    honours: Sequence[Honour]


@blueprint.get("/stars")
@allow("report.read")
def listing() -> str:
    """Show who reached a star, the highest first."""
    with snapshot() as session:
        asked = _asked(session)
        chosen = _searched(session, _of_level(asked.honours))
        page = page_of(len(chosen))
        shown = chosen[page.offset :][: page.size]
        dates = dates_of(session, asked.places, shown, asked.span)
    return render_template(
        "passbook/ceremony.html",
        keeping=asked.keeping,
        first=asked.span.first,
        last=asked.span.last,
        span_text=span_text(asked.span),
        years=year_choices(asked.span),
        levels=level_choices(asked.honours),
        rows=[row_of(each, asked.names, dates.get(each.volunteer_id)) for each in shown],
        with_organisations=len(asked.places) > 1,
        page=page,
        searched=_search_text(),
        kept={name: request.args[name] for name in KEPT if request.args.get(name)},
        people=people_text(len(asked.honours)),
        sheets={kind: url_for(".download", kind=kind, **_kept()) for kind in SHEETS},
        paper_url=url_for(".paper", **_kept()),
    )


@blueprint.post("/stars/search")
@allow("report.read")
def search() -> ResponseReturnValue:
    """Turn what was typed into an address; a phone typed in full leaves its last digits there."""
    asked: dict[str, Any] = {name: request.form.get(name) or None for name in KEPT}
    text = without_full_phone(request.form.get("q", "")[:60])
    return redirect(url_for(".listing", q=text or None, **asked), 303)


@blueprint.get("/stars.<any(csv, xlsx):kind>")
@allow("report.read")
@asks_again_to_read
def download(kind: str) -> ResponseReturnValue:
    """Return everybody of the list as a sheet."""
    with snapshot() as session:
        asked = _asked(session)
        chosen = _of_level(asked.honours)
        dates = dates_of(session, asked.places, chosen, asked.span)
    header = [
        _("Stars"),
        _("Volunteer number"),
        _("Name"),
        _("Organisation"),
        _("Lifetime hours"),
        _("Reached on"),
    ]
    rows = [line_of(each, asked.names, dates.get(each.volunteer_id)) for each in chosen]
    span = f"{asked.span.first:%Y%m%d}-{asked.span.last:%Y%m%d}"
    return sheet(kind, header, rows, f"stars-{asked.keeping.organisation.code}-{span}")


@blueprint.get("/stars/paper")
@allow("report.read")
def paper() -> str:
    """Show the names by level, as they are read out; or as they may hang in public."""
    is_public = request.args.get("names") == "public"
    with snapshot() as session:
        asked = _asked(session)
        chosen = _of_level(asked.honours)
        ids = [each.volunteer_id for each in chosen] if is_public else []
        named = public_names(session, ids, asked.span.today) if ids else {}
    names = [named.get(each.volunteer_id, "") if is_public else each.name for each in chosen]
    return render_template(
        "passbook/ceremony_paper.html",
        keeping=asked.keeping,
        span_text=span_text(asked.span),
        sheaves=sheaves(chosen, names),
        is_public=is_public,
        ways=naming_choices(is_public),
        today=asked.span.today,
        back_url=url_for(".listing", **_kept()),
    )


# ── what is asked for ─────────────────────────────────────────────────────────────────────


def _asked(session: Any) -> Asked:
    keeping = keeping_of(session, current_actor(), request.args.get("org"))
    nodes = subtree(session, keeping.organisation.id)
    places = settings_of_many(session, [node.id for node in nodes])
    today = today_in(places[keeping.organisation.id].time_zone, now())
    span = _span(today)
    names = {node.id: node.name for node in nodes}
    return Asked(keeping, places, names, span, honours_of(session, places, span))


def _span(today: date) -> Span:
    """Return the time asked for: from one date until another, a year, or this year."""
    year = _year(request.args.get("year", "")) or today.year
    first = _day(request.args.get("from", "")) or date(year, 1, 1)
    last = _day(request.args.get("until", "")) or date(max(year, first.year), 12, 31)
    return Span(min(first, last), max(first, last), today)


def _year(text: str) -> int | None:
    on = _day(f"{text}-01-01")
    return on.year if on else None


def _day(text: str) -> date | None:
    """Return a date of the address; one that is none asks for the usual."""
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return None
    return on if on.year >= FIRST_YEAR else None


def _of_level(honours: Sequence[Honour]) -> Sequence[Honour]:
    level = request.args.get("level", "")
    return [each for each in honours if str(each.level) == level] if level else honours


def _search_text() -> str:
    # Of a phone only the last digits stand in an address.
    return without_full_phone(request.args.get("q", "")[:60])


def _searched(session: Any, honours: Sequence[Honour]) -> Sequence[Honour]:
    text = _search_text()
    if not text:
        return honours
    meant = ids_meant(session, {each.organisation_id for each in honours}, text)
    return [each for each in honours if each.volunteer_id in meant]


def _kept() -> dict[str, Any]:
    return {name: request.args.get(name) or None for name in KEPT}
