"""The front pages: the community's for everybody, the own account, the desk; and two to read."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.activities.queries import next_of
from app.clock import now, today_in
from app.db import db
from app.home.desk_page import asked_of, desk_page
from app.home.desk_showing import sheets
from app.home.front_figures import front_figures
from app.home.queries import wards_of
from app.home.rules import coming_service_day, minute_of
from app.home.showing import (
    hero,
    next_activity,
    next_day,
    ring_label,
    rule_examples,
    rule_texts,
)
from app.organisations.models import Organisation
from app.organisations.queries import (
    find_organisation,
    root_id_of,
    roots,
    settings_and_substitutes,
    settings_of,
    substitute_days,
    subtree_ids,
)
from app.passbook.access import own_passbook
from app.passbook.ending import endings_of
from app.passbook.queries import statement_of, summary_of, waiting_of
from app.passbook.showing import shown_lines
from app.people.rules.consent import PRIVACY_VERSION
from app.people.rules.purposes import MINORS_VERSION
from app.points.queries import versions_for
from app.points.rules import version_for
from app.ranking.boards import announced
from app.ranking.queries.boards import last_published_above, last_published_within
from app.sheets.writing import XLSX, write_sheets
from app.teams.queries import colours_of
from app.web.actor import current_actor, find_actor
from app.web.policy import allow, not_found

blueprint = Blueprint("home", __name__)

LATEST_LINES = 5


@blueprint.get("/")
@allow("public.read")
def front() -> ResponseReturnValue:
    """Show visitors their community; whoever is signed in goes to their own page."""
    actor = find_actor()
    if actor is not None:
        is_desk = bool(actor.organises | actor.audits) and actor.acting_for is None
        is_volunteer = actor.volunteer_id is not None and not is_desk
        return redirect(url_for("home.me" if is_volunteer else "home.desk"), 303)
    found = roots(db.session())
    if not found:
        return redirect(f"{request.script_root}/start", 303)
    if len(found) > 1:
        return render_template("home/roots.html", roots=found)
    return _community(found[0])


@blueprint.get("/o/<code>")
@allow("public.read")
def community(code: str) -> str:
    """Show one community to everybody."""
    organisation = find_organisation(db.session(), code)
    return not_found() if organisation is None else _community(organisation)


def _community(organisation: Organisation) -> str:
    session = db.session()
    settings = settings_of(session, organisation.id)
    today = today_in(settings.time_zone, now())
    below = subtree_ids(session, organisation.id)
    figures = front_figures(session, organisation.id, below, today)
    substitutes = substitute_days(session, organisation.id)
    return render_template(
        "home/community.html",
        community=organisation,
        settings=settings,
        year=figures.year,
        sums=figures.sums,
        colours=[{"colour": each.colour, "value": each.minutes} for each in figures.colours],
        ring_label=ring_label(figures.year, figures.colours),
        teams=figures.teams,
        board=announced(last_published_within(session, below), today),
        next_day=next_day(coming_service_day(settings, substitutes, today), today, settings),
    )


# ── the own account ───────────────────────────────────────────────────────────────────────


@blueprint.get("/me")
@allow("profile.read")
def me() -> ResponseReturnValue:
    """Show a volunteer where they stand."""
    actor = current_actor()
    if actor.volunteer_id is None:
        return redirect(url_for("home.desk"), 303)
    session = db.session()
    owner = own_passbook(session, actor)
    settings, substitutes = settings_and_substitutes(session, owner.organisation_id)
    at = now()
    today, minute = today_in(settings.time_zone, at), minute_of(settings.time_zone, at)
    coming = next_of(session, owner.id, today, minute)
    summary = summary_of(session, owner.id, settings, at)
    statement = statement_of(session, owner.id, settings.time_zone, least=LATEST_LINES)
    latest = [line for month in statement.months for line in month.lines][:LATEST_LINES]
    return render_template(
        "home/me.html",
        owner=owner,
        hero=hero(owner, summary, settings),
        board=announced(last_published_above(session, owner.organisation_id), today),
        endings=endings_of(session, owner, settings),
        latest=shown_lines(latest),
        waiting=sum(1 for each in waiting_of(session, owner.id) if each.state == "submitted"),
        shares=summary.shares,
        before_minutes=summary.before_minutes,
        most=max((summary.before_minutes, *(share.minutes for share in summary.shares))),
        coming=next_activity(coming, today) if coming else None,
        wards=[] if actor.acting_for else wards_of(session, actor.acts_for),
        next_day=next_day(coming_service_day(settings, substitutes, today), today, settings),
    )


# ── the desk ──────────────────────────────────────────────────────────────────────────────


@blueprint.get("/desk")
@allow("organisation.read")
def desk() -> str:
    """Show organisers what waits and how the year goes."""
    return render_template("home/desk.html", **desk_page(db.session(), current_actor()))


@blueprint.get("/desk/figures.xlsx")
@allow("organisation.read")
def desk_sheet() -> ResponseReturnValue:
    """Give the figures of the dashboard as a workbook: months, days, teams."""
    asked = asked_of(db.session(), current_actor())
    answer = Response(write_sheets(sheets(asked.figures)), content_type=XLSX)
    name = f"{asked.organisation.code}-{asked.figures.year}.xlsx"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


# ── to read ───────────────────────────────────────────────────────────────────────────────


@blueprint.get("/rules")
@allow("public.read")
def rules() -> ResponseReturnValue:
    """Explain how hours become points, with examples reckoned by the rule itself."""
    session = db.session()
    organisation = _organisation_asked()
    if organisation is None:
        return redirect(f"{request.script_root}/start", 303)
    settings = settings_of(session, organisation.id)
    today = today_in(settings.time_zone, now())
    versions = versions_for(session, organisation.id)
    version = version_for(versions, today) if versions else None
    colours = colours_of(session, root_id_of(session, organisation.id), on=today)
    return render_template(
        "home/rules.html",
        community=organisation,
        settings=settings,
        texts=rule_texts(version, colours, settings) if version else [],
        examples=rule_examples(version, colours) if version else [],
        coming=[each.effective_from for each in versions if each.effective_from > today],
    )


@blueprint.get("/privacy")
@allow("public.read")
def privacy() -> str:
    """Say which data is kept, who sees it and how long."""
    return render_template("home/privacy.html", version=PRIVACY_VERSION)


@blueprint.get("/privacy/minors")
@allow("public.read")
def privacy_minors() -> str:
    """Say the same of children, to them and to their guardians."""
    return render_template("home/privacy_minors.html", version=MINORS_VERSION)


def _organisation_asked() -> Organisation | None:
    code: Any = request.args.get("org")
    if code:
        return find_organisation(db.session(), code) or not_found()
    found = roots(db.session())
    return found[0] if found else None
